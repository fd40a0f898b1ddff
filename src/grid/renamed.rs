//! What scikit-learn has renamed or added since 0.19, whose spelling the grid keeps. Source: the release
//! notes of scikit-learn 0.20 to 1.8 and the signatures of its estimators.

use serde_json::Value;

/// Values under another name now: classifiers (none is all), parameter, today's name, the name here.
const VALUES: &[(&[&str], &str, &str, &str)] = &[
    (&["SGDClassifier"], "loss", "log_loss", "log"),
    (&["SGDClassifier"], "loss", "squared_error", "squared_loss"),
    (&["SGDClassifier"], "penalty", "null", "none"),
    (&["GradientBoostingClassifier"], "loss", "log_loss", "deviance"),
    (&["GradientBoostingClassifier"], "criterion", "squared_error", "mse"),
    (&["GradientBoostingClassifier"], "criterion", "absolute_error", "mae"),
    (
        &["DecisionTreeClassifier", "ExtraTreeClassifier", "RandomForestClassifier"],
        "criterion",
        "log_loss",
        "entropy",
    ),
    (&["KNeighborsClassifier"], "metric", "l1", "manhattan"),
    (&["KNeighborsClassifier"], "metric", "cityblock", "manhattan"),
    (&["KNeighborsClassifier"], "metric", "l2", "euclidean"),
    (&["Perceptron"], "penalty", "none", "null"),
];

/// Values that have no name here: classifiers, parameter, today's name, what to do.
const ABSENT: &[(&[&str], &str, &str, &str)] = &[
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
        &["SVC"],
        "kernel",
        "precomputed",
        "kernels are computed from the images: take linear, poly, rbf or sigmoid",
    ),
];

/// Parameters under another name now, or of today's alone: classifier (empty is any), name, what to do.
const PARAMETERS: &[(&str, &str, &str)] = &[
    ("", "n_iter", "it is called max_iter, as since scikit-learn 0.19"),
    ("", "ccp_alpha", "it came with scikit-learn 0.22: leave it out at its default 0"),
    ("", "max_samples", "it came with scikit-learn 0.22: leave it out at its default null"),
    ("", "monotonic_cst", "it came with scikit-learn 1.4: leave it out at its default null"),
    ("", "n_iter_no_change", "it came with scikit-learn 0.20: leave it out"),
    ("", "early_stopping", "it came with scikit-learn 0.20: leave it out at its default false"),
    ("", "validation_fraction", "it came with scikit-learn 0.20: leave it out"),
    ("", "max_fun", "it came with scikit-learn 0.22: leave it out"),
    ("", "var_smoothing", "it came with scikit-learn 0.20: leave it out at its default 1e-9"),
    ("", "break_ties", "it came with scikit-learn 0.22: leave it out at its default false"),
    ("", "l1_ratio", "it came with scikit-learn 0.21: leave it out"),
    ("", "oob_score", "it does not change the model: leave it out"),
    ("", "probability", "it does not change the predictions: leave it out"),
    ("", "metric_params", "leave it out at its default null"),
    ("GradientBoostingClassifier", "init", "leave it out at its default null"),
    (
        "GaussianProcessClassifier",
        "kernel",
        "the kernel is constant_value * RBF(length_scale): name these two instead",
    ),
    ("GaussianProcessClassifier", "optimizer", "the kernel stays as it is given: leave it out"),
    ("GaussianProcessClassifier", "n_restarts_optimizer", "the kernel stays as it is given: leave it out"),
];

/// What changes no model: the threads, the seed, what is printed, what is kept in memory.
const NOT_THE_MODEL: &[&str] =
    &["n_jobs", "random_state", "verbose", "cache_size", "presort", "warm_start", "copy_X_train"];

/// scikit-learn's other estimators, which a similar name here is not.
const OTHER_ESTIMATORS: &[&str] = &[
    "AdaBoostClassifier",
    "BaggingClassifier",
    "BernoulliNB",
    "CategoricalNB",
    "ComplementNB",
    "DummyClassifier",
    "ExtraTreesClassifier",
    "GradientBoostingRegressor",
    "HistGradientBoostingClassifier",
    "KNeighborsRegressor",
    "LinearDiscriminantAnalysis",
    "LinearSVR",
    "LogisticRegressionCV",
    "MLPRegressor",
    "MultinomialNB",
    "NearestCentroid",
    "NuSVC",
    "NuSVR",
    "QuadraticDiscriminantAnalysis",
    "RadiusNeighborsClassifier",
    "RandomForestRegressor",
    "RidgeClassifier",
    "RidgeClassifierCV",
    "SGDOneClassSVM",
    "SGDRegressor",
    "SVR",
    "StackingClassifier",
    "VotingClassifier",
];

