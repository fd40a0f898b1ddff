//! The solver of one binary problem. Newton's method minimises the smooth problem (squared hinge with l2).
//! The other problems are minimised by an augmented Lagrangian method with Newton's method inside
//! ([`super::augmented_lagrangian`]). The duality gap decides when to stop.

use super::augmented_lagrangian::AugmentedLagrangian;
use super::class_state::ClassState;
use super::design::Design;
use super::newton_system::NewtonSystem;
use super::objective::Objective;
use super::rows;

/// Maximum number of multiplier updates in a row without a Newton step between them. Such updates can still
/// raise the dual objective.
const MOST_UPDATES: usize = 40;

/// The solution of one binary problem, in the columns of the design matrix.
#[derive(Clone)]
pub struct Solution {
    pub weights: Vec<f64>,
    pub objective: f64,
    /// The duality gap: the objective minus the largest dual objective found.
    pub gap: f64,
    /// Newton steps at this C.
    pub iterations: usize,
}

impl ClassState {
    /// Minimises the objective at `c`, from the solution at the last C. A Newton step costs O(non-zero bytes)
    /// for the products with the rows, and what [`NewtonSystem::solve`] costs.
    pub fn solve(&mut self, design: &Design, objective: &Objective, c: f64) -> Solution {
        let mut lagrangian = AugmentedLagrangian::new(self, design, *objective, c);
        let mut system = NewtonSystem::new(design);
        let mut primal = Best { value: f64::INFINITY, at: Vec::new() };
        let mut dual = Best { value: f64::NEG_INFINITY, at: Vec::new() };
        // Newton steps at this C (`iterations`); Newton steps since the last multiplier update (`inner`);
        // multiplier updates since the last Newton step.
        let (mut iterations, mut inner, mut updates) = (0, 0, 0);
        loop {
            let point = lagrangian.point();
            if point.objective < primal.value {
                primal = Best { value: point.objective, at: lagrangian.weights().to_vec() };
            }
            if point.bound > dual.value {
                dual = Best { value: point.bound, at: lagrangian.duals().to_vec() };
            }
            let proven = primal.value - dual.value <= objective.tol * primal.value;
            if proven || iterations >= objective.max_iter {
                break;
            }
            let exact = inner > 0 && lagrangian.is_inner_minimum(&point, primal.value);
            if !exact && lagrangian.step(&mut system, &point.gradient) {
                (iterations, inner, updates) = (iterations + 1, inner + 1, 0);
            } else if updates < MOST_UPDATES && lagrangian.update_multipliers() {
                (inner, updates) = (0, updates + 1);
            } else {
                // Rounding leaves no descent direction, and the multipliers no longer change the dual
                // objective.
                break;
            }
        }
        lagrangian.store_warm_start(self);
        let (objective, bound) = self.certify(design, objective, c, &primal.at, &dual.at);
        Solution { weights: primal.at, objective, gap: objective - bound, iterations }
    }

    /// The primal objective of `weights` and the dual objective of `duals`, computed from the rows: the
    /// running values carry the rounding of their updates.
    fn certify(
        &self,
        design: &Design,
        objective: &Objective,
        c: f64,
        weights: &[f64],
        duals: &[f64],
    ) -> (f64, f64) {
        let hinge_args = design.hinge_args(weights, &self.signs);
        let totals = rows::totals(duals, &hinge_args, objective.upper(c));
        let dual_weights = design.scaled(&design.weighted_rows(duals, &self.signs));
        (objective.primal(c, weights, &totals), objective.dual(c, &totals, &dual_weights))
    }
}

/// The best objective value so far, and its weights or dual variables.
struct Best {
    value: f64,
    at: Vec<f64>,
}
