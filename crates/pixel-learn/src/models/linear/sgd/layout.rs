//! Row and weight layouts for stochastic gradient descent. Classes visit the rows in random order, so that
//! each row is a cache miss. Rows therefore stay bytes, in huge pages, and are prefetched `AHEAD` rows before
//! use.
//!
//! A scaled value is x = (pixel - offset) u with u = 1 / scale.

/// The distance of the prefetch, in rows. Eight rows of 784 bytes leave room for the weights in a cache of 32
/// kB.
const AHEAD: usize = 8;

/// The training rows.
pub trait Rows: Sync {
    type Weights<'a>: Weights
    where
        Self: 'a;

    fn n(&self) -> usize;

    /// Prefetches a row.
    fn prefetch(&self, row: usize);

    /// Weights of zero for one class.
    fn zeros(&self) -> Self::Weights<'_>;

    /// Calls `take` with each row of `order`, in this order. Rows are prefetched before they are needed.
    fn walk(&self, order: &[u32], mut take: impl FnMut(usize)) {
        for (position, &row) in order.iter().enumerate() {
            if let Some(&soon) = order.get(position + AHEAD) {
                self.prefetch(soon as usize);
            }
            take(row as usize);
        }
    }
}

/// The weights (w) of one class.
pub trait Weights {
    /// The dot product of a row (x) with the weights.
    fn dot(&mut self, row: usize) -> f64;

    /// Sets w = (1 - decay) w + a x and adds `penalty` to the total l1 penalty. `row` must be that of the
    /// last product, and decay at most 1.
    fn step(&mut self, row: usize, a: f64, decay: f64, penalty: f64);

    fn are_finite(&self) -> bool;

    /// The values of w.
    fn into_vec(self) -> Vec<f64>;
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::models::linear::sgd::cumulative_l1::DenseRows;
    use crate::models::linear::sgd::scaled_weights::NonzeroRows;
    use crate::{Features, Scaling};

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
    fn rows_are_taken_in_the_order_given() {
        let features = features(30, 70);
        let order: Vec<u32> = (0..30).rev().collect();
        let (mut taken, mut too) = (Vec::new(), Vec::new());
        NonzeroRows::new(&features).walk(&order, |row| taken.push(row as u32));
        DenseRows::new(&features).walk(&order, |row| too.push(row as u32));
        assert_eq!((&taken, &too), (&order, &order));
    }
}
