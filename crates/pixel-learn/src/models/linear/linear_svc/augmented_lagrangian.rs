//! Newton's method for one binary problem, inside an augmented Lagrangian method if the problem is not
//! smooth.
//!
//! The squared hinge with l2 is minimised directly, by steps with the exact generalised Hessian (Keerthi and
//! DeCoste, "A modified finite Newton method for fast solution of large scale linear SVMs", 2005). Each other
//! problem is replaced by a sequence of smooth ones, its augmented Lagrangians:
//!
//! - The hinge has multipliers a0 of the rows: a = clip(a0 + s m, 0, C), where m = 1 - y X w are the hinge
//!   arguments and s is a penalty (Yan and Li, "An efficient augmented Lagrangian method for support vector
//!   machine", 2020).
//! - The l1 norm has multipliers v0 of the weights: v = clip(v0 + rho w, -1, 1), where rho is a penalty. A
//!   proximal term |w - w0|^2 / (2 tau) keeps the Hessian positive definite (Rockafellar's proximal method of
//!   multipliers, 1976).
//!
//! In both losses the dual variables are a = clip(r, 0, upper) with r = a0 + s m. The squared hinge has a0 =
//! 0, s = 2C and no upper bound. The gradient is g = R'(w) - X'(y a). A Newton step d solves the system (D +
//! s X_J' X_J) d = -g, where D is the diagonal second derivative of R and J the active set: the rows with 0 <
//! r < upper. The objective is piecewise quadratic along d, so the line search is exact.

use super::SvcLoss;
use super::class_state::ClassState;
use super::design::{Design, RowSum};
use super::line_search::minimum_along;
use super::newton_system::NewtonSystem;
use super::objective::Objective;
use super::rows::{self, dot};
use crate::models::linear::logistic::Penalty;

/// The penalty (s) of the hinge at the first C, relative to C.
const FIRST_PENALTY: f64 = 0.1;
/// The penalty (s) of the hinge at a later C, relative to C. A large one keeps the multipliers near those of
/// the last C: with 40 (and rho not lowered) class 7 of Fashion-MNIST with l1 took 1,000 Newton steps at C =
/// 10 without reaching the gap; with 2 it takes 234.
const NEXT_PENALTY: f64 = 2.0;
/// The largest penalty (s), relative to C: with a larger one the Hessian is not positive definite in f64.
const LARGEST_PENALTY: f64 = 3e3;
/// The penalty (rho) of the l1 norm at the first C.
const FIRST_NORM_PENALTY: f64 = 3.0;
/// The penalty (rho) of the l1 norm at a later C.
const NEXT_NORM_PENALTY: f64 = 1.0;
/// The largest penalty (rho) of the l1 norm.
const LARGEST_NORM_PENALTY: f64 = 1e4;
/// The first parameter (tau) of the proximal term.
const FIRST_PROX_TAU: f64 = 50.0;
/// The largest parameter (tau) of the proximal term.
const LARGEST_PROX_TAU: f64 = 1e5;
/// The factor of s, rho and tau at each multiplier update. A factor of 3 makes fewer updates and more Newton
/// steps.
const PENALTY_GROWTH: f64 = 1.5;
/// An inner minimisation ends when the gradient's share of the duality gap is below this multiple of the
/// multipliers' share.
const INEXACTNESS: f64 = 0.3;
/// Under l1 the multipliers' share counts as at least this multiple of the gap to stop at.
const INEXACTNESS_OF_TOL: f64 = 0.1;
/// After a step length below this the next Hessian also has rows that are predicted to become active.
const SHORT_STEP: f64 = 0.3;
/// The step that the prediction extrapolates, in units of the last step.
const LOOK_AHEAD: f64 = 5.0;
/// A predicted row of the last Hessian stays while |r - C / 2| is below this multiple of C.
const KEPT_DISTANCE: f64 = 1.5;

/// The state of the minimisation at one C.
pub struct AugmentedLagrangian<'a> {
    design: &'a Design,
    objective: Objective,
    c: f64,
    signs: Vec<f64>,
    weights: Vec<f64>,
    /// The hinge arguments (m = 1 - y X w), one per row.
    hinge_args: Vec<f64>,
    hinge: HingeTerm,
    norm: NormTerm,
    /// Rows that the next Hessian takes beside the active set J, after a short step.
    predicted: Option<Vec<bool>>,
}

