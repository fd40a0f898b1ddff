//! Linear discriminant analysis: the classes share one covariance.

use super::shrinkage::{Covariance, Shrinkage, ledoit_wolf, shrink};
use super::whitening::Whitening;
use super::{factor, rows_by_class};
use crate::linalg::cholesky::{Cholesky, Factor};
use crate::linalg::dot::dot;
use crate::linalg::symmetric_eigen::largest;
use crate::models::class_sums::ClassSums;
use crate::models::linear_scores::LinearScores;
use crate::models::priors::class_priors;
use crate::models::scatter::{Rows, Scatter, varying};
use crate::models::{Classifier, Facts, FitError, Model, Training};

/// The solver, by scikit-learn's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LdaSolver {
    /// Whitens the within-class scatter of the standardised features, without directions of negligible
    /// variance. Takes no shrinkage.
    Svd,
    /// Solves linear systems in the covariance, which may be shrunk.
    Lsqr,
}

/// scikit-learn's `LinearDiscriminantAnalysis` with the defaults of 1.9.
///
/// ```
/// use pixel_learn::{Classifier, Features, LinearDiscriminantAnalysis, Training};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = LinearDiscriminantAnalysis::default().fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LinearDiscriminantAnalysis {
    /// The solver.
    pub solver: LdaSolver,
    /// The shrinkage of the covariance, for the lsqr solver only; `None` for no shrinkage.
    pub shrinkage: Option<Shrinkage>,
    /// The prior probability of each class: not negative, summing to 1. `None` takes the frequencies of the
    /// training labels.
    pub priors: Option<Vec<f64>>,
    /// The rank tolerance of the svd solver. It drops directions of the standardised features whose
    /// within-class standard deviation is at most `tol`, and directions among the class means whose length is
    /// at most `tol` times the longest.
    pub tol: f64,
}

impl Default for LinearDiscriminantAnalysis {
    fn default() -> LinearDiscriminantAnalysis {
        LinearDiscriminantAnalysis { solver: LdaSolver::Svd, shrinkage: None, priors: None, tol: 1e-4 }
    }
}

/// A direction among the class means that is shorter than this multiple of the longest is rounding error.
const LEAST_MEAN: f64 = 1e-7;

/// The inputs of both solvers. Means and priors are in the order of the classes that have rows.
struct Problem<'a> {
    training: &'a Training<'a>,
    classes: Vec<u8>,
    priors: Vec<f64>,
    sums: ClassSums,
    rows: Rows<'a>,
    /// The class means of the columns in `rows`.
    means: Vec<Vec<f64>>,
}

impl LinearDiscriminantAnalysis {
    /// Fits as [`Classifier::fit`], but returns the concrete model. Its weights and intercepts are
    /// scikit-learn's `coef_` and `intercept_`, except that two classes have one row each instead of a single
    /// row.
    pub fn fit_scores(&self, training: &Training) -> Result<LinearScores, FitError> {
        self.check()?;
        let problem = Problem::new(training, self.priors.as_deref())?;
        match self.solver {
            LdaSolver::Svd => problem.solve_svd(self.tol),
            LdaSolver::Lsqr => problem.solve_lsqr(self.shrinkage, self.priors.is_some()),
        }
    }

    fn check(&self) -> Result<(), FitError> {
        if !(self.tol.is_finite() && self.tol >= 0.0) {
            return Err(FitError::parameter("tol", self.tol, "must be a number of at least 0"));
        }
        match (self.solver, self.shrinkage) {
            (LdaSolver::Svd, Some(shrinkage)) => {
                let value = format!("{shrinkage:?}");
                Err(FitError::parameter(
                    "shrinkage",
                    value,
                    "must be None for solver=svd; solver=lsqr takes it",
                ))
            }
            (_, Some(shrinkage)) => shrinkage.check(),
            (_, None) => Ok(()),
        }
    }
}

