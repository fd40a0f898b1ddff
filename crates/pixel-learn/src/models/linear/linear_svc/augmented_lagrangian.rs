//! Newton's method for one class against the rest, with multipliers for what is not smooth.
//!
//! The squared hinge with l2 is minimised directly, by steps with the exact generalised Hessian (Keerthi and
//! DeCoste, "A modified finite Newton method for fast solution of large scale linear SVMs", 2005). The other
//! problems are a sequence of such smooth ones, the augmented Lagrangians:
//!
//! - the hinge by multipliers a0 of the rows: a = clip(a0 + s m, 0, C) with m = 1 - y X w and a penalty s
//!   (Yan and Li, "An efficient augmented Lagrangian method for support vector machine", 2020);
//! - the l1 norm by multipliers v0 of the weights: v = clip(v0 + rho w, -1, 1), and a proximal term
//!   |w - w0|^2 / (2 tau), which keeps the Hessian positive definite (Rockafellar's proximal method of
//!   multipliers, 1976).
//!
//! In both losses a = clip(r, 0, upper) with r = a0 + s m; the squared hinge has a0 = 0, s = 2C and no upper
//! limit. The gradient is g = R'(w) - X'(y a), and a step d solves (D + s X_J' X_J) d = -g, J being the rows
//! with 0 < r < upper. The function is piecewise quadratic along d, so the line search is exact.

use super::SvcLoss;
use super::class_state::ClassState;
use super::design::{Design, RowSum};
use super::line_search::minimum_along;
use super::newton_system::NewtonSystem;
use super::objective::Objective;
use super::rows::{self, dot};
use crate::models::linear::logistic::Penalty;

/// The hinge's penalty s at the first C and at the next, in parts of C. A large penalty at the next C keeps
/// the multipliers near their old values: with 40 (and rho not lowered) Fashion-MNIST's class 7 with l1 took
/// 1,000 Newton steps at C = 10 without a proof, with 2 it takes 234.
const FIRST_PENALTY: f64 = 0.1;
const NEXT_PENALTY: f64 = 2.0;
/// The largest: beyond it the Hessian is not positive definite in f64.
const LARGEST_PENALTY: f64 = 3e3;
/// The penalty rho of the l1 norm at the first C and at the next, and the largest.
const FIRST_NORM_PENALTY: f64 = 3.0;
const NEXT_NORM_PENALTY: f64 = 1.0;
const LARGEST_NORM_PENALTY: f64 = 1e4;
/// tau of the proximal term at first, and the largest.
const PROXIMITY: f64 = 50.0;
const LARGEST_PROXIMITY: f64 = 1e5;
/// What penalties and tau are multiplied by when the multipliers move. With 3 there are fewer moves and more
/// Newton steps.
const GROWTH: f64 = 1.5;
/// An inner minimum is exact enough once its gradient adds less than this part of what the multipliers add to
/// the gap,
const INNER: f64 = 0.3;
/// or, under l1, of this part of the gap to end at.
const INNER_OF_TOL: f64 = 0.1;
/// After a step shorter than this the next Hessian looks ahead.
const SHORT: f64 = 0.3;
/// How far it looks, in parts of the step taken.
const LOOK_AHEAD: f64 = 5.0;
/// Rows of the last Hessian stay in it while |r - C / 2| is below this part of C.
const KEPT: f64 = 1.5;

/// The minimisation at one C.
pub struct AugmentedLagrangian<'a> {
    design: &'a Design,
    objective: Objective,
    c: f64,
    signs: Vec<f64>,
    weights: Vec<f64>,
    /// m = 1 - y X w
    shortfalls: Vec<f64>,
    hinge: HingeTerm,
    norm: NormTerm,
    /// Rows of the next Hessian beside J, after a short step.
    ahead: Option<Vec<bool>>,
}

/// The loss with its multipliers.
struct HingeTerm {
    /// The largest dual variable.
    upper: f64,
    /// a0 and s.
    multipliers: Vec<f64>,
    penalty: f64,
    /// r = a0 + s m, and a = clip(r, 0, upper).
    unclipped: Vec<f64>,
    duals: Vec<f64>,
    /// The sum of y a x.
    combined: RowSum,
}

/// The l1 norm with its multipliers; of no use under l2.
struct NormTerm {
    /// v0 and rho.
    multipliers: Vec<f64>,
    penalty: f64,
    /// w0 and tau.
    centre: Vec<f64>,
    proximity: f64,
}

