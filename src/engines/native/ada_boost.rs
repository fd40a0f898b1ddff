//! `AdaBoostClassifier`: every configuration is fitted alone. The depth of the trees is a parameter here; in
//! scikit-learn it is a parameter of the estimator.

use serde_json::Value;

use super::unshared::{Scaled, Unshared};
use super::unshared_key;
use crate::engines::params::ParamReader;
use crate::grid::Parameters;
use pixel_learn::AdaBoostClassifier;
use pixel_learn::models::tree::DecisionTreeClassifier;

pub static FAMILY: Unshared<AdaBoostClassifier> = Unshared {
    classifier: "AdaBoostClassifier",
    read,
    sharing_key: |parameters| unshared_key("AdaBoostClassifier", parameters),
    scaled: Scaled::Neither,
};

fn read(parameters: &Parameters) -> Result<AdaBoostClassifier, String> {
    let reader = ParamReader::new(parameters, &["n_estimators", "learning_rate", "max_depth"])?;
    let default = AdaBoostClassifier::default();
    let max_depth = match parameters.get("max_depth") {
        None => default.estimator.max_depth,
        Some(Value::Null) => None,
        Some(_) => Some(reader.integer("max_depth", 1, 1)?),
    };
    Ok(AdaBoostClassifier {
        estimator: DecisionTreeClassifier { max_depth, ..default.estimator },
        n_estimators: reader.integer("n_estimators", default.n_estimators, 1)?,
        learning_rate: reader.positive("learning_rate", default.learning_rate)?,
    })
}
