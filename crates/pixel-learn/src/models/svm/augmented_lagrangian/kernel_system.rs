//! The Newton direction from one equation for each row on the quadratic piece. Used while there are fewer of
//! these rows than features: near the end of most problems, and throughout a problem of few rows.
//!
//! With the rows X on the piece, u = sigma (X dw + db) and the kernel matrix K = X X', the equations of the
//! [Hessian](super::hessian) become
//!
//!   (K + 1 / sigma) u = db - X gw,   sum u + weight db = -gb,   dw = -gw - X' u,
//!
//! which take one Cholesky factor for two right sides. (As in the primal and dual forms of ridge regression;
//! the bias is bordered as in the least squares SVM of J. Suykens and J. Vandewalle, 1999.)

use crate::linalg::cholesky::{Cholesky, Factor};
use crate::linalg::dot_f32_f64::{add_scaled, dot};

/// The number of rows whose products are kept, in multiples of the number of features. A row that leaves the
/// piece often comes back.
const REMEMBERED: usize = 4;
const UNKNOWN: usize = usize::MAX;

/// The dot products between rows that were on the quadratic piece.
pub struct KernelSystem<'a> {
    rows: &'a [&'a [f32]],
    /// The position of a row in `cached_rows`, or [`UNKNOWN`].
    position: Vec<usize>,
    /// Rows in the order in which they came.
    cached_rows: Vec<usize>,
    /// Packed lower triangle: the products of each cached row with those before it and with itself.
    products: Vec<f64>,
    limit: usize,
}

impl<'a> KernelSystem<'a> {
    pub fn new(rows: &'a [&'a [f32]]) -> KernelSystem<'a> {
        let limit = REMEMBERED * rows.first().map_or(0, |row| row.len());
        KernelSystem {
            rows,
            position: vec![UNKNOWN; rows.len()],
            cached_rows: Vec::new(),
            products: Vec::new(),
            limit,
        }
    }

    /// The direction of [`Hessian::direction`](super::hessian::Hessian::direction). `bias_weight` may be 0
    /// unless `active` is empty. A new row costs O(d) for each of the at most 4 d rows that are kept; then
    /// m^3 / 3 steps for m rows.
    pub fn direction(
        &mut self,
        active: &[usize],
        gradient: &[f64],
        sigma: f64,
        bias_weight: f64,
    ) -> Option<Vec<f64>> {
        self.add_rows(active);
        let positions = self.positions(active);
        let m = positions.len();
        let mut matrix = vec![0.0; m * m];
        for (i, &position) in positions.iter().enumerate() {
            let products = &self.products[row_start(position)..];
            for (value, &earlier) in matrix[i * m..].iter_mut().zip(&positions[..=i]) {
                *value = products[earlier];
            }
            matrix[i * m + i] += 1.0 / sigma;
        }
        let factor = Cholesky::new(matrix, m)?;
        let (slope, bias) = gradient.split_at(gradient.len() - 1);
        let mut ones = vec![1.0; m];
        factor.solve(&mut ones);
        let mut slopes: Vec<f64> =
            positions.iter().map(|&at| dot(self.rows[self.cached_rows[at]], slope)).collect();
        factor.solve(&mut slopes);
        let shift = (slopes.iter().sum::<f64>() - bias[0]) / (ones.iter().sum::<f64>() + bias_weight);
        let mut direction: Vec<f64> = slope.iter().map(|g| -g).collect();
        for (&at, (one, slope)) in positions.iter().zip(ones.iter().zip(&slopes)) {
            add_scaled(slope - shift * one, self.rows[self.cached_rows[at]], &mut direction);
        }
        direction.push(shift);
        Some(direction)
    }

    /// The positions of these rows in `cached_rows`, ascending, so that their products are read in the order
    /// of memory.
    fn positions(&self, rows: &[usize]) -> Vec<usize> {
        let mut positions: Vec<usize> =
            rows.iter().map(|&row| self.position[row]).filter(|&position| position != UNKNOWN).collect();
        positions.sort_unstable();
        positions
    }

    /// Computes and keeps the products of rows that are not cached yet.
    fn add_rows(&mut self, active: &[usize]) {
        let new: Vec<usize> = active.iter().copied().filter(|&row| self.position[row] == UNKNOWN).collect();
        if self.cached_rows.len() + new.len() > self.limit {
            self.keep_only(active);
        }
        for row in new {
            self.position[row] = self.cached_rows.len();
            self.cached_rows.push(row);
            let wide: Vec<f64> = self.rows[row].iter().map(|&x| f64::from(x)).collect();
            self.products.extend(self.cached_rows.iter().map(|&other| dot(self.rows[other], &wide)));
        }
    }

    /// Forgets all other rows.
    fn keep_only(&mut self, active: &[usize]) {
        let positions = self.positions(active);
        let kept = positions.iter().enumerate();
        self.products = kept
            .flat_map(|(i, &position)| {
                positions[..=i].iter().map(move |earlier| row_start(position) + earlier)
            })
            .map(|at| self.products[at])
            .collect();
        self.cached_rows = positions.iter().map(|&position| self.cached_rows[position]).collect();
        self.position.fill(UNKNOWN);
        for (position, &row) in self.cached_rows.iter().enumerate() {
            self.position[row] = position;
        }
    }
}

/// The start of the products of the row at `position`.
fn row_start(position: usize) -> usize {
    position * (position + 1) / 2
}
