//! Weights without an l1 penalty: the scaling of the rows is folded in, so that only pixels that are not
//! black are touched.
//!
//! x . w = (pixels - offset) . v with v = w u, and adding a x to w adds a u^2 (pixels - offset) to v. The
//! part with the offset is the same vector every time, so that only its multiple is kept: v = s - c tilt with
//! tilt = u^2 offset, where s += a u^2 pixels and c += a.

use super::rows::{Rows, Weights};
use crate::dataset::Features;
use crate::linalg::byte_blocks::{self, Block, NonzeroBlocks};
use crate::linalg::bytes::prefetch;

/// Below this scale the weights are multiplied out.
const SMALLEST_SCALE: f64 = 1e-9;

/// Rows without their black blocks, and the scaling.
pub struct LitRows {
    blocks: NonzeroBlocks,
    /// u.
    unit: Vec<f64>,
    /// u^2.
    slope: Vec<Block>,
    /// u^2 offset.
    tilt: Vec<f64>,
    /// offset . tilt.
    middle: f64,
    /// pixels . tilt of each row.
    tilts: Vec<f64>,
}

/// w = `scale` times (s - c tilt) / u.
pub struct FoldedWeights<'a> {
    rows: &'a LitRows,
    s: Vec<Block>,
    c: f64,
    /// offset . v.
    constant: f64,
    scale: f64,
}

impl LitRows {
    /// Panics at half a million features.
    pub fn new(features: &Features) -> LitRows {
        let (n, scaling) = (features.n(), features.scaling());
        let blocks = NonzeroBlocks::new(features.pixels(), features.d());
        let unit: Vec<f64> = scaling.scale.iter().map(|scale| 1.0 / scale).collect();
        let slope: Vec<f64> = unit.iter().map(|u| u * u).collect();
        let tilt: Vec<f64> =
            slope.iter().zip(&scaling.offset).map(|(slope, offset)| slope * offset).collect();
        let middle: f64 = scaling.offset.iter().zip(&tilt).map(|(a, b)| a * b).sum();
        let slope = byte_blocks::blocks(&slope);
        let mut rows = LitRows { blocks, unit, slope, tilt, middle, tilts: Vec::new() };
        let tilt = byte_blocks::blocks(&rows.tilt);
        rows.tilts = (0..n).map(|i| byte_blocks::dot(rows.blocks.row(i), &tilt)).collect();
        rows
    }
}

impl Rows for LitRows {
    type Weights<'a> = FoldedWeights<'a>;

    fn n(&self) -> usize {
        self.blocks.rows()
    }

    fn prefetch(&self, row: usize) {
        let row = self.blocks.row(row);
        prefetch(row.pixels.as_flattened());
        prefetch(row.places);
    }

    fn zeros(&self) -> FoldedWeights<'_> {
        let s = vec![Block::default(); self.slope.len()];
        FoldedWeights { rows: self, s, c: 0.0, constant: 0.0, scale: 1.0 }
    }
}

impl FoldedWeights<'_> {
    fn multiply_out(&mut self) {
        self.s.iter_mut().flat_map(|s| &mut s.0).for_each(|s| *s *= self.scale);
        self.c *= self.scale;
        self.constant *= self.scale;
        self.scale = 1.0;
    }
}

impl Weights for FoldedWeights<'_> {
    fn dot(&mut self, row: usize) -> f64 {
        let lit = byte_blocks::dot(self.rows.blocks.row(row), &self.s);
        (lit - self.c * self.rows.tilts[row] - self.constant) * self.scale
    }

    fn step(&mut self, row: usize, a: f64, decay: f64, penalty: f64) {
        debug_assert_eq!(penalty, 0.0, "these weights know no l1 penalty");
        if decay > 0.0 {
            self.scale *= 1.0 - decay;
            if self.scale < SMALLEST_SCALE {
                self.multiply_out();
            }
        }
        if a != 0.0 {
            let a = a / self.scale;
            byte_blocks::add_scaled(a, self.rows.blocks.row(row), &self.rows.slope, &mut self.s);
            self.c += a;
            self.constant += a * (self.rows.tilts[row] - self.rows.middle);
        }
    }

    fn are_finite(&self) -> bool {
        let s = self.s.iter().flat_map(|s| s.0);
        self.c.is_finite() && self.constant.is_finite() && s.into_iter().all(f64::is_finite)
    }

    fn into_vec(mut self) -> Vec<f64> {
        self.multiply_out();
        let LitRows { tilt, unit, .. } = self.rows;
        let s = self.s.iter().flat_map(|s| s.0);
        s.zip(tilt).zip(unit).map(|((s, tilt), u)| (s - self.c * tilt) / u).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::byte_blocks::WIDTH;
    use crate::models::linear::rows::tests::features;

    /// The same steps on scaled rows: the definition.
    #[test]
    fn weights_are_those_of_the_scaled_rows() {
        let (n, d) = (40, 70);
        let features = features(n, d);
        let rows = LitRows::new(&features);
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
