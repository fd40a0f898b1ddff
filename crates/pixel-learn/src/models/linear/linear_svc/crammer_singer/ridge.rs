//! The ridge problems of ADMM. They have one matrix I + X' diag(rho) X for all classes and for all steps
//! between two changes of the penalties rho of the rows.

use super::super::design::{Design, RowSetGram};
use crate::linalg::cholesky::Cholesky;
use crate::linalg::gemm::{View, dgemm};

/// The inverse Cholesky factor L^-1 of I + X' diag(rho) X = L L': a solution for all classes is two matrix
/// products.
pub struct Ridge<'a> {
    design: &'a Design,
    /// L^-1, width x width, row-major, zeros above the diagonal.
    inverse: Vec<f64>,
}

/// The two penalties (rho) of the rows: that of the active rows, and a smaller one.
#[derive(Clone, Copy, Debug)]
pub struct Penalties {
    pub active: f64,
    pub inactive: f64,
}

impl<'a> Ridge<'a> {
    /// The factored matrix. `active` and `full` are the Gram matrices of the active rows and of all rows.
    /// `None` if the matrix is not positive definite in f64. O(width^3).
    pub fn new(
        design: &'a Design,
        active: &RowSetGram,
        full: &RowSetGram,
        penalties: Penalties,
    ) -> Option<Ridge<'a>> {
        let width = design.width();
        let (mut matrix, mut others) = (vec![0.0; width * width], vec![0.0; width * width]);
        active.write_scaled(penalties.active - penalties.inactive, &mut matrix);
        full.write_scaled(penalties.inactive, &mut others);
        matrix.iter_mut().zip(&others).for_each(|(value, other)| *value += other);
        matrix.iter_mut().step_by(width + 1).for_each(|value| *value += 1.0);
        let inverse = Cholesky::new(matrix, width)?.inverse_factor();
        Some(Ridge { design, inverse })
    }

    /// Solves (I + X' diag(rho) X) s = g for each of `vectors` right sides g of d + 1 values, one after the
    /// other in `right`. O(width^2) per vector.
    pub fn solve(&self, right: &[f64], vectors: usize) -> Vec<f64> {
        let width = self.design.width();
        let length = right.len() / vectors;
        let own: Vec<f64> =
            right.chunks_exact(length).flat_map(|vector| self.design.compress(vector)).collect();
        let inverse = View::row_major(&self.inverse, width, width);
        let mut half = vec![0.0; own.len()];
        dgemm(1.0, View::row_major(&own, vectors, width), inverse.t(), 0.0, &mut half, width);
        let mut out = vec![0.0; own.len()];
        dgemm(1.0, View::row_major(&half, vectors, width), inverse, 0.0, &mut out, width);
        out.chunks_exact(width).flat_map(|vector| self.design.expand(vector)).collect()
    }
}