/// What is known where the minimisation stands.
pub struct Point {
    pub gradient: Vec<f64>,
    /// The class's objective, not the augmented Lagrangian's.
    pub objective: f64,
    /// The lower bound of the objective by the dual variables.
    pub bound: f64,
    /// What the gradient adds to the gap.
    inexactness: f64,
    /// What the multipliers add.
    complementarity: f64,
}

impl<'a> AugmentedLagrangian<'a> {
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
            combined: design.zero_sum(),
        };
        let norm = NormTerm {
            multipliers: state.norm_duals.clone(),
            penalty: norm_penalty,
            centre: state.weights.clone(),
            proximity: PROXIMITY,
        };
        let shortfalls = design.shortfalls(&state.weights, &state.signs);
        let (signs, weights) = (state.signs.clone(), state.weights.clone());
        let mut lagrangian = AugmentedLagrangian {
            design,
            objective,
            c,
            signs,
            weights,
            shortfalls,
            hinge,
            norm,
            ahead: None,
        };
        lagrangian.recompute_duals();
        lagrangian
    }

    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The dual variables of the rows.
    pub fn duals(&self) -> &[f64] {
        &self.hinge.duals
    }

    /// Hands over what the next C starts from.
    pub fn leave(self, state: &mut ClassState) {
        state.norm_duals = self.norm.duals(&self.weights);
        state.c = Some(self.c);
        state.weights = self.weights;
        state.duals = self.hinge.duals;
    }

    /// Gradient, objective and bound.
    pub fn point(&self) -> Point {
        let HingeTerm { upper, unclipped, combined, .. } = &self.hinge;
        let totals = rows::totals(unclipped, &self.shortfalls, *upper);
        let combined = self.design.sum(combined);
        let objective = self.objective.primal(self.c, &self.weights, &totals);
        let hinge = if upper.is_finite() { totals.complementarity } else { 0.0 };
        match self.objective.penalty {
            Penalty::L2 => {
                let pairs = self.weights.iter().zip(&combined);
                let gradient: Vec<f64> = pairs.map(|(w, x)| w - x).collect();
                let inexactness = 0.5 * dot(&gradient, &gradient);
                // Equal to the dual objective, but without its cancellation.
                let bound = objective - inexactness - hinge;
                Point { gradient, objective, bound, inexactness, complementarity: hinge }
            }
            Penalty::L1 => {
                let duals = self.norm.duals(&self.weights);
                let NormTerm { centre, proximity, .. } = &self.norm;
                let all = self.weights.iter().zip(centre).zip(&duals).zip(&combined);
                let gradient: Vec<f64> = all.map(|(((w, w0), v), x)| (w - w0) / proximity + v - x).collect();
                let inexactness = 0.5 * proximity * dot(&gradient, &gradient);
                let bound = self.objective.dual(self.c, &totals, &combined);
                let norm: f64 = self.weights.iter().zip(&duals).map(|(w, v)| w.abs() - v * w).sum();
                Point { gradient, objective, bound, inexactness, complementarity: hinge + norm }
            }
        }
    }

    /// Whether the minimum is exact enough for the multipliers to move; `least` is the least objective so
    /// far.
    pub fn is_inner_minimum(&self, point: &Point, least: f64) -> bool {
        let enough = match (self.objective.loss, self.objective.penalty) {
            // One smooth problem without multipliers.
            (SvcLoss::SquaredHinge, Penalty::L2) => return false,
            (SvcLoss::Hinge, Penalty::L2) => point.complementarity,
            (_, Penalty::L1) => point.complementarity.max(INNER_OF_TOL * self.objective.tol * least),
        };
        point.inexactness <= INNER * enough
    }

    /// Moves the multipliers to the dual variables and raises the penalties; `false` where there are none.
    pub fn move_multipliers(&mut self) -> bool {
        let hinge = self.objective.loss == SvcLoss::Hinge;
        let l1 = self.objective.penalty == Penalty::L1;
        if hinge {
            self.hinge.multipliers.clone_from(&self.hinge.duals);
            self.hinge.penalty = (GROWTH * self.hinge.penalty).min(LARGEST_PENALTY * self.c);
        }
        if l1 {
            self.norm.multipliers = self.norm.duals(&self.weights);
            self.norm.centre.clone_from(&self.weights);
            self.norm.penalty = (GROWTH * self.norm.penalty).min(LARGEST_NORM_PENALTY);
            self.norm.proximity = (GROWTH * self.norm.proximity).min(LARGEST_PROXIMITY);
        }
        self.ahead = None;
        self.recompute_duals();
        hinge || l1
    }

    /// One Newton step with an exact line search; `false` where no step descends.
    pub fn step(&mut self, system: &mut NewtonSystem, gradient: &[f64]) -> bool {
        let HingeTerm { upper, penalty, .. } = self.hinge;
        let mut members: Vec<bool> = self.hinge.unclipped.iter().map(|&r| r > 0.0 && r < upper).collect();
        if let Some(ahead) = &self.ahead {
            members.iter_mut().zip(ahead).for_each(|(member, ahead)| *member |= ahead);
        }
        let diagonal = match self.objective.penalty {
            Penalty::L2 => vec![1.0; self.weights.len()],
            Penalty::L1 => self.norm.second_derivatives(&self.weights),
        };
        let Some(direction) = system.solve(&members, penalty, &diagonal, gradient) else { return false };
        // z = y X d
        let mut z = vec![0.0; self.design.n()];
        self.design.times(&direction, &mut z);
        z.iter_mut().zip(&self.signs).for_each(|(z, sign)| *z *= sign);
        let t = self.line_search(&direction, &z);
        if t == 0.0 {
            return false;
        }
        self.weights.iter_mut().zip(&direction).for_each(|(w, d)| *w += t * d);
        rows::move_margins(&mut self.shortfalls, &z, t);
        self.update_duals();
        self.ahead = (t < SHORT && upper.is_finite()).then(|| self.look_ahead(&members, &z, t));
        true
    }

    /// The length that minimises along `direction`, whose products with the rows are y z.
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

    /// Brings r, the dual variables and their sum of rows up to date with the shortfalls.
    fn update_duals(&mut self) {
        let HingeTerm { upper, multipliers, penalty, unclipped, duals, combined } = &mut self.hinge;
        rows::shifted(multipliers, &self.shortfalls, *penalty, unclipped);
        for (row, (dual, &r)) in duals.iter_mut().zip(unclipped.iter()).enumerate() {
            let new = rows::clip(r, *upper);
            if new != *dual {
                self.design.add_row(row, self.signs[row] * (new - *dual), combined);
                *dual = new;
            }
        }
    }

    /// The same from nothing, which ends the rounding of the updates.
    fn recompute_duals(&mut self) {
        let HingeTerm { upper, multipliers, penalty, unclipped, duals, combined } = &mut self.hinge;
        rows::shifted(multipliers, &self.shortfalls, *penalty, unclipped);
        duals.iter_mut().zip(unclipped.iter()).for_each(|(dual, &r)| *dual = rows::clip(r, *upper));
        *combined = self.design.combine(duals, &self.signs);
    }

    /// A step is short because rows that the Hessian did not know of came onto the quadratic piece. The next
    /// Hessian takes in the rows that the same direction would soon take across it, and those of the last one
    /// that are near.
    fn look_ahead(&self, members: &[bool], z: &[f64], t: f64) -> Vec<bool> {
        let further = self.hinge.penalty * (1.0 - t).min(LOOK_AHEAD * t);
        let rows = self.hinge.unclipped.iter().zip(z).zip(members);
        rows.map(|((&r, z), &member)| {
            let end = r - further * z;
            let crosses = r.min(end) < self.hinge.upper && r.max(end) > 0.0;
            crosses || (member && (r - 0.5 * self.c).abs() < KEPT * self.c)
        })
        .collect()
    }
}

