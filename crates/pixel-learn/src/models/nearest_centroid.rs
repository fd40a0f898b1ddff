//! The nearest centroid: a class is its mean or its median, and a row belongs to the class that it is nearest to.

use rayon::prelude::*;

use super::class_sums::{ClassSums, add_squares, computed_sums, pixel_sums};
use super::linear_scores::LinearScores;
use super::{Classifier, Facts, FitError, Model, Training};
use crate::Features;
use crate::linalg::simd::for_each_level;

mod median;

/// The distance from a row to a centroid, by scikit-learn's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CentroidMetric {
    /// The square root of the sum of squares; the centroid is the mean.
    Euclidean,
    /// The sum of absolute differences; the centroid is the median of each feature.
    Manhattan,
}

/// scikit-learn's `NearestCentroid` with the defaults of 1.9.
///
/// ```
/// use pixel_learn::{Classifier, Features, NearestCentroid, Training};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = NearestCentroid::default().fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearestCentroid {
    /// The distance.
    pub metric: CentroidMetric,
    /// Soft threshold on each centroid's difference from the overall mean, above 0. With s the pooled
    /// within-class standard deviation of a feature, the unit is sqrt(1/n_class - 1/n) (s + median of s) (R.
    /// Tibshirani et al., Diagnosis of multiple cancer types by shrunken centroids of gene expression, PNAS
    /// 99, 2002). `None` shrinks nothing.
    pub shrink_threshold: Option<f64>,
}

impl Default for NearestCentroid {
    fn default() -> NearestCentroid {
        NearestCentroid { metric: CentroidMetric::Euclidean, shrink_threshold: None }
    }
}

/// A fitted [`NearestCentroid`].
#[derive(Clone, Debug, PartialEq)]
pub struct Centroids {
    /// The distance.
    pub metric: CentroidMetric,
    /// The classes that occurred in training, ascending.
    pub classes: Vec<u8>,
    /// `classes.len()` x d, row-major.
    pub centroids: Vec<f64>,
}

impl NearestCentroid {
    /// Fits as [`Classifier::fit`], but returns the concrete model. O(n d).
    pub fn fit_centroids(&self, training: &Training) -> Result<Centroids, FitError> {
        if let Some(threshold) = self.shrink_threshold
            && !(threshold.is_finite() && threshold > 0.0)
        {
            return Err(FitError::parameter(
                "shrink_threshold",
                threshold,
                "must be a number above 0, or None",
            ));
        }
        let classes = training.present_classes(2)?;
        let sums = ClassSums::new(training);
        let mut centroids = match self.metric {
            CentroidMetric::Euclidean => {
                classes.iter().flat_map(|&class| sums.mean(usize::from(class))).collect()
            }
            CentroidMetric::Manhattan => median::medians(training, &classes),
        };
        if let Some(threshold) = self.shrink_threshold {
            shrink(training, &sums, &classes, threshold, &mut centroids)?;
        }
        Ok(Centroids { metric: self.metric, classes, centroids })
    }
}

impl Classifier for NearestCentroid {
    /// O(n d). Deterministic. Fails where fewer than two classes have rows.
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        let fitted = self.fit_centroids(training)?;
        Ok(match fitted.metric {
            CentroidMetric::Euclidean => Box::new(fitted.into_linear_scores()),
            CentroidMetric::Manhattan => Box::new(fitted),
        })
    }
}

/// Shrinks the centroids towards the overall mean. A feature that no row varies in stays as it is.
fn shrink(
    training: &Training,
    sums: &ClassSums,
    classes: &[u8],
    threshold: f64,
    centroids: &mut [f64],
) -> Result<(), FitError> {
    let (n, d) = (training.features.n(), training.features.d());
    if n == classes.len() {
        return Err(FitError::UnusableData(format!(
            "{n} rows of as many classes have no deviation within a class; shrink_threshold needs more rows"
        )));
    }
    let deviation = within_class_deviation(training, sums, classes, centroids);
    let mut sorted = deviation.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let median = (sorted[(d - 1) / 2] + sorted[d / 2]) / 2.0;
    let overall: Vec<f64> = sums.total().iter().map(|sum| sum / n as f64).collect();
    for (&class, centroid) in classes.iter().zip(centroids.chunks_exact_mut(d)) {
        let rows = sums.rows[usize::from(class)] as f64;
        let factor = (1.0 / rows - 1.0 / n as f64).sqrt();
        for ((value, overall), deviation) in centroid.iter_mut().zip(&overall).zip(&deviation) {
            let unit = factor * (deviation + median);
            if unit > 0.0 {
                let difference = (*value - overall) / unit;
                let shrunk = (difference.abs() - threshold).max(0.0) * difference.signum();
                *value = overall + unit * shrunk;
            }
        }
    }
    Ok(())
}

