//! The table of classifiers: the parameters of each, the values that they may have, and scikit-learn 0.19's
//! defaults. Source: the signatures of scikit-learn 0.19.0's estimators; parameters that scikit-learn does
//! not have are marked as extensions.
//!
//! It has every parameter that changes the fitted model. An engine reports a parameter of this table that it
//! does not implement as `unsupported`.

use super::{Classifier, Default, Kind, Parameter};

const fn parameter(name: &'static str, kind: Kind, default: Default) -> Parameter {
    Parameter { name, kind, default }
}

const fn number(name: &'static str, kind: Kind, default: f64) -> Parameter {
    Parameter { name, kind, default: Default::Number(default) }
}

const fn choice(name: &'static str, names: &'static [&'static str], default: &'static str) -> Parameter {
    Parameter { name, kind: Kind::Choice(names), default: Default::Text(default) }
}

const fn flag(name: &'static str, default: bool) -> Parameter {
    Parameter { name, kind: Kind::Flag, default: Default::Flag(default) }
}

const fn optional(name: &'static str, kinds: &'static [Kind]) -> Parameter {
    Parameter { name, kind: Kind::Either(kinds), default: Default::Null }
}

const CLASS_WEIGHT: Parameter = optional("class_weight", &[Kind::Choice(&["balanced"]), Kind::Null]);
const LOSSES: &[&str] = &[
    "hinge",
    "log",
    "modified_huber",
    "squared_hinge",
    "perceptron",
    "squared_loss",
    "huber",
    "epsilon_insensitive",
    "squared_epsilon_insensitive",
];
const PENALTIES: &[&str] = &["l1", "l2", "elasticnet"];
const CRITERIA: &[&str] = &["gini", "entropy"];
const SPLITTERS: &[&str] = &["best", "random"];
/// A whole number counts samples, a fraction is a share of them.
const COUNT_OR_SHARE: Kind = Kind::Above(0.0);
const MAX_FEATURES: Kind =
    Kind::Either(&[Kind::Choice(&["auto", "sqrt", "log2"]), COUNT_OR_SHARE, Kind::Null]);
const MAX_DEPTH: Parameter = optional("max_depth", &[Kind::Whole(1), Kind::Null]);
const MAX_LEAF_NODES: Parameter = optional("max_leaf_nodes", &[Kind::Whole(2), Kind::Null]);
const MIN_SAMPLES_SPLIT: Parameter = number("min_samples_split", COUNT_OR_SHARE, 2.0);
const MIN_SAMPLES_LEAF: Parameter = number("min_samples_leaf", COUNT_OR_SHARE, 1.0);
const MIN_WEIGHT_FRACTION_LEAF: Parameter = number("min_weight_fraction_leaf", Kind::AtLeast(0.0), 0.0);
const MIN_IMPURITY_DECREASE: Parameter = number("min_impurity_decrease", Kind::AtLeast(0.0), 0.0);
const MIN_IMPURITY_SPLIT: Parameter = optional("min_impurity_split", &[Kind::AtLeast(0.0), Kind::Null]);
/// 0.19's `max_iter=None, tol=None` is 5 epochs.
const EPOCHS: Parameter = number("max_iter", Kind::Whole(1), 5.0);
const EPOCH_TOL: Parameter = optional("tol", &[Kind::Number, Kind::Null]);
const AVERAGE: Parameter =
    parameter("average", Kind::Either(&[Kind::Flag, Kind::Whole(1)]), Default::Flag(false));

/// The 14 classifiers of the published grid, the networks that grid files define, and the classifiers of the
/// suite `today`.
pub const CLASSIFIERS: &[Classifier] = &[
    Classifier {
        name: "DecisionTreeClassifier",
        parameters: &[
            choice("criterion", CRITERIA, "gini"),
            choice("splitter", SPLITTERS, "best"),
            MAX_DEPTH,
            MIN_SAMPLES_SPLIT,
            MIN_SAMPLES_LEAF,
            MIN_WEIGHT_FRACTION_LEAF,
            parameter("max_features", MAX_FEATURES, Default::Null),
            MAX_LEAF_NODES,
            MIN_IMPURITY_DECREASE,
            MIN_IMPURITY_SPLIT,
            CLASS_WEIGHT,
        ],
    },
    Classifier {
        name: "ExtraTreeClassifier",
        parameters: &[
            choice("criterion", CRITERIA, "gini"),
            choice("splitter", SPLITTERS, "random"),
            MAX_DEPTH,
            MIN_SAMPLES_SPLIT,
            MIN_SAMPLES_LEAF,
            MIN_WEIGHT_FRACTION_LEAF,
            parameter("max_features", MAX_FEATURES, Default::Text("auto")),
            MAX_LEAF_NODES,
            MIN_IMPURITY_DECREASE,
            MIN_IMPURITY_SPLIT,
            CLASS_WEIGHT,
        ],
    },
    Classifier { name: "GaussianNB", parameters: &[optional("priors", &[Kind::Priors, Kind::Null])] },
    Classifier {
        name: "GaussianProcessClassifier",
        parameters: &[
            choice("multi_class", &["one_vs_rest", "one_vs_one"], "one_vs_rest"),
            number("max_iter_predict", Kind::Whole(1), 100.0),
            // Extensions: the kernel constant_value * RBF(length_scale), both 1 in scikit-learn's default
            // kernel (`"median"` is the median heuristic), and the number of inducing points of an
            // approximation.
            number("constant_value", Kind::Above(0.0), 1.0),
            parameter(
                "length_scale",
                Kind::Either(&[Kind::Above(0.0), Kind::Choice(&["median"])]),
                Default::Number(1.0),
            ),
            optional("inducing", &[Kind::Whole(1), Kind::Null]),
        ],
    },
    Classifier {
        name: "GradientBoostingClassifier",
        parameters: &[
            choice("loss", &["deviance", "exponential"], "deviance"),
            number("learning_rate", Kind::Above(0.0), 0.1),
            number("n_estimators", Kind::Whole(1), 100.0),
            number("subsample", Kind::Above(0.0), 1.0),
            choice("criterion", &["friedman_mse", "mse", "mae"], "friedman_mse"),
            parameter("max_depth", Kind::Either(&[Kind::Whole(1), Kind::Null]), Default::Number(3.0)),
            MIN_SAMPLES_SPLIT,
            MIN_SAMPLES_LEAF,
            MIN_WEIGHT_FRACTION_LEAF,
            parameter("max_features", MAX_FEATURES, Default::Null),
            MAX_LEAF_NODES,
            MIN_IMPURITY_DECREASE,
            MIN_IMPURITY_SPLIT,
        ],
    },
    Classifier {
        name: "KNeighborsClassifier",
        parameters: &[
            number("n_neighbors", Kind::Whole(1), 5.0),
            choice("weights", &["uniform", "distance"], "uniform"),
            // cover_tree is an extension: smartcore has it.
            choice("algorithm", &["auto", "ball_tree", "kd_tree", "brute", "cover_tree"], "auto"),
            number("leaf_size", Kind::Whole(1), 30.0),
            number("p", Kind::AtLeast(1.0), 2.0),
            choice("metric", &["minkowski", "euclidean", "manhattan", "chebyshev", "cosine"], "minkowski"),
        ],
    },
    Classifier {
        name: "LinearSVC",
        parameters: &[
            choice("penalty", &["l1", "l2"], "l2"),
            choice("loss", &["hinge", "squared_hinge"], "squared_hinge"),
            flag("dual", true),
            number("tol", Kind::Above(0.0), 1e-4),
            number("C", Kind::Above(0.0), 1.0),
            choice("multi_class", &["ovr", "crammer_singer"], "ovr"),
            flag("fit_intercept", true),
            number("intercept_scaling", Kind::Above(0.0), 1.0),
            CLASS_WEIGHT,
            number("max_iter", Kind::Whole(1), 1000.0),
        ],
    },
    Classifier {
        name: "LogisticRegression",
        parameters: &[
            choice("penalty", &["l1", "l2"], "l2"),
            flag("dual", false),
            number("tol", Kind::Above(0.0), 1e-4),
            number("C", Kind::Above(0.0), 1.0),
            flag("fit_intercept", true),
            number("intercept_scaling", Kind::Above(0.0), 1.0),
            CLASS_WEIGHT,
            // The engine `native`: liblinear is the exact minimiser, lbfgs and saga stop where scikit-learn's
            // stop; newton-cg and sag are unsupported.
            choice("solver", &["liblinear", "newton-cg", "lbfgs", "sag", "saga"], "liblinear"),
            number("max_iter", Kind::Whole(1), 100.0),
            choice("multi_class", &["ovr", "multinomial"], "ovr"),
        ],
    },
    Classifier {
        name: "MLPClassifier",
        parameters: &[
            parameter("hidden_layer_sizes", Kind::Sizes, Default::Number(100.0)),
            choice("activation", &["identity", "logistic", "tanh", "relu"], "relu"),
            choice("solver", &["lbfgs", "sgd", "adam"], "adam"),
            number("alpha", Kind::AtLeast(0.0), 1e-4),
            parameter(
                "batch_size",
                Kind::Either(&[Kind::Choice(&["auto"]), Kind::Whole(1)]),
                Default::Text("auto"),
            ),
            choice("learning_rate", &["constant", "invscaling", "adaptive"], "constant"),
            number("learning_rate_init", Kind::Above(0.0), 1e-3),
            number("power_t", Kind::Number, 0.5),
            number("max_iter", Kind::Whole(1), 200.0),
            flag("shuffle", true),
            number("tol", Kind::AtLeast(0.0), 1e-4),
            number("momentum", Kind::AtLeast(0.0), 0.9),
            flag("nesterovs_momentum", true),
            flag("early_stopping", false),
            number("validation_fraction", Kind::AtLeast(0.0), 0.1),
            number("beta_1", Kind::AtLeast(0.0), 0.9),
            number("beta_2", Kind::AtLeast(0.0), 0.999),
            number("epsilon", Kind::Above(0.0), 1e-8),
        ],
    },
    Classifier {
        name: super::NETWORK,
        parameters: &[
            optional("model", &[Kind::Text, Kind::Null]),
            optional("epochs", &[Kind::Whole(1), Kind::Null]),
            // Added when a configuration is expanded; grid files do not have it.
            optional("definition", &[Kind::Definition, Kind::Null]),
        ],
    },
    Classifier {
        name: "PassiveAggressiveClassifier",
        parameters: &[
            number("C", Kind::Above(0.0), 1.0),
            flag("fit_intercept", true),
            EPOCHS,
            EPOCH_TOL,
            flag("shuffle", true),
            choice("loss", &["hinge", "squared_hinge"], "hinge"),
            CLASS_WEIGHT,
            AVERAGE,
        ],
    },
    Classifier {
        name: "Perceptron",
        parameters: &[
            parameter("penalty", Kind::Either(&[Kind::Choice(PENALTIES), Kind::Null]), Default::Null),
            number("alpha", Kind::AtLeast(0.0), 1e-4),
            flag("fit_intercept", true),
            EPOCHS,
            EPOCH_TOL,
            flag("shuffle", true),
            number("eta0", Kind::Above(0.0), 1.0),
            CLASS_WEIGHT,
        ],
    },
    Classifier {
        name: "RandomForestClassifier",
        parameters: &[
            number("n_estimators", Kind::Whole(1), 10.0),
            choice("criterion", CRITERIA, "gini"),
            MAX_DEPTH,
            MIN_SAMPLES_SPLIT,
            MIN_SAMPLES_LEAF,
            MIN_WEIGHT_FRACTION_LEAF,
            parameter("max_features", MAX_FEATURES, Default::Text("auto")),
            MAX_LEAF_NODES,
            MIN_IMPURITY_DECREASE,
            MIN_IMPURITY_SPLIT,
            flag("bootstrap", true),
            CLASS_WEIGHT,
        ],
    },
    Classifier {
        name: "SGDClassifier",
        parameters: &[
            choice("loss", LOSSES, "hinge"),
            parameter(
                "penalty",
                Kind::Either(&[Kind::Choice(PENALTIES), Kind::Choice(&["none"])]),
                Default::Text("l2"),
            ),
            number("alpha", Kind::AtLeast(0.0), 1e-4),
            number("l1_ratio", Kind::AtLeast(0.0), 0.15),
            flag("fit_intercept", true),
            EPOCHS,
            EPOCH_TOL,
            flag("shuffle", true),
            number("epsilon", Kind::AtLeast(0.0), 0.1),
            choice("learning_rate", &["optimal", "constant", "invscaling"], "optimal"),
            number("eta0", Kind::AtLeast(0.0), 0.0),
            number("power_t", Kind::Number, 0.5),
            CLASS_WEIGHT,
            AVERAGE,
        ],
    },
    Classifier {
        name: "SVC",
        parameters: &[
            number("C", Kind::Above(0.0), 1.0),
            choice("kernel", &["linear", "poly", "rbf", "sigmoid"], "rbf"),
            number("degree", Kind::Whole(0), 3.0),
            // `auto`, 0.19's default, is 1 / n_features; `scale` is 1 / (n_features * variance of X).
            parameter(
                "gamma",
                Kind::Either(&[Kind::Choice(&["auto", "scale"]), Kind::Above(0.0)]),
                Default::Text("auto"),
            ),
            number("coef0", Kind::Number, 0.0),
            flag("shrinking", true),
            number("tol", Kind::Above(0.0), 1e-3),
            CLASS_WEIGHT,
            number("max_iter", Kind::Whole(-1), -1.0),
            choice("decision_function_shape", &["ovr", "ovo"], "ovr"),
        ],
    },
    // Beyond the published grid: names, parameters and defaults of scikit-learn 1.9.
    Classifier {
        name: "AdaBoostClassifier",
        parameters: &[
            number("n_estimators", Kind::Whole(1), 50.0),
            number("learning_rate", Kind::Above(0.0), 1.0),
            // Depth of the trees; in scikit-learn a parameter of `estimator`.
            parameter("max_depth", Kind::Either(&[Kind::Whole(1), Kind::Null]), Default::Number(1.0)),
        ],
    },
    Classifier {
        name: "BaggingClassifier",
        parameters: &[
            number("n_estimators", Kind::Whole(1), 10.0),
            parameter("max_samples", COUNT_OR_SHARE, Default::Number(1.0)),
            parameter("max_features", COUNT_OR_SHARE, Default::Number(1.0)),
            flag("bootstrap", true),
            flag("bootstrap_features", false),
            // Depth of the trees; in scikit-learn a parameter of `estimator`.
            MAX_DEPTH,
        ],
    },
    Classifier {
        name: "BernoulliNB",
        parameters: &[
            number("alpha", Kind::AtLeast(0.0), 1.0),
            parameter("binarize", Kind::Either(&[Kind::Number, Kind::Null]), Default::Number(0.0)),
            flag("fit_prior", true),
            optional("class_prior", &[Kind::Priors, Kind::Null]),
        ],
    },
    Classifier {
        name: "ComplementNB",
        parameters: &[
            number("alpha", Kind::AtLeast(0.0), 1.0),
            flag("fit_prior", true),
            optional("class_prior", &[Kind::Priors, Kind::Null]),
            flag("norm", false),
        ],
    },
    Classifier {
        name: "ExtraTreesClassifier",
        parameters: &[
            number("n_estimators", Kind::Whole(1), 100.0),
            choice("criterion", CRITERIA, "gini"),
            MAX_DEPTH,
            MIN_SAMPLES_SPLIT,
            MIN_SAMPLES_LEAF,
            MIN_WEIGHT_FRACTION_LEAF,
            parameter("max_features", MAX_FEATURES, Default::Text("sqrt")),
            MAX_LEAF_NODES,
            MIN_IMPURITY_DECREASE,
            flag("bootstrap", false),
            CLASS_WEIGHT,
        ],
    },
    Classifier {
        name: "HistGradientBoostingClassifier",
        parameters: &[
            number("learning_rate", Kind::Above(0.0), 0.1),
            number("max_iter", Kind::Whole(1), 100.0),
            parameter("max_leaf_nodes", Kind::Either(&[Kind::Whole(2), Kind::Null]), Default::Number(31.0)),
            MAX_DEPTH,
            number("min_samples_leaf", Kind::Whole(1), 20.0),
            number("l2_regularization", Kind::AtLeast(0.0), 0.0),
            number("max_bins", Kind::Whole(2), 255.0),
            parameter(
                "early_stopping",
                Kind::Either(&[Kind::Choice(&["auto"]), Kind::Flag]),
                Default::Text("auto"),
            ),
            number("validation_fraction", Kind::Above(0.0), 0.1),
            number("n_iter_no_change", Kind::Whole(1), 10.0),
            number("tol", Kind::AtLeast(0.0), 1e-7),
        ],
    },
    Classifier {
        name: "LinearDiscriminantAnalysis",
        parameters: &[
            choice("solver", &["svd", "lsqr", "eigen"], "svd"),
            optional("shrinkage", &[Kind::Choice(&["auto"]), Kind::AtLeast(0.0), Kind::Null]),
            optional("priors", &[Kind::Priors, Kind::Null]),
            number("tol", Kind::AtLeast(0.0), 1e-4),
        ],
    },
    Classifier {
        name: "MultinomialNB",
        parameters: &[
            number("alpha", Kind::AtLeast(0.0), 1.0),
            flag("fit_prior", true),
            optional("class_prior", &[Kind::Priors, Kind::Null]),
        ],
    },
    Classifier {
        name: "NearestCentroid",
        parameters: &[
            choice("metric", &["euclidean", "manhattan"], "euclidean"),
            optional("shrink_threshold", &[Kind::Above(0.0), Kind::Null]),
        ],
    },
    Classifier {
        name: "NuSVC",
        parameters: &[
            number("nu", Kind::Above(0.0), 0.5),
            choice("kernel", &["linear", "poly", "rbf", "sigmoid"], "rbf"),
            number("degree", Kind::Whole(0), 3.0),
            parameter(
                "gamma",
                Kind::Either(&[Kind::Choice(&["auto", "scale"]), Kind::Above(0.0)]),
                Default::Text("scale"),
            ),
            number("coef0", Kind::Number, 0.0),
            flag("shrinking", true),
            number("tol", Kind::Above(0.0), 1e-3),
            CLASS_WEIGHT,
            number("max_iter", Kind::Whole(-1), -1.0),
        ],
    },
    Classifier {
        name: "QuadraticDiscriminantAnalysis",
        parameters: &[
            optional("priors", &[Kind::Priors, Kind::Null]),
            number("reg_param", Kind::AtLeast(0.0), 0.0),
            number("tol", Kind::AtLeast(0.0), 1e-4),
        ],
    },
    Classifier {
        name: "RidgeClassifier",
        parameters: &[number("alpha", Kind::AtLeast(0.0), 1.0), flag("fit_intercept", true), CLASS_WEIGHT],
    },
];
