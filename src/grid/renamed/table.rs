//! The tables of names. Source: signatures and docstrings of scikit-learn 1.9.1, whose versionadded,
//! versionchanged and deprecated notes date the changes, and for removed names the deprecation warnings of
//! 0.24 to 1.8.

pub type Of = &'static [&'static str];

const TREES: Of =
    &["DecisionTreeClassifier", "ExtraTreeClassifier", "RandomForestClassifier", "ExtraTreesClassifier"];
const ONLINE: Of = &["SGDClassifier", "Perceptron", "PassiveAggressiveClassifier"];
const VECTORS: Of = &["SVC", "NuSVC"];
const BOOSTED_AND_BAGGED: Of = &["AdaBoostClassifier", "BaggingClassifier"];
const ANY: Of = &[];

/// Values under another name: classifiers (empty for all), parameter, the other name, the name here.
pub const VALUES: &[(Of, &str, &str, &str)] = &[
    // Renamed in 1.1, 1.0 and 1.2.
    (&["SGDClassifier"], "loss", "log_loss", "log"),
    (&["SGDClassifier"], "loss", "squared_error", "squared_loss"),
    (&["SGDClassifier"], "penalty", "null", "none"),
    (&["Perceptron"], "penalty", "none", "null"),
    // Renamed in 1.1 and 1.0.
    (&["GradientBoostingClassifier"], "loss", "log_loss", "deviance"),
    (&["GradientBoostingClassifier"], "criterion", "squared_error", "mse"),
    // 1.1 gave the entropy a second name.
    (TREES, "criterion", "log_loss", "entropy"),
    // Synonyms of one metric since 0.10.
    (&["KNeighborsClassifier"], "metric", "l1", "manhattan"),
    (&["KNeighborsClassifier"], "metric", "cityblock", "manhattan"),
    (&["KNeighborsClassifier"], "metric", "l2", "euclidean"),
    (&["KNeighborsClassifier"], "weights", "null", "uniform"),
    // Names before 0.16, removed in 1.0.
    (&["LinearSVC"], "loss", "l1", "hinge"),
    (&["LinearSVC"], "loss", "l2", "squared_hinge"),
    // Names before 0.17 and 0.18.
    (ANY, "class_weight", "auto", "balanced"),
    (&["MLPClassifier"], "solver", "l-bfgs", "lbfgs"),
];

/// Values without a counterpart here: classifiers, parameter, the other name, what to do.
pub const ABSENT: &[(Of, &str, &str, &str)] = &[
    (
        &["LogisticRegression"],
        "penalty",
        "none",
        "there is no fit without a penalty: a large C, such as 1e6, comes near",
    ),
    (
        &["LogisticRegression"],
        "penalty",
        "null",
        "there is no fit without a penalty: a large C, such as 1e6, comes near",
    ),
    (&["LogisticRegression"], "penalty", "elasticnet", "it came with scikit-learn 0.21: take l1 or l2"),
    (
        &["LogisticRegression"],
        "multi_class",
        "auto",
        "write multinomial, which it means for all solvers but liblinear, or ovr",
    ),
    (&["LogisticRegression"], "solver", "newton-cholesky", "it came with scikit-learn 1.2: take lbfgs"),
    (&["LinearSVC"], "dual", "auto", "write true for fewer rows than features, else false"),
    (
        &["SGDClassifier"],
        "learning_rate",
        "adaptive",
        "it came with scikit-learn 0.20: take optimal, constant or invscaling",
    ),
    (
        &["SGDClassifier"],
        "learning_rate",
        "pa1",
        "it came with scikit-learn 1.8: take PassiveAggressiveClassifier with the loss hinge",
    ),
    (
        &["SGDClassifier"],
        "learning_rate",
        "pa2",
        "it came with scikit-learn 1.8: take PassiveAggressiveClassifier with the loss squared_hinge",
    ),
    (
        VECTORS,
        "kernel",
        "precomputed",
        "kernels are computed from the images: take linear, poly, rbf or sigmoid",
    ),
    (
        &["KNeighborsClassifier"],
        "metric",
        "precomputed",
        "distances are computed from the images: take another",
    ),
    (
        &["GradientBoostingClassifier"],
        "criterion",
        "absolute_error",
        "it was for regression: take friedman_mse",
    ),
];

