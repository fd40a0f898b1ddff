//! Crammer and Singer's support vector machine for several classes:
//! 1/2 |W|^2 + C sum over rows of max_k (1[k != y] + w_k.x - w_y.x), the intercept one more weight.
//!
//! By the alternating direction method of multipliers (ADMM; Gabay and Mercier 1976, Boyd et al. 2011) for Z
//! = X W: the weights solve a ridge problem whose matrix I + X' diag(rho) X is the same for all classes and
//! steps, and is factored once a choice of the penalties rho ([`ridge`]); the copies Z of the scores take the
//! proximal map of the loss, a projection onto a simplex for every row ([`proximal`]). The multipliers are a
//! point of the dual problem after every step, so that the best primal and the best dual objective seen bound
//! what is left to gain. A step is one pass over the rows.
//!
//! A row whose multipliers are all zero is right by the margin and more. It needs no pull to its copy of the
//! scores, which only holds the weights back, so its penalty is a hundredth of the others'.
//!
//! All sums are taken in a fixed order: the same bits for any number of threads.

mod candidate;
mod proximal;
mod ridge;
mod rows;

use std::sync::Arc;

use candidate::{Candidate, half_square};
use proximal::Step;
use ridge::{Penalties, Ridge};
use rows::Rows;

use super::design::{Design, RowSetGram};
use crate::models::linear::Problems;
use crate::models::linear::convex::Minimum;
use crate::models::linear::model::by_class;
use crate::models::{FitError, Training};

/// Over-relaxation of the copies (Eckstein and Bertsekas 1992). On MNIST at C = 1 a gap of 1e-3 took 1,360
/// steps with 1.6, 1,200 with 1.8 and 1,120 with 1.9, before rows had penalties of their own.
const RELAXATION: f32 = 1.9;
/// Steps from one look at the objectives, and at the penalties, to the next.
const EVERY: usize = 40;
/// rho at the outset, and at most, in parts of C. Beyond, the rounding of scores to f32 decides where
/// multipliers go.
const OUTSET: f64 = 0.01;
const LARGEST: f64 = 10.0;
/// The penalty of a row without multipliers, in parts of rho.
const WITHOUT_MULTIPLIERS: f64 = 0.01;
/// How much rho may change at once.
const MOST_CHANGE: f64 = 2.0;
/// The penalties change again only after the number of steps has grown by this factor. ADMM converges for any
/// constant penalties, but not for penalties that keep changing.
const REST: f64 = 1.2;

/// What a result file says of the end.
pub const STOPPING_RULE: &str = "relative duality gap <= tol; of large problems 1e-3 up to C = 1 and \
                                 1e-2 above, or 4,000 steps";

/// Large problems are done at these gaps, in parts of the objective: up to C = 1, and above.
const GAP_UP_TO_ONE: f64 = 1e-3;
const GAP_ABOVE_ONE: f64 = 1e-2;
/// Multiplications of X W after which a problem counts as large: a hundred steps with all images.
const THOROUGH: usize = 50_000_000_000;
/// Steps at most for one C: of a large problem, and of any.
const MOST_STEPS: usize = 4_000;
const MOST_THOROUGH_STEPS: usize = 40_000;

/// Solves for rising C, each from where the one before ended. Each ends when the gap is `tol` of the
/// objective; or, where that would take a large problem too long, at 1e-3 (C up to 1) or 1e-2 of it, or after
/// 4,000 steps. What counts for this is work, never time.
#[derive(Clone)]
pub struct Walk {
    problems: Arc<Problems>,
    design: Arc<Design>,
    /// The design's row at each place of the problems, which are class by class.
    order: Arc<Vec<u32>>,
    rows: Rows,
    /// k of d + 1 values, the intercept last.
    weights: Vec<f64>,
    c: f64,
    rho: f64,
    /// The best of every C so far: one of them can be the best for a later C too.
    found: Vec<Candidate>,
    iterations: usize,
    passes: usize,
}