/// The pooled standard deviation of each feature about the centroids of the classes.
fn within_class_deviation(
    training: &Training,
    sums: &ClassSums,
    classes: &[u8],
    centroids: &[f64],
) -> Vec<f64> {
    let (n, d) = (training.features.n(), training.features.d());
    let mut of_class = vec![0.0; training.classes * d];
    for (&class, centroid) in classes.iter().zip(centroids.chunks_exact(d)) {
        of_class[usize::from(class) * d..][..d].copy_from_slice(centroid);
    }
    let squares = match training.features.bytes() {
        // Sum of (x - c)^2 = sum of x^2 - 2 c sum of x + n c^2, in pixels, whose sums are exact.
        Some(bytes) => {
            let pixel_squares = pixel_sums(training, bytes.pixels, add_squares);
            let about = |class: usize, j: usize| {
                let (scale, offset) = (bytes.scaling.scale[j], bytes.scaling.offset[j]);
                let (rows, centroid) = (sums.rows[class] as f64, of_class[class * d + j] * scale + offset);
                let sum = sums.of(class)[j] * scale + rows * offset;
                let square = pixel_squares[class * d + j] as f64 + centroid * (rows * centroid - 2.0 * sum);
                square.max(0.0) / (scale * scale)
            };
            (0..d).map(|j| classes.iter().map(|&class| about(usize::from(class), j)).sum()).collect()
        }
        None => {
            let by_class = computed_sums(training, training.features.scaled(), |row, class, sums| {
                let terms = sums.iter_mut().zip(row).zip(&of_class[class * d..(class + 1) * d]);
                terms.for_each(|((sum, &x), centroid)| *sum += (f64::from(x) - centroid).powi(2));
            });
            (0..d).map(|j| by_class.iter().skip(j).step_by(d).sum()).collect::<Vec<f64>>()
        }
    };
    squares.into_iter().map(|squares| (squares / (n - classes.len()) as f64).sqrt()).collect()
}

impl Centroids {
    /// The Euclidean metric as scores: |x - c|^2 is least where x.c - |c|^2 / 2 is largest.
    fn into_linear_scores(self) -> LinearScores {
        let d = self.centroids.len() / self.classes.len();
        let half_square = |centroid: &[f64]| -0.5 * centroid.iter().map(|value| value * value).sum::<f64>();
        let intercepts = self.centroids.chunks_exact(d).map(half_square).collect();
        LinearScores { classes: self.classes, weights: self.centroids, intercepts, facts: Facts::new() }
    }

    /// The Manhattan distance from every row to every centroid: sum of weight |x - centroid|. For bytes, x is
    /// the raw byte and the centroid is mapped to bytes, so the weight is 1 / scale.
    fn distances(&self, x: &Features) -> Vec<f64> {
        let (d, k) = (x.d(), self.classes.len());
        assert_eq!(self.centroids.len(), k * d, "the model was fitted on another number of features");
        let mut centroids = self.centroids.clone();
        let mut weights = vec![1.0; d];
        if let Some(bytes) = x.bytes() {
            for centroid in centroids.chunks_exact_mut(d) {
                let scaling = bytes.scaling.scale.iter().zip(&bytes.scaling.offset);
                centroid.iter_mut().zip(scaling).for_each(|(c, (scale, offset))| *c = *c * scale + offset);
            }
            weights = bytes.scaling.scale.iter().map(|scale| 1.0 / scale).collect();
        }
        let mut all = vec![0.0; x.n() * k];
        all.par_chunks_mut(k).enumerate().for_each_init(
            || vec![0.0; d],
            |row, (index, distances)| {
                match x.bytes() {
                    Some(_) => widen(x.pixel_row(index), row),
                    None => widen(x.scaled().row(index), row),
                }
                for (distance, centroid) in distances.iter_mut().zip(centroids.chunks_exact(d)) {
                    *distance = weighted_distance(row, centroid, &weights);
                }
            },
        );
        all
    }
}

/// The row's pixels or values in f64.
fn widen<T: Copy + Into<f64>>(row: &[T], out: &mut [f64]) {
    out.iter_mut().zip(row).for_each(|(value, &x)| *value = x.into());
}

