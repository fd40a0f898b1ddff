//! A configuration: a classifier and its parameters, with the names of scikit-learn 0.19.

use serde_json::Value;

use super::Preprocessing;

/// Parameters by name, in the order in which the grid lists them.
pub type Parameters = serde_json::Map<String, Value>;

/// A classifier's name and its parameters, such as `SVC` with `{"C": 10.0, "kernel": "rbf"}`, and the steps
/// that make its features.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    pub classifier: String,
    pub parameters: Parameters,
    pub preprocessing: Preprocessing,
}

impl Configuration {
    pub fn new(classifier: impl Into<String>, parameters: Parameters) -> Configuration {
        Configuration { classifier: classifier.into(), parameters, preprocessing: Preprocessing::default() }
    }

    /// The configuration with these steps before the model.
    pub fn with_preprocessing(self, preprocessing: Preprocessing) -> Configuration {
        Configuration { preprocessing, ..self }
    }

    /// The configuration for data of `classes` classes: uniform priors, written `"uniform"` or as ten times
    /// 0.1 in a grid, become 1/classes for each class.
    pub fn for_classes(&self, classes: usize) -> Configuration {
        let mut configuration = self.clone();
        if let Some(priors) = configuration.parameters.get_mut("priors")
            && is_uniform(priors)
        {
            *priors = Value::from(vec![1.0 / classes.max(1) as f64; classes]);
        }
        configuration
    }
}

/// Whether a value of `priors` gives every class the same probability.
pub(super) fn is_uniform(priors: &Value) -> bool {
    match priors {
        Value::String(name) => name == "uniform",
        Value::Array(list) => {
            let share = 1.0 / list.len().max(1) as f64;
            !list.is_empty()
                && list.iter().all(|p| p.as_f64().is_some_and(|p| (p - share).abs() < 1e-9 * share.max(p)))
        }
        _ => false,
    }
}
