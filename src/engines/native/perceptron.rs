//! `Perceptron`: one row a job, since each takes well under a second.

use super::{run_each, sgd};
use crate::engines::params::ParamReader;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::Classifier;
use pixel_learn::models::linear::Perceptron;

pub struct Family;

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "Perceptron"
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        read(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        format!("{:?}", read(parameters))
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        // Scaling is not part of predicting, and fitting works on the bytes.
        work.test.scaled();
        run_each(work, emit, |parameters| Ok(Box::new(read(parameters)?) as Box<dyn Classifier>));
    }
}

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
