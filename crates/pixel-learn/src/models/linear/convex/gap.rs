//! The duality gap. The gradients of the losses by the scores (A, n x k) are the dual point. Fenchel's dual
//! objective is minus the conjugates of the losses and of the norm at this point.

use rayon::prelude::*;

use super::Norm;
use super::hessian::ScoreHessian;
use super::iterate::{CHUNK, Iterate};
use super::loss::Loss;
use crate::linalg::dot::dot;

impl<L: Loss> Iterate<'_, L> {
    /// The objective without smoothing. `losses` are the sums of the losses of each problem.
    pub fn objective(&self, losses: &[f64]) -> f64 {
        let counted = self.indexed_weights().filter(|(_, _, regularised)| *regularised);
        let regulariser: f64 = counted.map(|(_, w, _)| self.settings.norm.norm(w)).sum();
        regulariser + losses.iter().sum::<f64>()
    }

    /// The dual objective at `gradients` (A). `loss_gradient` is X' A. With l1 the dual point of each problem
    /// is scaled until it is feasible: until no regularised entry of X' A exceeds 1 in absolute value.
    pub fn dual_objective(&self, gradients: &[f64], loss_gradient: &[f64]) -> f64 {
        let (k, length) = (self.data.k(), self.problem_len());
        let mut conjugate = 0.0;
        let scales = match self.settings.norm {
            Norm::L2 => {
                conjugate = 0.5 * dot(loss_gradient, loss_gradient);
                vec![1.0; self.problem_count()]
            }
            Norm::L1(_) => {
                self.largest_entries(loss_gradient).iter().map(|largest| 1.0 / largest.max(1.0)).collect()
            }
        };
        if !self.settings.intercept_regularised {
            // A free intercept requires the derivative by it to be zero at a feasible dual point. A
            // derivative that is not zero counts as if the best intercept were within 1 of the present one.
            let width = self.width();
            for at in (width - 1..k * width).step_by(width) {
                let derivative = scales[at / length] * loss_gradient[at];
                conjugate += derivative.abs() - derivative * self.weights[at];
                if matches!(self.settings.norm, Norm::L2) {
                    conjugate -= 0.5 * derivative * derivative;
                }
            }
        }
        let rows = gradients.par_chunks(CHUNK * k).zip(self.data.targets.par_chunks(CHUNK));
        let conjugates: Vec<f64> = rows
            .map(|(gradients, targets)| {
                let rows = gradients.chunks_exact(k).zip(targets);
                rows.map(|(gradients, target)| self.loss.conjugate(*target, gradients, &scales)).sum()
            })
            .collect();
        -conjugate - conjugates.iter().sum::<f64>()
    }

    /// The largest absolute value of a regularised entry of X' A in each problem. A dual point is feasible
    /// for l1 if it is at most 1.
    pub fn largest_entries(&self, loss_gradient: &[f64]) -> Vec<f64> {
        let mut largest = vec![0.0f64; self.problem_count()];
        for ((index, _, regularised), entry) in self.indexed_weights().zip(loss_gradient) {
            if regularised {
                let most = &mut largest[index / self.problem_len()];
                *most = most.max(entry.abs());
            }
        }
        largest
    }

    /// Extrapolates the gradients (A) by the quadratic model to the end of a step that changes the scores by
    /// `changes`, and clips them to the domain of the conjugate. X' A then differs from minus the gradient of
    /// the norm by the residual of the Newton equations alone.
    pub fn extrapolate(&self, gradients: &mut [f64], hessian: &ScoreHessian, changes: &[f64]) {
        hessian.extrapolate_gradient(changes, gradients, self.data.k());
        let rows = gradients.par_chunks_mut(self.data.k()).zip(&self.data.targets);
        rows.with_min_len(CHUNK).for_each(|(gradients, target)| self.loss.project_dual(*target, gradients));
    }
}
