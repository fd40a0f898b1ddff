//! The ridge problems of ADMM: one matrix I + X' diag(rho) X for all classes and for all steps between two
//! changes of the rows' penalties rho.

use super::super::design::{Design, RowSetGram};
use crate::linalg::cholesky::Cholesky;
use crate::linalg::gemm::{View, dgemm};

/// X' diag(rho) X = L L' - I with L^-1 at hand, so that two products solve for all classes.
pub struct Ridge<'a> {
    design: &'a Design,
    /// width x width, zeros above the diagonal.
    inverse: Vec<f64>,
}

/// The penalty of a row: one for the rows of a set, a smaller one for the others.
#[derive(Clone, Copy, Debug)]
pub struct Penalties {
    pub inside: f64,
    pub outside: f64,
}

impl<'a> Ridge<'a> {
    /// `None` where the matrix is not positive definite in f64. `inside` and `all` are the Gram matrices of
    /// the rows with the larger penalty and of all rows. O(width^3).
    pub fn new(
        design: &'a Design,
        inside: &RowSetGram,
        all: &RowSetGram,
        penalties: Penalties,
    ) -> Option<Ridge<'a>> {
        let width = design.width();
        let (mut matrix, mut others) = (vec![0.0; width * width], vec![0.0; width * width]);
        inside.write_scaled(penalties.inside - penalties.outside, &mut matrix);
        all.write_scaled(penalties.outside, &mut others);
        matrix.iter_mut().zip(&others).for_each(|(value, other)| *value += other);
        matrix.iter_mut().step_by(width + 1).for_each(|value| *value += 1.0);
        let inverse = Cholesky::new(matrix, width)?.inverse_factor();
        Some(Ridge { design, inverse })
    }

    /// The solutions s of (I + X' diag(rho) X) s = g for vectors g of d + 1 values, one after the other.
    /// O(width^2) a vector.
    pub fn solve(&self, right: &[f64], vectors: usize) -> Vec<f64> {
        let width = self.design.width();
        let length = right.len() / vectors;
        let own: Vec<f64> =
            right.chunks_exact(length).flat_map(|vector| self.design.own_weights(vector)).collect();
        let inverse = View::row_major(&self.inverse, width, width);
        let mut half = vec![0.0; own.len()];
        dgemm(1.0, View::row_major(&own, vectors, width), inverse.t(), 0.0, &mut half, width);
        let mut out = vec![0.0; own.len()];
        dgemm(1.0, View::row_major(&half, vectors, width), inverse, 0.0, &mut out, width);
        out.chunks_exact(width).flat_map(|vector| self.design.all_weights(vector)).collect()
    }
}
