//! Training rows as stochastic descent takes them, and the weights that they move, in the form in which a
//! step is cheapest. Descent takes the rows of each class in an order of its own, so that every row comes
//! from memory anew: rows stay the bytes that they are, in large pages, and are asked for before they are
//! needed.
//!
//! A scaled value is x = (pixel - offset) u with u = 1 / scale.

/// Rows to ask the memory for before they are needed; eight of 784 bytes leave room for the weights in 32 kB.
const AHEAD: usize = 8;

/// The rows of a fit.
pub trait Rows: Sync {
    type Weights<'a>: Weights
    where
        Self: 'a;

    fn n(&self) -> usize;

    /// Asks the memory for a row.
    fn prefetch(&self, row: usize);

    /// Weights of zero for one class.
    fn zeros(&self) -> Self::Weights<'_>;

    /// Calls `take` with the rows of `order`, which the memory is asked for in time.
    fn walk(&self, order: &[u32], mut take: impl FnMut(usize)) {
        for (position, &row) in order.iter().enumerate() {
            if let Some(&soon) = order.get(position + AHEAD) {
                self.prefetch(soon as usize);
            }
            take(row as usize);
        }
    }
}

/// Weights w of one class that take rows x one after the other.
pub trait Weights {
    /// x . w.
    fn dot(&mut self, row: usize) -> f64;

    /// w = (1 - decay) w + a x, where `row` is that of the last product and decay at most 1; then `penalty`
    /// more of the l1 norm.
    fn step(&mut self, row: usize, a: f64, decay: f64, penalty: f64);

    fn are_finite(&self) -> bool;

    /// w itself.
    fn into_vec(self) -> Vec<f64>;
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dataset::{Features, Scaling};
    use crate::models::linear::folded::LitRows;
    use crate::models::linear::truncated::DenseRows;

    /// Images with black parts, a pixel that is the same in all, and a number of pixels that fills no block.
    pub fn features(n: usize, d: usize) -> Features {
        let pixel = |i: usize, j: usize| match j {
            3 => 17,
            _ if (i + j / 20).is_multiple_of(3) => 0,
            _ => (i * 31 + j * j * 7 + i * j) as u8,
        };
        let pixels: Vec<u8> = (0..n * d).map(|at| pixel(at / d, at % d)).collect();
        let scaling = Arc::new(Scaling::standard(&pixels, n, d));
        Features::new(pixels, n, d, scaling)
    }

    #[test]
    fn every_row_of_an_order_is_taken_in_turn() {
        let features = features(30, 70);
        let order: Vec<u32> = (0..30).rev().collect();
        let (mut taken, mut too) = (Vec::new(), Vec::new());
        LitRows::new(&features).walk(&order, |row| taken.push(row as u32));
        DenseRows::new(&features).walk(&order, |row| too.push(row as u32));
        assert_eq!((&taken, &too), (&order, &order));
    }
}
