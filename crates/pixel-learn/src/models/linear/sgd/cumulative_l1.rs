//! Weights with the cumulative l1 penalty of Tsuruoka, Tsujii and Ananiadou (2009): after every row each
//! weight is truncated towards zero by the part of the total penalty so far that it has not received yet.
//!
//! Rows are dense, so that all weights are truncated after each. A weight then follows from y, the weight
//! less the penalty that it has received (w - q in scikit-learn): it is y truncated by the total penalty. So
//! only y and the total are kept, and a step changes y without the penalty.

use super::layout::{Rows, Weights};
use crate::Features;
use crate::linalg::huge_pages;
use crate::linalg::prefetch::prefetch;
use crate::linalg::truncated_l1::{self, Affine, Aligned, LANES, Pixels};

/// Rows padded to whole blocks, with the scaling of the features.
pub struct DenseRows {
    n: usize,
    d: usize,
    pixels: Vec<Pixels>,
    affine: Affine,
}

/// The weights (w) as y: w is y truncated by the total penalty.
pub struct TruncatedWeights<'a> {
    rows: &'a DenseRows,
    y: Aligned,
    total_penalty: f64,
    /// The row of the last product, scaled.
    x: Aligned,
}

impl DenseRows {
    pub fn new(features: &Features) -> DenseRows {
        let (n, d, scaling) = (features.n(), features.d(), features.scaling());
        let mut pixels = huge_pages::with_capacity(n * d.div_ceil(LANES));
        for i in 0..n {
            for chunk in features.pixel_row(i).chunks(LANES) {
                let mut block = [0; LANES];
                block[..chunk.len()].copy_from_slice(chunk);
                pixels.push(block);
            }
        }
        let unit: Vec<f64> = scaling.scale.iter().map(|scale| 1.0 / scale).collect();
        let affine =
            Affine { offset: Aligned::from_values(&scaling.offset), unit: Aligned::from_values(&unit) };
        DenseRows { n, d, pixels, affine }
    }

    fn row(&self, index: usize) -> &[Pixels] {
        let blocks = self.d.div_ceil(LANES);
        &self.pixels[index * blocks..][..blocks]
    }
}

impl Rows for DenseRows {
    type Weights<'a> = TruncatedWeights<'a>;

    fn n(&self) -> usize {
        self.n
    }

    fn prefetch(&self, row: usize) {
        prefetch(self.row(row).as_flattened());
    }

    fn zeros(&self) -> TruncatedWeights<'_> {
        let zeros = Aligned::zeros(self.d.div_ceil(LANES));
        TruncatedWeights { rows: self, y: zeros.clone(), total_penalty: 0.0, x: zeros }
    }
}

impl Weights for TruncatedWeights<'_> {
    fn dot(&mut self, row: usize) -> f64 {
        truncated_l1::dot_truncated(
            self.rows.row(row),
            &self.rows.affine,
            &self.y,
            self.total_penalty,
            &mut self.x,
        )
    }

    fn step(&mut self, _: usize, a: f64, decay: f64, penalty: f64) {
        // y' = w' - q = (1 - decay) w + a x - (w - y).
        truncated_l1::add_truncated(a, &self.x, decay, self.total_penalty, &mut self.y);
        self.total_penalty += penalty;
    }

    fn are_finite(&self) -> bool {
        self.total_penalty.is_finite() && self.y.iter().all(|y| y.is_finite())
    }

    fn into_vec(mut self) -> Vec<f64> {
        truncated_l1::truncate(&mut self.y, self.total_penalty);
        self.y[..self.rows.d].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::linear::sgd::layout::tests::features;

    /// Reference implementation: the penalty that each weight has received is stored beside it (APPLYPENALTY
    /// of the paper).
    #[test]
    fn weights_are_those_that_receive_their_penalties_one_by_one() {
        let (n, d) = (40, 70);
        let features = features(n, d);
        let rows = DenseRows::new(&features);
        let x = |i: usize, j: usize| features.scaling().value(j, features.pixel_row(i)[j]);
        let (mut weights, mut plain, mut received, mut total_penalty) =
            (rows.zeros(), vec![0.0; d], vec![0.0; d], 0.0);
        for i in 0..n {
            let expected: f64 = (0..d).map(|j| x(i, j) * plain[j]).sum();
            assert!((weights.dot(i) - expected).abs() < 1e-9, "row {i}");
            let (a, factor, penalty) = ((i as f64 * 1.3).sin(), 0.97, 0.02 * (i % 3) as f64);
            weights.step(i, a, 1.0 - factor, penalty);
            total_penalty += penalty;
            for j in 0..d {
                let z: f64 = plain[j] * factor + a * x(i, j);
                plain[j] = if z > 0.0 {
                    (z - (total_penalty + received[j])).max(0.0)
                } else {
                    (z + (total_penalty - received[j])).min(0.0)
                };
                received[j] += plain[j] - z;
            }
        }
        let weights = weights.into_vec();
        assert!(weights.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-9), "{weights:?} {plain:?}");
        assert!(weights.contains(&0.0) && weights.iter().any(|w| w.abs() > 0.1), "{weights:?}");
    }
}
