//! `LogisticRegression`: one-vs-rest with LIBLINEAR's meaning (the intercept is one more weight,
//! regularised), or as the softmax model (the intercept is free, as scikit-learn's other solvers have it).

use super::convex::{Logistic, Norm, Settings, Softmax, minimise};
use super::{LinearModel, Problems};
use crate::models::{Classifier, FitError, Model, Training};

/// The regulariser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Penalty {
    /// The sum of |w|.
    L1,
    /// Half the sum of w^2.
    L2,
}

/// How several classes are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogisticMultiClass {
    /// A problem for every class against the rest.
    Ovr,
    /// One softmax for all classes.
    Multinomial,
}

/// Parameters under scikit-learn's names; defaults are those of 0.19 but for the last two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogisticRegression {
    /// The weight of the losses against the regulariser, above 0.
    pub c: f64,
    pub penalty: Penalty,
    pub multi_class: LogisticMultiClass,
    /// The objective ends at most this part above the least there is (the duality gap proves it).
    pub tol: f64,
    /// Newton steps at most.
    pub max_iter: usize,
}

impl Default for LogisticRegression {
    fn default() -> LogisticRegression {
        LogisticRegression {
            c: 1.0,
            penalty: Penalty::L2,
            multi_class: LogisticMultiClass::Ovr,
            tol: 1e-3,
            max_iter: 100,
        }
    }
}

impl LogisticRegression {
    /// Fits and gives the model with its weights.
    pub fn fit_linear(&self, training: &Training) -> Result<LinearModel, FitError> {
        let problems = Problems::new(training)?;
        let c = self.c;
        if !(c > 0.0 && c.is_finite()) {
            return Err(FitError::parameter("C", c, "must be above 0"));
        }
        let norm = match self.penalty {
            Penalty::L2 => Norm::L2,
            Penalty::L1 => Norm::l1(problems.k() * (problems.d() + 1)),
        };
        let intercept_regularised = self.multi_class == LogisticMultiClass::Ovr;
        let settings = Settings { norm, intercept_regularised, tol: self.tol, max_iter: self.max_iter };
        let minimum = match self.multi_class {
            LogisticMultiClass::Ovr => minimise(&problems, Logistic { c }, settings),
            LogisticMultiClass::Multinomial => minimise(&problems, Softmax { c }, settings),
        };
        Ok(minimum.into_model(&problems))
    }
}

impl Classifier for LogisticRegression {
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_linear(training)?))
    }
}