impl NormTerm {
    /// v = clip(v0 + rho w, -1, 1): what the l1 norm's derivative is taken to be.
    fn duals(&self, weights: &[f64]) -> Vec<f64> {
        let pairs = self.multipliers.iter().zip(weights);
        pairs.map(|(v, w)| (v + self.penalty * w).clamp(-1.0, 1.0)).collect()
    }

    fn second_derivatives(&self, weights: &[f64]) -> Vec<f64> {
        let pairs = self.multipliers.iter().zip(weights);
        let inside = |v: f64, w: f64| (v + self.penalty * w).abs() < 1.0;
        pairs.map(|(&v, &w)| 1.0 / self.proximity + if inside(v, w) { self.penalty } else { 0.0 }).collect()
    }

    /// First and second derivative of norm and proximal term along a direction.
    fn derivatives_along(&self, weights: &[f64], direction: &[f64], t: f64) -> (f64, f64) {
        let (mut first, mut second) = (0.0, 0.0);
        let all = self.multipliers.iter().zip(weights).zip(&self.centre).zip(direction);
        for (((v, w), centre), d) in all {
            let moved = w + t * d;
            let r = v + self.penalty * moved;
            first += (r.clamp(-1.0, 1.0) + (moved - centre) / self.proximity) * d;
            second += if r.abs() < 1.0 { self.penalty * d * d } else { 0.0 } + d * d / self.proximity;
        }
        (first, second)
    }
}
