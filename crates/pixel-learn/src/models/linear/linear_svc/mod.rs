//! `LinearSVC` with LIBLINEAR's meaning: the intercept is one more weight, regularised, with
//! `intercept_scaling` = 1.

mod augmented_lagrangian;
mod class_state;
mod crammer_singer;
mod design;
mod line_search;
mod newton_system;
mod objective;
mod one_class;
mod one_vs_rest;
mod rows;
mod walk;

pub use walk::Walk;

use super::LinearModel;
use super::logistic::Penalty;
use crate::models::{Classifier, FitError, Model, Training};

/// The loss of one class against the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SvcLoss {
    /// max(0, 1 - y f)
    Hinge,
    /// max(0, 1 - y f)^2
    SquaredHinge,
}

/// How several classes are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SvcMultiClass {
    /// A problem for every class against the rest.
    Ovr,
    /// One problem for all classes; `loss` and `penalty` then have no effect, as in scikit-learn: the
    /// multi-class hinge with l2.
    CrammerSinger,
}

/// Parameters under scikit-learn's names; defaults are those of 0.19 but for the last two.
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, LinearSVC};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = LinearSVC { c: 10.0, ..LinearSVC::default() }.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearSVC {
    /// The weight of the losses against the regulariser, above 0.
    pub c: f64,
    /// The loss of one class against the rest.
    pub loss: SvcLoss,
    /// The norm of the weights.
    pub penalty: Penalty,
    /// How several classes are told apart.
    pub multi_class: SvcMultiClass,
    /// The relative duality gap to end at: the objective of every class is at most this part above its
    /// minimum.
    pub tol: f64,
    /// Newton steps at most, for every class and every C of the walk.
    pub max_iter: usize,
}

impl Default for LinearSVC {
    fn default() -> LinearSVC {
        LinearSVC {
            c: 1.0,
            loss: SvcLoss::SquaredHinge,
            penalty: Penalty::L2,
            multi_class: SvcMultiClass::Ovr,
            tol: 1e-4,
            max_iter: 1000,
        }
    }
}

impl LinearSVC {
    /// Fits and gives the model with its weights.
    pub fn fit_linear(&self, training: &Training) -> Result<LinearModel, FitError> {
        Walk::new(self, training)?.fit(self.c)
    }
}

impl Classifier for LinearSVC {
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_linear(training)?))
    }
}
