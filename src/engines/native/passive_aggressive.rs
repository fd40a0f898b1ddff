//! `PassiveAggressiveClassifier`: each configuration is a job of its own, since it takes well under a second.

use super::unshared::{Scaled, Unshared};
use crate::engines::params::ParamReader;
use crate::grid::Parameters;
use pixel_learn::models::linear::PassiveAggressiveClassifier;

pub static FAMILY: Unshared<PassiveAggressiveClassifier> = Unshared {
    classifier: "PassiveAggressiveClassifier",
    read,
    sharing_key: |parameters| format!("{:?}", read(parameters)),
    scaled: Scaled::Test,
};

fn read(parameters: &Parameters) -> Result<PassiveAggressiveClassifier, String> {
    let default = PassiveAggressiveClassifier::default();
    let reader = ParamReader::new(parameters, &["C", "max_iter", "shuffle", "fit_intercept"])?;
    Ok(PassiveAggressiveClassifier {
        c: reader.positive("C", default.c)?,
        max_iter: reader.integer("max_iter", default.max_iter, 1)?,
        shuffle: reader.boolean("shuffle", default.shuffle)?,
        fit_intercept: reader.boolean("fit_intercept", default.fit_intercept)?,
    })
}
