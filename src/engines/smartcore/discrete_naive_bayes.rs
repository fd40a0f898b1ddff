//! BernoulliNB and MultinomialNB over smartcore, which has no ComplementNB. `alpha`, `binarize` and the
//! priors mean the same as in scikit-learn. Its multinomial model takes whole numbers only: raw or binarised
//! pixels.

use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::naive_bayes::bernoulli::{BernoulliNB, BernoulliNBParameters};
use smartcore::naive_bayes::multinomial::{MultinomialNB, MultinomialNBParameters};

use super::{Data, classes};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::Features;

pub struct Bernoulli;
pub struct Multinomial;

fn bernoulli(parameters: &Parameters, classes: usize) -> Result<BernoulliNBParameters<f64>, String> {
    let reader = ParamReader::new(parameters, &["alpha", "binarize", "fit_prior", "class_prior"])?;
    // The reader cannot tell null, which says that the features are 0 and 1 already, from an absent key.
    let binarize = match parameters.get("binarize") {
        Some(serde_json::Value::Null) => None,
        _ => Some(reader.number("binarize", 0.0)?),
    };
    let (alpha, priors) = (smoothing(&reader)?, priors(&reader, classes)?);
    Ok(BernoulliNBParameters { alpha, priors, binarize })
}

fn multinomial(parameters: &Parameters, classes: usize) -> Result<MultinomialNBParameters, String> {
    let reader = ParamReader::new(parameters, &["alpha", "fit_prior", "class_prior"])?;
    Ok(MultinomialNBParameters { alpha: smoothing(&reader)?, priors: priors(&reader, classes)? })
}

fn smoothing(reader: &ParamReader) -> Result<f64, String> {
    match reader.number("alpha", 1.0)? {
        alpha if alpha < 0.0 => Err(format!("alpha={alpha}: must be at least 0")),
        alpha => Ok(alpha),
    }
}

/// The priors; `None` if they are estimated from the training images.
fn priors(reader: &ParamReader, classes: usize) -> Result<Option<Vec<f64>>, String> {
    let given = reader.numbers("class_prior")?;
    if let Some(priors) = &given
        && priors.len() != classes
    {
        return Err(format!("class_prior has {} numbers: expected {classes}, one a class", priors.len()));
    }
    let uniform = !reader.boolean("fit_prior", true)?;
    Ok(given.or_else(|| uniform.then(|| vec![1.0 / classes.max(1) as f64; classes])))
}

/// The features as the whole numbers that smartcore's multinomial model counts.
fn counts(features: &Features) -> Result<DenseMatrix<u32>, Failure> {
    let values = library::values(features);
    library::not_negative(&values)?;
    if let Some(value) = values.iter().find(|value| value.fract() != 0.0) {
        return Err(Failure::Unsupported(format!(
            "smartcore's MultinomialNB needs whole numbers, found {value}; add the step raw or binarize before it"
        )));
    }
    let counts = values.into_iter().map(|value| value as u32).collect();
    DenseMatrix::new(features.n(), features.d(), counts, false).map_err(failed)
}

impl Family for Bernoulli {
    fn classifier(&self) -> &'static str {
        "BernoulliNB"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        bernoulli(parameters, shape.classes).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let data = Data::new(work);
        let read = |parameters: &Parameters| bernoulli(parameters, work.training.classes);
        library::each(work, emit, read, |settings| {
            let data = data.as_ref().map_err(Failure::clone)?;
            library::outcome(
                || BernoulliNB::fit(&data.train, &data.labels, settings).map_err(failed),
                |model| model.predict(&data.test).map(classes).map_err(failed),
                |_| Description::default(),
            )
        });
    }
}

impl Family for Multinomial {
    fn classifier(&self) -> &'static str {
        "MultinomialNB"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        multinomial(parameters, shape.classes).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let data = counts(work.training.features).and_then(|train| Ok((train, counts(work.test)?)));
        let labels: Vec<u32> = work.training.labels.iter().map(|&label| u32::from(label)).collect();
        let read = |parameters: &Parameters| multinomial(parameters, work.training.classes);
        library::each(work, emit, read, |settings| {
            let (train, test) = data.as_ref().map_err(Failure::clone)?;
            library::outcome(
                || MultinomialNB::fit(train, &labels, settings).map_err(failed),
                |model| model.predict(test).map(classes).map_err(failed),
                |_| Description::default(),
            )
        });
    }
}
