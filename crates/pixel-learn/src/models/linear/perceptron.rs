//! `Perceptron`: Rosenblatt's rule, one-vs-rest, as scikit-learn 0.19 runs it: SGD with the perceptron
//! loss and the constant step `eta0` = 1, exactly `max_iter` = 5 passes.
//!
//! In 0.19 Perceptron passes `l1_ratio=0` on to SGD whatever the penalty, so that `elasticnet` is `l2` under
//! another name, and `random_state=0`, so that all classes take the rows in one order. (Later versions have a
//! parameter `l1_ratio` = 0.15, so that the two penalties differ, and draw another order of the rows for each
//! class.)

use super::LinearModel;
use super::sgd::Penalty;
use super::sgd::descent::{Descent, Loss, Order, Step};
use crate::models::{Classifier, FitError, Model, Training};

/// Parameters under scikit-learn's names; defaults are those of 0.19.
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, Perceptron};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = Perceptron { max_iter: 20, ..Perceptron::default() }.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Perceptron {
    /// The regulariser.
    pub penalty: Penalty,
    /// Strength of the penalty, where there is one; at least 0.
    pub alpha: f64,
    /// The learning rate, above 0.
    pub eta0: f64,
    /// Passes over the training rows.
    pub max_iter: usize,
    /// Whether every pass takes the rows in a new order.
    pub shuffle: bool,
    /// Whether there is an intercept.
    pub fit_intercept: bool,
}

impl Default for Perceptron {
    fn default() -> Perceptron {
        Perceptron {
            penalty: Penalty::None,
            alpha: 1e-4,
            eta0: 1.0,
            max_iter: 5,
            shuffle: true,
            fit_intercept: true,
        }
    }
}

impl Perceptron {
    /// Fits and returns the model with its weights.
    pub fn fit_linear(&self, training: &Training, seed: u64) -> Result<LinearModel, FitError> {
        if !(self.alpha >= 0.0 && self.alpha.is_finite()) {
            return Err(FitError::parameter("alpha", self.alpha, "must be at least 0"));
        }
        if !(self.eta0 > 0.0 && self.eta0.is_finite()) {
            return Err(FitError::parameter("eta0", self.eta0, "must be above 0"));
        }
        let (l2, l1) = self.penalty.strengths(self.alpha, 0.0);
        let descent = Descent {
            loss: Loss::Perceptron,
            step: Step::Constant(self.eta0),
            l2,
            l1,
            epochs: self.max_iter,
            order: if self.shuffle { Order::Common } else { Order::Given },
            fit_intercept: self.fit_intercept,
        };
        descent.fit(training, seed)
    }
}

impl Classifier for Perceptron {
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_linear(training, seed)?))
    }
}