/// The loss in its augmented form.
struct HingeTerm {
    /// The upper bound of the dual variables.
    upper: f64,
    /// The multipliers (a0).
    multipliers: Vec<f64>,
    /// The penalty (s).
    penalty: f64,
    /// The unclipped dual variables (r = a0 + s m).
    unclipped: Vec<f64>,
    /// The dual variables (a = clip(r, 0, upper)).
    duals: Vec<f64>,
    /// The weights of the dual point: X' (y a).
    dual_weights: RowSum,
}

/// The l1 norm in its augmented form. Unused under l2.
struct NormTerm {
    /// The multipliers (v0).
    multipliers: Vec<f64>,
    /// The penalty (rho).
    penalty: f64,
    /// The centre (w0) of the proximal term.
    prox_centre: Vec<f64>,
    /// The parameter (tau) of the proximal term.
    prox_tau: f64,
}

/// Gradient, primal and dual objective at the present weights.
pub struct Point {
    pub gradient: Vec<f64>,
    /// The objective of the binary problem, not of the augmented Lagrangian.
    pub objective: f64,
    /// The dual objective: a lower bound of the minimum.
    pub bound: f64,
    /// The gradient's share of the duality gap.
    inexactness: f64,
    /// The multipliers' share of the duality gap.
    complementarity: f64,
}

