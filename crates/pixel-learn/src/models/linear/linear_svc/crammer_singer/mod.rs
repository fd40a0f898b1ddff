//! Crammer and Singer's multi-class support vector machine (2001; Keerthi et al. 2008 write it as here). The
//! objective is 1/2 |W|^2 + C sum over the rows of max_k (1[k != y] + w_k.x - w_y.x). The intercept is the
//! weight of a feature 1.
//!
//! The solver is the alternating direction method of multipliers (ADMM; Gabay and Mercier 1976, Boyd et al.
//! 2011) with the split Z = X W. The auxiliary variable Z holds a copy of all scores, with multipliers for
//! the constraint. One step is one pass over the rows:
//!
//! - W minimises a ridge problem. The matrix I + X' diag(rho) X is the same for all classes and is factored
//!   once for each choice of the penalties rho ([`ridge`]).
//! - Z is the proximal map of the loss: for every row a projection onto a simplex ([`proximal`]).
//! - The multipliers are then a point of the dual problem. The best primal and the best dual objective so far
//!   bound the duality gap.
//!
//! A row whose multipliers are all zero is inactive: it meets every margin constraint. The penalty of an
//! inactive row is a hundredth of the others', because a large penalty only slows the weights down.
//!
//! All sums are taken in a fixed order: the same bits for any number of threads.

mod candidate;
mod proximal;
mod ridge;
mod row_states;

use std::sync::Arc;

use candidate::{Candidate, half_square};
use proximal::Step;
use ridge::{Penalties, Ridge};
use row_states::RowStates;

use super::design::{Design, RowSetGram};
use crate::models::linear::TrainingRows;
use crate::models::linear::convex::Minimum;
use crate::models::linear::model::sort_by_class;
use crate::models::{FitError, Training};

/// The over-relaxation of ADMM (Eckstein and Bertsekas 1992). On MNIST at C = 1 a gap of 1e-3 took 1,360
/// steps with 1.6, 1,200 with 1.8 and 1,120 with 1.9, measured with one penalty for all rows.
const RELAXATION: f32 = 1.9;
/// Steps between two checks of the duality gap and of the penalties.
const CHECK_INTERVAL: usize = 40;
/// The first rho, relative to C.
const FIRST_RHO: f64 = 0.01;
/// The largest rho, relative to C. With a larger one the rounding of scores to f32 decides the multipliers.
const LARGEST_RHO: f64 = 10.0;
/// The penalty of an inactive row, relative to rho.
const INACTIVE_PENALTY: f64 = 0.01;
/// The largest factor by which rho changes at once.
const LARGEST_RHO_CHANGE: f64 = 2.0;
/// The number of steps at the next change of the penalties, relative to that at the last one. ADMM converges
/// for constant penalties, but not for penalties that keep changing.
const INTERVAL_GROWTH: f64 = 1.2;

/// The fact `stopping_rule` of a result file.
pub const STOPPING_RULE: &str = "relative duality gap <= tol; of large problems 1e-3 up to C = 1 and \
                                 1e-2 above, or 4,000 steps";

/// The relative duality gap at which a large problem stops, for C up to 1.
const GAP_UP_TO_ONE: f64 = 1e-3;
/// The relative duality gap at which a large problem stops, for C above 1.
const GAP_ABOVE_ONE: f64 = 1e-2;
/// The multiplications of X W up to which every problem is solved to `tol`: a hundred steps with 60,000
/// images. A problem that needs more is large.
const FULL_ACCURACY_WORK: usize = 50_000_000_000;
/// Maximum number of steps of a large problem for one C.
const MOST_STEPS: usize = 4_000;
/// Maximum number of steps to `tol` for one C.
const MOST_FULL_ACCURACY_STEPS: usize = 40_000;

/// The ADMM solver, which keeps its state from one C to the next larger one. At each C it stops when the gap
/// is `tol` of the objective. A large problem stops earlier: at 1e-3 (C up to 1) or 1e-2 of the objective, or
/// after 4,000 steps. The rule counts multiplications and never time, so that results are reproducible.
#[derive(Clone)]
pub struct Admm {
    data: Arc<TrainingRows>,
    design: Arc<Design>,
    /// The row of `design` at each position of `data`, whose rows are sorted by class.
    order: Arc<Vec<u32>>,
    rows: RowStates,
    /// The weights (W): k vectors of d + 1 values, the intercept last.
    weights: Vec<f64>,
    c: f64,
    rho: f64,
    /// The best weights at each C so far. Those of a smaller C can be the best at a larger one too.
    candidates: Vec<Candidate>,
    iterations: usize,
    passes: usize,
}

impl Admm {
    /// Begins at zero weights. `Err` for training data without two classes. O(n d^2) for X'X.
    pub fn new(training: &Training) -> Result<Admm, FitError> {
        let data = Arc::new(TrainingRows::new(training)?);
        Ok(Admm {
            design: Arc::new(Design::new(training.features)),
            order: Arc::new(sort_by_class(training)?.order),
            rows: RowStates::new(&data),
            weights: vec![0.0; data.k() * (data.d() + 1)],
            data,
            c: 0.0,
            rho: 0.0,
            candidates: Vec::new(),
            iterations: 0,
            passes: 0,
        })
    }

    /// The training rows, sorted by class.
    pub fn data(&self) -> &TrainingRows {
        &self.data
    }

