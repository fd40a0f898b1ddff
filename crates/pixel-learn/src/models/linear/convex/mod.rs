//! Minimises R(w) + the losses of all rows, for all classes together, R being the l1 norm or half the squared
//! l2 norm, until the duality gap proves that the objective is within a given part of the least there is.
//!
//! - A truncated Newton method ([`newton`]; Lin, Weng and Keerthi 2008), with equations solved by
//!   preconditioned conjugate gradients ([`pcg`]). A Hessian-vector product is exact and costs one pass over
//!   the rows with curvature. The preconditioner is the Cholesky factor of each class's block, estimated from
//!   a sample of the rows ([`sampled_hessian`]).
//! - The gradients of the losses are a point of Fenchel's dual problem, so every gradient bounds the duality
//!   gap.
//!
//! One-vs-rest problems share nothing but the rows; they are minimised as one, since one pass serves all. All
//! sums are taken in a fixed order: the same bits for any number of threads.

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

use super::{LinearModel, Problems};
use crate::models::Facts;

/// What to minimise, besides the loss.
pub struct Settings {
    pub norm: Norm,
    /// Whether the intercept counts as a weight of the norm, as in LIBLINEAR.
    pub intercept_regularised: bool,
    /// Ends when the gap between primal and dual objective is this part of the primal.
    pub tol: f64,
    /// Newton steps at most.
    pub max_iter: usize,
}

/// A minimum, and what is known of it.
pub struct Minimum {
    /// k of d + 1 values, the intercept last.
    pub weights: Vec<f64>,
    /// R(w) + losses.
    pub objective: f64,
    /// At most this much above the least objective.
    pub gap: f64,
    /// Newton steps.
    pub iterations: usize,
    /// Passes over the rows.
    pub passes: usize,
    pub converged: bool,
}

impl Minimum {
    /// The model that decides by these weights.
    pub fn into_model(self, problems: &Problems) -> LinearModel {
        let width = problems.d() + 1;
        let (mut weights, mut intercepts) = (Vec::with_capacity(self.weights.len()), Vec::new());
        for class in self.weights.chunks_exact(width) {
            weights.extend_from_slice(&class[..width - 1]);
            intercepts.push(class[width - 1]);
        }
        let facts = Facts::from([
            ("iterations", self.iterations.into()),
            ("passes", self.passes.into()),
            ("objective", self.objective.into()),
            ("duality_gap", self.gap.into()),
        ]);
        let classes = problems.classes.clone();
        LinearModel { classes, weights, intercepts, converged: Some(self.converged), facts }
    }
}
