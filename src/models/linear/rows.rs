//! Training rows as the bytes that they are, with their scaling beside them. Stochastic descent
//! takes the rows of each class in an order of its own, so that every row comes from memory anew: as bytes
//! it is a quarter of what it is scaled.

use crate::dataset::Features;
use crate::linalg::bytes::{self, Affine, Aligned, LANES, Pixels};
use crate::linalg::pages;

/// Rows to ask the memory for before they are needed; eight of 784 bytes leave room for the weights in 32 kB.
const AHEAD: usize = 8;

/// The rows, and the scaling in the forms that descent needs: x = (pixel - offset) u with u = 1 / scale.
pub struct Rows {
    n: usize,
    d: usize,
    /// In blocks of their own.
    pixels: Vec<Pixels>,
    pub(super) affine: Affine,
    /// u.
    pub(super) unit: Vec<f64>,
    /// For each row, the sum of offset u^2 (pixel - offset): what adding it to w adds to offset . w u.
    pub(super) lift: Vec<f64>,
}

impl Rows {
    pub fn new(features: &Features) -> Rows {
        let (n, d, scaling) = (features.n(), features.d(), features.scaling());
        let mut pixels: Vec<Pixels> = pages::with_capacity(n * d.div_ceil(LANES));
        for i in 0..n {
            let (whole, rest) = features.pixel_row(i).as_chunks();
            pixels.extend(whole);
            if !rest.is_empty() {
                pixels.push(std::array::from_fn(|lane| rest.get(lane).copied().unwrap_or(0)));
            }
        }
        let unit: Vec<f64> = scaling.scale.iter().map(|scale| 1.0 / scale).collect();
        let slope: Vec<f64> = unit.iter().map(|u| u * u).collect();
        let tilt: Vec<f64> =
            slope.iter().zip(&scaling.offset).map(|(slope, offset)| slope * offset).collect();
        let middle: f64 = scaling.offset.iter().zip(&tilt).map(|(a, b)| a * b).sum();
        let affine = Affine {
            offset: Aligned::from_values(&scaling.offset),
            unit: Aligned::from_values(&unit),
            slope: Aligned::from_values(&slope),
        };
        let mut rows = Rows { n, d, pixels, affine, unit, lift: Vec::new() };
        let tilt = Aligned::from_values(&tilt);
        rows.lift = (0..n).map(|i| bytes::dot(rows.row(i), &tilt) - middle).collect();
        rows
    }

    /// Blocks of a row.
    pub fn blocks(&self) -> usize {
        self.d.div_ceil(LANES)
    }

    pub fn row(&self, index: usize) -> &[Pixels] {
        &self.pixels[index * self.blocks()..][..self.blocks()]
    }

    pub fn n(&self) -> usize {
        self.n
    }

    /// The squared norm of each scaled row.
    pub fn squared_norms(&self) -> Vec<f64> {
        (0..self.n).map(|i| bytes::squared_norm(self.row(i), &self.affine)).collect()
    }

    /// Calls `take` with the rows of `order`, which the memory is asked for in time.
    pub fn walk(&self, order: &[u32], mut take: impl FnMut(usize)) {
        for (position, &row) in order.iter().enumerate() {
            if let Some(&soon) = order.get(position + AHEAD) {
                bytes::prefetch(self.row(soon as usize).as_flattened());
            }
            take(row as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dataset::Scaling;

    #[test]
    fn every_row_of_an_order_is_taken_in_turn() {
        let features = Features::new(vec![0; 30], 30, 1, Arc::new(Scaling::unit(1)));
        let order: Vec<u32> = (0..30).rev().collect();
        let mut taken = Vec::new();
        Rows::new(&features).walk(&order, |row| taken.push(row as u32));
        assert_eq!(taken, order);
    }
}