impl<'a> Problem<'a> {
    fn new(training: &'a Training<'a>, priors: Option<&[f64]>) -> Result<Problem<'a>, FitError> {
        let classes = training.present_classes(2)?;
        let n = training.features.n();
        if n == classes.len() {
            let found = format!("{n} rows of as many classes; more rows than classes are needed");
            return Err(FitError::UnusableData(found));
        }
        let sums = ClassSums::new(training);
        let all = class_priors("priors", priors, &sums.rows)?;
        let of_present = classes.iter().map(|&class| all[usize::from(class)]);
        let sum: f64 = of_present.clone().sum();
        if sum <= 0.0 {
            let reason = "found 0 for every class that has rows; at least one of them needs a prior above 0";
            return Err(FitError::parameter("priors", format!("{all:?}"), reason));
        }
        let rows = Rows::new(training.features, varying(training.features));
        let means = classes.iter().map(|&class| rows.of_columns(&sums.mean(usize::from(class)))).collect();
        Ok(Problem {
            training,
            priors: of_present.map(|prior| prior / sum).collect(),
            classes,
            sums,
            rows,
            means,
        })
    }

    fn n(&self) -> usize {
        self.training.features.n()
    }

    /// The sum of the scatters of all classes.
    fn within(&self) -> Result<Vec<f64>, FitError> {
        let c = self.rows.columns.len();
        let members = rows_by_class(self.training.labels, self.training.classes);
        let mut within = vec![0.0; c * c];
        for class in self.classes.iter().map(|&class| usize::from(class)) {
            let Scatter { products, .. } = self.rows.scatter(&members[class], self.sums.of(class))?;
            within.iter_mut().zip(&products).for_each(|(sum, product)| *sum += product);
        }
        Ok(within)
    }

    /// scikit-learn's svd solver: its singular values are the square roots of the eigenvalues of the
    /// within-class correlation matrix.
    fn solve_svd(&self, tol: f64) -> Result<LinearScores, FitError> {
        let (c, n) = (self.rows.columns.len(), self.n() as f64);
        let mut within = self.within()?;
        // A feature that is constant within every class gets an infinite deviation, and so drops out.
        let deviation = |j: usize| match within[j * c + j] {
            square if square > 0.0 => (square / n).sqrt(),
            _ => f64::INFINITY,
        };
        let deviation: Vec<f64> = (0..c).map(deviation).collect();
        for (j, row) in within.chunks_exact_mut(c.max(1)).enumerate() {
            for (value, other) in row[..=j].iter_mut().zip(&deviation) {
                *value /= n * deviation[j] * other;
            }
        }
        let rounding = 16.0 * c as f64 * f64::EPSILON;
        let whitening = Whitening::new(within, c, (tol * tol).max(rounding));
        let origin: Vec<f64> = (0..c)
            .map(|j| self.means.iter().zip(&self.priors).map(|(mean, prior)| prior * mean[j]).sum())
            .collect();
        let white = |mean: &Vec<f64>| {
            let centred = mean.iter().zip(&origin).zip(&deviation);
            whitening.apply(centred.map(|((mean, origin), deviation)| (mean - origin) / deviation).collect())
        };
        let centres: Vec<Vec<f64>> = self.means.iter().map(white).collect();
        let centres = project_means(centres, &self.priors, n, tol);
        let mut coefficients = Vec::new();
        let mut intercepts = Vec::new();
        for (centre, prior) in centres.into_iter().zip(&self.priors) {
            let square = dot(&centre, &centre);
            let mut own = whitening.apply_transposed(centre);
            own.iter_mut().zip(&deviation).for_each(|(value, deviation)| *value /= deviation);
            intercepts.push(prior.ln() - 0.5 * square - dot(&origin, &own));
            coefficients.push(own);
        }
        let facts = Facts::from([("rank", whitening.rank().into())]);
        Ok(self.scores(&coefficients, intercepts, 0.0, facts))
    }

    /// scikit-learn's lsqr solver: the coefficients solve covariance x = mean.
    fn solve_lsqr(&self, shrinkage: Option<Shrinkage>, given_priors: bool) -> Result<LinearScores, FitError> {
        let c = self.rows.columns.len();
        let Covariance { matrix, constant_variance } = match shrinkage {
            Some(Shrinkage::Auto) => self.mean_covariance(None)?,
            Some(Shrinkage::Value(amount)) if given_priors => self.mean_covariance(Some(amount))?,
            None if given_priors => self.mean_covariance(Some(0.0))?,
            // With class frequencies as priors, the mean covariance is the sum of the class scatters over n.
            other => {
                let amount = if let Some(Shrinkage::Value(amount)) = other { amount } else { 0.0 };
                let n = self.n() as f64;
                let within = self.within()?.into_iter().map(|value| value / n).collect();
                shrink(within, c, self.training.features.d(), amount)
            }
        };
        let mut coefficients = self.means.clone();
        match factor(matrix.clone(), c).filter(Cholesky::well_conditioned) {
            Some(factor) => coefficients.iter_mut().for_each(|mean| factor.solve(mean)),
            None => largest(matrix, c, c).pseudo_solve(c as f64 * f64::EPSILON, &mut coefficients),
        }
        let pairs = coefficients.iter().zip(&self.means).zip(&self.priors);
        let intercepts = pairs.map(|((own, mean), prior)| prior.ln() - 0.5 * dot(mean, own)).collect();
        Ok(self.scores(&coefficients, intercepts, constant_variance, Facts::new()))
    }

    /// The mean of the covariances of the classes, weighted by the priors. Each is shrunk by `amount`, or by
    /// Ledoit and Wolf's estimate for `None`.
    fn mean_covariance(&self, amount: Option<f64>) -> Result<Covariance, FitError> {
        let (c, features) = (self.rows.columns.len(), self.training.features);
        let members = rows_by_class(self.training.labels, self.training.classes);
        let mut mean = Covariance { matrix: vec![0.0; c * c], constant_variance: 0.0 };
        for (&class, prior) in self.classes.iter().zip(&self.priors) {
            let members = &members[usize::from(class)];
            let scatter = self.rows.scatter(members, self.sums.of(usize::from(class)))?;
            let Covariance { matrix, constant_variance } = match amount {
                None => ledoit_wolf(features, &self.rows, members, &scatter),
                Some(amount) => {
                    let n = members.len() as f64;
                    let covariance = scatter.products.into_iter().map(|value| value / n).collect();
                    shrink(covariance, c, features.d(), amount)
                }
            };
            mean.matrix.iter_mut().zip(&matrix).for_each(|(mean, value)| *mean += prior * value);
            mean.constant_variance += prior * constant_variance;
        }
        Ok(mean)
    }

    /// The model with these coefficients of the columns that vary. The coefficient of a constant feature is
    /// its mean over its variance after shrinking (`constant_variance`), or 0 without shrinking.
    fn scores(
        &self,
        coefficients: &[Vec<f64>],
        mut intercepts: Vec<f64>,
        constant_variance: f64,
        facts: Facts,
    ) -> LinearScores {
        let d = self.training.features.d();
        let mut weights = Vec::with_capacity(coefficients.len() * d);
        for ((own, &class), intercept) in coefficients.iter().zip(&self.classes).zip(&mut intercepts) {
            let mean = self.sums.mean(usize::from(class));
            let mut of_class: Vec<f64> = mean
                .iter()
                .map(|mean| if constant_variance > 0.0 { mean / constant_variance } else { 0.0 })
                .collect();
            self.rows.columns.iter().for_each(|&j| of_class[j as usize] = 0.0);
            *intercept -= 0.5 * dot(&mean, &of_class);
            self.rows.columns.iter().zip(own).for_each(|(&j, own)| of_class[j as usize] = *own);
            weights.extend(of_class);
        }
        LinearScores { classes: self.classes.clone(), weights, intercepts, facts }
    }
}

