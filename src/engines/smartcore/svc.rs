//! SVC over smartcore's `MultiClassSVC`: one-vs-one as scikit-learn's, but solved by LASVM, an online
//! method that passes over the rows a fixed number of times (two, its default) instead of solving to the
//! tolerance. Tied votes are decided by the order of a hash map, so that they differ between runs.

use smartcore::svm::Kernels;
use smartcore::svm::svc::{MultiClassSVC, SVCParameters};

use super::{Data, Matrix};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::svm::Gamma;

pub struct Svc;

struct Settings {
    c: f64,
    tol: f64,
    kernel: Kernels,
}

/// Reads the parameters; `number` computes the value of `gamma`.
fn read(parameters: &Parameters, number: impl Fn(Gamma) -> f64) -> Result<Settings, String> {
    let reader = ParamReader::new(parameters, &["C", "kernel", "degree", "gamma", "coef0", "tol"])?;
    let gamma = number(library::gamma(&reader, "auto")?);
    let degree = reader.integer("degree", 3, 1)? as f64;
    let coef0 = reader.number("coef0", 0.0)?;
    let kernel = match reader.choice("kernel", "rbf", &["linear", "poly", "rbf", "sigmoid"])? {
        "linear" => Kernels::linear(),
        "poly" => Kernels::polynomial().with_gamma(gamma).with_degree(degree).with_coef0(coef0),
        "rbf" => Kernels::rbf().with_gamma(gamma),
        _ => Kernels::sigmoid().with_gamma(gamma).with_coef0(coef0),
    };
    Ok(Settings { c: reader.positive("C", 1.0)?, tol: reader.positive("tol", 1e-3)?, kernel })
}

impl Family for Svc {
    fn classifier(&self) -> &'static str {
        "SVC"
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        read(parameters, |_| 1.0).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let data = Data::new(work);
        let number = |gamma| library::gamma_value(gamma, work.training.features);
        let read = |parameters: &Parameters| read(parameters, number);
        library::each(work, emit, read, |settings| {
            let data = data.as_ref().map_err(Failure::clone)?;
            let parameters = SVCParameters::<f64, u32, Matrix, Vec<u32>>::default()
                .with_c(settings.c)
                .with_tol(settings.tol)
                .with_kernel(settings.kernel)
                .with_seed(Some(work.seed));
            library::outcome(
                || MultiClassSVC::fit(&data.train, &data.labels, &parameters).map_err(failed),
                |model| {
                    let predictions = model.predict(&data.test).map_err(failed)?;
                    Ok(predictions.into_iter().map(|class| class as u8).collect())
                },
                |_| Description::default(),
            )
        });
    }
}
