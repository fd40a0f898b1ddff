//! The minimiser of the objective, with the solution of the last C as warm start.

use std::sync::Arc;

use super::{LogisticMultiClass, LogisticRegression, Penalty};
use crate::models::linear::convex::{Logistic, Minimum, Norm, Settings, Softmax, minimise};
use crate::models::linear::path::WarmStart;
use crate::models::linear::{LinearModel, TrainingRows};
use crate::models::{FitError, Training};

/// The solver of [`Solver::Liblinear`](super::Solver::Liblinear).
#[derive(Clone)]
pub struct Minimiser {
    settings: LogisticRegression,
    data: Arc<TrainingRows>,
    /// The weights at the last C.
    start: Option<Vec<f64>>,
    /// Newton steps and passes over the rows so far.
    iterations: usize,
    passes: usize,
}

impl WarmStart for Minimiser {
    type Settings = LogisticRegression;

    fn begin(settings: &LogisticRegression, training: &Training) -> Result<Minimiser, FitError> {
        let data = Arc::new(TrainingRows::new(training)?);
        Ok(Minimiser { settings: *settings, data, start: None, iterations: 0, passes: 0 })
    }

    fn solve(&mut self, c: f64) -> LinearModel {
        let LogisticRegression { penalty, multi_class, tol, max_iter, .. } = self.settings;
        let data = &self.data;
        let norm = match penalty {
            Penalty::L2 => Norm::L2,
            Penalty::L1 => Norm::l1(data.k() * (data.d() + 1)),
        };
        let intercept_regularised = multi_class == LogisticMultiClass::Ovr;
        let settings = Settings { norm, intercept_regularised, tol, max_iter };
        let start = self.start.take();
        let minimum = match multi_class {
            LogisticMultiClass::Ovr => minimise(data, Logistic::new(c), settings, start),
            LogisticMultiClass::Multinomial => minimise(data, Softmax::new(c), settings, start),
        };
        self.start = Some(minimum.weights.clone());
        self.iterations += minimum.iterations;
        self.passes += minimum.passes;
        // The facts count the whole path.
        Minimum { iterations: self.iterations, passes: self.passes, ..minimum }.into_model(data)
    }
}