/// Projects the whitened class means onto their principal directions, weighted by the priors, without the
/// directions that are at most `tol` times as long as the longest.
fn project_means(centres: Vec<Vec<f64>>, priors: &[f64], n: f64, tol: f64) -> Vec<Vec<f64>> {
    let k = centres.len();
    let weights: Vec<f64> = priors.iter().map(|prior| (n * prior / (k - 1) as f64).sqrt()).collect();
    let product = |at: usize| weights[at / k] * weights[at % k] * dot(&centres[at / k], &centres[at % k]);
    let eigen = largest((0..k * k).map(product).collect(), k, k);
    let length = |value: f64| value.max(0.0).sqrt();
    let least = tol.max(LEAST_MEAN) * length(eigen.values[0]);
    let rank = centres[0].len();
    let mut parts = vec![vec![0.0; rank]; k];
    for index in (0..k).filter(|&index| length(eigen.values[index]) > least) {
        let mut direction = vec![0.0; rank];
        for ((centre, weight), share) in centres.iter().zip(&weights).zip(eigen.vector(index)) {
            let factor = weight * share / length(eigen.values[index]);
            direction.iter_mut().zip(centre).for_each(|(out, value)| *out += factor * value);
        }
        for (part, centre) in parts.iter_mut().zip(&centres) {
            let along = dot(&direction, centre);
            part.iter_mut().zip(&direction).for_each(|(out, value)| *out += along * value);
        }
    }
    parts
}

