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
    /// The position of a row in `known`, or [`UNKNOWN`].
    place: Vec<usize>,
    /// Rows in the order in which they came.
    known: Vec<usize>,
    /// Packed lower triangle: the products of each known row with those before it and with itself.
    products: Vec<f64>,
    limit: usize,
}

impl<'a> KernelSystem<'a> {
    pub fn new(rows: &'a [&'a [f32]]) -> KernelSystem<'a> {
        let limit = REMEMBERED * rows.first().map_or(0, |row| row.len());
        KernelSystem {
            rows,
            place: vec![UNKNOWN; rows.len()],
            known: Vec::new(),
            products: Vec::new(),
            limit,
        }
    }

    /// The direction of [`Hessian::direction`](super::hessian::Hessian::direction). `bias_weight` may be 0
    /// unless `inside` is empty. A new row costs O(d) for each of the at most 4 d rows that are kept; then
    /// m^3 / 3 steps for m rows.
    pub fn direction(
        &mut self,
        inside: &[usize],
        gradient: &[f64],
        sigma: f64,
        bias_weight: f64,
    ) -> Option<Vec<f64>> {
        self.learn(inside);
        let places = self.places(inside);
        let m = places.len();
        let mut matrix = vec![0.0; m * m];
        for (i, &place) in places.iter().enumerate() {
            let products = &self.products[start(place)..];
            for (value, &earlier) in matrix[i * m..].iter_mut().zip(&places[..=i]) {
                *value = products[earlier];
            }
            matrix[i * m + i] += 1.0 / sigma;
        }
        let factor = Cholesky::new(matrix, m)?;
        let (slope, bias) = gradient.split_at(gradient.len() - 1);
        let mut ones = vec![1.0; m];
        factor.solve(&mut ones);
        let mut slopes: Vec<f64> = places.iter().map(|&at| dot(self.rows[self.known[at]], slope)).collect();
        factor.solve(&mut slopes);
        let shift = (slopes.iter().sum::<f64>() - bias[0]) / (ones.iter().sum::<f64>() + bias_weight);
        let mut direction: Vec<f64> = slope.iter().map(|g| -g).collect();
        for (&at, (one, slope)) in places.iter().zip(ones.iter().zip(&slopes)) {
            add_scaled(slope - shift * one, self.rows[self.known[at]], &mut direction);
        }
        direction.push(shift);
        Some(direction)
    }

    /// The positions of these rows in `known`, ascending, so that their products are read in the order of
    /// memory.
    fn places(&self, rows: &[usize]) -> Vec<usize> {
        let mut places: Vec<usize> =
            rows.iter().map(|&row| self.place[row]).filter(|&place| place != UNKNOWN).collect();
        places.sort_unstable();
        places
    }

    /// Computes and keeps the products of rows that are not known yet.
    fn learn(&mut self, inside: &[usize]) {
        let new: Vec<usize> = inside.iter().copied().filter(|&row| self.place[row] == UNKNOWN).collect();
        if self.known.len() + new.len() > self.limit {
            self.keep_only(inside);
        }
        for row in new {
            self.place[row] = self.known.len();
            self.known.push(row);
            let wide: Vec<f64> = self.rows[row].iter().map(|&x| f64::from(x)).collect();
            self.products.extend(self.known.iter().map(|&other| dot(self.rows[other], &wide)));
        }
    }

    /// Forgets all other rows.
    fn keep_only(&mut self, inside: &[usize]) {
        let places = self.places(inside);
        let kept = places.iter().enumerate();
        self.products = kept
            .flat_map(|(i, &place)| places[..=i].iter().map(move |earlier| start(place) + earlier))
            .map(|at| self.products[at])
            .collect();
        self.known = places.iter().map(|&place| self.known[place]).collect();
        self.place.fill(UNKNOWN);
        for (place, &row) in self.known.iter().enumerate() {
            self.place[row] = place;
        }
    }
}

/// The start of the products of the row at position `place`.
fn start(place: usize) -> usize {
    place * (place + 1) / 2
}
