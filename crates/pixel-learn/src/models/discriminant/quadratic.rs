//! Quadratic discriminant analysis: every class has a covariance of its own.

use rayon::prelude::*;

use super::{eigenvalues_above, factor, rows_by_class};
use crate::Features;
use crate::linalg::argmax;
use crate::linalg::gemm::{View, dgemm};
use crate::models::class_sums::ClassSums;
use crate::models::priors::class_priors;
use crate::models::scatter::{Rows, Scatter, column_values, varying};
use crate::models::{Classifier, FitError, Model, Training};

/// scikit-learn's `QuadraticDiscriminantAnalysis` with the defaults of 1.9.
///
/// ```
/// use pixel_learn::{Classifier, Features, QuadraticDiscriminantAnalysis, Training};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let qda = QuadraticDiscriminantAnalysis { reg_param: 0.01, ..QuadraticDiscriminantAnalysis::default() };
/// let model = qda.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct QuadraticDiscriminantAnalysis {
    /// The prior probability of each class: not negative, summing to 1. `None` takes the frequencies of the
    /// training labels.
    pub priors: Option<Vec<f64>>,
    /// The regularisation of every covariance S, from 0 to 1: (1 - reg_param) S + reg_param I.
    pub reg_param: f64,
    /// Every eigenvalue of a regularised covariance must exceed `tol`, or fitting fails; at least 0.
    pub tol: f64,
}

impl Default for QuadraticDiscriminantAnalysis {
    fn default() -> QuadraticDiscriminantAnalysis {
        QuadraticDiscriminantAnalysis { priors: None, reg_param: 0.0, tol: 1e-4 }
    }
}

/// Test rows in one task.
const ROWS: usize = 128;
/// Columns per block of a matrix product. Blocks above the diagonal of a triangular factor are zero and are
/// skipped.
const COLUMNS: usize = 96;

/// A fitted [`QuadraticDiscriminantAnalysis`].
pub struct Quadratic {
    /// Features that vary. A constant one adds the same to all classes.
    columns: Vec<u32>,
    /// One density for each class that has rows, ascending.
    densities: Vec<Density>,
}

/// The normal density of one class.
struct Density {
    class: u8,
    mean: Vec<f64>,
    /// The inverse L^-1 of the covariance's Cholesky factor, c x c, with zeros above the diagonal.
    inverse: Vec<f64>,
    /// log prior - log det(covariance) / 2.
    constant: f64,
}

impl QuadraticDiscriminantAnalysis {
    /// Fits as [`Classifier::fit`], but returns the concrete model.
    pub fn fit_densities(&self, training: &Training) -> Result<Quadratic, FitError> {
        if !(0.0..=1.0).contains(&self.reg_param) {
            return Err(FitError::parameter("reg_param", self.reg_param, "must be a number from 0 to 1"));
        }
        if !(self.tol.is_finite() && self.tol >= 0.0) {
            return Err(FitError::parameter("tol", self.tol, "must be a number of at least 0"));
        }
        let classes = training.present_classes(2)?;
        let sums = ClassSums::new(training);
        let priors = class_priors("priors", self.priors.as_deref(), &sums.rows)?;
        let (d, columns) = (training.features.d(), varying(training.features));
        let members = rows_by_class(training.labels, training.classes);
        for &class in &classes {
            // A constant feature has the eigenvalue reg_param.
            let constant = columns.len() < d && self.reg_param <= self.tol;
            if members[usize::from(class)].len() < d.max(2) || constant {
                return Err(not_of_full_rank(class, members[usize::from(class)].len(), d));
            }
        }
        let rows = Rows::new(training.features, columns);
        let density = |&class: &u8| {
            let members = &members[usize::from(class)];
            let scatter = rows.scatter(members, sums.of(usize::from(class)))?;
            let refused = || not_of_full_rank(class, members.len(), d);
            let log_prior = priors[usize::from(class)].ln();
            self.density(class, scatter, (members.len(), d), log_prior).ok_or_else(refused)
        };
        let densities = classes.iter().map(density).collect::<Result<Vec<Density>, FitError>>()?;
        Ok(Quadratic { columns: rows.columns, densities })
    }

