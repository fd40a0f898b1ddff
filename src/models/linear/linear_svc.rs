//! `LinearSVC` with LIBLINEAR's meaning: the intercept is one more weight, regularised, with
//! `intercept_scaling` = 1.

use super::convex::{HingeLoss, Interior};
use super::crammer_singer;
use super::logistic::Penalty;
use super::{LinearModel, Problems};
use crate::models::{Classifier, FitError, Model, Training};

/// The loss of one class against the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SvcLoss {
    Hinge,
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearSVC {
    /// The weight of the losses against the regulariser, above 0.
    pub c: f64,
    pub loss: SvcLoss,
    pub penalty: Penalty,
    pub multi_class: SvcMultiClass,
    /// The objective ends at most this part above the least there is (the duality gap proves it).
    pub tol: f64,
    /// Steps of the interior-point method at most.
    pub max_iter: usize,
}

impl Default for LinearSVC {
    fn default() -> LinearSVC {
        LinearSVC {
            c: 1.0,
            loss: SvcLoss::SquaredHinge,
            penalty: Penalty::L2,
            multi_class: SvcMultiClass::Ovr,
            tol: 1e-3,
            max_iter: 25,
        }
    }
}

impl LinearSVC {
    /// Fits and gives the model with its weights.
    pub fn fit_linear(&self, training: &Training) -> Result<LinearModel, FitError> {
        let problems = Problems::new(training)?;
        let c = self.c;
        if !(c > 0.0 && c.is_finite()) {
            return Err(FitError::parameter("C", c, "must be above 0"));
        }
        if self.multi_class == SvcMultiClass::CrammerSinger {
            return Ok(crammer_singer::minimise(&problems, c, self.tol).into_model(&problems));
        }
        let loss = match self.loss {
            SvcLoss::Hinge => HingeLoss::Hinge,
            SvcLoss::SquaredHinge => HingeLoss::SquaredHinge,
        };
        let l1 = self.penalty == Penalty::L1;
        let minimum = Interior { loss, c, l1, tol: self.tol, max_iter: self.max_iter }.minimise(&problems);
        Ok(minimum.into_model(&problems))
    }
}

impl Classifier for LinearSVC {
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_linear(training)?))
    }
}
