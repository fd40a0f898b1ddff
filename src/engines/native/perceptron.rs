//! `Perceptron`: each configuration is a job of its own, since it takes well under a second.

use super::sgd;
use super::unshared::{Scaled, Unshared};
use crate::engines::params::ParamReader;
use crate::grid::Parameters;
use pixel_learn::models::linear::Perceptron;

pub static FAMILY: Unshared<Perceptron> = Unshared {
    classifier: "Perceptron",
    read,
    sharing_key: |parameters| format!("{:?}", read(parameters)),
    scaled: Scaled::Test,
};

fn read(parameters: &Parameters) -> Result<Perceptron, String> {
    let default = Perceptron::default();
    let known = ["penalty", "alpha", "eta0", "max_iter", "shuffle", "fit_intercept"];
    let reader = ParamReader::new(parameters, &known)?;
    let alpha = reader.number("alpha", default.alpha)?;
    if alpha < 0.0 {
        return Err(format!("alpha={alpha}: must be at least 0"));
    }
    Ok(Perceptron {
        penalty: sgd::penalty(&reader, "none")?,
        alpha,
        eta0: reader.positive("eta0", default.eta0)?,
        max_iter: reader.integer("max_iter", default.max_iter, 1)?,
        shuffle: reader.boolean("shuffle", default.shuffle)?,
        fit_intercept: reader.boolean("fit_intercept", default.fit_intercept)?,
    })
}
