//! `PassiveAggressiveClassifier`: PA-I of Crammer et al. 2006 with the hinge loss, one-vs-rest. Each row
//! takes the smallest step that gives it a margin of 1, with a step length of at most C. As in scikit-learn
//! 0.19, there are exactly `max_iter` = 5 passes.

use super::LinearModel;
use super::sgd::descent::{Descent, Loss, Order, Step};
use crate::models::{Classifier, FitError, Model, Training};

/// Parameters under scikit-learn's names; defaults are those of 0.19.
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, PassiveAggressiveClassifier};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = PassiveAggressiveClassifier { c: 1.0, ..Default::default() }.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PassiveAggressiveClassifier {
    /// The maximum step length (C), above 0.
    pub c: f64,
    /// Passes over the training rows.
    pub max_iter: usize,
    /// Whether every pass takes the rows in a new order.
    pub shuffle: bool,
    /// Whether there is an intercept.
    pub fit_intercept: bool,
}

impl Default for PassiveAggressiveClassifier {
    fn default() -> PassiveAggressiveClassifier {
        PassiveAggressiveClassifier { c: 1.0, max_iter: 5, shuffle: true, fit_intercept: true }
    }
}

impl PassiveAggressiveClassifier {
    /// Fits and returns the model with its weights.
    pub fn fit_linear(&self, training: &Training, seed: u64) -> Result<LinearModel, FitError> {
        if self.c.is_nan() || self.c <= 0.0 {
            return Err(FitError::parameter("C", self.c, "must be above 0"));
        }
        let descent = Descent {
            loss: Loss::Hinge,
            step: Step::PassiveAggressive { c: self.c },
            l2: 0.0,
            l1: 0.0,
            epochs: self.max_iter,
            order: if self.shuffle { Order::PerClass } else { Order::Given },
            fit_intercept: self.fit_intercept,
        };
        descent.fit(training, seed)
    }
}

impl Classifier for PassiveAggressiveClassifier {
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_linear(training, seed)?))
    }
}
