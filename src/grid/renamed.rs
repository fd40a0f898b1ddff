//! Hints for names of other versions of scikit-learn: the grid uses the names of 0.19.

pub mod table;

use serde_json::Value;

use table::{ABSENT, NOT_THE_MODEL, OTHER_ESTIMATORS, Of, PARAMETERS, VALUES};

/// Whether a line of the tables is about a classifier.
pub fn is_of(classifiers: Of, classifier: &str) -> bool {
    classifiers.is_empty() || classifiers.contains(&classifier)
}

/// A value as the tables spell it: Python's None is null, and a number is written without an exponent.
pub fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) if text == "None" => "null".into(),
        Value::String(text) => text.clone(),
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())
        }
        value => value.to_string(),
    }
}

/// A hint for a value that another version names differently; `None` if the tables do not have it.
pub fn value(classifier: &str, parameter: &str, value: &Value) -> Option<String> {
    let name = spelled(value);
    let find = |table: &[(Of, &str, &str, &'static str)]| {
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

/// A hint for a parameter that the schema does not have.
pub fn parameter(classifier: &str, name: &str) -> Option<String> {
    if NOT_THE_MODEL.contains(&name) {
        return Some("it does not change which model is meant, leave it out".into());
    }
    let is_meant = |(of, today, _): &&(Of, &str, &str)| is_of(of, classifier) && *today == name;
    PARAMETERS.iter().find(is_meant).map(|(_, _, here)| (*here).to_string())
}

/// A hint for a text that starts with a Python word: how TOML and JSON write it.
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

/// Whether a name that ends like those of `known` is another model, such as XGBClassifier: the part before
/// the ending is not a misspelling of any known one.
pub fn is_other_classifier(name: &str, known: &[&str]) -> bool {
    const END: &str = "classifier";
    let start = |name: &str| {
        let at = name.len().checked_sub(END.len())?;
        name.get(at..)?.eq_ignore_ascii_case(END).then(|| name[..at].to_string())
    };
    let Some(own) = start(name) else { return false };
    let starts: Vec<String> = known.iter().filter_map(|name| start(name)).collect();
    closest_misspelling(&own, &starts.iter().map(String::as_str).collect::<Vec<_>>()).is_none()
}

/// The candidate that `text` misspells, by at most one edit in four characters (and at least one), so that
/// the name of another model is not taken for it.
pub fn closest_misspelling<'a>(text: &str, candidates: &[&'a str]) -> Option<&'a str> {
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
    fn a_misspelling_is_near_and_another_model_is_not() {
        assert_eq!(closest_misspelling("rfb", &["linear", "rbf"]), Some("rbf"));
        assert_eq!(closest_misspelling("squred_hinge", &["hinge", "squared_hinge"]), Some("squared_hinge"));
        assert_eq!(closest_misspelling("log_loss", &["squared_loss", "log"]), None);
        assert_eq!(closest_misspelling("l3", &["l1", "l2"]), None);
        assert!(is_other_estimator("NuSVR") && !is_other_estimator("SVC"));
        let known = ["SVC", "SGDClassifier", "AdaBoostClassifier", "KNeighborsClassifier"];
        for (name, is_other) in [
            ("XGBClassifier", true),
            ("CatBoostClassifier", true),
            ("LGBMClassifier", true),
            ("SDGClassifier", false),
            ("KNeighborClassifier", false),
            ("adaboostclassifier", false),
            ("SVM", false),
        ] {
            assert_eq!(is_other_classifier(name, &known), is_other, "{name}");
        }
    }
}