    /// Minimises at `c`, which is not below the last C. The numbers of iterations and passes include those of
    /// all C before. O(n d k) a step, O(d^3) for each change of rho.
    pub fn advance(&mut self, c: f64, tol: f64) -> Minimum {
        if self.candidates.is_empty() {
            self.rho = FIRST_RHO * c;
        } else {
            // The multipliers are feasible for the new C, and most keep their signs.
            self.rows.scale(c / self.c);
        }
        self.c = c;
        let mut best_dual = f64::NEG_INFINITY;
        let mut best: Option<Candidate> = None;
        let design = self.design.clone();
        let (mut active_rows, mut all_rows) = (RowSetGram::new(&design), RowSetGram::new(&design));
        all_rows.set(&vec![true; design.n()]);
        let mut ridge = self.change_penalties(&design, &mut active_rows, &all_rows);
        let mut next_change = 0;
        for iteration in 1.. {
            let step = Step { c: c as f32, relaxation: RELAXATION, k: self.data.k() };
            let mut gradient = self.rows.step(&self.data, step, &self.weights);
            self.iterations += 1;
            self.passes += 1;
            let mut ratio = None;
            if iteration % CHECK_INTERVAL == 0 {
                let dual = self.rows.dual(&self.data, c);
                let candidate = Candidate::new(&self.data, &self.weights, c);
                self.passes += 1;
                best_dual = best_dual.max(dual.objective);
                let pairs = self.weights.iter().zip(&dual.x_t_multipliers);
                let distance = half_square(pairs.map(|(weight, x_t_multipliers)| weight + x_t_multipliers));
                ratio = Some(rho_factor(candidate.unscaled - dual.unscaled - distance, distance));
                if best.as_ref().is_none_or(|best| candidate.objective(c) < best.objective(c)) {
                    best = Some(candidate);
                }
                let least = self.candidates.iter().chain(&best).map(|found| found.objective(c));
                let least = least.fold(f64::INFINITY, f64::min);
                if self.is_done(iteration, (least - best_dual) / least, tol) {
                    break;
                }
            }
            self.weights.iter().zip(&mut gradient).for_each(|(weight, gradient)| *gradient += weight);
            let change = ridge.solve(&gradient, self.data.k());
            self.weights.iter_mut().zip(change).for_each(|(weight, change)| *weight -= change);
            if let Some(ratio) = ratio
                && iteration >= next_change
            {
                self.rho = (self.rho * ratio).min(LARGEST_RHO * c);
                ridge = self.change_penalties(&design, &mut active_rows, &all_rows);
                next_change = (iteration as f64 * INTERVAL_GROWTH) as usize;
            }
        }
        self.candidates.extend(best);
        self.minimum(best_dual, tol)
    }

    /// Whether the relative duality gap `gap` is small enough after `iteration` steps.
    fn is_done(&self, iteration: usize, gap: f64, tol: f64) -> bool {
        let values = self.data.n() * (self.data.d() + 1) * self.data.k();
        let full_accuracy_steps = (FULL_ACCURACY_WORK / values.max(1)).min(MOST_FULL_ACCURACY_STEPS);
        let enough = if self.c > 1.0 { GAP_ABOVE_ONE } else { GAP_UP_TO_ONE };
        gap <= tol || iteration >= full_accuracy_steps && (gap <= enough || iteration >= MOST_STEPS)
    }

    /// The best of all candidates at the present C.
    fn minimum(&self, best_dual: f64, tol: f64) -> Minimum {
        let mut least = &self.candidates[0];
        for found in &self.candidates[1..] {
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

    /// Sets the penalty of each row, rho or less for an inactive row, and factors the ridge problem. Where
    /// the matrix is not positive definite in f64, rho decreases. O(d^3).
    fn change_penalties<'a>(
        &mut self,
        design: &'a Design,
        active_rows: &mut RowSetGram,
        all_rows: &RowSetGram,
    ) -> Ridge<'a> {
        let active = self.rows.active();
        let mut members = vec![false; active.len()];
        self.order.iter().zip(&active).for_each(|(&row, &active)| members[row as usize] = active);
        active_rows.set(&members);
        loop {
            let penalties = Penalties { active: self.rho, inactive: INACTIVE_PENALTY * self.rho };
            match Ridge::new(design, active_rows, all_rows, penalties) {
                Some(ridge) => {
                    let penalty_of =
                        |active: &bool| if *active { penalties.active } else { penalties.inactive };
                    self.rows.set_penalties(active.iter().map(penalty_of));
                    return ridge;
                }
                None => self.rho *= 0.1,
            }
        }
    }
}

/// The factor of rho that balances the two parts of the duality gap: half |W + X' multipliers|^2
/// (`distance`), and the Fenchel gap of the losses (`losses`). A larger rho decreases the second, a
/// smaller rho the first; compare the residual balancing of Boyd et al. 2011, section 3.4.1.
fn rho_factor(losses: f64, distance: f64) -> f64 {
    let ratio = (losses.max(0.0) / distance.max(f64::MIN_POSITIVE)).sqrt();
    ratio.clamp(1.0 / LARGEST_RHO_CHANGE, LARGEST_RHO_CHANGE)
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

        fn admm(&self) -> Admm {
            Admm::new(&Training { features: &self.features, labels: &self.labels, classes: 256 }).unwrap()
        }

        /// Along the decades from 1, as `LinearSVC` walks.
        fn minimise(&self, c: f64, tol: f64) -> Minimum {
            let mut admm = self.admm();
            let mut stage = 1.0;
            while stage < c {
                admm.advance(stage, tol);
                stage *= 10.0;
            }
            admm.advance(c, tol)
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
        let mut admm = data(200, 20, 4, 300).admm();
        for c in [1.0, 10.0, 100.0] {
            let minimum = admm.advance(c, 0.3);
            for found in &admm.candidates {
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