impl Classifier for LinearDiscriminantAnalysis {
    /// O(n d^2 + d^3). Deterministic. Fails where fewer than two classes have rows.
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_scores(training)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Features;

    fn clouds(n: usize, d: usize) -> (Features, Vec<u8>) {
        let noise = |i: usize| ((i as f64 * 12.9898).sin() * 43758.5453).fract().abs();
        let labels: Vec<u8> = (0..n).map(|i| [0, 1, 4][i * 7 % 3]).collect();
        let lift = |i: usize| if i % d % 3 == usize::from(labels[i / d]) % 3 { 60.0 } else { 0.0 };
        let pixels: Vec<u8> = (0..n * d).map(|i| (noise(i) * 150.0 + lift(i)) as u8).collect();
        (Features::standardised(pixels, d).unwrap(), labels)
    }

    fn all() -> Vec<LinearDiscriminantAnalysis> {
        let svd = LinearDiscriminantAnalysis::default();
        let lsqr =
            |shrinkage| LinearDiscriminantAnalysis { solver: LdaSolver::Lsqr, shrinkage, ..svd.clone() };
        let shrunk = [None, Some(Shrinkage::Auto), Some(Shrinkage::Value(0.2))].map(lsqr);
        std::iter::once(svd.clone()).chain(shrunk).collect()
    }

    #[test]
    fn both_kinds_of_features_and_any_number_of_threads_have_one_model() {
        let (bytes, labels) = clouds(600, 14);
        let computed = Features::computed(bytes.scaled().clone());
        for lda in all() {
            for priors in [None, Some(vec![0.2, 0.3, 0.0, 0.0, 0.5])] {
                let lda = LinearDiscriminantAnalysis { priors, ..lda.clone() };
                let fit = |features: &Features, threads: usize| {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                    let training = Training { features, labels: &labels, classes: 5 };
                    pool.install(|| lda.fit_scores(&training).unwrap())
                };
                let (a, b) = (fit(&bytes, 1), fit(&computed, 1));
                assert!(a == fit(&bytes, 2) && b == fit(&computed, 2), "{lda:?}");
                let differences = a.weights.iter().zip(&b.weights).map(|(a, b)| (a - b).abs());
                assert!(differences.fold(0.0, f64::max) < 1e-4, "{lda:?}");
                assert_eq!(a.predict(&bytes), b.predict(&computed));
            }
        }
    }

