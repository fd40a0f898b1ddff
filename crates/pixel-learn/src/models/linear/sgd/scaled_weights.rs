//! Weights without an l1 penalty, with the scaling of the rows moved into them, so that a step only touches
//! pixels that are not black.
//!
//! With the unit u = 1 / scale a row is x = (pixels - offset) u, so that x . w = (pixels - offset) . v for
//! v = w u. A step w += a x is v += a u^2 (pixels - offset). Its part along the offset has the same direction
//! every time, u^2 offset, so that only the factor c of that direction is kept:
//! v = s - c u^2 offset, where a step is s += a u^2 pixels and c += a.

use super::layout::{Rows, Weights};
use crate::Features;
use crate::linalg::prefetch::prefetch;
use crate::linalg::sparse_bytes::{self, Block, NonzeroBlocks};

/// Below this scale the weights are multiplied by it, and it is 1 again.
const SMALLEST_SCALE: f64 = 1e-9;

/// The blocks of each row that are not all black, with the scaling of the features.
pub struct NonzeroRows {
    blocks: NonzeroBlocks,
    /// u.
    unit: Vec<f64>,
    /// u^2.
    squared_unit: Vec<Block>,
    /// The direction u^2 offset.
    offset_direction: Vec<f64>,
    /// offset . (u^2 offset).
    offset_norm: f64,
    /// pixels . (u^2 offset) of each row.
    row_offsets: Vec<f64>,
}

/// w = `scale` (s - c u^2 offset) / u.
pub struct ScaledWeights<'a> {
    rows: &'a NonzeroRows,
    s: Vec<Block>,
    c: f64,
    /// offset . v.
    constant: f64,
    scale: f64,
}

impl NonzeroRows {
    /// O(n d). Panics from about half a million features on.
    pub fn new(features: &Features) -> NonzeroRows {
        let (n, scaling) = (features.n(), features.scaling());
        let blocks = NonzeroBlocks::new(features.pixels(), features.d());
        let unit: Vec<f64> = scaling.scale.iter().map(|scale| 1.0 / scale).collect();
        let squared_unit: Vec<f64> = unit.iter().map(|u| u * u).collect();
        let offset_direction: Vec<f64> = squared_unit
            .iter()
            .zip(&scaling.offset)
            .map(|(squared_unit, offset)| squared_unit * offset)
            .collect();
        let offset_norm: f64 = scaling.offset.iter().zip(&offset_direction).map(|(a, b)| a * b).sum();
        let squared_unit = sparse_bytes::blocks(&squared_unit);
        let mut rows = NonzeroRows {
            blocks,
            unit,
            squared_unit,
            offset_direction,
            offset_norm,
            row_offsets: Vec::new(),
        };
        let offset_direction = sparse_bytes::blocks(&rows.offset_direction);
        rows.row_offsets = (0..n).map(|i| sparse_bytes::dot(rows.blocks.row(i), &offset_direction)).collect();
        rows
    }
}

impl Rows for NonzeroRows {
    type Weights<'a> = ScaledWeights<'a>;

    fn n(&self) -> usize {
        self.blocks.rows()
    }

    fn prefetch(&self, row: usize) {
        let row = self.blocks.row(row);
        prefetch(row.pixels.as_flattened());
        prefetch(row.places);
    }

    fn zeros(&self) -> ScaledWeights<'_> {
        let s = vec![Block::default(); self.squared_unit.len()];
        ScaledWeights { rows: self, s, c: 0.0, constant: 0.0, scale: 1.0 }
    }
}

impl ScaledWeights<'_> {
    fn multiply_out(&mut self) {
        self.s.iter_mut().flat_map(|s| &mut s.0).for_each(|s| *s *= self.scale);
        self.c *= self.scale;
        self.constant *= self.scale;
        self.scale = 1.0;
    }
}

impl Weights for ScaledWeights<'_> {
    fn dot(&mut self, row: usize) -> f64 {
        let product = sparse_bytes::dot(self.rows.blocks.row(row), &self.s);
        (product - self.c * self.rows.row_offsets[row] - self.constant) * self.scale
    }

    fn step(&mut self, row: usize, a: f64, decay: f64, penalty: f64) {
        debug_assert_eq!(penalty, 0.0, "these weights take no l1 penalty");
        if decay > 0.0 {
            self.scale *= 1.0 - decay;
            if self.scale < SMALLEST_SCALE {
                self.multiply_out();
            }
        }
        if a != 0.0 {
            let a = a / self.scale;
            sparse_bytes::add_scaled(a, self.rows.blocks.row(row), &self.rows.squared_unit, &mut self.s);
            self.c += a;
            self.constant += a * (self.rows.row_offsets[row] - self.rows.offset_norm);
        }
    }

    fn are_finite(&self) -> bool {
        let s = self.s.iter().flat_map(|s| s.0);
        self.c.is_finite() && self.constant.is_finite() && s.into_iter().all(f64::is_finite)
    }

    fn into_vec(mut self) -> Vec<f64> {
        self.multiply_out();
        let NonzeroRows { offset_direction, unit, .. } = self.rows;
        let s = self.s.iter().flat_map(|s| s.0);
        s.zip(offset_direction)
            .zip(unit)
            .map(|((s, offset_direction), u)| (s - self.c * offset_direction) / u)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::sparse_bytes::WIDTH;
    use crate::models::linear::sgd::layout::tests::features;

    /// Reference implementation on scaled rows.
    #[test]
    fn weights_are_those_of_the_scaled_rows() {
        let (n, d) = (40, 70);
        let features = features(n, d);
        let rows = NonzeroRows::new(&features);
        assert!(rows.blocks.blocks() < n * d.div_ceil(WIDTH), "black blocks are left out");
        let x = |i: usize, j: usize| features.scaling().value(j, features.pixel_row(i)[j]);
        let (mut weights, mut plain) = (rows.zeros(), vec![0.0; d]);
        for i in 0..n {
            let expected: f64 = (0..d).map(|j| x(i, j) * plain[j]).sum();
            assert!((weights.dot(i) - expected).abs() < 1e-9, "row {i}");
            let (a, factor) = ((i as f64 * 1.3).sin(), if i == 20 { 1e-12 } else { 0.97 });
            weights.step(i, a, 1.0 - factor, 0.0);
            (0..d).for_each(|j| plain[j] = plain[j] * factor + a * x(i, j));
        }
        let weights = weights.into_vec();
        assert!(weights.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-9), "{weights:?} {plain:?}");
    }
}
