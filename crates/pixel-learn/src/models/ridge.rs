//! Ridge regression to targets of -1 and 1, one target per class: exact, by a Cholesky factor of the Gram
//! matrix.

use super::class_sums::ClassSums;
use super::linear_scores::LinearScores;
use super::scatter::{Rows, Scatter, add_outer, varying};
use super::{Classifier, Facts, FitError, Model, Training};
use crate::linalg::cholesky::{Cholesky, Factor, WIDE};
use crate::linalg::symmetric_eigen::largest;

/// scikit-learn's `RidgeClassifier` with the defaults of 1.9, solved exactly.
///
/// ```
/// use pixel_learn::{Classifier, Features, RidgeClassifier, Training};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = RidgeClassifier::default().fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RidgeClassifier {
    /// The weight of the squared coefficients against the squared errors, at least 0.
    pub alpha: f64,
    /// Whether there is an intercept, which is not penalised.
    pub fit_intercept: bool,
}

impl Default for RidgeClassifier {
    fn default() -> RidgeClassifier {
        RidgeClassifier { alpha: 1.0, fit_intercept: true }
    }
}

impl RidgeClassifier {
    /// Fits as [`Classifier::fit`], but returns the concrete model. Its weights and intercepts are
    /// scikit-learn's `coef_` and `intercept_`, except that two classes have one row each instead of a single
    /// row.
    pub fn fit_scores(&self, training: &Training) -> Result<LinearScores, FitError> {
        if !(self.alpha.is_finite() && self.alpha >= 0.0) {
            return Err(FitError::parameter("alpha", self.alpha, "must be a number of at least 0"));
        }
        let classes = training.present_classes(2)?;
        let (n, d) = (training.features.n(), training.features.d());
        let sums = ClassSums::new(training);
        let total = sums.total();
        // With an intercept, a constant column has no coefficient.
        let columns = if self.fit_intercept { varying(training.features) } else { (0..d as u32).collect() };
        let rows = Rows::new(training.features, columns);
        let all: Vec<u32> = (0..n as u32).collect();
        let Scatter { mean, mut products } = rows.scatter(&all, &total)?;
        if !self.fit_intercept {
            add_outer(n as f64, &mean, &mut products);
        }
        // X'y for y = 2 [own class] - 1; y and X are centred where there is an intercept.
        let mut solutions = Vec::with_capacity(classes.len());
        for &class in &classes {
            let (of_class, n_class) =
                (rows.of_columns(sums.of(usize::from(class))), sums.rows[usize::from(class)]);
            let target = of_class.iter().zip(&mean).map(|(sum, mean)| match self.fit_intercept {
                true => 2.0 * (sum - n_class as f64 * mean),
                false => 2.0 * sum - n as f64 * mean,
            });
            solutions.push(target.collect::<Vec<f64>>());
        }
        solve(products, mean.len(), self.alpha, &mut solutions)?;
        let mut weights = vec![0.0; classes.len() * d];
        let mut intercepts = vec![0.0; classes.len()];
        for (k, solution) in solutions.iter().enumerate() {
            for (&j, weight) in rows.columns.iter().zip(solution) {
                weights[k * d + j as usize] = *weight;
            }
            if self.fit_intercept {
                let mean_target = 2.0 * sums.rows[usize::from(classes[k])] as f64 / n as f64 - 1.0;
                intercepts[k] =
                    mean_target - mean.iter().zip(solution).map(|(mean, w)| mean * w).sum::<f64>();
            }
        }
        Ok(LinearScores { classes, weights, intercepts, facts: Facts::new() })
    }
}

/// Replaces each right side b by the solution of (A + alpha I) x = b. A singular system gets the minimum-norm
/// solution for n < [`WIDE`], and is an `Err` from there on.
fn solve(mut a: Vec<f64>, n: usize, alpha: f64, right: &mut [Vec<f64>]) -> Result<(), FitError> {
    a.iter_mut().step_by(n + 1).for_each(|diagonal| *diagonal += alpha);
    if n >= WIDE {
        let factor = Cholesky::wide(a, n).filter(Cholesky::well_conditioned).ok_or_else(|| {
            FitError::parameter(
                "alpha",
                alpha,
                format!(
                    "is lost beside the {n} features, which depend on each other; a larger one is needed"
                ),
            )
        })?;
        right.iter_mut().for_each(|b| factor.solve(b));
        return Ok(());
    }
    match Cholesky::new(a.clone(), n).filter(Cholesky::well_conditioned) {
        Some(factor) => right.iter_mut().for_each(|b| factor.solve(b)),
        None => largest(a, n, n).pseudo_solve(n as f64 * f64::EPSILON, right),
    }
    Ok(())
}

impl Classifier for RidgeClassifier {
    /// O(n d^2 + d^3), 8 d^2 bytes. Deterministic. Fails where fewer than two classes have rows.
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_scores(training)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Features;

