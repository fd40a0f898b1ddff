//! `SVC`: all kernels and all C share the dot products between training rows, and between those and the
//! test rows.

use super::facts::to_json;
use crate::engines::params::ParamReader;
use crate::engines::stopwatch::timed;
use crate::engines::{self, Cost, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::svm::{Gamma, Kernel, SVC, fit_all, predict_all};

pub struct Family;

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "SVC"
    }

    fn check(&self, parameters: &Parameters, _shape: &Shape) -> Result<(), String> {
        read(parameters).map(|_| ())
    }

    fn sharing_key(&self, _parameters: &Parameters) -> String {
        "SVC".to_string()
    }

    /// A class pair is solved for all configurations before the next pair, so that its dot products need not
    /// be kept; hence all outcomes come at the end. A configuration is charged its own solving and all of the
    /// shared dot products, as shares of the total time.
    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let mut svcs = Vec::new();
        let mut positions = Vec::new();
        for (position, configuration) in work.configurations.iter().enumerate() {
            match read(&configuration.parameters) {
                Ok(svc) => {
                    svcs.push(svc);
                    positions.push(position);
                }
                Err(reason) => emit(position, Err(Failure::Unsupported(reason))),
            }
        }
        let training = work.training.features.scaled();
        let test = work.test.scaled();
        let (fitted, fitting) = timed(|| fit_all(&svcs, &work.training));
        let fitted = match fitted {
            Ok(fitted) => fitted,
            Err(error) => {
                let failure = Failure::from(error);
                for position in positions {
                    emit(position, Err(failure.clone()));
                }
                return;
            }
        };
        let models: Vec<_> = fitted.models.iter().collect();
        let (predicted, predicting) = timed(|| predict_all(&models, training, test));
        for (index, predicted) in predicted.into_iter().enumerate() {
            let model = &fitted.models[index];
            emit(
                positions[index],
                Ok(Outcome {
                    predictions: predicted.classes,
                    fit: part(fitting, fitted.seconds_alone[index], fitted.seconds_total),
                    predict: part(predicting, predicted.seconds_alone, predicted.seconds_total),
                    converged: Some(model.converged()),
                    facts: to_json(&model.facts()),
                }),
            );
        }
    }
}

/// The share `alone / total` of a cost.
fn part(cost: Cost, alone: f64, total: f64) -> Cost {
    let part = if total > 0.0 { alone / total } else { 0.0 };
    Cost { wall_seconds: cost.wall_seconds * part, cpu_seconds: cost.cpu_seconds * part }
}

/// Parameters that change neither the model nor its predictions are accepted and ignored.
fn read(parameters: &Parameters) -> Result<SVC, String> {
    let known = ["C", "kernel", "gamma", "degree", "coef0", "tol", "shrinking", "cache_size"];
    let reader = ParamReader::new(parameters, &known)?;
    let default = SVC::default();
    let svc = SVC {
        c: reader.positive("C", default.c)?,
        kernel: kernel(&reader)?,
        gamma: gamma(&reader, "auto")?,
        degree: reader.integer("degree", default.degree as usize, 0)? as u32,
        coef0: reader.number("coef0", default.coef0)?,
        tol: reader.positive("tol", default.tol)?,
    };
    svc.check().map_err(|error| error.to_string())?;
    Ok(svc)
}

/// The kernel, rbf where it is absent.
pub(super) fn kernel(reader: &ParamReader) -> Result<Kernel, String> {
    Ok(match reader.choice("kernel", "rbf", &["linear", "rbf", "poly", "sigmoid"])? {
        "linear" => Kernel::Linear,
        "poly" => Kernel::Poly,
        "sigmoid" => Kernel::Sigmoid,
        _ => Kernel::Rbf,
    })
}

/// A number, or one of the two rules by name; `default` is a rule.
pub(super) fn gamma(reader: &ParamReader, default: &str) -> Result<Gamma, String> {
    match reader.value("gamma") {
        Some(value) if value.is_number() => Ok(Gamma::Value(reader.number("gamma", 0.0)?)),
        _ => Ok(match reader.choice("gamma", default, &["auto", "scale"])? {
            "scale" => Gamma::Scale,
            _ => Gamma::Auto,
        }),
    }
}
