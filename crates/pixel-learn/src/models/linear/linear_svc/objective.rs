//! Primal and dual objective of one binary problem. The primal is R(w) + C sum_i loss(m_i) with the hinge
//! arguments m_i = 1 - y_i x_i.w. Its Fenchel dual has one variable a_i per row, 0 <= a_i (<= C for the
//! hinge):
//!
//! - l2: sum a - |X'(y a)|^2 / 2;
//! - l1: sum a, where no entry of |X'(y a)| may exceed 1;
//! - the squared hinge subtracts sum a^2 / 4C from either.

use super::SvcLoss;
use super::rows::{RowTotals, dot};
use crate::models::linear::logistic::Penalty;

/// The binary problem and its stopping rule.
#[derive(Clone, Copy, Debug)]
pub struct Objective {
    pub loss: SvcLoss,
    pub penalty: Penalty,
    /// The relative duality gap to stop at.
    pub tol: f64,
    /// Maximum number of Newton steps.
    pub max_iter: usize,
}

impl Objective {
    /// The upper bound of the dual variables (a).
    pub fn upper(&self, c: f64) -> f64 {
        match self.loss {
            SvcLoss::Hinge => c,
            SvcLoss::SquaredHinge => f64::INFINITY,
        }
    }

    /// The primal objective of `weights` (w); `totals` are the sums over the rows at these weights.
    pub fn primal(&self, c: f64, weights: &[f64], totals: &RowTotals) -> f64 {
        let loss = match self.loss {
            SvcLoss::Hinge => totals.hinge,
            SvcLoss::SquaredHinge => totals.squared_hinge,
        };
        let norm = match self.penalty {
            Penalty::L2 => 0.5 * dot(weights, weights),
            Penalty::L1 => weights.iter().map(|w| w.abs()).sum(),
        };
        norm + c * loss
    }

    /// The dual objective, a lower bound of the minimum. `totals` are the sums over the rows at the dual
    /// variables (a) and `dual_weights` is X'(y a). Under l1 the dual variables are scaled by the best
    /// feasible factor.
    pub fn dual(&self, c: f64, totals: &RowTotals, dual_weights: &[f64]) -> f64 {
        let squares = match self.loss {
            SvcLoss::Hinge => 0.0,
            SvcLoss::SquaredHinge => totals.dual_squares / (4.0 * c),
        };
        match self.penalty {
            Penalty::L2 => totals.dual - squares - 0.5 * dot(dual_weights, dual_weights),
            Penalty::L1 => {
                let largest = dual_weights.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
                let best = match self.loss {
                    SvcLoss::Hinge => 1.0,
                    SvcLoss::SquaredHinge if squares > 0.0 => 0.5 * totals.dual / squares,
                    SvcLoss::SquaredHinge => 0.0,
                };
                let scale = if best * largest > 1.0 { 1.0 / largest } else { best };
                scale * totals.dual - scale * scale * squares
            }
        }
    }
}