    fn overlapping(n: usize, d: usize) -> (Features, Vec<u8>) {
        let pixels: Vec<u8> = (0..n * d).map(|at| ((at * 2_654_435_761) >> 9) as u8).collect();
        let labels = (0..n).map(|row| [0, 1, 4][usize::from(pixels[row * d]) * 3 / 256]).collect();
        (Features::standardised(pixels, d).unwrap(), labels)
    }

    #[test]
    fn the_gradient_of_the_objective_vanishes() {
        let (bytes, labels) = overlapping(400, 11);
        let computed = Features::computed(bytes.scaled().clone());
        for features in [&bytes, &computed] {
            for (alpha, fit_intercept) in [(1.0, true), (50.0, false), (0.0, true)] {
                let training = Training { features, labels: &labels, classes: 5 };
                let model = RidgeClassifier { alpha, fit_intercept }.fit_scores(&training).unwrap();
                assert_eq!(model.classes, [0, 1, 4]);
                let scores = model.decision_function(features);
                for (k, &class) in model.classes.iter().enumerate() {
                    let target = |row: usize| if labels[row] == class { 1.0 } else { -1.0 };
                    let residual = |row: usize| scores[row * 3 + k] - target(row);
                    for j in 0..11 {
                        let value = |row: usize| f64::from(bytes.scaled().row(row)[j]);
                        let gradient: f64 = (0..400).map(|row| residual(row) * value(row)).sum();
                        assert!((gradient + alpha * model.weights[k * 11 + j]).abs() < 1e-3, "{gradient}");
                    }
                    if fit_intercept {
                        assert!((0..400).map(residual).sum::<f64>().abs() < 1e-3);
                    }
                }
            }
        }
    }

    #[test]
    fn dependent_and_constant_features_have_the_shortest_solution() {
        // The second column is the first again, the third is constant.
        let pixels: Vec<u8> = (0..60).flat_map(|i| [i * 3, i * 3, 7]).collect();
        let labels: Vec<u8> = (0..60).map(|i| u8::from(i >= 30)).collect();
        let features = Features::standardised(pixels, 3).unwrap();
        let training = Training { features: &features, labels: &labels, classes: 2 };
        for alpha in [0.0, 1e-30, 1.0] {
            let model =
                RidgeClassifier { alpha, ..RidgeClassifier::default() }.fit_scores(&training).unwrap();
            assert!(
                (model.weights[0] - model.weights[1]).abs() < 1e-9 && model.weights[2] == 0.0,
                "{model:?}"
            );
            assert_eq!(model.predict(&features), labels);
        }
        let constant = Features::standardised(vec![7; 12], 3).unwrap();
        let training = Training { features: &constant, labels: &[1, 3, 3, 3], classes: 5 };
        assert_eq!(RidgeClassifier::default().fit(&training, 0).unwrap().predict(&constant), [3; 4]);
    }

    #[test]
    fn bad_parameters_and_data_are_errors() {
        let (features, labels) = overlapping(20, 3);
        let training = Training { features: &features, labels: &labels, classes: 5 };
        for alpha in [-1.0, f64::NAN, f64::INFINITY] {
            let error = RidgeClassifier { alpha, ..RidgeClassifier::default() }.fit(&training, 0).err();
            assert!(matches!(error, Some(FitError::InvalidParameter { name: "alpha", .. })));
        }
        let one = Training { labels: &[2; 20], ..training };
        let error = RidgeClassifier::default().fit(&one, 0).err();
        assert!(matches!(error, Some(FitError::TooFewClasses { needed: 2, found: 1 })));
    }

    #[test]
    fn wide_matrices_have_the_same_solution() {
        let (n, rows) = (WIDE + 3, 40);
        // A diagonal and an outer product: the inverse is known (Sherman and Morrison).
        let v: Vec<f64> = (0..n).map(|i| ((i % rows) as f64).sin()).collect();
        let mut a = vec![0.0; n * n];
        add_outer(1.0, &v, &mut a);
        let mut right = vec![v.clone()];
        solve(a, n, 2.0, &mut right).unwrap();
        let expected = 1.0 / (2.0 + v.iter().map(|x| x * x).sum::<f64>());
        assert!(right[0].iter().zip(&v).all(|(x, v)| (x - v * expected).abs() < 1e-12));
        assert!(solve(vec![0.0; n * n], n, 0.0, &mut right).is_err());
        // The first two columns are equal but for rounding: positive definite, but no digit would be correct.
        let mut a = vec![0.0; n * n];
        a.iter_mut().step_by(n + 1).for_each(|diagonal| *diagonal = 1.0);
        (a[1], a[n], a[n + 1]) = (1.0, 1.0, 1.0 + 1e-15);
        assert!(solve(a, n, 0.0, &mut right).is_err());
    }
}
