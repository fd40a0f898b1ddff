//! Whitening: a linear map after which a covariance is the identity, without directions of negligible
//! variance.

use super::{eigenvalues_above, factor};
use crate::linalg::cholesky::{Cholesky, Factor};
use crate::linalg::dot::dot;
use crate::linalg::symmetric_eigen::{Eigen, largest};

/// The whitening map B, with B A B' = I. Both variants give the same lengths and angles.
pub enum Whitening {
    /// The inverse of the Cholesky factor: all directions.
    Full(Cholesky),
    /// The first `rank` eigenvectors, divided by the roots of their eigenvalues.
    Reduced { eigen: Eigen, rank: usize },
}

impl Whitening {
    /// The map for the n x n lower triangle `a`, without the directions whose eigenvalue is at most `least`.
    pub fn new(a: Vec<f64>, n: usize, least: f64) -> Whitening {
        if eigenvalues_above(&a, n, least)
            && let Some(factor) = factor(a.clone(), n)
        {
            return Whitening::Full(factor);
        }
        let eigen = largest(a, n, n);
        let rank = eigen.values.partition_point(|value| *value > least);
        Whitening::Reduced { eigen, rank }
    }

    /// The number of directions that B keeps.
    pub fn rank(&self) -> usize {
        match self {
            Whitening::Full(factor) => factor.size(),
            Whitening::Reduced { rank, .. } => *rank,
        }
    }

    /// B x.
    pub fn apply(&self, mut x: Vec<f64>) -> Vec<f64> {
        match self {
            Whitening::Full(factor) => {
                factor.solve_lower(&mut x);
                x
            }
            Whitening::Reduced { eigen, rank } => {
                (0..*rank).map(|k| dot(eigen.vector(k), &x) / eigen.values[k].sqrt()).collect()
            }
        }
    }

    /// B' y.
    pub fn apply_transposed(&self, mut y: Vec<f64>) -> Vec<f64> {
        match self {
            Whitening::Full(factor) => {
                factor.solve_transposed(&mut y);
                y
            }
            Whitening::Reduced { eigen, .. } => {
                let mut out = vec![0.0; eigen.values.len()];
                for (k, y) in y.into_iter().enumerate() {
                    let weight = y / eigen.values[k].sqrt();
                    out.iter_mut().zip(eigen.vector(k)).for_each(|(out, value)| *out += weight * value);
                }
                out
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_maps_keep_lengths_and_angles() {
        let n = 12;
        let value = |i: usize, j: usize| f64::from(u8::from(i == j)) + 1.0 / (1.0 + i.abs_diff(j) as f64);
        let a: Vec<f64> = (0..n * n).map(|at| value(at / n, at % n)).collect();
        let full = Whitening::new(a.clone(), n, 1e-8);
        assert!(matches!(full, Whitening::Full(_)) && full.rank() == n);
        let reduced = Whitening::Reduced { eigen: largest(a.clone(), n, n), rank: n };
        let (x, y): (Vec<f64>, Vec<f64>) = (0..n).map(|i| ((i as f64).sin(), (i as f64).cos())).unzip();
        let angle = |map: &Whitening| dot(&map.apply(x.clone()), &map.apply(y.clone()));
        assert!((angle(&full) - angle(&reduced)).abs() < 1e-12);
        let back = |map: &Whitening| map.apply_transposed(map.apply(x.clone()));
        assert!(back(&full).iter().zip(back(&reduced)).all(|(a, b)| (a - b).abs() < 1e-12));
        // Of eigenvalues above 1 about half.
        let some = Whitening::new(a, n, 1.5);
        assert!(some.rank() > 0 && some.rank() < n && some.apply(x).len() == some.rank());
    }
}
