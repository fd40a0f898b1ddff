//! `LinearSVC` as LIBLINEAR defines it (Fan et al. 2008): the intercept is the weight of a constant feature 1
//! (`intercept_scaling` = 1) and is regularised like every other weight. The solvers are not LIBLINEAR's:
//! they stop at a duality gap, not at a gradient.

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
mod solver;

pub use solver::Solver;

use super::logistic::Penalty;
use super::{LinearModel, path};
use crate::models::{Classifier, FitError, Model, Training};

/// The path of one configuration along C.
pub type RegularisationPath = path::RegularisationPath<Solver>;

/// The loss of a binary problem, with labels y = +1 or -1 and scores f.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SvcLoss {
    /// Hinge: max(0, 1 - y f).
    Hinge,
    /// Squared hinge: max(0, 1 - y f)^2.
    SquaredHinge,
}

/// The multi-class strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SvcMultiClass {
    /// One-vs-rest: one binary problem per class.
    Ovr,
    /// Crammer and Singer (2001): one problem for all classes, multi-class hinge and l2. `loss` and `penalty`
    /// have no effect, as in scikit-learn.
    CrammerSinger,
}

/// The parameters under scikit-learn's names, with the defaults of 0.19. `tol` and `max_iter` mean something
/// else here: a duality gap, and Newton steps.
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
    /// The inverse regularisation strength (C), above 0: the factor of the losses.
    pub c: f64,
    /// The loss of each binary problem.
    pub loss: SvcLoss,
    /// The regulariser.
    pub penalty: Penalty,
    /// The multi-class strategy.
    pub multi_class: SvcMultiClass,
    /// The relative duality gap at which a solver stops: the objective is then at most `tol` times itself
    /// above its minimum.
    pub tol: f64,
    /// Maximum number of Newton steps of each class at each C of the path (one-vs-rest only).
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
    /// Fits and returns the model with its weights. Cost and errors: [`RegularisationPath::fit`].
    pub fn fit_linear(&self, training: &Training) -> Result<LinearModel, FitError> {
        RegularisationPath::new(self, training)?.fit(self.c)
    }
}

impl Classifier for LinearSVC {
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_linear(training)?))
    }
}