/// Classifiers, the other name of a parameter, its name here, and its values under both names.
pub type Spelling = (Of, &'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Parameters under another name: classifiers, the other name, the name here, and, if the values have other
/// names too, all values that are accepted.
pub const NAMES: &[Spelling] = &[
    // Renamed in 0.19; the old name was removed in 0.21.
    (ONLINE, "n_iter", "max_iter", &[]),
    // Renamed in 0.18.
    (&["MLPClassifier"], "algorithm", "solver", &[]),
    // Renamed in 1.2.
    (&["BaggingClassifier", "AdaBoostClassifier"], "base_estimator", "estimator", &[]),
    // Since 1.8 `l1_ratio` gives the penalty.
    (
        &["LogisticRegression"],
        "l1_ratio",
        "penalty",
        &[("0", "l2"), ("0.0", "l2"), ("1", "l1"), ("1.0", "l1")],
    ),
];

/// Parameters of later versions at the value that leaves the model as it was: classifiers, name, that value.
pub const AS_BEFORE: &[(Of, &str, &str)] = &[
    (ANY, "ccp_alpha", "0"),
    (ANY, "monotonic_cst", "null"),
    (&["RandomForestClassifier"], "max_samples", "null"),
    (ONLINE, "early_stopping", "false"),
    (VECTORS, "break_ties", "false"),
    (&["GaussianNB"], "var_smoothing", "0.000000001"),
    (&["KNeighborsClassifier"], "metric_params", "null"),
    (&["GradientBoostingClassifier"], "init", "null"),
    (&["GradientBoostingClassifier"], "n_iter_no_change", "null"),
];

/// Parameters of later versions, or not in this project: classifiers, name, what to do.
pub const PARAMETERS: &[(Of, &str, &str)] = &[
    (
        &["AdaBoostClassifier"],
        "algorithm",
        "SAMME is the only one here, as in scikit-learn since 1.8: leave it out",
    ),
    (BOOSTED_AND_BAGGED, "estimator", "it is a decision tree here, whose depth is max_depth"),
    (BOOSTED_AND_BAGGED, "base_estimator", "it is a decision tree here, whose depth is max_depth"),
    (ANY, "n_iter", "it is called max_iter, as since scikit-learn 0.19"),
    (ANY, "ccp_alpha", "it came with scikit-learn 0.22: leave it out at its default 0"),
    (ANY, "max_samples", "it came with scikit-learn 0.22: leave it out at its default null"),
    (ANY, "monotonic_cst", "it came with scikit-learn 1.4: leave it out at its default null"),
    (ANY, "n_iter_no_change", "it came with scikit-learn 0.20: leave it out"),
    (ANY, "early_stopping", "it came with scikit-learn 0.20: leave it out at its default false"),
    (ANY, "validation_fraction", "it came with scikit-learn 0.20: leave it out"),
    (ANY, "max_fun", "it came with scikit-learn 0.22: leave it out"),
    (ANY, "var_smoothing", "it came with scikit-learn 0.20: leave it out at its default 1e-9"),
    (ANY, "break_ties", "it came with scikit-learn 0.22: leave it out at its default false"),
    (
        &["LogisticRegression"],
        "l1_ratio",
        "it came with scikit-learn 0.21: write penalty, l2 for 0 and l1 for 1",
    ),
    (ANY, "l1_ratio", "it came with scikit-learn 0.24: leave it out"),
    (ANY, "oob_score", "it does not change the model: leave it out"),
    (ANY, "probability", "it does not change the predictions: leave it out"),
    (ANY, "metric_params", "leave it out at its default null"),
    (&["GradientBoostingClassifier"], "init", "leave it out at its default null"),
    (
        &["GaussianProcessClassifier"],
        "kernel",
        "the kernel is constant_value * RBF(length_scale): name these two instead",
    ),
    (&["GaussianProcessClassifier"], "optimizer", "the kernel stays as it is given: leave it out"),
    (&["GaussianProcessClassifier"], "n_restarts_optimizer", "the kernel stays as it is given: leave it out"),
];

/// Parameters that do not change the model: threads, seed, output, memory.
pub const NOT_THE_MODEL: &[&str] =
    &["n_jobs", "random_state", "verbose", "cache_size", "presort", "warm_start", "copy_X_train"];

/// scikit-learn's other estimators: none of them is a misspelling of a similar name here.
pub const OTHER_ESTIMATORS: &[&str] = &[
    "CategoricalNB",
    "DummyClassifier",
    "GradientBoostingRegressor",
    "KNeighborsRegressor",
    "LinearSVR",
    "LogisticRegressionCV",
    "MLPRegressor",
    "NuSVR",
    "RadiusNeighborsClassifier",
    "RandomForestRegressor",
    "RidgeClassifierCV",
    "SGDOneClassSVM",
    "SGDRegressor",
    "SVR",
    "StackingClassifier",
    "VotingClassifier",
];
