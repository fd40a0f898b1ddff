//! The Newton system (D + s X_J' X_J) d = -g, where D is a positive diagonal and J the active set of rows.
//! The matrix itself is factored (width x width) or, where J is small, the system is solved by the
//! Sherman-Morrison-Woodbury identity with a matrix of |J| x |J|.

use super::design::{Design, RowSetGram};
use crate::linalg::cholesky::{Cholesky, Factor};
use crate::linalg::gemm::{View, dgemm};

/// The identity is used below this number of active rows, relative to the number of columns. The fraction is
/// below 1 because X_J D^-1 X_J' is computed anew at each step, while X_J' X_J is updated.
const FEW_ROWS: f64 = 0.35;
/// The first ridge, relative to the largest diagonal entry. A ridge is added where rounding leaves a matrix
/// that is not positive definite.
const RIDGE: f64 = 1e-13;
/// Maximum number of factorisations. Each further one has a ridge a hundred times as large.
const TRIES: usize = 4;

/// Solver of the Newton systems of one class, one after the other.
pub struct NewtonSystem<'a> {
    design: &'a Design,
    gram: RowSetGram<'a>,
    /// The memory of the matrix and of the active rows, reused at each step.
    matrix: Vec<f64>,
    rows: Vec<f64>,
}

impl<'a> NewtonSystem<'a> {
    /// A solver without memory yet.
    pub fn new(design: &'a Design) -> NewtonSystem<'a> {
        NewtonSystem { design, gram: RowSetGram::new(design), matrix: Vec::new(), rows: Vec::new() }
    }

    /// The Newton direction (d). `active` are the rows of J. `None` if the matrix is not positive definite
    /// with the largest ridge either. O(|J changed| width^2 / 2 + width^3 / 6) multiplications, or O(|J|^2
    /// width / 2 + |J|^3 / 6) for a small J.
    pub fn solve(&mut self, active: &[bool], s: f64, diagonal: &[f64], g: &[f64]) -> Option<Vec<f64>> {
        let count = active.iter().filter(|active| **active).count();
        if (count as f64) < FEW_ROWS * self.design.width() as f64 {
            return self.solve_woodbury(active, count, s, diagonal, g);
        }
        self.gram.set(active);
        let width = self.design.width();
        let gram = &self.gram;
        let write = |matrix: &mut [f64]| {
            gram.write_scaled(s, matrix);
            (0..width).for_each(|j| matrix[j * width + j] += diagonal[j]);
        };
        let factor = factorise(&mut self.matrix, width, write)?;
        let mut direction: Vec<f64> = g.iter().map(|g| -g).collect();
        factor.solve(&mut direction);
        self.matrix = factor.into_memory();
        Some(direction)
    }

    /// The Newton direction by the Woodbury identity:
    /// d = -D^-1 g + D^-1 X_J' (I / s + X_J D^-1 X_J')^-1 X_J D^-1 g.
    fn solve_woodbury(
        &mut self,
        active: &[bool],
        count: usize,
        s: f64,
        diagonal: &[f64],
        g: &[f64],
    ) -> Option<Vec<f64>> {
        let width = self.design.width();
        // The active rows times D^-1/2.
        let root: Vec<f64> = diagonal.iter().map(|d| 1.0 / d.sqrt()).collect();
        self.rows.resize(count * width, 0.0);
        let list = active.iter().enumerate().filter(|(_, active)| **active);
        for ((row, _), out) in list.zip(self.rows.chunks_exact_mut(width)) {
            self.design.write_row(row, out);
            out.iter_mut().zip(&root).for_each(|(x, root)| *x *= root);
        }
        let right: Vec<f64> = g.iter().zip(&root).map(|(g, root)| g * root).collect();
        let mut direction: Vec<f64> = right.iter().map(|value| -value).collect();
        if count > 0 {
            let rows = &self.rows;
            let write = |matrix: &mut [f64]| {
                lower_gram(rows, count, width, matrix);
                (0..count).for_each(|j| matrix[j * count + j] += 1.0 / s);
            };
            let factor = factorise(&mut self.matrix, count, write)?;
            let view = View::row_major(rows, count, width);
            let mut projected = vec![0.0; count];
            dgemm(1.0, view, View::row_major(&right, width, 1), 0.0, &mut projected, 1);
            factor.solve(&mut projected);
            dgemm(1.0, view.t(), View::row_major(&projected, count, 1), 1.0, &mut direction, 1);
            self.matrix = factor.into_memory();
        }
        direction.iter_mut().zip(&root).for_each(|(d, root)| *d *= root);
        Some(direction)
    }
}

/// Writes the lower triangle of the Gram matrix A A' of `rows` (A, `count` x `width`) by strips of rows.
/// Parts of the upper triangle are overwritten too.
fn lower_gram(rows: &[f64], count: usize, width: usize, out: &mut [f64]) {
    const STRIP: usize = 96;
    for start in (0..count).step_by(STRIP) {
        let strip = STRIP.min(count - start);
        let left = View::row_major(&rows[start * width..], strip, width);
        let right = View::row_major(rows, start + strip, width);
        dgemm(1.0, left, right.t(), 0.0, &mut out[start * count..], count);
    }
}

/// The Cholesky factor of the n x n matrix that `write` writes into the memory of `matrix`. If rounding
/// leaves the matrix not positive definite, a ridge is added. `None` after the last ridge.
fn factorise(matrix: &mut Vec<f64>, n: usize, write: impl Fn(&mut [f64])) -> Option<Cholesky> {
    let mut ridge = 0.0;
    for _ in 0..TRIES {
        let mut memory = std::mem::take(matrix);
        memory.resize(n * n, 0.0);
        write(&mut memory);
        let largest = (0..n).fold(0.0, |largest: f64, j| largest.max(memory[j * n + j]));
        (0..n).for_each(|j| memory[j * n + j] += ridge * largest);
        if let Some(factor) = Cholesky::new(memory, n) {
            return Some(factor);
        }
        ridge = if ridge == 0.0 { RIDGE } else { 100.0 * ridge };
    }
    None
}
