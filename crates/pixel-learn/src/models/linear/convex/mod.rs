//! Convex minimisation of R(w) + sum of the losses of all rows, for all classes together. R is the l1 norm or
//! half the squared l2 norm. The minimiser stops when the duality gap is below a given share of the
//! objective.
//!
//! - A truncated Newton method ([`newton`]; Lin, Weng and Keerthi 2008) solves the Newton equations by
//!   preconditioned conjugate gradients ([`pcg`]). A Hessian-vector product is exact and costs one pass over
//!   the rows with curvature. The preconditioner is the Cholesky factor of each class's block of the Hessian,
//!   estimated from a sample of the rows ([`sampled_hessian`]).
//! - The gradients of the losses by the scores are a point of Fenchel's dual problem, so every gradient has a
//!   duality gap.
//!
//! One-vs-rest problems share nothing but the rows. They are minimised together, because one pass over the
//! rows serves them all. All sums are taken in a fixed order: the same bits for any number of threads.

mod gap;
mod hessian;
mod iterate;
mod line_search;
mod loss;
mod newton;
mod norm;
mod pcg;
pub(super) mod row_products;
mod sampled_hessian;

pub use loss::{Logistic, Softmax};
pub use newton::minimise;
pub use norm::Norm;

use super::{LinearModel, TrainingRows};

/// The regulariser and the stopping rule.
pub struct Settings {
    /// The regulariser (R).
    pub norm: Norm,
    /// Whether the intercept is regularised, as in LIBLINEAR.
    pub intercept_regularised: bool,
    /// The relative duality gap to stop at: the gap over the primal objective.
    pub tol: f64,
    /// Maximum number of Newton steps.
    pub max_iter: usize,
}

/// The weights at the end of a minimisation, with the facts about it.
pub struct Minimum {
    /// The weights (w): k vectors of d + 1 values, the intercept last.
    pub weights: Vec<f64>,
    /// The objective: R(w) plus the losses.
    pub objective: f64,
    /// The duality gap: the objective is at most this much above its minimum.
    pub gap: f64,
    /// Newton steps.
    pub iterations: usize,
    /// Passes over the rows.
    pub passes: usize,
    /// Whether the gap met the tolerance.
    pub converged: bool,
}

impl Minimum {
    /// The linear model with these weights.
    pub fn into_model(self, data: &TrainingRows) -> LinearModel {
        let facts = [
            ("iterations", self.iterations.into()),
            ("passes", self.passes.into()),
            ("objective", self.objective.into()),
            ("duality_gap", self.gap.into()),
        ];
        LinearModel::from_vectors(data.classes.clone(), &self.weights, self.converged, facts)
    }
}
