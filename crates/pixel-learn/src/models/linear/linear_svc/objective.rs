//! What one class against the rest minimises: R(w) + C sum_i loss(m_i) with the shortfall of a margin
//! m_i = 1 - y_i x_i.w, and its Fenchel dual in one variable a_i a row:
//!
//! - l2: sum a - |X'(y a)|^2 / 2, for any a with 0 <= a (<= C for the hinge);
//! - l1: sum a, where no |X'(y a)|_j exceeds 1;
//! - the squared hinge takes sum a^2 / 4C from either.

use super::SvcLoss;
use super::rows::{RowTotals, dot};
use crate::models::linear::logistic::Penalty;

/// The problem, and when it counts as solved.
#[derive(Clone, Copy, Debug)]
pub struct Objective {
    pub loss: SvcLoss,
    pub penalty: Penalty,
    /// The relative duality gap to end at.
    pub tol: f64,
    /// Newton steps at most.
    pub max_iter: usize,
}

impl Objective {
    /// The largest dual variable of a row.
    pub fn upper(&self, c: f64) -> f64 {
        match self.loss {
            SvcLoss::Hinge => c,
            SvcLoss::SquaredHinge => f64::INFINITY,
        }
    }

    /// The objective of weights whose rows have these totals.
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

    /// A lower bound of the objective: the dual objective of the variables a with these totals, where
    /// `combined` is X'(y a). Under l1 that of their best feasible multiple.
    pub fn dual(&self, c: f64, totals: &RowTotals, combined: &[f64]) -> f64 {
        let squares = match self.loss {
            SvcLoss::Hinge => 0.0,
            SvcLoss::SquaredHinge => totals.dual_squares / (4.0 * c),
        };
        match self.penalty {
            Penalty::L2 => totals.dual - squares - 0.5 * dot(combined, combined),
            Penalty::L1 => {
                let largest = combined.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
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
