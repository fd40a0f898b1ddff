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

#[cfg(test)]
mod tests {
    use super::super::RegularisationPath;
    use super::*;
    use crate::Features;

    #[test]
    fn a_row_alone_has_the_bits_of_a_row_in_company_for_any_number_of_threads() {
        let (n, d) = (240, 8);
        let labels: Vec<u8> = (0..n).map(|i| (i * i % 3) as u8).collect();
        let pixel = |i: usize, j: usize| (i * 37 + j * 101 + i * j * j) % 200 + usize::from(labels[i]) * 20;
        let pixels: Vec<u8> = (0..n * d).map(|at| pixel(at / d, at % d) as u8).collect();
        let x = Features::standardised(pixels, d).unwrap();
        let training = Training::new(&x, &labels).unwrap();
        for penalty in [Penalty::L1, Penalty::L2] {
            for multi_class in [LogisticMultiClass::Ovr, LogisticMultiClass::Multinomial] {
                let settings = LogisticRegression { penalty, multi_class, ..LogisticRegression::default() };
                let mut path = RegularisationPath::new(&settings, &training).unwrap();
                for c in [0.1, 1.0, 5.0, 10.0, 30.0, 100.0] {
                    let together = path.fit(c).unwrap();
                    for threads in [1, 2, 3] {
                        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                        let model = LogisticRegression { c, ..settings };
                        let alone = pool.install(|| model.fit_linear(&training, 1)).unwrap();
                        assert_eq!(alone, together, "{penalty:?} {multi_class:?} C={c}, {threads} threads");
                    }
                }
            }
        }
    }
}
