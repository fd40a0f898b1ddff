//! SVC over linfa-svm, which is binary: one-vs-one with votes by this adapter, as in LIBSVM (ties go to the
//! lower class). Shrinking is off, because three places of it deviate from LIBSVM's, and the tolerance is
//! scikit-learn's 1e-3 (linfa's own default is 1e-7).
//!
//! Kernels: linfa's Gaussian is exp(-d2/eps), so eps = 1/gamma; its polynomial has no gamma, so the rows
//! are scaled by sqrt(gamma), which gives the same kernel; there is no sigmoid. Every pair builds its whole
//! kernel matrix, n x n in f64.

use linfa::DatasetView;
use linfa::traits::{Fit, PredictInplace};
use linfa_svm::{Svm, SvmParams};
use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::{records, targets};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct Svc;

struct Settings {
    c: f64,
    tol: f64,
    kernel: Kernel,
}

enum Kernel {
    Linear,
    Gaussian { gamma: f64 },
    Polynomial { gamma: f64, coef0: f64, degree: f64 },
}

/// The model of one pair of classes; `true` is the first.
struct Pair {
    classes: (usize, usize),
    model: Svm<f64, bool>,
}

/// `features` decides gamma = 1/features, scikit-learn 0.19's "auto".
fn read(parameters: &Parameters, features: usize) -> Result<Settings, String> {
    let reader = ParamReader::new(parameters, &["C", "kernel", "degree", "gamma", "coef0", "tol"])?;
    let gamma = match reader.value("gamma") {
        Some(value) if !value.is_string() => reader.positive("gamma", 1.0)?,
        _ => {
            reader.choice("gamma", "auto", &["auto"])?;
            1.0 / features.max(1) as f64
        }
    };
    let (degree, coef0) = (reader.integer("degree", 3, 1)? as f64, reader.number("coef0", 0.0)?);
    let kernel = match reader.choice("kernel", "rbf", &["linear", "poly", "rbf", "sigmoid"])? {
        "linear" => Kernel::Linear,
        "poly" => Kernel::Polynomial { gamma, coef0, degree },
        "rbf" => Kernel::Gaussian { gamma },
        _ => return Err("kernel=\"sigmoid\": linfa-svm has no sigmoid kernel".to_string()),
    };
    Ok(Settings { c: reader.positive("C", 1.0)?, tol: reader.positive("tol", 1e-3)?, kernel })
}

impl Settings {
    fn params(&self) -> SvmParams<f64, bool> {
        let params =
            Svm::<f64, bool>::params().eps(self.tol).shrinking(false).pos_neg_weights(self.c, self.c);
        match self.kernel {
            Kernel::Linear => params.linear_kernel(),
            Kernel::Gaussian { gamma } => params.gaussian_kernel(1.0 / gamma),
            Kernel::Polynomial { coef0, degree, .. } => params.polynomial_kernel(coef0, degree),
        }
    }

    /// The factor of the rows.
    fn scale(&self) -> f64 {
        match self.kernel {
            Kernel::Polynomial { gamma, .. } => gamma.sqrt(),
            _ => 1.0,
        }
    }
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
        let (train, test) = (records(work.training.features), records(work.test));
        let labels = targets(work.training.labels);
        let classes = work.training.classes;
        let read = |parameters: &Parameters| read(parameters, work.test.d());
        library::each(work, emit, read, |settings| {
            let (train, test) = (&train * settings.scale(), &test * settings.scale());
            library::outcome(
                || fit(&settings, &train, &labels, classes),
                |pairs| Ok(vote(pairs, test.view(), classes)),
                |pairs| {
                    let support: usize = pairs.iter().map(|pair| pair.model.nsupport()).sum();
                    // The stopping reason is private, but part of the Debug output.
                    let met = |pair: &Pair| pair.model.to_string().starts_with("Exited");
                    Description { converged: Some(pairs.iter().all(met)), ..Description::default() }
                        .with("support_vectors_of_all_pairs", support)
                },
            )
        });
    }
}

fn fit(
    settings: &Settings,
    train: &Array2<f64>,
    labels: &Array1<usize>,
    classes: usize,
) -> Result<Vec<Pair>, Failure> {
    let rows_of: Vec<Vec<usize>> = (0..classes)
        .map(|class| labels.iter().enumerate().filter(|&(_, &l)| l == class).map(|(i, _)| i).collect())
        .collect();
    let mut pairs = Vec::new();
    for first in 0..classes {
        for second in first + 1..classes {
            if rows_of[first].is_empty() || rows_of[second].is_empty() {
                continue;
            }
            let mut rows = [&rows_of[first][..], &rows_of[second][..]].concat();
            rows.sort_unstable();
            let records = train.select(Axis(0), &rows);
            let is_first: Array1<bool> = rows.iter().map(|&row| labels[row] == first).collect();
            let model = settings
                .params()
                .fit(&DatasetView::new(records.view(), is_first.view()))
                .map_err(|error| failed(format!("classes {first} and {second}: {error}")))?;
            pairs.push(Pair { classes: (first, second), model });
        }
    }
    if pairs.is_empty() { Err(failed("fewer than two classes in the training rows")) } else { Ok(pairs) }
}

/// The class with the most votes of its pairs; ties go to the lowest class.
fn vote(pairs: &[Pair], test: ArrayView2<f64>, classes: usize) -> Vec<u8> {
    let mut votes = Array2::<u16>::zeros((test.nrows(), classes));
    for Pair { classes: (first, second), model } in pairs {
        let mut is_first = Array1::from_elem(test.nrows(), false);
        model.predict_inplace(&test, &mut is_first);
        for (mut votes, &is_first) in votes.rows_mut().into_iter().zip(&is_first) {
            votes[if is_first { *first } else { *second }] += 1;
        }
    }
    let winner =
        |row: ndarray::ArrayView1<u16>| (0..classes).rev().max_by_key(|&class| row[class]).unwrap_or(0);
    votes.rows().into_iter().map(|row| winner(row) as u8).collect()
}