fn is_of(classifiers: &[&str], classifier: &str) -> bool {
    classifiers.is_empty() || classifiers.contains(&classifier)
}

/// What a value of today's scikit-learn is here, for a message; `None` where it is not known under another
/// name.
pub fn value(classifier: &str, parameter: &str, value: &Value) -> Option<String> {
    let name = match value {
        Value::Null => "null",
        Value::String(text) if text == "None" => "null",
        Value::String(text) => text,
        _ => return None,
    };
    let find = |table: &[(&'static [&'static str], &str, &str, &'static str)]| {
        table
            .iter()
            .find(|(of, p, today, _)| is_of(of, classifier) && *p == parameter && *today == name)
            .map(|row| row.3)
    };
    if let Some(here) = find(VALUES) {
        return Some(format!("it is called {here} here, as in scikit-learn 0.19"));
    }
    find(ABSENT).map(String::from).or_else(|| {
        let python = match value.as_str()? {
            "None" => "null",
            "True" => "true",
            "False" => "false",
            _ => return None,
        };
        Some(format!("Python's {} is {python}: leave the parameter out for its default", value.as_str()?))
    })
}

/// What a parameter that the table does not know is, for a message.
pub fn parameter(classifier: &str, name: &str) -> Option<String> {
    if NOT_THE_MODEL.contains(&name) {
        return Some("it does not change which model is meant, leave it out".into());
    }
    let is_meant =
        |(of, today, _): &&(&str, &str, &str)| (of.is_empty() || *of == classifier) && *today == name;
    PARAMETERS.iter().find(is_meant).map(|(_, _, here)| (*here).to_string())
}

/// What a word of Python at the beginning of a text is in TOML and JSON.
pub fn python_word(text: &str) -> Option<&'static str> {
    let word = text.trim_start();
    [
        ("None", "None is written \"None\" in TOML, null in JSON"),
        ("True", "True is written true"),
        ("False", "False is written false"),
        ("'", "JSON has texts in double quotes"),
    ]
    .into_iter()
    .find(|(python, _)| word.starts_with(python))
    .map(|(_, hint)| hint)
}

/// Whether `name` is an estimator of scikit-learn that the grid does not have.
pub fn is_other_estimator(name: &str) -> bool {
    OTHER_ESTIMATORS.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// The candidate that `text` is a slip of, if there is one: a word is never taken for one that means another
/// model.
pub fn slip<'a>(text: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let lower = text.to_lowercase();
    let distance = |candidate: &str| strsim::osa_distance(&lower, &candidate.to_lowercase());
    let nearest = candidates.iter().copied().min_by_key(|candidate| distance(candidate))?;
    let length = lower.chars().count();
    (length > 2 && distance(nearest) <= (length / 4).max(1)).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn todays_names_are_told() {
        let told =
            |classifier: &str, name: &str, text: Value| value(classifier, name, &text).unwrap_or_default();
        assert!(told("SGDClassifier", "loss", json!("log_loss")).contains("called log here"));
        assert!(told("SGDClassifier", "penalty", Value::Null).contains("called none here"));
        assert!(told("GradientBoostingClassifier", "loss", json!("log_loss")).contains("deviance"));
        assert!(told("ExtraTreeClassifier", "criterion", json!("log_loss")).contains("entropy"));
        assert!(told("LogisticRegression", "penalty", json!("None")).contains("a large C"));
        assert!(told("SVC", "gamma", json!("None")).contains("Python's None is null"));
        assert_eq!(told("SVC", "kernel", json!("rfb")), "");
        assert!(parameter("SVC", "ccp_alpha").is_some_and(|text| text.contains("0.22")));
        assert!(parameter("SVC", "random_state").is_some_and(|text| text.contains("leave it out")));
    }

    #[test]
    fn a_slip_is_near_and_another_model_is_not() {
        assert_eq!(slip("rfb", &["linear", "rbf"]), Some("rbf"));
        assert_eq!(slip("squred_hinge", &["hinge", "squared_hinge"]), Some("squared_hinge"));
        assert_eq!(slip("log_loss", &["squared_loss", "log"]), None);
        assert_eq!(slip("l3", &["l1", "l2"]), None);
        assert!(is_other_estimator("NuSVC") && !is_other_estimator("SVC"));
    }
}
