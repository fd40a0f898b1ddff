//! k nearest neighbours by exhaustive search, as scikit-learn's `KNeighborsClassifier`.
//!
//! [`Neighbors`] holds the nearest training rows of every test row, nearest first; it is found once, for
//! the largest k, and [`KNeighborsClassifier::vote`] reads every smaller k and both weightings off it.

mod search;

use super::{Classifier, FitError, Model, Training};
use crate::Features;
use crate::linalg::argmax;
pub use search::{Index, Neighbors};

/// The Minkowski exponent of the distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// p = 1: the sum of absolute differences.
    Manhattan,
    /// p = 2.
    Euclidean,
}

/// How much each neighbour's vote counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// One vote each.
    Uniform,
    /// 1 / distance; where a neighbour is at distance zero, only those at distance zero vote.
    Distance,
}

/// scikit-learn's `KNeighborsClassifier` with `algorithm="brute"` (which it picks itself beyond 15 features).
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, KNeighborsClassifier};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = KNeighborsClassifier { n_neighbors: 3, ..Default::default() }.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KNeighborsClassifier {
    /// Number of neighbours (k), from 1 to the training rows.
    pub n_neighbors: usize,
    /// How much each neighbour counts.
    pub weights: Weights,
    /// The distance.
    pub metric: Metric,
}

impl Default for KNeighborsClassifier {
    fn default() -> KNeighborsClassifier {
        KNeighborsClassifier { n_neighbors: 5, weights: Weights::Uniform, metric: Metric::Euclidean }
    }
}

impl KNeighborsClassifier {
    /// The class of each row of `neighbors`, which must hold at least `n_neighbors` a row: the largest sum
    /// of weights, and among equal sums the lowest class. `labels` are those of the training rows.
    pub fn vote(&self, neighbors: &Neighbors, labels: &[u8], classes: usize) -> Vec<u8> {
        let mut votes = vec![0.0f64; classes];
        (0..neighbors.rows())
            .map(|row| {
                votes.fill(0.0);
                let nearest = &neighbors.row(row)[..self.n_neighbors];
                // Sorted, so the first says whether any distance is zero.
                let duplicate = nearest[0].distance == 0.0;
                for neighbor in nearest {
                    votes[usize::from(labels[neighbor.index as usize])] += match self.weights {
                        Weights::Uniform => 1.0,
                        Weights::Distance if duplicate => f64::from(neighbor.distance == 0.0),
                        Weights::Distance => 1.0 / neighbor.distance,
                    };
                }
                argmax(&votes) as u8
            })
            .collect()
    }
}

impl Classifier for KNeighborsClassifier {
    /// Packs the training rows, O(n d). Deterministic.
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        training.check()?;
        Ok(Box::new(Fitted {
            classifier: *self,
            index: Index::new(training.features, self.metric, self.n_neighbors)?,
            labels: training.labels.to_vec(),
            classes: training.classes,
        }))
    }
}

struct Fitted {
    classifier: KNeighborsClassifier,
    index: Index,
    labels: Vec<u8>,
    classes: usize,
}

impl Model for Fitted {
    fn predict(&self, x: &Features) -> Vec<u8> {
        let neighbors = self.index.search(x, self.classifier.n_neighbors);
        self.classifier.vote(&neighbors, &self.labels, self.classes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scaling;
    use std::sync::Arc;

    fn features(rows: &[&[u8]]) -> Features {
        let d = rows[0].len();
        let scaling = Arc::new(Scaling { offset: vec![3.0; d], scale: vec![2.0; d] });
        Features::new(rows.concat(), rows.len(), d, scaling)
    }

    fn predict(
        classifier: KNeighborsClassifier,
        train: &Features,
        labels: &[u8],
        test: &Features,
    ) -> Vec<u8> {
        let training = Training { features: train, labels, classes: 10 };
        classifier.fit(&training, 0).unwrap().predict(test)
    }

    #[test]
    fn equal_votes_go_to_the_lowest_class_and_equal_distances_to_the_first_row() {
        let train = features(&[&[0, 9], &[9, 0], &[0, 9], &[200, 200]]);
        let test = features(&[&[0, 0]]);
        for metric in [Metric::Manhattan, Metric::Euclidean] {
            let uniform =
                |n_neighbors| KNeighborsClassifier { n_neighbors, weights: Weights::Uniform, metric };
            assert_eq!(predict(uniform(1), &train, &[7, 2, 4, 1], &test), [7]);
            assert_eq!(predict(uniform(2), &train, &[7, 2, 4, 1], &test), [2]);
            assert_eq!(predict(uniform(4), &train, &[7, 2, 7, 1], &test), [7]);
        }
    }

    #[test]
    fn only_duplicates_vote_where_there_are_any() {
        let train = features(&[&[5, 5], &[5, 6], &[5, 6], &[5, 5]]);
        let test = features(&[&[5, 5], &[5, 6]]);
        let classifier =
            KNeighborsClassifier { n_neighbors: 4, weights: Weights::Distance, metric: Metric::Euclidean };
        assert_eq!(predict(classifier, &train, &[8, 1, 1, 8], &test), [8, 1]);
    }

    #[test]
    fn impossible_k_is_an_error_and_no_test_rows_are_not() {
        let train = features(&[&[1], &[2], &[3]]);
        let training = Training { features: &train, labels: &[0, 1, 0], classes: 2 };
        for n_neighbors in [0, 4] {
            let classifier = KNeighborsClassifier { n_neighbors, ..Default::default() };
            assert!(matches!(classifier.fit(&training, 0), Err(FitError::InvalidParameter { .. })));
        }
        let none = Features::new(Vec::new(), 0, 1, train.scaling().clone());
        let classifier = KNeighborsClassifier { n_neighbors: 3, ..Default::default() };
        assert!(classifier.fit(&training, 0).unwrap().predict(&none).is_empty());
    }
}
