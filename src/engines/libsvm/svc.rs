//! SVC and NuSVC over libsvm-rs: one-vs-one by SMO with shrinking and a cache of kernel rows, as in the
//! LIBSVM inside scikit-learn. `cache_size` does not change the model; it is scikit-learn's 200 MB.
//!
//! Classes are ordered by first occurrence, as in LIBSVM (scikit-learn's copy sorts them), and of tied votes
//! the last such class wins instead of the first (see docs/FINDINGS.md).

use std::sync::Once;

use libsvm_rs::predict::predict;
use libsvm_rs::train::svm_train;
use libsvm_rs::{KernelType, SvmParameter, SvmProblem, SvmType, check_parameter, set_quiet};

use super::instances;
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::svm::Gamma;

/// Megabytes of the cache of kernel rows; the crate's own default is 100.
const CACHE_SIZE: f64 = 200.0;

pub struct Svc;
pub struct NuSvc;

/// Parameters of LIBSVM; `gamma` is not yet a number.
struct Settings {
    parameters: SvmParameter,
    gamma: Gamma,
}

fn svc(parameters: &Parameters) -> Result<Settings, String> {
    let known = ["C", "kernel", "degree", "gamma", "coef0", "tol", "shrinking"];
    let reader = ParamReader::new(parameters, &known)?;
    let penalty =
        SvmParameter { svm_type: SvmType::CSvc, c: reader.positive("C", 1.0)?, ..SvmParameter::default() };
    read(&reader, penalty, "auto")
}

fn nu_svc(parameters: &Parameters) -> Result<Settings, String> {
    let known = ["nu", "kernel", "degree", "gamma", "coef0", "tol", "shrinking"];
    let reader = ParamReader::new(parameters, &known)?;
    let penalty =
        SvmParameter { svm_type: SvmType::NuSvc, nu: reader.positive("nu", 0.5)?, ..SvmParameter::default() };
    read(&reader, penalty, "scale")
}

/// `gamma` is the default of the parameter: "auto" for SVC, as in scikit-learn 0.19, "scale" for NuSVC, which
/// the grid of 0.19 does not have.
fn read(reader: &ParamReader, penalty: SvmParameter, gamma: &str) -> Result<Settings, String> {
    let degree = reader.integer("degree", 3, 0)?;
    let gamma = library::gamma(reader, gamma)?;
    let parameters = SvmParameter {
        kernel_type: match reader.choice("kernel", "rbf", &["linear", "poly", "rbf", "sigmoid"])? {
            "linear" => KernelType::Linear,
            "poly" => KernelType::Polynomial,
            "rbf" => KernelType::Rbf,
            _ => KernelType::Sigmoid,
        },
        degree: i32::try_from(degree)
            .map_err(|_| format!("degree={degree}: libsvm-rs takes at most {}", i32::MAX))?,
        coef0: reader.number("coef0", 0.0)?,
        cache_size: CACHE_SIZE,
        eps: reader.positive("tol", 1e-3)?,
        shrinking: reader.boolean("shrinking", true)?,
        ..penalty
    };
    Ok(Settings { parameters, gamma })
}

impl Family for Svc {
    fn classifier(&self) -> &'static str {
        "SVC"
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        svc(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        run(work, emit, svc);
    }
}

impl Family for NuSvc {
    fn classifier(&self) -> &'static str {
        "NuSVC"
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        nu_svc(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        run(work, emit, nu_svc);
    }
}

fn run(
    work: &Work,
    emit: &mut dyn FnMut(usize, Result<Outcome, Failure>),
    read: impl Fn(&Parameters) -> Result<Settings, String>,
) {
    static QUIET: Once = Once::new();
    // libsvm-rs prints several lines for each pair of classes, and the log keeps only the last lines of a
    // job.
    QUIET.call_once(|| set_quiet(true));
    let problem = SvmProblem {
        labels: work.training.labels.iter().map(|&label| f64::from(label)).collect(),
        instances: instances(work.training.features),
    };
    let test = instances(work.test);
    library::each(work, emit, read, |Settings { mut parameters, gamma }| {
        parameters.gamma = library::gamma_value(gamma, work.training.features);
        // Training itself checks nothing.
        check_parameter(&problem, &parameters).map_err(failed)?;
        library::outcome(
            || Ok(svm_train(&problem, &parameters)),
            |model| Ok(test.iter().map(|row| predict(model, row) as u8).collect()),
            |model| Description::default().with("support_vectors", model.support_vector_count()),
        )
    });
}
