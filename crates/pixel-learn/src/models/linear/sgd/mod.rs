//! `SGDClassifier`: regularised losses by stochastic gradient descent, as scikit-learn 0.19 runs it:
//! exactly `max_iter` = 5 passes, no stopping rule, no averaging, the "optimal" schedule.

mod cumulative_l1;
pub(super) mod descent;
mod layout;
mod scaled_weights;

use self::descent::{Descent, Order, Step};
use super::LinearModel;
use crate::models::{Classifier, FitError, Model, Training};

pub use self::descent::Loss;

/// What keeps the weights small.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Penalty {
    None,
    L2,
    /// By cumulative truncated gradient (Tsuruoka, Tsujii and Ananiadou 2009).
    L1,
    ElasticNet,
}

impl Penalty {
    /// The strengths (l2, l1) of the two parts.
    pub(super) fn strengths(self, alpha: f64, l1_ratio: f64) -> (f64, f64) {
        match self {
            Penalty::None => (0.0, 0.0),
            Penalty::L2 => (alpha, 0.0),
            Penalty::L1 => (0.0, alpha),
            Penalty::ElasticNet => (alpha * (1.0 - l1_ratio), alpha * l1_ratio),
        }
    }
}

/// Parameters under scikit-learn's names; defaults are those of 0.19.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SGDClassifier {
    pub loss: Loss,
    pub penalty: Penalty,
    /// Above 0: the schedule divides by it.
    pub alpha: f64,
    /// Between 0 and 1; used by the elastic net alone.
    pub l1_ratio: f64,
    /// Passes over the training rows.
    pub max_iter: usize,
    pub shuffle: bool,
    pub fit_intercept: bool,
}

impl Default for SGDClassifier {
    fn default() -> SGDClassifier {
        SGDClassifier {
            loss: Loss::Hinge,
            penalty: Penalty::L2,
            alpha: 1e-4,
            l1_ratio: 0.15,
            max_iter: 5,
            shuffle: true,
            fit_intercept: true,
        }
    }
}

impl SGDClassifier {
    /// Fits and gives the model with its weights.
    pub fn fit_linear(&self, training: &Training, seed: u64) -> Result<LinearModel, FitError> {
        if !(self.alpha > 0.0 && self.alpha.is_finite()) {
            return Err(FitError::parameter("alpha", self.alpha, "the optimal schedule needs alpha above 0"));
        }
        if !(0.0..=1.0).contains(&self.l1_ratio) {
            return Err(FitError::parameter("l1_ratio", self.l1_ratio, "must be between 0 and 1"));
        }
        let (l2, l1) = self.penalty.strengths(self.alpha, self.l1_ratio);
        let descent = Descent {
            loss: self.loss,
            step: Step::Optimal { alpha: self.alpha },
            l2,
            l1,
            epochs: self.max_iter,
            order: if self.shuffle { Order::PerClass } else { Order::Given },
            fit_intercept: self.fit_intercept,
        };
        descent.fit(training, seed)
    }
}

impl Classifier for SGDClassifier {
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_linear(training, seed)?))
    }
}
