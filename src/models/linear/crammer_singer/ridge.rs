//! The ridge problems of ADMM: one matrix for all classes and all steps of one rho.

use rayon::prelude::*;

use crate::linalg::cholesky::Cholesky;
use crate::linalg::gemm::{View, dgemm};
use crate::linalg::sparse::SparseRows;

/// Rows multiplied at a time.
const BLOCK: usize = 512;
/// Partial sums of the rows: fixed, so that their order does not depend on the number of threads.
const PARTS: usize = 4;

/// X'X of the rows with a feature that is 1 everywhere as the last: (d + 1) x (d + 1), row-major. In f64: a
/// step of ADMM hardly contracts in some directions, and where the matrix of its equations is not that of its
/// products, such a direction grows instead (seen with sums of products in f32). O(n d^2).
pub fn gram(x: &SparseRows) -> Vec<f64> {
    let (n, width) = (x.rows(), x.columns() + 1);
    let length = n.div_ceil(PARTS).next_multiple_of(BLOCK).max(1);
    let parts: Vec<Vec<f64>> = (0..n)
        .step_by(length)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|start| {
            let mut total = vec![0.0; width * width];
            let mut rows = vec![0.0; BLOCK * width];
            let end = (start + length).min(n);
            for first in (start..end).step_by(BLOCK) {
                let count = BLOCK.min(end - first);
                for (row, out) in rows.chunks_exact_mut(width).take(count).enumerate() {
                    x.write_wide(first + row, &mut out[..width - 1]);
                    out[width - 1] = 1.0;
                }
                let block = View::row_major(&rows[..count * width], count, width);
                dgemm(1.0, block.t(), block, 1.0, &mut total, width);
            }
            total
        })
        .collect();
    let mut sum = vec![0.0; width * width];
    for part in &parts {
        sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    sum
}

/// I + rho X'X = L L', as L^-1, so that two products solve for all classes.
pub struct Ridge {
    size: usize,
    /// size x size, zeros above the diagonal.
    inverse: Vec<f64>,
}

impl Ridge {
    /// `None` where I + rho X'X is not positive definite in f64. O(d^3).
    pub fn new(gram: &[f64], rho: f64, size: usize) -> Option<Ridge> {
        let mut matrix: Vec<f64> = gram.iter().map(|value| rho * value).collect();
        matrix.iter_mut().step_by(size + 1).for_each(|value| *value += 1.0);
        let inverse = Cholesky::new(matrix, size)?.inverse_factor();
        Some(Ridge { size, inverse })
    }

    /// The solutions of (I + rho X'X) s = g for vectors g, one after the other. O(d^2) a vector.
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        let (size, vectors) = (self.size, right.len() / self.size);
        let inverse = View::row_major(&self.inverse, size, size);
        let mut half = vec![0.0; right.len()];
        dgemm(1.0, View::row_major(right, vectors, size), inverse.t(), 0.0, &mut half, size);
        let mut out = vec![0.0; right.len()];
        dgemm(1.0, View::row_major(&half, vectors, size), inverse, 0.0, &mut out, size);
        out
    }
}
