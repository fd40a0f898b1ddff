//! The duality gap. The dual point is made of the rows' gradients (A, n x k). Fenchel's dual objective is minus
//! the conjugates of the losses and of the norm at this point.

use rayon::prelude::*;

use super::Norm;
use super::hessian::ScoreHessian;
use super::iterate::{CHUNK, Iterate};
use super::loss::Loss;
use super::pcg::dot;

impl<L: Loss> Iterate<'_, L> {
    /// The objective, from the sum of the losses.
    pub fn objective(&self, losses: &[f64]) -> f64 {
        let counted = self.indexed_weights().filter(|(_, _, counts)| *counts);
        let regulariser: f64 = counted.map(|(_, w, _)| self.settings.norm.norm(w)).sum();
        regulariser + losses.iter().sum::<f64>()
    }

    /// The dual objective at the rows' gradients. `combined` is X' times these. With l1 each problem's dual
    /// point is scaled down until it is feasible: until no entry of X' A that is regularised is above 1.
    pub fn dual_objective(&self, gradients: &[f64], combined: &[f64]) -> f64 {
        let (k, part) = (self.problems.k(), self.part());
        let mut conjugate = 0.0;
        let scales = match self.settings.norm {
            Norm::L2 => {
                conjugate = 0.5 * dot(combined, combined);
                vec![1.0; self.parts()]
            }
            Norm::L1(_) => {
                self.largest_entries(combined).iter().map(|largest| 1.0 / largest.max(1.0)).collect()
            }
        };
        if !self.settings.intercept_regularised {
            // With a free intercept a feasible dual point has no derivative along it. What is left of the
            // derivative counts as if the best intercept were within 1 of the present one.
            let width = self.width();
            for at in (width - 1..k * width).step_by(width) {
                let derivative = scales[at / part] * combined[at];
                conjugate += derivative.abs() - derivative * self.weights[at];
                if matches!(self.settings.norm, Norm::L2) {
                    conjugate -= 0.5 * derivative * derivative;
                }
            }
        }
        let rows = gradients.par_chunks(CHUNK * k).zip(self.problems.targets.par_chunks(CHUNK));
        let conjugates: Vec<f64> = rows
            .map(|(gradients, targets)| {
                let rows = gradients.chunks_exact(k).zip(targets);
                rows.map(|(gradients, target)| self.loss.conjugate(*target, gradients, &scales)).sum()
            })
            .collect();
        -conjugate - conjugates.iter().sum::<f64>()
    }

    /// The largest entry of X' A in each problem, of those that belong to regularised weights. A dual point for
    /// l1 is feasible if it is at most 1.
    pub fn largest_entries(&self, combined: &[f64]) -> Vec<f64> {
        let mut largest = vec![0.0f64; self.parts()];
        for ((index, _, counts), entry) in self.indexed_weights().zip(combined) {
            if counts {
                let most = &mut largest[index / self.part()];
                *most = most.max(entry.abs());
            }
        }
        largest
    }

    /// The rows' gradients as the quadratic model has them after a step that changes the scores by `changes`,
    /// moved into the conjugate's domain. X' A then differs from minus the norm's gradient by the residual of
    /// Newton's equations alone.
    pub fn extrapolate(&self, gradients: &mut [f64], hessian: &ScoreHessian, changes: &[f64]) {
        hessian.extrapolate_gradient(changes, gradients, self.problems.k());
        let rows = gradients.par_chunks_mut(self.problems.k()).zip(&self.problems.targets);
        rows.with_min_len(CHUNK).for_each(|(gradients, target)| self.loss.project_dual(*target, gradients));
    }
}
