//! GaussianNB over smartcore's, which smooths no variance. A pixel that is constant within a class makes the
//! likelihood of that class NaN, and the class is never predicted; if all classes have such a pixel,
//! predicting fails.

use smartcore::naive_bayes::gaussian::{GaussianNB, GaussianNBParameters};

use super::{Data, classes};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct GaussianNb;

fn read(parameters: &Parameters, classes: usize) -> Result<GaussianNBParameters, String> {
    Ok(GaussianNBParameters { priors: ParamReader::new(parameters, &["priors"])?.priors(classes)? })
}

impl Family for GaussianNb {
    fn classifier(&self) -> &'static str {
        "GaussianNB"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        read(parameters, shape.classes).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let data = Data::new(work);
        let read = |parameters: &Parameters| read(parameters, work.training.classes);
        library::each(work, emit, read, |settings| {
            let data = data.as_ref().map_err(Failure::clone)?;
            library::outcome(
                || GaussianNB::fit(&data.train, &data.labels, settings).map_err(failed),
                |model| model.predict(&data.test).map(classes).map_err(failed),
                |_| Description::default(),
            )
        });
    }
}