impl Walk {
    /// Begins at zero weights. `Err` for training data without two classes. O(n d^2) for X'X.
    pub fn new(training: &Training) -> Result<Walk, FitError> {
        let problems = Arc::new(Problems::new(training)?);
        Ok(Walk {
            design: Arc::new(Design::new(training.features)),
            order: Arc::new(by_class(training)?.order),
            rows: Rows::new(&problems),
            weights: vec![0.0; problems.k() * (problems.d() + 1)],
            problems,
            c: 0.0,
            rho: 0.0,
            found: Vec::new(),
            iterations: 0,
            passes: 0,
        })
    }

    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    /// Goes on to `c`, which is not below the one before. Iterations and passes are those of the whole walk.
    /// O(n d k) a step, O(d^3) where rho changes.
    pub fn advance(&mut self, c: f64, tol: f64) -> Minimum {
        if self.found.is_empty() {
            self.rho = OUTSET * c;
        } else {
            // Feasible again, and with the signs that they are likely to keep.
            self.rows.scale(c / self.c);
        }
        self.c = c;
        let mut best_dual = f64::NEG_INFINITY;
        let mut best: Option<Candidate> = None;
        let design = self.design.clone();
        let (mut inside, mut all) = (RowSetGram::new(&design), RowSetGram::new(&design));
        all.set(&vec![true; design.n()]);
        let mut ridge = self.change_penalties(&design, &mut inside, &all);
        let mut next_change = 0;
        for iteration in 1.. {
            let step = Step { c: c as f32, relaxation: RELAXATION, k: self.problems.k() };
            let mut gradient = self.rows.step(&self.problems, step, &self.weights);
            self.iterations += 1;
            self.passes += 1;
            let mut ratio = None;
            if iteration % EVERY == 0 {
                let dual = self.rows.dual(&self.problems, c);
                let candidate = Candidate::new(&self.problems, &self.weights, c);
                self.passes += 1;
                best_dual = best_dual.max(dual.objective);
                let pairs = self.weights.iter().zip(&dual.combined);
                let apart = half_square(pairs.map(|(weight, combined)| weight + combined));
                ratio = Some(balance(candidate.plain - dual.plain - apart, apart));
                if best.as_ref().is_none_or(|best| candidate.objective(c) < best.objective(c)) {
                    best = Some(candidate);
                }
                let least = self.found.iter().chain(&best).map(|found| found.objective(c));
                let least = least.fold(f64::INFINITY, f64::min);
                if self.is_done(iteration, (least - best_dual) / least, tol) {
                    break;
                }
            }
            self.weights.iter().zip(&mut gradient).for_each(|(weight, gradient)| *gradient += weight);
            let change = ridge.solve(&gradient, self.problems.k());
            self.weights.iter_mut().zip(change).for_each(|(weight, change)| *weight -= change);
            if let Some(ratio) = ratio
                && iteration >= next_change
            {
                self.rho = (self.rho * ratio).min(LARGEST * c);
                ridge = self.change_penalties(&design, &mut inside, &all);
                next_change = (iteration as f64 * REST) as usize;
            }
        }
        self.found.extend(best);
        self.minimum(best_dual, tol)
    }

    /// Whether a gap, in parts of the objective, is small enough after `iteration` steps.
    fn is_done(&self, iteration: usize, gap: f64, tol: f64) -> bool {
        let values = self.problems.n() * (self.problems.d() + 1) * self.problems.k();
        let thorough = (THOROUGH / values.max(1)).min(MOST_THOROUGH_STEPS);
        let enough = if self.c > 1.0 { GAP_ABOVE_ONE } else { GAP_UP_TO_ONE };
        gap <= tol || iteration >= thorough && (gap <= enough || iteration >= MOST_STEPS)
    }

    /// The best weights for the C at which the walk stands.
    fn minimum(&self, best_dual: f64, tol: f64) -> Minimum {
        let mut least = &self.found[0];
        for found in &self.found[1..] {
            if found.objective(self.c) < least.objective(self.c) {
                least = found;
            }
        }
        let objective = least.objective(self.c);
        let gap = objective - best_dual;
        Minimum {
            weights: least.weights.clone(),
            objective,
            gap,
            iterations: self.iterations,
            passes: self.passes,
            converged: gap <= tol * objective,
        }
    }

    /// Sets the rows' penalties as rho and their multipliers ask for, and gives their ridge problem. rho
    /// falls where f64 cannot factor it.
    fn change_penalties<'a>(
        &mut self,
        design: &'a Design,
        inside: &mut RowSetGram,
        all: &RowSetGram,
    ) -> Ridge<'a> {
        let active = self.rows.active();
        let mut members = vec![false; active.len()];
        self.order.iter().zip(&active).for_each(|(&row, &active)| members[row as usize] = active);
        inside.set(&members);
        loop {
            let penalties = Penalties { inside: self.rho, outside: WITHOUT_MULTIPLIERS * self.rho };
            match Ridge::new(design, inside, all, penalties) {
                Some(ridge) => {
                    let of = |active: &bool| if *active { penalties.inside } else { penalties.outside };
                    self.rows.set_penalties(active.iter().map(of));
                    return ridge;
                }
                None => self.rho *= 0.1,
            }
        }
    }
}