impl<'a> AugmentedLagrangian<'a> {
    /// The state at `c`, from the warm start in `state`. The multipliers of the hinge scale with C.
    /// O(non-zero bytes).
    pub fn new(
        state: &ClassState,
        design: &'a Design,
        objective: Objective,
        c: f64,
    ) -> AugmentedLagrangian<'a> {
        let n = design.n();
        let (penalty, norm_penalty) = match state.c {
            None => (FIRST_PENALTY * c, FIRST_NORM_PENALTY),
            Some(_) => (NEXT_PENALTY * c, NEXT_NORM_PENALTY),
        };
        let (multipliers, penalty) = match objective.loss {
            SvcLoss::Hinge => {
                let ratio = state.c.map_or(0.0, |last| c / last);
                (state.duals.iter().map(|a| ratio * a).collect(), penalty)
            }
            SvcLoss::SquaredHinge => (vec![0.0; n], 2.0 * c),
        };
        let hinge = HingeTerm {
            upper: objective.upper(c),
            multipliers,
            penalty,
            unclipped: vec![0.0; n],
            duals: vec![0.0; n],
            dual_weights: design.zero_sum(),
        };
        let norm = NormTerm {
            multipliers: state.norm_duals.clone(),
            penalty: norm_penalty,
            prox_centre: state.weights.clone(),
            prox_tau: FIRST_PROX_TAU,
        };
        let hinge_args = design.hinge_args(&state.weights, &state.signs);
        let (signs, weights) = (state.signs.clone(), state.weights.clone());
        let mut lagrangian = AugmentedLagrangian {
            design,
            objective,
            c,
            signs,
            weights,
            hinge_args,
            hinge,
            norm,
            predicted: None,
        };
        lagrangian.recompute_duals();
        lagrangian
    }

    /// The present weights (w), `width` values.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The dual variables (a) of the rows.
    pub fn duals(&self) -> &[f64] {
        &self.hinge.duals
    }

    /// Stores weights and dual variables as the warm start of the next C.
    pub fn store_warm_start(self, state: &mut ClassState) {
        state.norm_duals = self.norm.duals(&self.weights);
        state.c = Some(self.c);
        state.weights = self.weights;
        state.duals = self.hinge.duals;
    }

    /// Gradient, primal and dual objective at the present weights. O(n + width).
    pub fn point(&self) -> Point {
        let HingeTerm { upper, unclipped, dual_weights, .. } = &self.hinge;
        let totals = rows::totals(unclipped, &self.hinge_args, *upper);
        let dual_weights = self.design.scaled(dual_weights);
        let objective = self.objective.primal(self.c, &self.weights, &totals);
        let hinge = if upper.is_finite() { totals.complementarity } else { 0.0 };
        match self.objective.penalty {
            Penalty::L2 => {
                let pairs = self.weights.iter().zip(&dual_weights);
                let gradient: Vec<f64> = pairs.map(|(w, x)| w - x).collect();
                let inexactness = 0.5 * dot(&gradient, &gradient);
                // The dual objective, by a formula without the cancellation of large terms.
                let bound = objective - inexactness - hinge;
                Point { gradient, objective, bound, inexactness, complementarity: hinge }
            }
            Penalty::L1 => {
                let duals = self.norm.duals(&self.weights);
                let NormTerm { prox_centre, prox_tau, .. } = &self.norm;
                let all = self.weights.iter().zip(prox_centre).zip(&duals).zip(&dual_weights);
                let gradient: Vec<f64> = all.map(|(((w, w0), v), x)| (w - w0) / prox_tau + v - x).collect();
                let inexactness = 0.5 * prox_tau * dot(&gradient, &gradient);
                let bound = self.objective.dual(self.c, &totals, &dual_weights);
                let norm: f64 = self.weights.iter().zip(&duals).map(|(w, v)| w.abs() - v * w).sum();
                Point { gradient, objective, bound, inexactness, complementarity: hinge + norm }
            }
        }
    }

    /// Whether the inner minimisation is exact enough for a multiplier update. `least` is the least objective
    /// so far.
    pub fn is_inner_minimum(&self, point: &Point, least: f64) -> bool {
        let enough = match (self.objective.loss, self.objective.penalty) {
            // This problem is smooth and has no multipliers.
            (SvcLoss::SquaredHinge, Penalty::L2) => return false,
            (SvcLoss::Hinge, Penalty::L2) => point.complementarity,
            (_, Penalty::L1) => point.complementarity.max(INEXACTNESS_OF_TOL * self.objective.tol * least),
        };
        point.inexactness <= INEXACTNESS * enough
    }

    /// Updates the multipliers to the dual variables and raises the penalties. `false` if the problem has no
    /// multipliers.
    pub fn update_multipliers(&mut self) -> bool {
        let hinge = self.objective.loss == SvcLoss::Hinge;
        let l1 = self.objective.penalty == Penalty::L1;
        if hinge {
            self.hinge.multipliers.clone_from(&self.hinge.duals);
            self.hinge.penalty = (PENALTY_GROWTH * self.hinge.penalty).min(LARGEST_PENALTY * self.c);
        }
        if l1 {
            self.norm.multipliers = self.norm.duals(&self.weights);
            self.norm.prox_centre.clone_from(&self.weights);
            self.norm.penalty = (PENALTY_GROWTH * self.norm.penalty).min(LARGEST_NORM_PENALTY);
            self.norm.prox_tau = (PENALTY_GROWTH * self.norm.prox_tau).min(LARGEST_PROX_TAU);
        }
        self.predicted = None;
        self.recompute_duals();
        hinge || l1
    }

    /// One Newton step with an exact line search. `false` if there is no descent direction.
    pub fn step(&mut self, system: &mut NewtonSystem, gradient: &[f64]) -> bool {
        let HingeTerm { upper, penalty, .. } = self.hinge;
        let mut active: Vec<bool> = self.hinge.unclipped.iter().map(|&r| r > 0.0 && r < upper).collect();
        if let Some(predicted) = &self.predicted {
            active.iter_mut().zip(predicted).for_each(|(active, predicted)| *active |= predicted);
        }
        let diagonal = match self.objective.penalty {
            Penalty::L2 => vec![1.0; self.weights.len()],
            Penalty::L1 => self.norm.second_derivatives(&self.weights),
        };
        let Some(direction) = system.solve(&active, penalty, &diagonal, gradient) else { return false };
        // The derivative of -m along the step: z = y X d.
        let mut z = vec![0.0; self.design.n()];
        self.design.x_times(&direction, &mut z);
        z.iter_mut().zip(&self.signs).for_each(|(z, sign)| *z *= sign);
        let t = self.line_search(&direction, &z);
        if t == 0.0 {
            return false;
        }
        self.weights.iter_mut().zip(&direction).for_each(|(w, d)| *w += t * d);
        rows::update_hinge_args(&mut self.hinge_args, &z, t);
        self.update_duals();
        self.predicted = (t < SHORT_STEP && upper.is_finite()).then(|| self.predict_active(&active, &z, t));
        true
    }

    /// The step length that minimises along `direction` (d); `z` = y X d.
    fn line_search(&self, direction: &[f64], z: &[f64]) -> f64 {
        let HingeTerm { upper, penalty, unclipped, .. } = &self.hinge;
        let loss = |t: f64| rows::loss_derivatives(unclipped, z, t, *penalty, *upper);
        let squares = dot(direction, direction);
        match self.objective.penalty {
            Penalty::L2 => {
                let start = dot(&self.weights, direction);
                minimum_along(|t| {
                    let (first, second) = loss(t);
                    (first + start + t * squares, second + squares)
                })
            }
            Penalty::L1 => minimum_along(|t| {
                let (first, second) = loss(t);
                let norm = self.norm.derivatives_along(&self.weights, direction, t);
                (first + norm.0, second + norm.1)
            }),
        }
    }

    /// Updates r, the dual variables and their weights after a change of the hinge arguments. O(n), and
    /// O(non-zero bytes) for each dual variable that changes.
    fn update_duals(&mut self) {
        let HingeTerm { upper, multipliers, penalty, unclipped, duals, dual_weights } = &mut self.hinge;
        rows::unclipped_duals(multipliers, &self.hinge_args, *penalty, unclipped);
        for (row, (dual, &r)) in duals.iter_mut().zip(unclipped.iter()).enumerate() {
            let new = rows::clip(r, *upper);
            if new != *dual {
                self.design.add_row(row, self.signs[row] * (new - *dual), dual_weights);
                *dual = new;
            }
        }
    }

    /// Recomputes r, the dual variables and their weights, without the rounding of [`Self::update_duals`].
    /// O(non-zero bytes).
    fn recompute_duals(&mut self) {
        let HingeTerm { upper, multipliers, penalty, unclipped, duals, dual_weights } = &mut self.hinge;
        rows::unclipped_duals(multipliers, &self.hinge_args, *penalty, unclipped);
        duals.iter_mut().zip(unclipped.iter()).for_each(|(dual, &r)| *dual = rows::clip(r, *upper));
        *dual_weights = self.design.weighted_rows(duals, &self.signs);
    }

    /// The rows that are predicted to become active. A step is short because rows that were not in the
    /// Hessian became active along it. The next Hessian therefore takes the rows that a longer step along the
    /// same direction makes active, and those of the last Hessian that are still near the active interval.
    fn predict_active(&self, active: &[bool], z: &[f64], t: f64) -> Vec<bool> {
        let further = self.hinge.penalty * (1.0 - t).min(LOOK_AHEAD * t);
        let rows = self.hinge.unclipped.iter().zip(z).zip(active);
        rows.map(|((&r, z), &active)| {
            let end = r - further * z;
            let crosses = r.min(end) < self.hinge.upper && r.max(end) > 0.0;
            crosses || (active && (r - 0.5 * self.c).abs() < KEPT_DISTANCE * self.c)
        })
        .collect()
    }
}