    /// The density of a class of `n` rows and `d` features; `None` where an eigenvalue of its covariance is not above
    /// `tol`.
    fn density(
        &self,
        class: u8,
        scatter: Scatter,
        (n, d): (usize, usize),
        log_prior: f64,
    ) -> Option<Density> {
        let Scatter { mean, mut products } = scatter;
        let c = mean.len();
        products.iter_mut().for_each(|value| *value *= (1.0 - self.reg_param) / n as f64);
        products.iter_mut().step_by(c + 1).for_each(|diagonal| *diagonal += self.reg_param);
        // No eigenvalue is below reg_param.
        if self.reg_param <= self.tol && !eigenvalues_above(&products, c, self.tol) {
            return None;
        }
        let factor = factor(products, c)?;
        // A constant feature has the variance reg_param.
        let of_constants = if c < d { 0.5 * (d - c) as f64 * self.reg_param.ln() } else { 0.0 };
        let constant = log_prior - factor.half_log_determinant() - of_constants;
        Some(Density { class, mean, inverse: factor.inverse_factor(), constant })
    }
}

fn not_of_full_rank(class: u8, rows: usize, d: usize) -> FitError {
    FitError::UnusableData(format!(
        "the covariance of class {class} is not of full rank ({rows} rows, {d} features): at least as many rows as \
         features and a reg_param above tol are enough"
    ))
}

impl Classifier for QuadraticDiscriminantAnalysis {
    /// O(n d^2 + classes d^3). Deterministic. Fails if fewer than two classes have rows, or if the covariance
    /// of a class is not of full rank (fewer rows than features, or an eigenvalue up to `tol`).
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_densities(training)?))
    }
}

impl Quadratic {
    /// The log posterior of each class up to a term that all classes share: n x classes, row-major. O(n d^2
    /// classes / 2).
    pub fn decision_function(&self, x: &Features) -> Vec<f64> {
        let k = self.densities.len();
        let mut scores = vec![0.0; x.n() * k];
        scores
            .par_chunks_mut(ROWS * k)
            .enumerate()
            .for_each(|(block, scores)| self.score(x, block * ROWS, scores));
        scores
    }

    /// The scores of the rows from `first` on.
    fn score(&self, x: &Features, first: usize, scores: &mut [f64]) {
        let (c, k) = (self.columns.len(), self.densities.len());
        let rows = scores.len() / k;
        let mut values = vec![0.0; rows * c];
        for (row, values) in values.chunks_exact_mut(c.max(1)).enumerate() {
            column_values(x, first + row, &self.columns, values);
        }
        let mut centred = vec![0.0; rows * c];
        let mut product = vec![0.0; rows * COLUMNS];
        for (index, Density { mean, inverse, constant, .. }) in self.densities.iter().enumerate() {
            for (centred, values) in centred.chunks_exact_mut(c.max(1)).zip(values.chunks_exact(c.max(1))) {
                centred.iter_mut().zip(values.iter().zip(mean)).for_each(|(out, (x, mean))| *out = x - mean);
            }
            scores.iter_mut().skip(index).step_by(k).for_each(|score| *score = *constant);
            for column in (0..c).step_by(COLUMNS) {
                let end = c.min(column + COLUMNS);
                let left = View { columns: end, ..View::row_major(&centred, rows, c) };
                let right = View { columns: end, ..View::row_major(&inverse[column * c..], end - column, c) };
                dgemm(1.0, left, right.t(), 0.0, &mut product, COLUMNS);
                for (score, product) in
                    scores.iter_mut().skip(index).step_by(k).zip(product.chunks_exact(COLUMNS))
                {
                    *score -= 0.5 * product[..end - column].iter().map(|value| value * value).sum::<f64>();
                }
            }
        }
    }
}

