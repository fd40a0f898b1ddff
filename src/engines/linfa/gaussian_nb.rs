//! GaussianNB over linfa-bayes. The variance smoothing is scikit-learn's (1e-9 of the largest variance).
//!
//! linfa-bayes estimates the priors from the training rows; they cannot be given. The grid asks for equal
//! priors, which the data sets nearly have: a row runs if no class's log prior is off by more than
//! [`TOLERANCE`], and the largest error is the fact `prior_log_error`. Log likelihoods of the best two
//! classes usually differ by hundreds, so that such an error changes almost no prediction.

use linfa::DatasetView;
use linfa::traits::Fit;
use linfa_bayes::GaussianNb as Model;

use super::{predict, records, targets};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

/// The largest error of a log prior with which a row still stands for the one that was asked for.
const TOLERANCE: f64 = 0.25;

pub struct GaussianNb;

struct Settings {
    priors: Option<Vec<f64>>,
    var_smoothing: f64,
}

fn read(parameters: &Parameters, classes: usize) -> Result<Settings, String> {
    let reader = ParamReader::new(parameters, &["priors", "var_smoothing"])?;
    let priors = reader.priors(classes)?;
    let var_smoothing = reader.number("var_smoothing", 1e-9)?;
    if var_smoothing.is_nan() || var_smoothing < 0.0 {
        return Err(format!("var_smoothing={var_smoothing}: must not be negative"));
    }
    Ok(Settings { priors, var_smoothing })
}

impl Family for GaussianNb {
    fn classifier(&self) -> &'static str {
        "GaussianNB"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        match read(parameters, shape.classes)?.priors {
            Some(priors) if priors.iter().any(|p| (p - priors[0]).abs() > 1e-9) => {
                Err("linfa-bayes cannot be given priors: it estimates them from the training rows, \
                     which nearly equals only equal priors here"
                    .to_string())
            }
            _ => Ok(()),
        }
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let (train, test) = (records(work.training.features), records(work.test));
        let labels = targets(work.training.labels);
        let dataset = DatasetView::new(train.view(), labels.view());
        let read = |parameters: &Parameters| read(parameters, work.training.classes);
        library::each(work, emit, read, |settings| {
            let error = prior_log_error(&settings, work.training.labels, work.training.classes)?;
            library::outcome(
                || {
                    Model::<f64, usize>::params()
                        .var_smoothing(settings.var_smoothing)
                        .fit(&dataset)
                        .map_err(failed)
                },
                |model| Ok(predict(model, test.view())),
                |_| match settings.priors {
                    Some(_) => Description::default().with("prior_log_error", error),
                    None => Description::default(),
                },
            )
        });
    }
}

/// The largest |ln estimated prior - ln asked prior|, 0 where none were asked for.
fn prior_log_error(settings: &Settings, labels: &[u8], classes: usize) -> Result<f64, Failure> {
    let Some(priors) = &settings.priors else { return Ok(0.0) };
    let mut counts = vec![0usize; classes];
    for &label in labels {
        counts[usize::from(label)] += 1;
    }
    let total: f64 = priors.iter().sum();
    let error = priors
        .iter()
        .zip(&counts)
        .map(|(prior, &count)| ((count as f64 / labels.len() as f64).ln() - (prior / total).ln()).abs())
        .fold(0.0, f64::max);
    if error <= TOLERANCE {
        Ok(error)
    } else {
        Err(Failure::Unsupported(format!(
            "linfa-bayes estimates priors from the training rows, and here the logarithm of one is off by \
             {error:.2} (more than {TOLERANCE})"
        )))
    }
}
