//! The Newton direction from d + 1 equations in w and b. Used while d rows or more lie on the quadratic
//! piece.

use crate::linalg::cholesky::{Cholesky, Factor};
use crate::linalg::gemm::{View, dgemm};

/// Rows gathered at a time for an update.
const GATHERED: usize = 256;
/// Columns updated at a time; most of the part above the diagonal is skipped.
const STRIP: usize = 160;

/// The sum of (x, 1)(x, 1)' over the rows on the quadratic piece, updated from step to step.
pub struct Hessian<'a> {
    rows: &'a [&'a [f32]],
    /// d + 1: the last entry is the bias, the weight of a constant feature 1.
    size: usize,
    /// Whether a row is counted in `products`.
    counted: Vec<bool>,
    /// The lower triangle of size x size. Empty until the first update.
    products: Vec<f64>,
}

impl<'a> Hessian<'a> {
    pub fn new(rows: &'a [&'a [f32]]) -> Hessian<'a> {
        let size = rows.first().map_or(0, |row| row.len()) + 1;
        Hessian { rows, size, counted: vec![false; rows.len()], products: Vec::new() }
    }

    /// The solution of (diag(1, .., 1, 0) + sigma products) direction = -gradient over the `active` rows,
    /// with `bias_weight` in place of the 0. Adds rows that entered the piece since the last call and
    /// subtracts those that left it, O(d^2) each; then d^3 / 3 steps. `None` where the matrix is not positive
    /// definite in f64.
    pub fn direction(
        &mut self,
        active: &[usize],
        gradient: &[f64],
        sigma: f64,
        bias_weight: f64,
    ) -> Option<Vec<f64>> {
        self.update(active);
        let size = self.size;
        let mut matrix = self.products.clone();
        for j in 0..size - 1 {
            matrix[j * size + j] += 1.0 / sigma;
        }
        matrix[size * size - 1] += bias_weight / sigma;
        let mut direction: Vec<f64> = gradient.iter().map(|g| -g / sigma).collect();
        Cholesky::new(matrix, size)?.solve(&mut direction);
        Some(direction)
    }

    fn update(&mut self, active: &[usize]) {
        let mut now = vec![false; self.rows.len()];
        active.iter().for_each(|&row| now[row] = true);
        let changed = |came: bool, before: &[bool]| -> Vec<usize> {
            (0..now.len()).filter(|&row| now[row] != before[row] && now[row] == came).collect()
        };
        let (came, left) = (changed(true, &self.counted), changed(false, &self.counted));
        if came.len() + left.len() >= active.len() {
            self.products = vec![0.0; self.size * self.size];
            self.add(active, 1.0);
        } else {
            self.add(&came, 1.0);
            self.add(&left, -1.0);
        }
        self.counted = now;
    }

    /// products += factor * sum of (x, 1)(x, 1)' over the rows.
    fn add(&mut self, chosen: &[usize], factor: f64) {
        let size = self.size;
        let mut gathered = Vec::with_capacity(GATHERED * size);
        for chosen in chosen.chunks(GATHERED) {
            gathered.clear();
            for &row in chosen {
                gathered.extend(self.rows[row].iter().map(|&x| f64::from(x)));
                gathered.push(1.0);
            }
            for first in (0..size).step_by(STRIP) {
                let columns = STRIP.min(size - first);
                let part = |width| View {
                    data: &gathered[first..],
                    rows: chosen.len(),
                    columns: width,
                    row_stride: size,
                    column_stride: 1,
                };
                let out = &mut self.products[first * size + first..];
                dgemm(factor, part(size - first).t(), part(columns), 1.0, out, size);
            }
        }
    }
}
