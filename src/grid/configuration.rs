//! One configuration: a classifier's name with its parameters, spelled as scikit-learn 0.19 spelled them.

/// Parameters by name, in the order in which the grid lists them.
pub type Parameters = serde_json::Map<String, serde_json::Value>;

/// A classifier's name and its parameters, such as `SVC` with `{"C": 10.0, "kernel": "rbf"}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    pub classifier: String,
    pub parameters: Parameters,
}
