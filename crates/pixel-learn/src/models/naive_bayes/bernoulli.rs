//! Bernoulli naive Bayes: a feature is on or off, with a probability for each class.

use super::discrete::{check_alpha, log_priors};
use crate::Features;
use crate::linalg::simd::for_each_level;
use crate::models::class_sums::{computed_sums, pixel_sums};
use crate::models::linear_scores::{LinearScores, scores};
use crate::models::{Classifier, Facts, FitError, Model, Training};
use crate::scaling::Scaling;

/// scikit-learn's `BernoulliNB` with the defaults of 1.9.
///
/// ```
/// use pixel_learn::{BernoulliNB, Classifier, Features, Training};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = BernoulliNB::default().fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BernoulliNB {
    /// Smoothing, above 0: added in every class to the number of rows that have a feature on, and to the
    /// number that have it off.
    pub alpha: f64,
    /// The threshold, at least 0: a feature is on where its value exceeds the threshold. `None` accepts only
    /// the values 0 and 1.
    pub binarize: Option<f64>,
    /// Whether the priors are the frequencies of the training labels; otherwise they are equal.
    pub fit_prior: bool,
    /// The prior probability of each class: not negative, summing to 1.
    pub class_prior: Option<Vec<f64>>,
}

impl Default for BernoulliNB {
    fn default() -> BernoulliNB {
        BernoulliNB { alpha: 1.0, binarize: Some(0.0), fit_prior: true, class_prior: None }
    }
}

/// A fitted [`BernoulliNB`].
#[derive(Clone, Debug, PartialEq)]
pub struct FittedBernoulliNB {
    /// Weights and intercepts for features that are 0 or 1: log(p / (1 - p)), and the log prior + sum of log(1 - p).
    pub scores: LinearScores,
    threshold: f64,
}

impl BernoulliNB {
    /// Fits as [`Classifier::fit`], but returns the concrete model. O(n d).
    pub fn fit_scores(&self, training: &Training) -> Result<FittedBernoulliNB, FitError> {
        check_alpha(self.alpha)?;
        training.check()?;
        let threshold = self.threshold(training.features)?;
        let (d, rows) = (training.features.d(), training.class_counts());
        let present: Vec<usize> = (0..rows.len()).filter(|&class| rows[class] > 0).collect();
        let counts: Vec<f64> = match training.features.bytes() {
            Some(bytes) => {
                let ByteThreshold { least, reachable } = ByteThreshold::above(threshold, bytes.scaling);
                let counts =
                    pixel_sums(training, bytes.pixels, |row, sums| count(row, &least, &reachable, sums));
                counts.into_iter().map(|count| count as f64).collect()
            }
            None => computed_sums(training, training.features.scaled(), |row, _, sums| {
                sums.iter_mut()
                    .zip(row)
                    .for_each(|(sum, &x)| *sum += f64::from(u8::from(f64::from(x) > threshold)));
            }),
        };
        let mut intercepts = log_priors(self.class_prior.as_deref(), self.fit_prior, &rows, &present)?;
        let mut weights = Vec::new();
        for (&class, intercept) in present.iter().zip(&mut intercepts) {
            let total = (rows[class] as f64 + 2.0 * self.alpha).ln();
            for count in &counts[class * d..(class + 1) * d] {
                let on = (count + self.alpha).ln() - total;
                let off = (rows[class] as f64 - count + self.alpha).ln() - total;
                weights.push(on - off);
                *intercept += off;
            }
        }
        let classes = present.iter().map(|&class| class as u8).collect();
        Ok(FittedBernoulliNB {
            scores: LinearScores { classes, weights, intercepts, facts: Facts::new() },
            threshold,
        })
    }

    /// The threshold of the values. `Err` for a threshold below 0, and for other values than 0 and 1 without
    /// a threshold.
    fn threshold(&self, features: &Features) -> Result<f64, FitError> {
        match self.binarize {
            Some(threshold) if threshold.is_finite() && threshold >= 0.0 => Ok(threshold),
            Some(threshold) => Err(FitError::parameter(
                "binarize",
                threshold,
                "must be a number of at least 0, or None where all values are 0 or 1",
            )),
            None if features.scaled().as_slice().iter().all(|&value| value == 0.0 || value == 1.0) => Ok(0.5),
            None => Err(FitError::parameter(
                "binarize",
                "None",
                "needs values of 0 and 1 and found others; a number of at least 0 is the threshold",
            )),
        }
    }
}

impl Classifier for BernoulliNB {
    /// O(n d). Deterministic. A class without training rows is never predicted, whatever its prior.
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_scores(training)?))
    }
}

