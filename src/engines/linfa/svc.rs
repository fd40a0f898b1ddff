//! SVC and NuSVC over linfa-svm, which is binary: one-vs-one with votes by this adapter, as in LIBSVM (ties
//! go to the lower class). Shrinking is off, because it deviates from LIBSVM's in three places. The tolerance
//! is scikit-learn's 1e-3 (linfa's default is 1e-7).
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
use pixel_learn::Features;
use pixel_learn::models::svm::Gamma;

pub struct Svc;
pub struct NuSvc;

struct Settings {
    penalty: Penalty,
    tol: f64,
    kernel: Kernel,
    gamma: Gamma,
}

/// The parameter that bounds the errors on the training images.
#[derive(Clone, Copy)]
enum Penalty {
    C(f64),
    Nu(f64),
}

#[derive(Clone, Copy)]
enum Kernel {
    Linear,
    Gaussian,
    Polynomial { coef0: f64, degree: f64 },
}

/// The model of one pair of classes; `true` is the first.
struct Pair {
    classes: (usize, usize),
    model: Svm<f64, bool>,
}

fn svc(parameters: &Parameters) -> Result<Settings, String> {
    let reader = ParamReader::new(parameters, &["C", "kernel", "degree", "gamma", "coef0", "tol"])?;
    read(&reader, Penalty::C(reader.positive("C", 1.0)?), "auto")
}

fn nu_svc(parameters: &Parameters) -> Result<Settings, String> {
    let reader = ParamReader::new(parameters, &["nu", "kernel", "degree", "gamma", "coef0", "tol"])?;
    let nu = reader.positive("nu", 0.5)?;
    if nu > 1.0 {
        return Err(format!("nu={nu}: must be at most 1"));
    }
    read(&reader, Penalty::Nu(nu), "scale")
}

/// `gamma` is the default of the parameter: "auto" for SVC, as in scikit-learn 0.19, "scale" for NuSVC, which
/// the grid of 0.19 does not have.
fn read(reader: &ParamReader, penalty: Penalty, gamma: &str) -> Result<Settings, String> {
    let gamma = library::gamma(reader, gamma)?;
    let (degree, coef0) = (reader.integer("degree", 3, 1)? as f64, reader.number("coef0", 0.0)?);
    let kernel = match reader.choice("kernel", "rbf", &["linear", "poly", "rbf", "sigmoid"])? {
        "linear" => Kernel::Linear,
        "poly" => Kernel::Polynomial { coef0, degree },
        "rbf" => Kernel::Gaussian,
        _ => return Err("kernel=\"sigmoid\": linfa-svm has no sigmoid kernel".to_string()),
    };
    Ok(Settings { penalty, tol: reader.positive("tol", 1e-3)?, kernel, gamma })
}

/// Settings with `gamma` as a number.
struct Machine {
    settings: Settings,
    gamma: f64,
}

impl Machine {
    fn new(settings: Settings, training: &Features) -> Machine {
        Machine { gamma: library::gamma_value(settings.gamma, training), settings }
    }

    fn params(&self) -> SvmParams<f64, bool> {
        let params = Svm::<f64, bool>::params().eps(self.settings.tol).shrinking(false);
        let params = match self.settings.penalty {
            Penalty::C(c) => params.pos_neg_weights(c, c),
            Penalty::Nu(nu) => params.nu_weight(nu),
        };
        match self.settings.kernel {
            Kernel::Linear => params.linear_kernel(),
            Kernel::Gaussian => params.gaussian_kernel(1.0 / self.gamma),
            Kernel::Polynomial { coef0, degree } => params.polynomial_kernel(coef0, degree),
        }
    }

    /// The factor by which rows are scaled.
    fn scale(&self) -> f64 {
        match self.settings.kernel {
            Kernel::Polynomial { .. } => self.gamma.sqrt(),
            _ => 1.0,
        }
    }

    /// Refuses an infeasible nu: linfa-svm does not check it, and would start outside its bounds.
    fn feasible(&self, one: usize, other: usize) -> Result<(), Failure> {
        match self.settings.penalty {
            Penalty::Nu(nu) if nu * (one + other) as f64 / 2.0 > one.min(other) as f64 => {
                Err(Failure::Unsupported(format!(
                    "nu={nu}: infeasible for two classes of {one} and {other} training images; lower nu"
                )))
            }
            _ => Ok(()),
        }
    }
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
    let (train, test) = (records(work.training.features), records(work.test));
    let labels = targets(work.training.labels);
    let classes = work.training.classes;
    library::each(work, emit, read, |settings| {
        let machine = Machine::new(settings, work.training.features);
        let (train, test) = (&train * machine.scale(), &test * machine.scale());
        library::outcome(
            || fit(&machine, &train, &labels, classes),
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

fn fit(
    machine: &Machine,
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
            machine.feasible(rows_of[first].len(), rows_of[second].len())?;
            let mut rows = [&rows_of[first][..], &rows_of[second][..]].concat();
            rows.sort_unstable();
            let records = train.select(Axis(0), &rows);
            let is_first: Array1<bool> = rows.iter().map(|&row| labels[row] == first).collect();
            let model = machine
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