impl Model for Quadratic {
    /// O(n d^2 classes / 2). The first of equally likely classes wins.
    fn predict(&self, x: &Features) -> Vec<u8> {
        let scores = self.decision_function(x);
        let best = |scores: &[f64]| self.densities[argmax(scores)].class;
        scores.chunks_exact(self.densities.len()).map(best).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rings(n: usize, d: usize) -> (Features, Vec<u8>) {
        let noise = |i: usize| ((i as f64 * 12.9898).sin() * 43758.5453).fract();
        let labels: Vec<u8> = (0..n).map(|i| [1, 3][i % 2]).collect();
        // The classes have one mean and differ in their spread.
        let spread = |i: usize| if labels[i / d] == 1 { 120.0 } else { 40.0 };
        let pixels: Vec<u8> = (0..n * d).map(|i| (128.0 + noise(i) * spread(i)) as u8).collect();
        (Features::standardised(pixels, d).unwrap(), labels)
    }

    #[test]
    fn both_kinds_of_features_and_any_number_of_threads_have_one_model() {
        let (bytes, labels) = rings(700, 110);
        let computed = Features::computed(bytes.scaled().clone());
        let qda =
            QuadraticDiscriminantAnalysis { reg_param: 0.1, ..QuadraticDiscriminantAnalysis::default() };
        let run = |features: &Features, threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let training = Training { features, labels: &labels, classes: 5 };
            pool.install(|| qda.fit_densities(&training).unwrap().decision_function(features))
        };
        let (a, b) = (run(&bytes, 1), run(&computed, 1));
        assert!(a == run(&bytes, 2) && b == run(&computed, 2));
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-3 * (1.0 + a.abs())));
        let right =
            labels.iter().zip(a.chunks(2)).filter(|(label, s)| (**label == 3) == (s[1] > s[0])).count();
        assert!(right > 690, "{right} of 700");
    }

    #[test]
    fn scores_are_those_of_the_density() {
        // Two features without correlation: variances 4 and 9 of class 0, 1 and 1 of class 1.
        let pixels = [8, 17, 8, 23, 12, 17, 12, 23, 9, 19, 9, 21, 11, 19, 11, 21];
        let scaling = crate::Scaling { offset: vec![0.0; 2], scale: vec![1.0; 2] };
        let x = Features::new(pixels.to_vec(), 8, 2, std::sync::Arc::new(scaling));
        let training = Training { features: &x, labels: &[0, 0, 0, 0, 1, 1, 1, 1], classes: 2 };
        let scores =
            QuadraticDiscriminantAnalysis::default().fit_densities(&training).unwrap().decision_function(&x);
        let expected = |row: usize, [a, b]: [f64; 2]| {
            let (p, q) = (f64::from(pixels[2 * row]) - 10.0, f64::from(pixels[2 * row + 1]) - 20.0);
            0.5f64.ln() - 0.5 * ((a * b).ln() + p * p / a + q * q / b)
        };
        for (row, scores) in scores.chunks_exact(2).enumerate() {
            assert!((scores[0] - expected(row, [4.0, 9.0])).abs() < 1e-12);
            assert!((scores[1] - expected(row, [1.0, 1.0])).abs() < 1e-12);
        }
    }

    #[test]
    fn covariances_that_are_not_of_full_rank_are_refused_unless_regularised() {
        let constant: Vec<u8> = (0..40u8).flat_map(|i| [i % 7, i * 5 % 11, 5]).collect();
        let doubled: Vec<u8> = (0..40u8).flat_map(|i| [i % 7, i % 7, i * 5 % 11]).collect();
        let labels: Vec<u8> = (0..40).map(|i| i % 2).collect();
        for pixels in [constant, doubled] {
            let x = Features::standardised(pixels, 3).unwrap();
            let training = Training { features: &x, labels: &labels, classes: 3 };
            for (reg_param, fits) in [(0.0, false), (1e-4, false), (0.01, true), (1.0, true)] {
                let qda =
                    QuadraticDiscriminantAnalysis { reg_param, ..QuadraticDiscriminantAnalysis::default() };
                match qda.fit(&training, 0) {
                    Ok(model) => assert!(fits && model.predict(&x).iter().all(|class| *class < 2)),
                    Err(error) => assert!(!fits && matches!(error, FitError::UnusableData(_)), "{error}"),
                }
            }
            // One row of a class.
            let mut labels = labels.clone();
            labels[7] = 2;
            let qda =
                QuadraticDiscriminantAnalysis { reg_param: 0.5, ..QuadraticDiscriminantAnalysis::default() };
            assert!(matches!(
                qda.fit(&Training { labels: &labels, ..training }, 0).err(),
                Some(FitError::UnusableData(_))
            ));
        }
    }

    #[test]
    fn bad_parameters_and_data_are_errors() {
        let (x, labels) = rings(60, 3);
        let training = Training { features: &x, labels: &labels, classes: 5 };
        let qda = QuadraticDiscriminantAnalysis::default;
        for (bad, expected) in [
            (QuadraticDiscriminantAnalysis { reg_param: 1.5, ..qda() }, "reg_param"),
            (QuadraticDiscriminantAnalysis { reg_param: f64::NAN, ..qda() }, "reg_param"),
            (QuadraticDiscriminantAnalysis { tol: -1.0, ..qda() }, "tol"),
            (QuadraticDiscriminantAnalysis { priors: Some(vec![1.0]), ..qda() }, "priors"),
        ] {
            let error = bad.fit(&training, 0).err();
            assert!(
                matches!(error, Some(FitError::InvalidParameter { name, .. }) if name == expected),
                "{bad:?}"
            );
        }
        let one = Training { labels: &[2; 60], ..training };
        assert!(matches!(qda().fit(&one, 0).err(), Some(FitError::TooFewClasses { needed: 2, found: 1 })));
    }
}
