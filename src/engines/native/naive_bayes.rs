//! `GaussianNB`: nothing is shared, nothing is random.

use super::{run_each, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::Classifier;
use pixel_learn::models::naive_bayes::GaussianNB;

pub struct Family;

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "GaussianNB"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        read(parameters, shape.classes).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(self.classifier(), parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let classes = work.training.classes;
        run_each(work, emit, |parameters| Ok(Box::new(read(parameters, classes)?) as Box<dyn Classifier>));
    }
}

fn read(parameters: &Parameters, classes: usize) -> Result<GaussianNB, String> {
    let priors = ParamReader::new(parameters, &["priors"])?.priors(classes)?;
    match &priors {
        Some(given) if (given.iter().sum::<f64>() - 1.0).abs() > 1e-8 => {
            Err(format!("priors={given:?}: the sum must be 1"))
        }
        _ => Ok(GaussianNB { priors }),
    }
}
