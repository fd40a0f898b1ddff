//! Discriminant analysis: a normal density for each class, with one covariance for all classes or one for each.

mod linear;
mod quadratic;
mod shrinkage;
mod whitening;

pub use linear::{LdaSolver, LinearDiscriminantAnalysis};
pub use quadratic::QuadraticDiscriminantAnalysis;
pub use shrinkage::Shrinkage;

use crate::linalg::cholesky::{Cholesky, WIDE};

/// The factor of an n x n matrix, `None` where it is not positive definite.
fn factor(a: Vec<f64>, n: usize) -> Option<Cholesky> {
    if n < WIDE { Cholesky::new(a, n) } else { Cholesky::wide(a, n) }
}

/// Whether all eigenvalues are above `least`: A - least I is positive definite.
fn eigenvalues_above(a: &[f64], n: usize, least: f64) -> bool {
    let mut shifted = a.to_vec();
    shifted.iter_mut().step_by(n + 1).for_each(|diagonal| *diagonal -= least);
    factor(shifted, n).is_some()
}

/// The rows of each class.
fn rows_by_class(labels: &[u8], classes: usize) -> Vec<Vec<u32>> {
    let mut rows = vec![Vec::new(); classes];
    labels.iter().enumerate().for_each(|(row, &label)| rows[usize::from(label)].push(row as u32));
    rows
}