    #[test]
    fn solvers_agree_up_to_what_all_classes_share() {
        let (features, labels) = clouds(600, 14);
        let training = Training { features: &features, labels: &labels, classes: 5 };
        let [svd, lsqr, ..] = &all()[..] else { panic!("two solvers") };
        let (a, b) = (svd.fit_scores(&training).unwrap(), lsqr.fit_scores(&training).unwrap());
        let difference = |model: &LinearScores, j: usize| model.weights[j] - model.weights[14 + j];
        assert!((0..14).all(|j| (difference(&a, j) - difference(&b, j)).abs() < 1e-8));
        assert_eq!(a.predict(&features), b.predict(&features));
        assert_eq!(a.facts["rank"], 14usize.into());
    }

    #[test]
    fn dependent_and_constant_features_do_no_harm() {
        // The second column is the first again, the third is constant, the fourth constant in each class.
        let pixels: Vec<u8> =
            (0..60).flat_map(|i| [i * 3 % 41 + i / 30 * 60, i * 3 % 41 + i / 30 * 60, 7, i / 30]).collect();
        let labels: Vec<u8> = (0..60).map(|i| 1 + i / 30).collect();
        let features = Features::standardised(pixels, 4).unwrap();
        let training = Training { features: &features, labels: &labels, classes: 4 };
        for lda in all() {
            let model = lda.fit_scores(&training).unwrap();
            assert!((model.weights[0] - model.weights[1]).abs() < 1e-9 * model.weights[0].abs(), "{lda:?}");
            assert!(model.weights.iter().chain(&model.intercepts).all(|value| value.is_finite()), "{lda:?}");
            assert_eq!(model.predict(&features), labels, "{lda:?}");
        }
    }

    #[test]
    fn without_a_varying_feature_the_priors_decide() {
        let features = Features::standardised(vec![7; 12], 3).unwrap();
        let training = Training { features: &features, labels: &[1, 3, 3, 3], classes: 5 };
        for lda in all() {
            assert_eq!(lda.fit(&training, 0).unwrap().predict(&features), [3; 4], "{lda:?}");
        }
    }

    #[test]
    fn bad_parameters_and_data_are_errors() {
        let (features, labels) = clouds(30, 3);
        let training = Training { features: &features, labels: &labels, classes: 5 };
        let lda = LinearDiscriminantAnalysis::default;
        let lsqr = |value| LinearDiscriminantAnalysis {
            solver: LdaSolver::Lsqr,
            shrinkage: Some(Shrinkage::Value(value)),
            ..lda()
        };
        for (bad, expected) in [
            (LinearDiscriminantAnalysis { tol: -1.0, ..lda() }, "tol"),
            (LinearDiscriminantAnalysis { shrinkage: Some(Shrinkage::Auto), ..lda() }, "shrinkage"),
            (lsqr(1.1), "shrinkage"),
            (lsqr(f64::NAN), "shrinkage"),
            (LinearDiscriminantAnalysis { priors: Some(vec![0.5, 0.5]), ..lda() }, "priors"),
            // Classes 2 and 3 have no rows.
            (LinearDiscriminantAnalysis { priors: Some(vec![0.0, 0.0, 0.5, 0.5, 0.0]), ..lda() }, "priors"),
        ] {
            let error = bad.fit(&training, 0).err();
            assert!(
                matches!(error, Some(FitError::InvalidParameter { name, .. }) if name == expected),
                "{bad:?}"
            );
        }
        let one = Training { labels: &[2; 30], ..training };
        assert!(matches!(lda().fit(&one, 0).err(), Some(FitError::TooFewClasses { needed: 2, found: 1 })));
        let few = Features::standardised(vec![1, 2], 1).unwrap();
        let few = Training { features: &few, labels: &[0, 1], classes: 2 };
        assert!(matches!(lda().fit(&few, 0).err(), Some(FitError::UnusableData(_))));
    }
}
