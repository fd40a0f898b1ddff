//! `GaussianNB`: nothing is shared, nothing is random.

use super::reader::Reader;
use super::{own_key, run_each};
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use crate::models::Classifier;
use crate::models::naive_bayes::GaussianNB;

pub struct Family;

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "GaussianNB"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        match read(parameters, shape.classes)?.priors {
            Some(priors) if priors.len() != shape.classes => {
                Err(format!("priors={priors:?}: one number for each of {} classes is needed", shape.classes))
            }
            _ => Ok(()),
        }
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        own_key(self.classifier(), parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let classes = work.training.classes;
        run_each(work, emit, |parameters| Ok(Box::new(read(parameters, classes)?) as Box<dyn Classifier>));
    }
}

/// `priors` may be one number a class, or the word `uniform`, which no number of classes spells wrongly.
fn read(parameters: &Parameters, classes: usize) -> Result<GaussianNB, String> {
    let reader = Reader::new(parameters, &["priors"])?;
    let priors = match reader.value("priors").and_then(|value| value.as_str()) {
        Some("uniform") => Some(vec![1.0 / classes as f64; classes]),
        _ => reader.numbers("priors")?,
    };
    Ok(GaussianNB { priors })
}
