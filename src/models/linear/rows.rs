//! Training rows as the bytes that they are, with their scaling folded into the weights. Stochastic descent
//! takes the rows of each class in an order of its own, so that every row comes from memory anew: as bytes
//! it is a quarter of what it is scaled.
//!
//! A scaled value is x = (pixel - offset) u with u = 1 / scale. Weights are kept as v = w u, so that
//! x . w = pixels . v - offset . v, and adding a x to w adds a u^2 (pixel - offset) to v.

use crate::dataset::Features;
use crate::linalg::bytes::{self, Affine, Truncation};

/// Rows to ask the memory for before they are needed; eight of 784 bytes leave room for the weights in 32 kB.
const AHEAD: usize = 8;

/// The rows, and the scaling in the forms that descent needs.
pub struct Rows<'a> {
    features: &'a Features,
    affine: Affine,
    /// For each row, by how much adding it to w changes offset . v.
    lift: Vec<f64>,
}

/// Weights of a class, w = `scale` times v / u.
pub struct Weights {
    v: Vec<f64>,
    /// offset . v.
    constant: f64,
    scale: f64,
    /// What each weight has received of the l1 penalty, times u; empty without one.
    paid: Vec<f64>,
}

/// Below this scale the weights are multiplied out.
const SMALLEST_SCALE: f64 = 1e-9;

impl<'a> Rows<'a> {
    pub fn new(features: &'a Features) -> Rows<'a> {
        let scaling = features.scaling();
        let unit: Vec<f64> = scaling.scale.iter().map(|scale| 1.0 / scale).collect();
        let slope: Vec<f64> = unit.iter().map(|u| u * u).collect();
        let tilt: Vec<f64> =
            slope.iter().zip(&scaling.offset).map(|(slope, offset)| slope * offset).collect();
        let middle = bytes::inner(&scaling.offset, &tilt);
        let lift = (0..features.n()).map(|i| bytes::dot(features.pixel_row(i), &tilt) - middle).collect();
        Rows { features, affine: Affine { offset: scaling.offset.clone(), unit, slope }, lift }
    }

    pub fn n(&self) -> usize {
        self.features.n()
    }

    /// The squared norm of each scaled row.
    pub fn squared_norms(&self) -> Vec<f64> {
        let Affine { offset, unit, .. } = &self.affine;
        (0..self.n()).map(|i| bytes::squared_norm(self.features.pixel_row(i), offset, unit)).collect()
    }

    /// Calls `take` with the rows of `order`, which the memory is asked for in time.
    pub fn walk(&self, order: &[u32], mut take: impl FnMut(usize)) {
        for (position, &row) in order.iter().enumerate() {
            if let Some(&soon) = order.get(position + AHEAD) {
                bytes::prefetch(self.features.pixel_row(soon as usize));
            }
            take(row as usize);
        }
    }
}

impl Weights {
    /// Zeros, able to receive an l1 penalty or not.
    pub fn new(rows: &Rows, l1: bool) -> Weights {
        let d = rows.features.d();
        Weights { v: vec![0.0; d], constant: 0.0, scale: 1.0, paid: vec![0.0; if l1 { d } else { 0 }] }
    }

    /// x . w.
    pub fn dot(&self, rows: &Rows, row: usize) -> f64 {
        (bytes::dot(rows.features.pixel_row(row), &self.v) - self.constant) * self.scale
    }

    /// w += a x.
    pub fn add(&mut self, a: f64, rows: &Rows, row: usize) {
        let a = a / self.scale;
        bytes::add(a, rows.features.pixel_row(row), &rows.affine, &mut self.v);
        self.constant += a * rows.lift[row];
    }

    /// w += a x, then Tsuruoka's cumulative penalty: every weight moves towards zero by what it still owes of
    /// `owed`, the total that it could have received so far.
    pub fn add_and_truncate(&mut self, a: f64, owed: f64, rows: &Rows, row: usize) {
        let (a, pixels) = (a / self.scale, rows.features.pixel_row(row));
        let truncation = Truncation { owed, scale: self.scale };
        self.constant =
            bytes::add_and_truncate(a, pixels, &rows.affine, &mut self.v, &mut self.paid, truncation);
    }

    /// w *= factor, which is at least 0.
    pub fn shrink(&mut self, factor: f64) {
        self.scale *= factor;
        if self.scale < SMALLEST_SCALE {
            self.multiply_out();
        }
    }

    pub fn are_finite(&self) -> bool {
        // Truncation makes zeros of weights that are no numbers, but what they have paid is none either.
        self.constant.is_finite() && self.v.iter().chain(&self.paid).all(|v| v.is_finite())
    }

    /// w itself.
    pub fn into_vec(mut self, rows: &Rows) -> Vec<f64> {
        self.multiply_out();
        self.v.iter().zip(&rows.affine.unit).map(|(v, u)| v / u).collect()
    }

    fn multiply_out(&mut self) {
        self.v.iter_mut().for_each(|v| *v *= self.scale);
        self.constant *= self.scale;
        self.scale = 1.0;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dataset::Scaling;

    /// The same steps on scaled rows in f64: the definition.
    #[test]
    fn folded_weights_are_those_of_the_scaled_rows() {
        let (n, d) = (40usize, 70usize);
        let pixel = |i: usize, j: usize| if j == 3 { 17 } else { (i * 31 + j * j * 7 + i * j) as u8 };
        let pixels: Vec<u8> = (0..n * d).map(|at| pixel(at / d, at % d)).collect();
        let scaling = Arc::new(Scaling::standard(&pixels, n, d));
        let features = Features::new(pixels, n, d, scaling.clone());
        let rows = Rows::new(&features);
        let x = |i: usize, j: usize| scaling.value(j, features.pixel_row(i)[j]);
        let (mut weights, mut plain, mut paid) = (Weights::new(&rows, true), vec![0.0; d], vec![0.0; d]);
        for i in 0..n {
            let expected: f64 = (0..d).map(|j| x(i, j) * plain[j]).sum();
            assert!((weights.dot(&rows, i) - expected).abs() < 1e-9, "row {i}");
            let norm: f64 = (0..d).map(|j| x(i, j) * x(i, j)).sum();
            assert!((rows.squared_norms()[i] - norm).abs() < 1e-9 * norm);
            let (a, factor, owed) =
                ((i as f64 * 1.3).sin(), if i == 20 { 1e-12 } else { 0.97 }, 0.002 * i as f64);
            weights.shrink(factor);
            weights.add_and_truncate(a, owed, &rows, i);
            for j in 0..d {
                let z = plain[j] * factor + a * x(i, j);
                plain[j] =
                    if z > 0.0 { (z - (owed + paid[j])).max(0.0) } else { (z + (owed - paid[j])).min(0.0) };
                paid[j] += plain[j] - z;
            }
        }
        let folded = weights.into_vec(&rows);
        assert!(folded.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-9), "{folded:?} {plain:?}");
        assert_eq!(folded[3], 0.0, "a constant pixel has no weight");
    }

    #[test]
    fn every_row_of_an_order_is_taken_in_turn() {
        let features = Features::new(vec![0; 30], 30, 1, Arc::new(Scaling::unit(1)));
        let order: Vec<u32> = (0..30).rev().collect();
        let mut taken = Vec::new();
        Rows::new(&features).walk(&order, |row| taken.push(row as u32));
        assert_eq!(taken, order);
    }
}