for_each_level! {
    /// The sum of weight |x - centroid|, in 16 fixed lanes.
    fn weighted_distance(row: &[f64], centroid: &[f64], weights: &[f64]) -> f64 {
        let mut lanes = [0.0f64; 16];
        let (rows, centroids, weights) = (row.as_chunks::<16>(), centroid.as_chunks::<16>(), weights.as_chunks::<16>());
        for ((x, c), w) in rows.0.iter().zip(centroids.0).zip(weights.0) {
            for lane in 0..16 {
                lanes[lane] += (x[lane] - c[lane]).abs() * w[lane];
            }
        }
        let rest = rows.1.iter().zip(centroids.1).zip(weights.1);
        lanes.iter().sum::<f64>() + rest.map(|((x, c), w)| (x - c).abs() * w).sum::<f64>()
    }
}

impl Model for Centroids {
    /// O(n d classes). The first of equally near centroids wins.
    fn predict(&self, x: &Features) -> Vec<u8> {
        match self.metric {
            CentroidMetric::Euclidean => self.clone().into_linear_scores().predict(x),
            CentroidMetric::Manhattan => {
                let nearest = |distances: &[f64]| {
                    let better =
                        |best: usize, k: usize| if distances[k] < distances[best] { k } else { best };
                    self.classes[(1..distances.len()).fold(0, better)]
                };
                self.distances(x).chunks_exact(self.classes.len()).map(nearest).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRICS: [CentroidMetric; 2] = [CentroidMetric::Euclidean, CentroidMetric::Manhattan];

    fn fit(x: &Features, labels: &[u8], model: NearestCentroid) -> Result<Centroids, FitError> {
        model.fit_centroids(&Training { features: x, labels, classes: 5 })
    }

    #[test]
    fn bytes_and_the_same_values_computed_have_the_same_centroids() {
        let d = 21;
        let pixels: Vec<u8> = (0..400 * d).map(|at| ((at * 2_654_435_761) >> 9) as u8).collect();
        let labels: Vec<u8> = (0..400).map(|row| [0, 1, 4][usize::from(pixels[row * d]) * 3 / 256]).collect();
        let bytes = Features::standardised(pixels, d).unwrap();
        let computed = Features::computed(bytes.scaled().clone());
        for metric in METRICS {
            for shrink_threshold in [None, Some(0.5), Some(100.0)] {
                let model = NearestCentroid { metric, shrink_threshold };
                let (a, b) = (fit(&bytes, &labels, model).unwrap(), fit(&computed, &labels, model).unwrap());
                assert!(a.centroids.iter().zip(&b.centroids).all(|(a, b)| (a - b).abs() < 1e-6), "{model:?}");
                assert_eq!(a.predict(&bytes), b.predict(&computed), "{model:?}");
                if shrink_threshold == Some(100.0) {
                    // All centroids are the overall mean, which is 0.
                    assert!(a.centroids.iter().all(|value| value.abs() < 1e-9));
                }
            }
        }
    }

    #[test]
    fn the_median_is_the_mean_of_the_middle_two() {
        let x = Features::new(
            vec![1, 5, 2, 200, 9, 100, 101],
            7,
            1,
            Features::standardised([1, 3], 1).unwrap().scaling().clone(),
        );
        let model = NearestCentroid { metric: CentroidMetric::Manhattan, ..NearestCentroid::default() };
        // Values are (p - 2) / 1.
        assert_eq!(fit(&x, &[0, 0, 0, 2, 0, 2, 2], model).unwrap().centroids, [1.5, 99.0]);
    }

    #[test]
    fn absent_classes_and_constant_features_do_no_harm() {
        let x = Features::standardised([7, 1, 7, 2, 7, 200, 7, 201], 2).unwrap();
        for metric in METRICS {
            for shrink_threshold in [None, Some(0.1)] {
                let model = NearestCentroid { metric, shrink_threshold };
                let training = Training { features: &x, labels: &[3, 3, 1, 1], classes: 5 };
                assert_eq!(model.fit(&training, 0).unwrap().predict(&x), [3, 3, 1, 1]);
            }
        }
    }

    #[test]
    fn bad_parameters_and_data_are_errors() {
        let x = Features::standardised([1, 2, 3, 4], 2).unwrap();
        for threshold in [0.0, -1.0, f64::NAN] {
            let model = NearestCentroid { shrink_threshold: Some(threshold), ..NearestCentroid::default() };
            let error = fit(&x, &[0, 1], model).err();
            assert!(matches!(error, Some(FitError::InvalidParameter { name: "shrink_threshold", .. })));
        }
        let error = fit(&x, &[1, 1], NearestCentroid::default()).err();
        assert!(matches!(error, Some(FitError::TooFewClasses { needed: 2, found: 1 })));
        let model = NearestCentroid { shrink_threshold: Some(0.5), ..NearestCentroid::default() };
        assert!(matches!(fit(&x, &[0, 1], model).err(), Some(FitError::UnusableData(_))));
    }
}
