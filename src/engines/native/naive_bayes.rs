//! `GaussianNB`: nothing is shared, nothing is random.

use super::reader::Reader;
use super::run_each;
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
        match read(parameters)?.priors {
            Some(priors) if priors.len() != shape.classes => {
                Err(format!("priors={priors:?}: one number for each of {} classes is needed", shape.classes))
            }
            _ => Ok(()),
        }
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        format!("GaussianNB {}", serde_json::Value::Object(parameters.clone()))
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        run_each(work, emit, |parameters| Ok(Box::new(read(parameters)?) as Box<dyn Classifier>));
    }
}

fn read(parameters: &Parameters) -> Result<GaussianNB, String> {
    Ok(GaussianNB { priors: Reader::new(parameters, &["priors"])?.numbers("priors")? })
}
