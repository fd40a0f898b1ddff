//! The weights of one class under stochastic descent, kept in the form in which a row's step is cheapest: with or
//! without an l1 penalty.

use super::rows::Rows;
use crate::linalg::bytes::{self, Aligned};

/// Below this scale the weights are multiplied out.
const SMALLEST_SCALE: f64 = 1e-9;

/// Weights w that take rows x one after the other.
pub trait Weights: Sized {
    fn zeros(rows: &Rows) -> Self;

    /// x . w.
    fn dot(&mut self, rows: &Rows, row: usize) -> f64;

    /// w = (1 - decay) w + a x, where `row` is that of the last product and decay at most 1; then `penalty` more of the l1
    /// norm.
    fn step(&mut self, rows: &Rows, row: usize, a: f64, decay: f64, penalty: f64);

    fn are_finite(&self) -> bool;

    /// w itself.
    fn into_vec(self, rows: &Rows) -> Vec<f64>;
}

/// Without an l1 penalty, the scaling of the rows folded in: w = `scale` times v / u, so that
/// x . w = pixels . v - offset . v, and adding a x to w adds a u^2 (pixel - offset) to v.
pub struct FoldedWeights {
    v: Aligned,
    /// offset . v.
    constant: f64,
    scale: f64,
}

impl FoldedWeights {
    fn multiply_out(&mut self) {
        self.v.iter_mut().for_each(|v| *v *= self.scale);
        self.constant *= self.scale;
        self.scale = 1.0;
    }
}

impl Weights for FoldedWeights {
    fn zeros(rows: &Rows) -> FoldedWeights {
        FoldedWeights { v: Aligned::zeros(rows.blocks()), constant: 0.0, scale: 1.0 }
    }

    fn dot(&mut self, rows: &Rows, row: usize) -> f64 {
        (bytes::dot(rows.row(row), &self.v) - self.constant) * self.scale
    }

    fn step(&mut self, rows: &Rows, row: usize, a: f64, decay: f64, penalty: f64) {
        debug_assert_eq!(penalty, 0.0, "these weights know no l1 penalty");
        if decay > 0.0 {
            self.scale *= 1.0 - decay;
            if self.scale < SMALLEST_SCALE {
                self.multiply_out();
            }
        }
        if a != 0.0 {
            let a = a / self.scale;
            bytes::add(a, rows.row(row), &rows.affine, &mut self.v);
            self.constant += a * rows.lift[row];
        }
    }

    fn are_finite(&self) -> bool {
        self.constant.is_finite() && self.v.iter().all(|v| v.is_finite())
    }

    fn into_vec(mut self, rows: &Rows) -> Vec<f64> {
        self.multiply_out();
        self.v.iter().zip(&rows.unit).map(|(v, u)| v / u).collect()
    }
}

/// With Tsuruoka's cumulative l1 penalty (Tsuruoka, Tsujii and Ananiadou 2009), which moves every weight towards
/// zero by what it still owes of the total that it could have received so far.
///
/// Rows are dense, so that all weights are truncated after each. Then what a weight is
/// follows from y, the weight less what it has received (w - q in scikit-learn): y moved towards zero by the
/// whole total. So y and the total are all that is kept, and y takes a row's step without looking at the penalty.
pub struct TruncatedWeights {
    y: Aligned,
    /// The total.
    owed: f64,
    /// The row of the last product, scaled.
    x: Aligned,
}

impl Weights for TruncatedWeights {
    fn zeros(rows: &Rows) -> TruncatedWeights {
        let zeros = Aligned::zeros(rows.blocks());
        TruncatedWeights { y: zeros.clone(), owed: 0.0, x: zeros }
    }

    fn dot(&mut self, rows: &Rows, row: usize) -> f64 {
        bytes::dot_truncated(rows.row(row), &rows.affine, &self.y, self.owed, &mut self.x)
    }

    fn step(&mut self, _: &Rows, _: usize, a: f64, decay: f64, penalty: f64) {
        // y' = w' - q = (1 - decay) w + a x - (w - y).
        bytes::add_truncated(a, &self.x, decay, self.owed, &mut self.y);
        self.owed += penalty;
    }

    fn are_finite(&self) -> bool {
        self.owed.is_finite() && self.y.iter().all(|y| y.is_finite())
    }

    fn into_vec(mut self, rows: &Rows) -> Vec<f64> {
        bytes::truncate(&mut self.y, self.owed);
        self.y[..rows.unit.len()].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dataset::{Features, Scaling};

    /// The same steps on scaled rows in f64: the definition.
    #[test]
    fn weights_are_those_of_the_scaled_rows() {
        let (n, d) = (40usize, 70usize);
        let pixel = |i: usize, j: usize| if j == 3 { 17 } else { (i * 31 + j * j * 7 + i * j) as u8 };
        let pixels: Vec<u8> = (0..n * d).map(|at| pixel(at / d, at % d)).collect();
        let scaling = Arc::new(Scaling::standard(&pixels, n, d));
        let features = Features::new(pixels, n, d, scaling.clone());
        let rows = Rows::new(&features);
        let x = |i: usize, j: usize| scaling.value(j, features.pixel_row(i)[j]);
        let (mut weights, mut plain) = (FoldedWeights::zeros(&rows), vec![0.0; d]);
        let (mut truncated, mut soft, mut paid) =
            (TruncatedWeights::zeros(&rows), vec![0.0; d], vec![0.0; d]);
        let mut owed = 0.0;
        for i in 0..n {
            let dot = |w: &[f64]| (0..d).map(|j| x(i, j) * w[j]).sum::<f64>();
            assert!((weights.dot(&rows, i) - dot(&plain)).abs() < 1e-9, "row {i}");
            assert!((truncated.dot(&rows, i) - dot(&soft)).abs() < 1e-9, "row {i}");
            let norm: f64 = (0..d).map(|j| x(i, j) * x(i, j)).sum();
            assert!((rows.squared_norms()[i] - norm).abs() < 1e-9 * norm);
            let (a, factor) = ((i as f64 * 1.3).sin(), if i == 20 { 1e-12 } else { 0.97 });
            weights.step(&rows, i, a, 1.0 - factor, 0.0);
            let penalty = 0.002 * (i % 3) as f64;
            truncated.step(&rows, i, a, 1.0 - factor, penalty);
            owed += penalty;
            for j in 0..d {
                plain[j] = plain[j] * factor + a * x(i, j);
                // Tsuruoka, Tsujii and Ananiadou, APPLYPENALTY.
                let z = soft[j] * factor + a * x(i, j);
                soft[j] =
                    if z > 0.0 { (z - (owed + paid[j])).max(0.0) } else { (z + (owed - paid[j])).min(0.0) };
                paid[j] += soft[j] - z;
            }
        }
        let (folded, truncated) = (weights.into_vec(&rows), truncated.into_vec(&rows));
        assert!(folded.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-9), "{folded:?} {plain:?}");
        assert!(truncated.iter().zip(&soft).all(|(a, b)| (a - b).abs() < 1e-9), "{truncated:?} {soft:?}");
        assert!(truncated.contains(&0.0) && truncated.iter().any(|w| w.abs() > 0.1), "{truncated:?}");
        assert_eq!(folded[3], 0.0, "a constant pixel has no weight");
        assert_eq!(truncated[3], 0.0, "a constant pixel has no weight");
    }
}
