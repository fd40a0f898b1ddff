//! SVC over libsvm-rs: one-vs-one by SMO with shrinking and a cache of kernel rows, as the LIBSVM below
//! scikit-learn's. `cache_size`, which changes no model, is scikit-learn's 200 MB.
//!
//! Classes count in the order in which they first come, as in LIBSVM (scikit-learn's copy sorts them), and
//! of tied votes the last such class wins instead of the first (see docs/FINDINGS.md).

use std::sync::Once;

use libsvm_rs::predict::predict;
use libsvm_rs::train::svm_train;
use libsvm_rs::{KernelType, SvmParameter, SvmProblem, check_parameter, set_quiet};

use super::instances;
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

/// Megabytes of the cache of kernel rows; the crate's own default is 100.
const CACHE_SIZE: f64 = 200.0;

pub struct Svc;

/// `features` decides gamma = 1/features, scikit-learn 0.19's "auto".
fn read(parameters: &Parameters, features: usize) -> Result<SvmParameter, String> {
    let known = ["C", "kernel", "degree", "gamma", "coef0", "tol", "shrinking"];
    let reader = ParamReader::new(parameters, &known)?;
    let gamma = match reader.value("gamma") {
        Some(value) if !value.is_string() => reader.positive("gamma", 1.0)?,
        _ => {
            reader.choice("gamma", "auto", &["auto"])?;
            1.0 / features.max(1) as f64
        }
    };
    let degree = reader.integer("degree", 3, 0)?;
    Ok(SvmParameter {
        kernel_type: match reader.choice("kernel", "rbf", &["linear", "poly", "rbf", "sigmoid"])? {
            "linear" => KernelType::Linear,
            "poly" => KernelType::Polynomial,
            "rbf" => KernelType::Rbf,
            _ => KernelType::Sigmoid,
        },
        degree: i32::try_from(degree)
            .map_err(|_| format!("degree={degree}: libsvm-rs takes at most {}", i32::MAX))?,
        gamma,
        coef0: reader.number("coef0", 0.0)?,
        cache_size: CACHE_SIZE,
        eps: reader.positive("tol", 1e-3)?,
        c: reader.positive("C", 1.0)?,
        shrinking: reader.boolean("shrinking", true)?,
        ..SvmParameter::default()
    })
}

impl Family for Svc {
    fn classifier(&self) -> &'static str {
        "SVC"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        read(parameters, shape.features).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        static QUIET: Once = Once::new();
        // It writes several lines a pair of classes to the log, which keeps only the last ones of a job.
        QUIET.call_once(|| set_quiet(true));
        let problem = SvmProblem {
            labels: work.training.labels.iter().map(|&label| f64::from(label)).collect(),
            instances: instances(work.training.features),
        };
        let test = instances(work.test);
        let read = |parameters: &Parameters| read(parameters, work.test.d());
        library::each(work, emit, read, |settings| {
            // Training itself checks nothing.
            check_parameter(&problem, &settings).map_err(failed)?;
            library::outcome(
                || Ok(svm_train(&problem, &settings)),
                |model| Ok(test.iter().map(|row| predict(model, row) as u8).collect()),
                |model| Description::default().with("support_vectors", model.support_vector_count()),
            )
        });
    }
}
