//! The schema of configurations: the values that a parameter may have, and validation against the table of
//! classifiers (`schema/classifiers.rs`).

mod classifiers;

use serde_json::Value;

use super::configuration::is_uniform;
use super::{Configuration, GridError, renamed};
use crate::nearest::{list, nearest};

pub use classifiers::CLASSIFIERS;

/// The classifier whose configurations name a model of a grid file.
pub const NETWORK: &str = "Network";

/// A classifier that a grid can name.
pub struct Classifier {
    pub name: &'static str,
    pub parameters: &'static [Parameter],
}

/// A parameter with the values that it may have.
pub struct Parameter {
    pub name: &'static str,
    pub kind: Kind,
    pub default: Default,
}

/// The values that a parameter may have.
pub enum Kind {
    /// One of these names.
    Choice(&'static [&'static str]),
    /// true or false.
    Flag,
    /// A whole number of at least this.
    Whole(i64),
    /// A number of at least this.
    AtLeast(f64),
    /// A number greater than this.
    Above(f64),
    /// Any number.
    Number,
    /// Sizes of layers: a list of whole numbers of at least 1, or one such number.
    Sizes,
    /// One probability a class, adding up to 1, or `"uniform"`.
    Priors,
    /// Any text.
    Text,
    /// The definition of a network.
    Definition,
    /// Null, which scikit-learn spells `None`.
    Null,
    /// Any of these.
    Either(&'static [Kind]),
}

/// A default, as a constant.
#[derive(Clone, Copy)]
pub enum Default {
    Null,
    Flag(bool),
    Number(f64),
    Text(&'static str),
}

impl Default {
    pub fn to_json(self) -> Value {
        match self {
            Default::Null => Value::Null,
            Default::Flag(flag) => flag.into(),
            Default::Number(number) => number.into(),
            Default::Text(text) => text.into(),
        }
    }
}

impl Parameter {
    /// Whether the parameter may have the value.
    pub fn accepts(&self, value: &Value) -> bool {
        self.kind.accepts(value)
    }
}

impl Classifier {
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

/// The classifier of that name, if the table has it.
pub fn classifier(name: &str) -> Option<&'static Classifier> {
    CLASSIFIERS.iter().find(|classifier| classifier.name == name)
}

/// Checks a configuration. The error names the nearest valid classifier, parameter or value.
pub fn validate(configuration: &Configuration) -> Result<(), GridError> {
    let known = classifier(&configuration.classifier).ok_or_else(|| {
        let names: Vec<&str> = CLASSIFIERS.iter().map(|classifier| classifier.name).collect();
        let name = &configuration.classifier;
        let is_other = renamed::is_other_estimator(name) || renamed::is_other_classifier(name, &names);
        let hint = match nearest(name, &names) {
            _ if is_other => format!(", which the grid does not have (known: {})", list(&names)),
            Some(near) => format!(": did you mean {near}?"),
            None => format!(" (known: {})", list(&names)),
        };
        GridError::new(format!("unknown classifier {name:?}{hint}"))
    })?;
    for (name, value) in &configuration.parameters {
        let parameter = known.parameter(name).ok_or_else(|| unknown_parameter(known, name))?;
        if !parameter.kind.accepts(value) {
            let mut message =
                format!("{}: {name} = {value}: expected {}", known.name, parameter.kind.describe());
            // A value of another parameter, such as ovo, is not a misspelling of one of this parameter's.
            let text = value.as_str().filter(|text| !is_value(text));
            let meant = text.and_then(|text| renamed::closest_misspelling(text, &parameter.kind.names()));
            if let Some(here) = renamed::value(known.name, name, value) {
                message += &format!(": {here}");
            } else if let Some(meant) = meant {
                message += &format!(": did you mean {meant}?");
            }
            return Err(GridError::new(message));
        }
    }
    Ok(())
}

/// Whether a parameter of any classifier has the value.
fn is_value(text: &str) -> bool {
    let mut parameters = CLASSIFIERS.iter().flat_map(|classifier| classifier.parameters);
    parameters.any(|parameter| parameter.kind.names().contains(&text))
}

fn unknown_parameter(classifier: &Classifier, name: &str) -> GridError {
    let names: Vec<&str> = classifier.parameters.iter().map(|parameter| parameter.name).collect();
    let instead =
        match (renamed::parameter(classifier.name, name), renamed::closest_misspelling(name, &names)) {
            (Some(here), _) => format!(": {here}"),
            (None, Some(meant)) => format!(": did you mean {meant}? (known: {})", list(&names)),
            (None, None) => format!(" (known: {})", list(&names)),
        };
    GridError::new(format!("{}: unknown parameter {name:?}{instead}", classifier.name))
}

impl Kind {
    fn accepts(&self, value: &Value) -> bool {
        match self {
            Kind::Choice(names) => value.as_str().is_some_and(|text| names.contains(&text)),
            Kind::Flag => value.is_boolean(),
            Kind::Whole(least) => is_whole(value, *least),
            Kind::AtLeast(least) => value.as_f64().is_some_and(|number| number >= *least),
            Kind::Above(bound) => value.as_f64().is_some_and(|number| number > *bound),
            Kind::Number => value.is_number(),
            Kind::Sizes => match value {
                Value::Array(sizes) => !sizes.is_empty() && sizes.iter().all(|size| is_whole(size, 1)),
                size => is_whole(size, 1),
            },
            Kind::Priors => is_uniform(value) || value.as_array().is_some_and(|list| are_probabilities(list)),
            Kind::Text => value.is_string(),
            Kind::Definition => value.is_object(),
            Kind::Null => value.is_null(),
            Kind::Either(kinds) => kinds.iter().any(|kind| kind.accepts(value)),
        }
    }

