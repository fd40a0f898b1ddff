//! Support vector classification with kernels: scikit-learn's `SVC`, that is LIBSVM's C-SVC, one-vs-one.
//!
//! Any number of [`SVC`]s are fitted together by [`fit_all`], which computes the dot products between
//! training rows once: every kernel is a function of them. [`predict_all`] does the same for the test rows.
//! A classifier fitted alone goes through the same code and gets the same bits.

mod decision;
mod fit;
mod gram;
mod kernel;
mod primal;
mod rows;
mod smo;

use super::{Classifier, FitError, Model, Training};
use crate::dataset::Features;
use crate::linalg::Matrix;
pub use decision::{Predicted, predict_all};
pub use fit::{Machine, Machines, PairMachine, fit_all};
pub use kernel::{Kernel, Transform};

/// The scale of the kernels, by scikit-learn's names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gamma {
    /// 1 / features, the default until scikit-learn 0.22.
    Auto,
    /// 1 / (features * variance of all training values).
    Scale,
    Value(f64),
}

/// scikit-learn's `SVC` with the defaults of 0.19.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SVC {
    pub c: f64,
    pub kernel: Kernel,
    pub gamma: Gamma,
    /// Of the polynomial kernel.
    pub degree: u32,
    /// Of the polynomial and sigmoid kernels.
    pub coef0: f64,
    /// The violation of the optimality conditions at which solving stops.
    pub tol: f64,
}

impl Default for SVC {
    fn default() -> SVC {
        SVC { c: 1.0, kernel: Kernel::Rbf, gamma: Gamma::Auto, degree: 3, coef0: 0.0, tol: 1e-3 }
    }
}

impl SVC {
    /// What the parameters alone forbid.
    pub fn check(&self) -> Result<(), FitError> {
        let positive = [("C", self.c), ("tol", self.tol)];
        if let Some((name, value)) =
            positive.into_iter().find(|(_, value)| !(value.is_finite() && *value > 0.0))
        {
            return Err(FitError::parameter(name, value, "must be a number above 0"));
        }
        match self.gamma {
            Gamma::Value(value) if !(value.is_finite() && value >= 0.0) => {
                Err(FitError::parameter("gamma", value, "must be 'auto', 'scale' or a number of at least 0"))
            }
            _ if !self.coef0.is_finite() => Err(FitError::parameter("coef0", self.coef0, "must be a number")),
            _ => Ok(()),
        }
    }
}

impl Classifier for SVC {
    /// Deterministic. Fails where fewer than two classes have rows.
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        let machine = fit_all(&[*self], training)?.machines.remove(0);
        let scaled = training.features.scaled();
        let mut rows = Matrix::zeros(machine.support.len(), scaled.columns());
        for (to, &from) in machine.support.iter().enumerate() {
            rows.row_mut(to).copy_from_slice(scaled.row(from as usize));
        }
        Ok(Box::new(Fitted { machine: machine.renumbered(), rows }))
    }
}

/// A machine with its support vectors.
struct Fitted {
    machine: Machine,
    rows: Matrix,
}

impl Model for Fitted {
    fn predict(&self, x: &Features) -> Vec<u8> {
        predict_all(&[&self.machine], &self.rows, x.scaled()).remove(0).classes
    }

    fn converged(&self) -> Option<bool> {
        Some(self.machine.converged())
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        self.machine.facts()
    }
}

/// Runs `work` and says how many seconds it took. Meant for work that stays on one thread.
fn seconds<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = std::time::Instant::now();
    let value = work();
    (value, start.elapsed().as_secs_f64())
}
