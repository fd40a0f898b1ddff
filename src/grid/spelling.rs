//! Replaces names of other versions of scikit-learn by the grid's names, if both mean the same, with a
//! notice.

use serde_json::Value;

use super::renamed::table::{AS_BEFORE, NAMES, Of, VALUES};
use super::renamed::{is_of, spelled};
use super::{Parameters, schema};

fn named(name: &str) -> Value {
    if name == "null" { Value::Null } else { name.into() }
}

/// Replaces names by the grid's names of the same meaning, and removes parameters that change nothing;
/// returns a notice for each. Each parameter comes with its list of values to try.
pub fn replace_names(classifier: &str, parameters: &mut Vec<(String, Vec<Value>)>) -> Vec<String> {
    let Some(known) = schema::classifier(classifier) else { return Vec::new() };
    let mut notices = Vec::new();
    for (of, today, here, values) in NAMES {
        let is_free = known.parameter(today).is_none()
            && known.parameter(here).is_some()
            && !parameters.iter().any(|(name, _)| name == here);
        let Some((name, given)) =
            parameters.iter_mut().find(|(name, _)| is_free && name == today && is_of(of, classifier))
        else {
            continue;
        };
        let taken: Option<Vec<Value>> = if values.is_empty() {
            Some(given.clone())
        } else {
            let of_value = |value: &Value| values.iter().find(|(other, _)| *other == spelled(value));
            given.iter().map(|value| of_value(value).map(|(_, here)| named(here))).collect()
        };
        if let Some(taken) = taken {
            notices.push(format!("{classifier}: {today} is taken for {here}, its name here"));
            (*name, *given) = ((*here).to_string(), taken);
        }
    }
    parameters.retain(|(name, values)| {
        let changes_nothing = |(of, other, before): &(Of, &str, &str)| {
            is_of(of, classifier)
                && other == name
                && !values.is_empty()
                && values.iter().all(|value| spelled(value) == *before)
        };
        let is_out = known.parameter(name).is_none() && AS_BEFORE.iter().any(changes_nothing);
        if is_out {
            notices.push(format!("{classifier}: {name} is left out: at this value it changes nothing"));
        }
        !is_out
    });
    for (name, values) in parameters.iter_mut() {
        // A value that the grid knows under this name stays.
        let stands = |value: &Value| known.parameter(name).is_none_or(|parameter| parameter.accepts(value));
        for value in values.iter_mut().filter(|value| !stands(value)) {
            let other = spelled(value);
            let is_it = |(of, parameter, today, _): &&(Of, &str, &str, &str)| {
                is_of(of, classifier) && parameter == name && *today == other
            };
            if let Some((.., here)) = VALUES.iter().find(is_it) {
                notices.push(format!("{classifier}: {name} = {other} is taken for {here}, its name here"));
                *value = named(here);
            }
        }
    }
    notices.dedup();
    notices
}

/// [`replace_names`] for the parameters of one configuration.
pub fn replace_names_in(classifier: &str, parameters: &mut Parameters) -> Vec<String> {
    let mut lists: Vec<(String, Vec<Value>)> =
        std::mem::take(parameters).into_iter().map(|(name, value)| (name, vec![value])).collect();
    let notices = replace_names(classifier, &mut lists);
    *parameters = lists
        .into_iter()
        .flat_map(|(name, values)| values.into_iter().map(move |v| (name.clone(), v)))
        .collect();
    notices
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::renamed::table::ABSENT;
    use super::*;
    use crate::grid::Configuration;

    fn taken(classifier: &str, parameters: Value) -> (Value, usize) {
        let Value::Object(mut parameters) = parameters else { unreachable!("parameters are an object") };
        let notices = replace_names_in(classifier, &mut parameters);
        (parameters.into(), notices.len())
    }

    #[test]
    fn names_that_mean_the_same_are_taken() {
        let equal = |classifier: &str, today: Value, here: Value| {
            let (parameters, notices) = taken(classifier, today.clone());
            assert_eq!(parameters, here, "{classifier} {today}");
            assert!(notices > 0, "{classifier} {today}");
        };
        equal("SGDClassifier", json!({"loss": "log_loss", "alpha": 1}), json!({"loss": "log", "alpha": 1}));
        equal("SGDClassifier", json!({"penalty": null}), json!({"penalty": "none"}));
        equal("Perceptron", json!({"penalty": "none"}), json!({"penalty": null}));
        equal("SGDClassifier", json!({"n_iter": 5}), json!({"max_iter": 5}));
        equal("MLPClassifier", json!({"algorithm": "l-bfgs"}), json!({"solver": "lbfgs"}));
        equal("LogisticRegression", json!({"l1_ratio": 1.0}), json!({"penalty": "l1"}));
        equal("LogisticRegression", json!({"l1_ratio": 0}), json!({"penalty": "l2"}));
        equal("RandomForestClassifier", json!({"ccp_alpha": 0.0}), json!({}));
        equal("GaussianNB", json!({"var_smoothing": 1e-9}), json!({}));
        equal("SVC", json!({"break_ties": false, "C": 2}), json!({"C": 2}));
        equal("SVC", json!({"class_weight": "auto"}), json!({"class_weight": "balanced"}));
        equal("LinearSVC", json!({"loss": "l2"}), json!({"loss": "squared_hinge"}));
    }

    #[test]
    fn what_means_something_else_stays_and_is_refused() {
        for (classifier, parameters) in [
            ("LogisticRegression", json!({"l1_ratio": 0.5})),
            ("LogisticRegression", json!({"penalty": null})),
            ("RandomForestClassifier", json!({"ccp_alpha": 0.01})),
            ("SGDClassifier", json!({"n_iter": 5, "max_iter": 6})),
            ("SVC", json!({"random_state": 1})),
            ("SVC", json!({"n_iter": 5})),
            ("NoClassifier", json!({"loss": "log_loss"})),
        ] {
            assert_eq!(taken(classifier, parameters.clone()), (parameters.clone(), 0), "{classifier}");
            let Value::Object(parameters) = parameters else { unreachable!("parameters are an object") };
            assert!(schema::validate(&Configuration::new(classifier, parameters)).is_err(), "{classifier}");
        }
        // These are the grid's own.
        for (classifier, parameters) in [
            ("RandomForestClassifier", json!({"max_features": "auto"})),
            ("Perceptron", json!({"penalty": null})),
            ("SVC", json!({"gamma": "auto"})),
        ] {
            assert_eq!(taken(classifier, parameters.clone()), (parameters, 0));
        }
    }

    #[test]
    fn every_name_of_the_tables_is_refused_as_it_stands_and_taken_as_valid() {
        let valid = |classifier: &str, name: &str, value: Value| {
            let parameters = [(name.to_string(), value)].into_iter().collect();
            schema::validate(&Configuration::new(classifier, parameters)).is_ok()
        };
        let mut tried = 0;
        for (of, name, today, here) in VALUES {
            for classifier in schema::CLASSIFIERS.iter().filter(|known| is_of(of, known.name)) {
                if classifier.parameter(name).is_some() {
                    assert!(
                        !valid(classifier.name, name, named(today)),
                        "{} {name} {today}",
                        classifier.name
                    );
                    assert!(valid(classifier.name, name, named(here)), "{} {name} {here}", classifier.name);
                    tried += 1;
                }
            }
        }
        for (of, name, today, _) in ABSENT {
            for classifier in schema::CLASSIFIERS.iter().filter(|known| of.contains(&known.name)) {
                assert!(!valid(classifier.name, name, named(today)), "{} {name} {today}", classifier.name);
                tried += 1;
            }
        }
        assert!(tried > 25, "{tried}");
    }
}
