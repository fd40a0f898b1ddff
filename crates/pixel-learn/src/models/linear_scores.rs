//! A fitted model whose scores are linear in the features: centroids, naive Bayes on counts, ridge, linear discriminants.

use rayon::prelude::*;

use super::{Facts, Model};
use crate::Features;
use crate::linalg::simd::for_each_level;
use crate::linalg::{argmax, dot};

/// Rows scored as one task.
const CHUNK: usize = 512;

/// Scores `x . weights[k] + intercepts[k]` in f64; the class with the largest is predicted, the first of equals.
/// Raw bytes are scored directly, with the scaling folded into the weights.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearScores {
    /// The classes that occurred in training, ascending; the rows of `weights` are in this order.
    pub classes: Vec<u8>,
    /// `classes.len()` x d, row-major.
    pub weights: Vec<f64>,
    /// One a class.
    pub intercepts: Vec<f64>,
    /// Facts about the fit, such as its rank.
    pub facts: Facts,
}

impl LinearScores {
    /// The scores of every row of `x`: n x `classes.len()`, row-major. O(n d classes). Panics when `x` has another
    /// number of features than the training data.
    pub fn decision_function(&self, x: &Features) -> Vec<f64> {
        match x.bytes() {
            Some(bytes) => {
                let (weights, intercepts) = self.fold_scaling(&bytes.scaling.offset, &bytes.scaling.scale);
                let d = x.d();
                scores(x.n(), d, &weights, &intercepts, |index, row| {
                    widen(&bytes.pixels[index * d..(index + 1) * d], row);
                })
            }
            None => {
                let matrix = x.scaled();
                scores(x.n(), x.d(), &self.weights, &self.intercepts, |index, row| {
                    row.copy_from_slice(matrix.row(index));
                })
            }
        }
    }

    /// The weights and intercepts for raw bytes p of values (p - offset) / scale.
    fn fold_scaling(&self, offset: &[f64], scale: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let d = scale.len();
        let weights: Vec<f64> = self.weights.iter().enumerate().map(|(at, w)| w / scale[at % d]).collect();
        let intercepts = self.intercepts.iter().zip(weights.chunks_exact(d)).map(|(intercept, weights)| {
            intercept - weights.iter().zip(offset).map(|(weight, offset)| weight * offset).sum::<f64>()
        });
        let intercepts = intercepts.collect();
        (weights, intercepts)
    }

    /// The class of the largest of each row's scores.
    pub(super) fn predict_from_scores(&self, scores: &[f64]) -> Vec<u8> {
        scores.chunks_exact(self.classes.len()).map(|scores| self.classes[argmax(scores)]).collect()
    }
}

/// The scores of `n` rows of `d` features, n x k row-major; `fill(index, row)` writes the features of one
/// row.
pub(super) fn scores(
    n: usize,
    d: usize,
    weights: &[f64],
    intercepts: &[f64],
    fill: impl Fn(usize, &mut [f32]) + Sync,
) -> Vec<f64> {
    let k = intercepts.len();
    assert_eq!(weights.len(), k * d, "the model was fitted on another number of features");
    let mut all = vec![0.0; n * k];
    all.par_chunks_mut(CHUNK * k).enumerate().for_each(|(chunk, scores)| {
        let mut row = vec![0.0; d];
        for (i, scores) in scores.chunks_exact_mut(k).enumerate() {
            fill(chunk * CHUNK + i, &mut row);
            dot::dots(&row, weights, scores);
            scores.iter_mut().zip(intercepts).for_each(|(score, intercept)| *score += intercept);
        }
    });
    all
}

for_each_level! {
    fn widen(pixels: &[u8], row: &mut [f32]) {
        row.iter_mut().zip(pixels).for_each(|(value, &p)| *value = f32::from(p));
    }
}

impl Model for LinearScores {
    fn predict(&self, x: &Features) -> Vec<u8> {
        self.predict_from_scores(&self.decision_function(x))
    }

    fn facts(&self) -> Facts {
        self.facts.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scaling;
    use std::sync::Arc;

    #[test]
    fn bytes_and_the_same_values_computed_have_the_same_scores() {
        let (n, d) = (700, 13);
        let pixels: Vec<u8> = (0..n * d).map(|at| ((at * 2_654_435_761) >> 9) as u8).collect();
        let scaling = Scaling { offset: vec![100.0; d], scale: (0..d).map(|j| 2.0 + j as f64).collect() };
        let bytes = Features::new(pixels, n, d, Arc::new(scaling));
        let weights: Vec<f64> = (0..3 * d).map(|at| (at as f64).sin()).collect();
        let model = LinearScores {
            classes: vec![1, 2, 5],
            weights,
            intercepts: vec![0.5, -0.5, 0.0],
            facts: Facts::new(),
        };
        let scores = model.decision_function(&bytes);
        let computed = model.decision_function(&Features::computed(bytes.scaled().clone()));
        for (i, (a, b)) in scores.iter().zip(&computed).enumerate() {
            let (row, k) = (i / 3, i % 3);
            let weights = &model.weights[k * d..(k + 1) * d];
            let value = |j: usize| bytes.scaling().value(j, bytes.pixel_row(row)[j]);
            let expected: f64 = (0..d).map(|j| weights[j] * value(j)).sum::<f64>() + model.intercepts[k];
            assert!((a - expected).abs() < 1e-9 && (b - expected).abs() < 1e-4, "{a} {b} {expected}");
        }
        assert_eq!(model.predict_from_scores(&[0.0, 1.0, 1.0, 3.0, 3.0, 2.0]), [2, 1]);
    }
}
