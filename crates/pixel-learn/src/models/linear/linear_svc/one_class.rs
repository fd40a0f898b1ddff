//! One class against the rest, minimised until the duality gap proves it: Newton's method on the smooth
//! problem, the method of multipliers around it where the problem is not smooth
//! ([`super::augmented_lagrangian`]).

use super::augmented_lagrangian::AugmentedLagrangian;
use super::class_state::ClassState;
use super::design::Design;
use super::newton_system::NewtonSystem;
use super::objective::Objective;
use super::rows;

/// Moves of the multipliers in a row, without a step between them, that may bring the dual variables on.
const MOVES: usize = 40;

/// One class's solution, in the design's columns.
#[derive(Clone)]
pub struct Solution {
    pub weights: Vec<f64>,
    pub objective: f64,
    /// The objective less the largest lower bound that was found.
    pub gap: f64,
    /// Newton steps at this C.
    pub iterations: usize,
}

impl ClassState {
    /// Minimises at `c`, from the solution at the last one. A Newton step costs O(non-zero bytes) for its
    /// products with the rows, and what [`NewtonSystem::solve`] says.
    pub fn solve(&mut self, design: &Design, objective: &Objective, c: f64) -> Solution {
        let mut lagrangian = AugmentedLagrangian::new(self, design, *objective, c);
        let mut system = NewtonSystem::new(design);
        let mut primal = Best { value: f64::INFINITY, at: Vec::new() };
        let mut dual = Best { value: f64::NEG_INFINITY, at: Vec::new() };
        // Newton steps at this C and since the multipliers moved; moves of the multipliers since the last
        // step.
        let (mut iterations, mut inner, mut moves) = (0, 0, 0);
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
                (iterations, inner, moves) = (iterations + 1, inner + 1, 0);
            } else if moves < MOVES && lagrangian.move_multipliers() {
                (inner, moves) = (0, moves + 1);
            } else {
                // Rounding leaves no direction of descent, and the multipliers are at their end.
                break;
            }
        }
        lagrangian.leave(self);
        let (objective, bound) = self.certify(design, objective, c, &primal.at, &dual.at);
        Solution { weights: primal.at, objective, gap: objective - bound, iterations }
    }

    /// The objective of `weights` and the bound of `duals`, both computed anew from the rows.
    fn certify(
        &self,
        design: &Design,
        objective: &Objective,
        c: f64,
        weights: &[f64],
        duals: &[f64],
    ) -> (f64, f64) {
        let shortfalls = design.shortfalls(weights, &self.signs);
        let totals = rows::totals(duals, &shortfalls, objective.upper(c));
        let combined = design.sum(&design.combine(duals, &self.signs));
        (objective.primal(c, weights, &totals), objective.dual(c, &totals, &combined))
    }
}

/// The best value so far, and where it was.
struct Best {
    value: f64,
    at: Vec<f64>,
}