/// By what to multiply rho. The gap is half the square of what weights and multipliers stand apart by, plus
/// what the losses are above the multipliers' lines: a larger rho makes the second smaller, a smaller rho the
/// first.
fn balance(losses: f64, apart: f64) -> f64 {
    let ratio = (losses.max(0.0) / apart.max(f64::MIN_POSITIVE)).sqrt();
    ratio.clamp(1.0 / MOST_CHANGE, MOST_CHANGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Features, Scaling};

    struct Data {
        features: Features,
        labels: Vec<u8>,
    }

    impl Data {
        fn new(bytes: Vec<u8>, d: usize, labels: Vec<u8>) -> Data {
            let scaling = Scaling { offset: vec![50.0; d], scale: vec![100.0; d] };
            Data { features: Features::new(bytes, labels.len(), d, Arc::new(scaling)), labels }
        }

        fn walk(&self) -> Walk {
            Walk::new(&Training { features: &self.features, labels: &self.labels, classes: 256 }).unwrap()
        }

        /// Along the decades from 1, as `LinearSVC` walks.
        fn minimise(&self, c: f64, tol: f64) -> Minimum {
            let mut walk = self.walk();
            let mut stage = 1.0;
            while stage < c {
                walk.advance(stage, tol);
                stage *= 10.0;
            }
            walk.advance(c, tol)
        }
    }

    /// Rows of `d` bytes, each with some of its class's pixels lit and some of others'.
    fn data(n: usize, d: usize, k: usize, noise: usize) -> Data {
        let random = |i: usize| (i.wrapping_mul(2_654_435_761) >> 9) % 1000;
        let labels: Vec<u8> = (0..n).map(|row| (row * k / n) as u8).collect();
        let byte = |row: usize, column: usize| {
            let own = column % k == usize::from(labels[row]) && random(row * d + column) < 500;
            let other = random(row * d + column + 7 * n * d) < noise;
            if own || other { 200 } else { 0 }
        };
        Data::new((0..n * d).map(|at| byte(at / d, at % d)).collect(), d, labels)
    }

    #[test]
    fn the_gap_of_a_rough_solution_is_true() {
        for (n, d, k, noise) in [(200, 20, 3, 300), (150, 30, 10, 200), (120, 9, 20, 300)] {
            let data = data(n, d, k, noise);
            for c in [0.01, 1.0, 10.0] {
                let exact = data.minimise(c, 1e-5);
                assert!(exact.gap >= -1e-5 * exact.objective, "{}: {}", exact.objective, exact.gap);
                let rough = data.minimise(c, 0.2);
                let (least, most) = (exact.objective - exact.gap, exact.objective);
                let slack = 1e-5 * most;
                assert!(rough.objective >= least - slack, "{} is below {least}", rough.objective);
                assert!(rough.objective - rough.gap <= most + slack, "the gap {} denies {most}", rough.gap);
                assert!(exact.converged && rough.converged, "{n} {d} {k} C {c}: {}", exact.gap / most);
            }
        }
    }

    #[test]
    fn degenerate_data_and_extreme_c_end_with_finite_weights() {
        // A class of one row, a constant column, duplicate rows.
        let mut bytes = [[0, 7, 200], [0, 7, 200], [255, 7, 0], [255, 7, 0], [128, 7, 128]].concat();
        for overlap in [false, true] {
            if overlap {
                bytes[6..9].copy_from_slice(&[0, 7, 200]);
            }
            let data = Data::new(bytes.clone(), 3, vec![0, 0, 1, 1, 2]);
            for c in [1e-6, 1.0, 1e6] {
                let minimum = data.minimise(c, 1e-3);
                assert!(minimum.weights.iter().all(|weight| weight.is_finite()));
                assert!(minimum.converged, "C {c}: {} of {}", minimum.gap, minimum.objective);
            }
        }
    }

    #[test]
    fn an_objective_is_never_above_what_weights_of_a_smaller_c_have() {
        let mut walk = data(200, 20, 4, 300).walk();
        for c in [1.0, 10.0, 100.0] {
            let minimum = walk.advance(c, 0.3);
            for found in &walk.found {
                assert!(minimum.objective <= found.objective(c));
            }
        }
    }

    #[test]
    fn one_and_two_threads_give_the_same_bits() {
        let data = data(900, 30, 12, 250);
        let fitted = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| data.minimise(10.0, 1e-3).weights)
        };
        assert_eq!(fitted(1), fitted(2));
    }
}