    /// Whether the value is the definition of a network.
    pub fn is_definition(&self) -> bool {
        match self {
            Kind::Definition => true,
            Kind::Either(kinds) => kinds.iter().any(Kind::is_definition),
            _ => false,
        }
    }

    fn describe(&self) -> String {
        match self {
            Kind::Choice(names) => list(names),
            Kind::Flag => "true or false".into(),
            Kind::Whole(least) => format!("an integer of at least {least}"),
            Kind::AtLeast(least) => format!("a number of at least {least}"),
            Kind::Above(bound) => format!("a number greater than {bound}"),
            Kind::Number => "a number".into(),
            Kind::Sizes => "a list of layer sizes such as [100, 10]".into(),
            Kind::Priors => "\"uniform\" or a list of probabilities that add up to 1".into(),
            Kind::Text => "a string".into(),
            Kind::Definition => "the definition of a model".into(),
            Kind::Null => "null".into(),
            Kind::Either(kinds) => kinds.iter().map(Kind::describe).collect::<Vec<_>>().join(" or "),
        }
    }

    /// All names among the values, to find the nearest.
    fn names(&self) -> Vec<&'static str> {
        match self {
            Kind::Choice(names) => names.to_vec(),
            Kind::Either(kinds) => kinds.iter().flat_map(Kind::names).collect(),
            _ => Vec::new(),
        }
    }
}

fn is_whole(value: &Value, least: i64) -> bool {
    value.as_f64().is_some_and(|number| number.fract() == 0.0 && number >= least as f64 && number < 1e15)
}

fn are_probabilities(priors: &[Value]) -> bool {
    let numbers: Option<Vec<f64>> = priors.iter().map(Value::as_f64).collect();
    numbers.is_some_and(|numbers| {
        numbers.iter().all(|&p| p >= 0.0) && (numbers.iter().sum::<f64>() - 1.0).abs() < 1e-8
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(classifier: &str, parameters: Value) -> String {
        let Value::Object(parameters) = parameters else { unreachable!("parameters are an object") };
        validate(&Configuration::new(classifier, parameters)).unwrap_err().to_string()
    }

    #[test]
    fn every_default_is_allowed() {
        for classifier in CLASSIFIERS {
            for parameter in classifier.parameters {
                let default = parameter.default.to_json();
                assert!(parameter.kind.accepts(&default), "{} {} {default}", classifier.name, parameter.name);
            }
        }
        assert_eq!(CLASSIFIERS.len(), 27);
    }

    #[test]
    fn errors_name_the_nearest() {
        assert_eq!(error("SVM", json!({})), "unknown classifier \"SVM\": did you mean SVC?");
        assert!(error("SVC", json!({"kernal": "rbf"})).contains("did you mean kernel?"));
        assert_eq!(
            error("SVC", json!({"kernel": "rfb"})),
            "SVC: kernel = \"rfb\": expected linear, poly, rbf or sigmoid: did you mean rbf?"
        );
        let other = error("LinearSVC", json!({"multi_class": "ovo"}));
        assert_eq!(other, "LinearSVC: multi_class = \"ovo\": expected ovr or crammer_singer");
        assert!(
            error("KNN", json!({}))
                .starts_with("unknown classifier \"KNN\" (known: DecisionTreeClassifier, ")
        );
        assert_eq!(error("SVC", json!({"C": -1})), "SVC: C = -1: expected a number greater than 0");
        assert_eq!(error("SVC", json!({"C": "1"})), "SVC: C = \"1\": expected a number greater than 0");
        assert!(error("SVC", json!({"n_jobs": -1})).ends_with("leave it out"));
        assert!(error("MLPClassifier", json!({"hidden_layer_sizes": []})).contains("[100, 10]"));
        assert!(error("GaussianNB", json!({"priors": [0.5, 0.6]})).contains("add up to 1"));
        assert!(error("DecisionTreeClassifier", json!({"max_depth": 0})).contains("at least 1 or null"));
    }
}