impl Model for FittedBernoulliNB {
    /// O(n d classes). The first of equally likely classes wins.
    fn predict(&self, x: &Features) -> Vec<u8> {
        let LinearScores { weights, intercepts, .. } = &self.scores;
        let d = x.d();
        let scores = match x.bytes() {
            Some(bytes) => {
                let ByteThreshold { least, reachable } = ByteThreshold::above(self.threshold, bytes.scaling);
                scores(x.n(), d, weights, intercepts, |index, row| {
                    indicate(&bytes.pixels[index * d..(index + 1) * d], &least, &reachable, row);
                })
            }
            None => scores(x.n(), d, weights, intercepts, |index, row| {
                let values = row.iter_mut().zip(x.scaled().row(index));
                values.for_each(|(on, &x)| *on = f32::from(u8::from(f64::from(x) > self.threshold)));
            }),
        };
        self.scores.predict_from_scores(&scores)
    }
}

/// The least byte of each feature whose value is above a threshold.
struct ByteThreshold {
    least: Vec<u8>,
    /// 1, or 0 for a feature that no byte lifts above the threshold.
    reachable: Vec<u8>,
}

impl ByteThreshold {
    fn above(threshold: f64, scaling: &Scaling) -> ByteThreshold {
        let least = |j: usize| (0..=u8::MAX).find(|&byte| scaling.value(j, byte) > threshold);
        let least: Vec<Option<u8>> = (0..scaling.scale.len()).map(least).collect();
        ByteThreshold {
            least: least.iter().map(|byte| byte.unwrap_or(0)).collect(),
            reachable: least.iter().map(|byte| u8::from(byte.is_some())).collect(),
        }
    }
}

for_each_level! {
    /// Adds 1 where a feature is on.
    fn count(row: &[u8], least: &[u8], reachable: &[u8], sums: &mut [u32]) {
        for (((sum, &p), &least), &reachable) in sums.iter_mut().zip(row).zip(least).zip(reachable) {
            *sum += u32::from(u8::from(p >= least) & reachable);
        }
    }
}

for_each_level! {
    /// 1 where a feature is on, 0 elsewhere.
    fn indicate(row: &[u8], least: &[u8], reachable: &[u8], out: &mut [f32]) {
        for (((on, &p), &least), &reachable) in out.iter_mut().zip(row).zip(least).zip(reachable) {
            *on = f32::from(u8::from(p >= least) & reachable);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_threshold_is_the_same_for_bytes_and_computed_values() {
        let (n, d) = (300, 7);
        let pixels: Vec<u8> = (0..n * d).map(|at| ((at * 2_654_435_761) >> 9) as u8).collect();
        let labels: Vec<u8> = (0..n).map(|row| (pixels[row * d] / 90) % 3).collect();
        // The last feature is never on, the first always.
        let offset = [-300.0, 0.0, 50.0, 100.0, 128.0, 200.0, 255.0];
        let scaling = Arc::new(Scaling { offset: offset.to_vec(), scale: vec![4.0; d] });
        let bytes = Features::new(pixels, n, d, scaling);
        let computed = Features::computed(bytes.scaled().clone());
        for binarize in [0.0, 3.0, 3.1] {
            let fit = |features: &Features| {
                let training = Training { features, labels: &labels, classes: 3 };
                let model = BernoulliNB { binarize: Some(binarize), ..BernoulliNB::default() };
                let fitted = model.fit_scores(&training).unwrap();
                let predicted = fitted.predict(features);
                (fitted, predicted)
            };
            assert_eq!(fit(&bytes), fit(&computed));
        }
    }

    #[test]
    fn values_of_zero_and_one_need_no_threshold() {
        let x = Features::new(
            vec![0, 1, 1, 0],
            2,
            2,
            Arc::new(Scaling { offset: vec![0.0; 2], scale: vec![1.0; 2] }),
        );
        let training = Training { features: &x, labels: &[0, 1], classes: 2 };
        let model = |binarize| BernoulliNB { binarize, ..BernoulliNB::default() };
        assert_eq!(
            model(None).fit_scores(&training).unwrap().scores,
            model(Some(0.0)).fit_scores(&training).unwrap().scores
        );
        let other = Features::new(vec![0, 2, 1, 0], 2, 2, x.scaling().clone());
        for (features, binarize) in [(&other, None), (&x, Some(-0.1)), (&x, Some(f64::NAN))] {
            let error = model(binarize).fit(&Training { features, ..training }, 0).err();
            assert!(matches!(error, Some(FitError::InvalidParameter { name: "binarize", .. })));
        }
    }
}
