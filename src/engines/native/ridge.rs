//! `RidgeClassifier`: nothing is shared, nothing is random.

use super::unshared::{Scaled, Unshared};
use super::unshared_key;
use crate::engines::params::ParamReader;
use crate::grid::Parameters;
use pixel_learn::models::ridge::RidgeClassifier;

pub static FAMILY: Unshared<RidgeClassifier> = Unshared {
    classifier: "RidgeClassifier",
    read,
    sharing_key: |parameters| unshared_key("RidgeClassifier", parameters),
    scaled: Scaled::Test,
};

fn read(parameters: &Parameters) -> Result<RidgeClassifier, String> {
    let reader = ParamReader::new(parameters, &["alpha", "fit_intercept"])?;
    let default = RidgeClassifier::default();
    let alpha = reader.number("alpha", default.alpha)?;
    if alpha < 0.0 {
        return Err(format!("alpha={alpha}: must be at least 0"));
    }
    Ok(RidgeClassifier { alpha, fit_intercept: reader.boolean("fit_intercept", default.fit_intercept)? })
}
