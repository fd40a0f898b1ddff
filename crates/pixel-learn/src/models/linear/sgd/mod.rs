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

/// The regulariser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Penalty {
    /// No regularisation.
    None,
    /// Half the squared l2 norm.
    L2,
    /// The l1 norm, by the cumulative penalty of Tsuruoka, Tsujii and Ananiadou (2009).
    L1,
    /// `l1_ratio` times the l1 norm plus 1 - `l1_ratio` times half the squared l2 norm.
    ElasticNet,
}

impl Penalty {
    /// The strengths (l2, l1) of both norms.
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
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, SGDClassifier};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = SGDClassifier { max_iter: 20, ..SGDClassifier::default() }.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SGDClassifier {
    /// The loss of each one-vs-rest problem.
    pub loss: Loss,
    /// The regulariser.
    pub penalty: Penalty,
    /// The strength of the regulariser, above 0: the "optimal" learning rate divides by it.
    pub alpha: f64,
    /// The share of the l1 norm in the elastic net, from 0 to 1. Other regularisers ignore it.
    pub l1_ratio: f64,
    /// Epochs: passes over the training rows.
    pub max_iter: usize,
    /// Whether the rows are shuffled before every epoch.
    pub shuffle: bool,
    /// Whether intercepts are learnt.
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
    /// Fits and returns the model with its weights. `Err` for an `alpha` that is not above 0, an `l1_ratio`
    /// outside 0 to 1, and weights that overflow.
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