impl NormTerm {
    /// The dual variables of the l1 norm, v = clip(v0 + rho w, -1, 1): its subgradient in the augmented
    /// Lagrangian.
    fn duals(&self, weights: &[f64]) -> Vec<f64> {
        let pairs = self.multipliers.iter().zip(weights);
        pairs.map(|(v, w)| (v + self.penalty * w).clamp(-1.0, 1.0)).collect()
    }

    /// The second derivatives of the augmented norm and the proximal term: 1 / tau, plus rho where v is not
    /// clipped.
    fn second_derivatives(&self, weights: &[f64]) -> Vec<f64> {
        let pairs = self.multipliers.iter().zip(weights);
        let inside = |v: f64, w: f64| (v + self.penalty * w).abs() < 1.0;
        pairs.map(|(&v, &w)| 1.0 / self.prox_tau + if inside(v, w) { self.penalty } else { 0.0 }).collect()
    }

    /// First and second derivative of the augmented norm and the proximal term at w + t d, by t.
    fn derivatives_along(&self, weights: &[f64], direction: &[f64], t: f64) -> (f64, f64) {
        let (mut first, mut second) = (0.0, 0.0);
        let all = self.multipliers.iter().zip(weights).zip(&self.prox_centre).zip(direction);
        for (((v, w), prox_centre), d) in all {
            let moved = w + t * d;
            let r = v + self.penalty * moved;
            first += (r.clamp(-1.0, 1.0) + (moved - prox_centre) / self.prox_tau) * d;
            second += if r.abs() < 1.0 { self.penalty * d * d } else { 0.0 } + d * d / self.prox_tau;
        }
        (first, second)
    }
}
