//! Gaussian naive Bayes: every feature an independent normal variable within a class.
//!
//! Means and variances of bytes follow from the integer sums of bytes and of squared bytes, so they are exact
//! before the one rounding to f64, and prediction works on the bytes: with value = (pixel - offset) / scale
//! the squared distance in units of the deviation, (x - mean)^2 / variance, is the same in pixels. Computed values
//! are summed in f64, the variance about the mean.

use rayon::prelude::*;

use crate::models::class_sums::{ClassSums, add_bytes, add_squares, computed_sums, pixel_sums};
use crate::models::priors::class_priors;
use crate::models::{Classifier, Facts, FitError, Model, Training};
use crate::{Bytes, Features};

/// scikit-learn's `GaussianNB` as of 0.19, where the smoothing is not a parameter.
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, GaussianNB};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = GaussianNB { priors: None }.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GaussianNB {
    /// The prior probability of each class: not negative, summing to 1. `None` takes the frequencies of the
    /// training labels.
    pub priors: Option<Vec<f64>>,
}

/// Added to every variance, relative to the largest variance of a feature over all training rows.
const SMOOTHING: f64 = 1e-9;

impl Classifier for GaussianNB {
    /// O(n d). Deterministic. A class without training rows is never predicted, whatever its prior.
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        training.check()?;
        let statistics = match training.features.bytes() {
            Some(bytes) => Statistics::of_pixels(training, bytes),
            None => Statistics::of_values(training),
        };
        let priors = class_priors("priors", self.priors.as_deref(), &training.class_counts())?;
        let epsilon = SMOOTHING * statistics.largest_variance;
        let mut classes = Vec::new();
        for ClassStatistics { class, mean, variance } in statistics.classes {
            let mut constant = priors[class].ln();
            let mut weight = Vec::with_capacity(mean.len());
            for (variance, &scale) in variance.into_iter().zip(&statistics.scale) {
                let variance = variance / (scale * scale) + epsilon;
                // Where the variance is zero even with smoothing (all features constant) a feature that
                // still has its training value says nothing, and any other value excludes the class.
                weight.push(if variance > 0.0 { 0.5 / (variance * scale * scale) } else { f64::MAX });
                if variance > 0.0 {
                    constant -= 0.5 * (2.0 * std::f64::consts::PI * variance).ln();
                }
            }
            classes.push(ClassDensity { class: class as u8, constant, mean, weight });
        }
        Ok(Box::new(Fitted { classes, epsilon }))
    }
}

/// Means and population variances of the classes that have rows, in pixels or in computed values.
struct Statistics {
    classes: Vec<ClassStatistics>,
    /// The divisor of pixels, one per feature; 1 for computed values.
    scale: Vec<f64>,
    /// The largest variance of a scaled feature over all rows.
    largest_variance: f64,
}

struct ClassStatistics {
    class: usize,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

impl Statistics {
    fn of_pixels(training: &Training, Bytes { pixels, scaling }: Bytes) -> Statistics {
        let (n, d) = (training.features.n(), training.features.d());
        let rows = training.class_counts();
        let sums = pixel_sums(training, pixels, add_bytes);
        let squares = pixel_sums(training, pixels, add_squares);
        let of_class = |class: usize| {
            let moments =
                |j: usize| mean_and_variance(rows[class], sums[class * d + j], squares[class * d + j]);
            let (mean, variance) = (0..d).map(moments).unzip();
            ClassStatistics { class, mean, variance }
        };
        let total = |by_class: &[u64], j: usize| by_class.iter().skip(j).step_by(d).sum::<u64>();
        let variance = |j: usize| {
            let (_, variance) = mean_and_variance(n, total(&sums, j), total(&squares, j));
            variance / (scaling.scale[j] * scaling.scale[j])
        };
        Statistics {
            classes: (0..rows.len()).filter(|&class| rows[class] > 0).map(of_class).collect(),
            scale: scaling.scale.clone(),
            largest_variance: (0..d).map(variance).fold(0.0, f64::max),
        }
    }

