//! k nearest neighbours by exhaustive search, as scikit-learn's `KNeighborsClassifier`.
//!
//! [`Neighbors`] holds the nearest training rows of every test row, nearest first. One search for the largest
//! k serves every smaller k and both weightings ([`KNeighborsClassifier::vote`]).

mod byte_search;
mod float_search;
mod lists;
mod search;
mod shortlist;
mod word_screen;

use super::{Classifier, FitError, Model, Training};
use crate::Features;
use crate::linalg::argmax;
pub use lists::{Neighbor, Neighbors};
pub use search::Index;

/// The distance, under scikit-learn's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// The sum of absolute differences (Minkowski's with p = 1).
    Manhattan,
    /// The root of the sum of squared differences (Minkowski's with p = 2).
    Euclidean,
    /// 1 minus the cosine of the angle at the origin; a row of zeros is at distance 1 from all rows.
    Cosine,
    /// The largest absolute difference.
    Chebyshev,
}

/// The weight of each neighbour's vote.
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
    /// Number of neighbours (k), from 1 to the number of training rows.
    pub n_neighbors: usize,
    /// The weight of each neighbour's vote.
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
    /// The class of each row of `neighbors`, which must hold at least `n_neighbors` per row: the class with
    /// the largest sum of weights, the lowest class among equals. `labels` are those of the training rows.
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
    use std::collections::HashMap;
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

    /// Rows full of equal distances, duplicates, blank rows and multiples of each other, with a scale for each feature.
    fn bytes(n: usize, d: usize, salt: u32, scale: Vec<f64>) -> Features {
        let mut state = salt;
        let pixels = (0..n * d).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            [0, 0, 1, 2, 2, 4, 130, 255][(state >> 29) as usize]
        });
        let offset = vec![0.0; d];
        Features::new(pixels.collect::<Vec<u8>>(), n, d, Arc::new(Scaling { offset, scale }))
    }

    /// Every pair in f64, ordered by distance and index. Equal cosines may differ in the last bits here.
    fn definition(train: &Features, x: &[f32], metric: Metric) -> Vec<(f64, u32)> {
        let value = |&v: &f32| f64::from(v);
        let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(a, b)| value(a) * value(b)).sum::<f64>();
        let mut all: Vec<(f64, u32)> = (0..train.n())
            .map(|index| {
                let y = train.scaled().row(index);
                let differences = || x.iter().zip(y).map(|(a, b)| (value(a) - value(b)).abs());
                let distance = match metric {
                    Metric::Manhattan => differences().sum(),
                    Metric::Euclidean => differences().map(|d| d * d).sum::<f64>().sqrt(),
                    Metric::Chebyshev => differences().fold(0.0, f64::max),
                    Metric::Cosine => match (dot(x, x) * dot(y, y)).sqrt() {
                        0.0 => 1.0,
                        lengths => 1.0 - dot(x, y) / lengths,
                    },
                };
                (distance, index as u32)
            })
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all
    }

    #[test]
    fn every_method_finds_the_nearest_rows_in_order() {
        for (n, d) in [(1, 1), (5, 3), (40, 2), (100, 9), (530, 5)] {
            let several: Vec<f64> = (0..d).map(|j| 1.0 + j as f64).collect();
            for scale in [vec![1.0; d], vec![255.0; d], several] {
                let (train, test) = (bytes(n, d, 1, scale.clone()), bytes(17, d, 9, scale));
                for metric in [Metric::Manhattan, Metric::Euclidean, Metric::Cosine, Metric::Chebyshev] {
                    let k = n.min(7);
                    let found = Index::new(&train, metric, k).unwrap().search(&test, k);
                    for row in 0..test.n() {
                        let expected = definition(&train, test.scaled().row(row), metric);
                        let distances: HashMap<u32, f64> = expected.iter().map(|&(d, i)| (i, d)).collect();
                        for (neighbor, &(distance, _)) in found.row(row).iter().zip(&expected) {
                            let close = |other: f64| (neighbor.distance - other).abs() < 1e-6 * (1.0 + other);
                            assert!(
                                close(distance) && close(distances[&neighbor.index]),
                                "{metric:?} {n} x {d}"
                            );
                        }
                        let ordered = found.row(row).windows(2).all(|pair| {
                            let (a, b) = (pair[0], pair[1]);
                            a.distance < b.distance || (a.distance == b.distance && a.index < b.index)
                        });
                        assert!(ordered, "{metric:?} {n} x {d}: {:?}", found.row(row));
                    }
                }
            }
        }
    }

    #[test]
    fn bytes_with_one_scale_have_exact_ties() {
        // 9 x 16 + 1 x 0 is as far as 9 x 0 + 1 x 144, in other units too; multiples have the same cosine.
        let rows: [&[u8]; 5] = [&[12, 0, 3], &[0, 12, 3], &[0, 0, 15], &[4, 0, 1], &[8, 0, 2]];
        let scaled = |scale| {
            let scaling = Arc::new(Scaling { offset: vec![0.0; 3], scale: vec![scale; 3] });
            let test = Features::new(vec![0, 0, 3, 12, 0, 3], 2, 3, scaling.clone());
            (Features::new(rows.concat(), 5, 3, scaling), test)
        };
        for scale in [1.0, 255.0, 7.3] {
            let (train, test) = scaled(scale);
            let nearest = |metric, row: usize| -> Vec<(u32, f64)> {
                let found = Index::new(&train, metric, 5).unwrap().search(&test, 5);
                found.row(row).iter().map(|neighbor| (neighbor.index, neighbor.distance)).collect()
            };
            for metric in [Metric::Euclidean, Metric::Manhattan, Metric::Chebyshev] {
                let found = nearest(metric, 0);
                assert_eq!(
                    found[2..].iter().map(|found| found.0).collect::<Vec<_>>(),
                    [0, 1, 2],
                    "{metric:?}"
                );
                assert!(found[2..].iter().all(|found| found.1 == 12.0 / scale), "{metric:?} {found:?}");
            }
            let found = nearest(Metric::Cosine, 1);
            assert_eq!(found.iter().map(|found| found.0).collect::<Vec<_>>(), [0, 3, 4, 2, 1]);
            assert!(found[..3].iter().all(|found| found.1.abs() < 1e-15), "{found:?}");
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