    fn of_values(training: &Training) -> Statistics {
        let (n, d) = (training.features.n(), training.features.d());
        let values = training.features.scaled();
        let sums = ClassSums::new(training);
        let squares_about = |labels: &[u8], classes: usize, means: &[f64]| {
            let by_class = Training { labels, classes, ..*training };
            // The means to subtract are those of the row's class.
            let about = |row: &[f32], class: usize, out: &mut [f64]| {
                let terms = out.iter_mut().zip(row).zip(&means[class * d..(class + 1) * d]);
                terms.for_each(|((sum, &x), mean)| *sum += (f64::from(x) - mean).powi(2));
            };
            computed_sums(&by_class, values, about)
        };
        let present = sums.present();
        let mut means = vec![0.0; training.classes * d];
        for &class in &present {
            means[class * d..(class + 1) * d].copy_from_slice(&sums.mean(class));
        }
        let squares = squares_about(training.labels, training.classes, &means);
        let classes = present.iter().map(|&class| {
            let of_class = class * d..(class + 1) * d;
            let rows = sums.rows[class] as f64;
            let variance = squares[of_class.clone()].iter().map(|squares| squares / rows).collect();
            ClassStatistics { class, mean: means[of_class].to_vec(), variance }
        });
        let overall: Vec<f64> = sums.total().iter().map(|sum| sum / n as f64).collect();
        let squares = squares_about(&vec![0; n], 1, &overall);
        Statistics {
            classes: classes.collect(),
            scale: vec![1.0; d],
            largest_variance: squares.iter().fold(0.0, |largest, squares| largest.max(squares / n as f64)),
        }
    }
}

/// Mean and population variance from sums of bytes and of their squares: no cancellation, n sum(p^2) - sum(p)^2 is
/// exact.
fn mean_and_variance(rows: usize, sum: u64, squares: u64) -> (f64, f64) {
    let [n, sum, squares] = [rows as u64, sum, squares].map(u128::from);
    let spread = n * squares - sum * sum;
    (sum as f64 / n as f64, spread as f64 / (n * n) as f64)
}

/// The log density of one class: constant - sum of weight (pixel - mean)^2.
struct ClassDensity {
    class: u8,
    constant: f64,
    mean: Vec<f64>,
    weight: Vec<f64>,
}

impl ClassDensity {
    fn log_joint(&self, row: &[f64]) -> f64 {
        // Eight sums side by side: a fixed order that vectorises.
        let mut sums = [0.0f64; 8];
        let columns = |values: &[f64]| values.len() / 8 * 8;
        let term = |x: f64, mean: f64, weight: f64| (x - mean) * (x - mean) * weight;
        for ((x, mean), weight) in
            row.chunks_exact(8).zip(self.mean.chunks_exact(8)).zip(self.weight.chunks_exact(8))
        {
            for lane in 0..8 {
                sums[lane] += term(x[lane], mean[lane], weight[lane]);
            }
        }
        let rest: f64 = (columns(row)..row.len()).map(|j| term(row[j], self.mean[j], self.weight[j])).sum();
        self.constant - sums.iter().sum::<f64>() - rest
    }
}

/// The row's pixels or values in f64.
fn widen<T: Copy + Into<f64>>(row: &[T], out: &mut [f64]) {
    out.iter_mut().zip(row).for_each(|(value, &x)| *value = x.into());
}

struct Fitted {
    /// The classes that have training rows, ascending.
    classes: Vec<ClassDensity>,
    epsilon: f64,
}

impl Model for Fitted {
    /// O(n d classes). The first of equally likely classes wins.
    fn predict(&self, x: &Features) -> Vec<u8> {
        (0..x.n())
            .into_par_iter()
            .map_init(
                || vec![0.0; x.d()],
                |row, index| {
                    match x.bytes() {
                        Some(_) => widen(x.pixel_row(index), row),
                        None => widen(x.scaled().row(index), row),
                    }
                    let mut best = (f64::NEG_INFINITY, self.classes[0].class);
                    for class in &self.classes {
                        let score = class.log_joint(row);
                        if score > best.0 {
                            best = (score, class.class);
                        }
                    }
                    best.1
                },
            )
            .collect()
    }

    fn facts(&self) -> Facts {
        Facts::from([("epsilon", self.epsilon.into())])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Scaling;

    fn features(pixels: &[u8], d: usize) -> Features {
        let n = pixels.len() / d;
        Features::new(pixels.to_vec(), n, d, Arc::new(Scaling::standard(pixels, n, d)))
    }

    fn fit(x: &Features, labels: &[u8], classes: usize, priors: Option<Vec<f64>>) -> Vec<u8> {
        let training = Training { features: x, labels, classes };
        GaussianNB { priors }.fit(&training, 0).map(|model| model.predict(x)).unwrap()
    }

    #[test]
    fn separates_two_heaps() {
        let x = features(&[1, 9, 2, 8, 3, 9, 200, 7, 210, 9, 205, 8], 2);
        assert_eq!(fit(&x, &[0, 0, 0, 1, 1, 1], 2, None), [0, 0, 0, 1, 1, 1]);
    }

    #[test]
    fn computed_values_have_the_model_of_their_bytes() {
        let pixels: Vec<u8> = (0..600).map(|at| ((at * 2_654_435_761usize) >> 9) as u8).collect();
        let labels: Vec<u8> = (0..200).map(|row| pixels[row * 3] / 64).collect();
        let bytes = features(&pixels, 3);
        let computed = Features::computed(bytes.scaled().clone());
        let fit = |x: &Features| {
            let training = Training { features: x, labels: &labels, classes: 6 };
            let model = GaussianNB::default().fit(&training, 0).unwrap();
            (model.predict(x), model.facts()["epsilon"].as_f64().unwrap())
        };
        let (expected, got) = (fit(&bytes), fit(&computed));
        assert_eq!(got.0, expected.0);
        assert!((got.1 / expected.1 - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_class_without_rows_is_never_predicted() {
        let x = features(&[1, 2, 3, 200, 210, 205], 1);
        let priors = Some(vec![0.1, 0.8, 0.1]);
        assert_eq!(fit(&x, &[0, 0, 0, 2, 2, 2], 3, priors), [0, 0, 0, 2, 2, 2]);
    }

    #[test]
    fn constant_features_and_one_class_give_a_sane_model() {
        let x = features(&[7, 7, 7, 7], 1);
        assert_eq!(fit(&x, &[0, 0, 1, 0], 2, None), [0, 0, 0, 0]);
        assert_eq!(fit(&x, &[1, 1, 1, 1], 2, None), [1, 1, 1, 1]);
    }

    #[test]
    fn bad_priors_and_no_rows_are_errors() {
        let x = features(&[1, 2], 1);
        let training = Training { features: &x, labels: &[0, 1], classes: 2 };
        for priors in [vec![0.5], vec![0.5, 0.6], vec![-0.5, 1.5], vec![f64::NAN, 1.0]] {
            assert!(GaussianNB { priors: Some(priors) }.fit(&training, 0).is_err());
        }
        let empty = features(&[], 1);
        let training = Training { features: &empty, labels: &[], classes: 2 };
        assert!(GaussianNB { priors: None }.fit(&training, 0).is_err());
    }
}
