//! A truncated Newton method with a line search, for smooth losses with l2 or a smoothed l1 norm whose
//! epsilon decreases whenever the smoothed problem is nearly solved. The end is proven by the duality gap,
//! but for the softmax with l1 ([`Estimate`]).

use super::hessian::ScoreHessian;
use super::iterate::{Derivatives, Iterate};
use super::loss::Loss;
use super::pcg::{Pcg, Solution, StoppingRule, dots};
use super::{Minimum, Norm, Problems, Settings, row_products};
use crate::linalg::cholesky::RoundedCholesky;

/// The relative residual, in the preconditioner's norm, at which conjugate gradients end.
const RESIDUAL: f64 = 0.1;
/// The part of the model's decrease that the last iteration of conjugate gradients may have.
const GAIN: f64 = 0.03;
/// The smoothed problem is nearly solved when the predicted decrease of a Newton step is below this part of
/// the smoothing error.
const NEARLY: f64 = 0.1;
/// With l2, if the predicted decrease is below this multiple of `tol` times the objective, the next step's
/// equations are solved accurately enough to certify the gap.
const CERTIFIABLE: f64 = 4.0;
/// With l1, the part of `tol` times the objective that the smoothing error may have in the end, and the part
/// that may be lost by scaling the dual point until it is feasible.
const SMOOTHING_SHARE: f64 = 0.3;
const SCALING_SHARE: f64 = 0.3;
/// With l1, what a step must leave of the dual point's infeasibility.
const FORCING: f64 = 0.1;
/// Softmax: the preconditioner is rebuilt after a solution of more than this many matrix-vector products.
const FEW_MATVECS: usize = 10;
/// Added to the diagonal for an intercept that nothing regularises, in parts of its second derivative.
const FREE_INTERCEPT: f64 = 1e-8;
/// Steps without progress at most.
const STALLED: usize = 3;

/// Minimises from zero weights. The preconditioner's factors are in f32, as every iteration reads them. A
/// pass over the rows costs O(differences k), an estimate of the Hessian O(k (SAMPLE d^2 + d^3)).
pub fn minimise<L: Loss>(problems: &Problems, loss: L, settings: Settings) -> Minimum {
    let pcg = if loss.is_multinomial() { Pcg::thorough() } else { Pcg::default() };
    Newton { at: Iterate::new(problems, loss, settings), pcg, certifying: false, passes: 0 }.run()
}

struct Newton<'a, L> {
    at: Iterate<'a, L>,
    pcg: Pcg<RoundedCholesky>,
    /// Whether the next step's equations are solved accurately enough to certify the gap. With l1 this stays,
    /// together with exact second derivatives: upper bounds of them would slow the last steps down.
    certifying: bool,
    passes: usize,
}

/// Estimates of the gap by the last two steps with l1, each the smoothing error plus the predicted decrease.
/// The larger one counts, as a step whose equations were solved for little but one outlier predicts too
/// little.
///
/// One-vs-rest, the estimate says when to begin to certify. The softmax still ends by it: the preconditioner
/// ignores that its classes are coupled, so that a certificate would take up to ten times as many
/// matrix-vector products.
struct Estimate {
    last: f64,
    previous: f64,
}

impl Default for Estimate {
    fn default() -> Estimate {
        Estimate { last: f64::INFINITY, previous: f64::INFINITY }
    }
}

impl Estimate {
    fn value(&self) -> f64 {
        self.last.max(self.previous)
    }

    /// Adds a step's estimate. Whether it is the first one that is small enough.
    fn update(&mut self, estimate: f64, allowed: f64) -> bool {
        (self.previous, self.last) = (self.last, estimate);
        self.last <= allowed && self.previous > self.last
    }
}

impl<L: Loss> Newton<'_, L> {
    /// Iterates until the gap is within the tolerance, or `max_iter` steps.
    fn run(mut self) -> Minimum {
        let (tol, l1) = (self.at.settings.tol, matches!(self.at.settings.norm, Norm::L1(_)));
        let (mut iterations, mut stalled) = (0, 0);
        let mut bound = f64::NEG_INFINITY;
        let mut estimate = Estimate::default();
        loop {
            let Derivatives { losses, gradients, hessian } = self.at.derivatives();
            let combined = self.combine(&gradients);
            let objective = self.at.objective(&losses);
            let allowed = tol * objective;
            // Every dual objective bounds the least objective.
            bound = bound.max(self.at.dual_objective(&gradients, &combined));
            let mut gap = objective - bound;
            if estimate.value() <= allowed {
                if self.at.loss.is_multinomial() {
                    gap = gap.min(estimate.value());
                } else if !self.certifying {
                    self.certifying = true;
                    self.at.loss.use_second_derivatives();
                    self.pcg.discard_preconditioner();
                    continue;
                }
            }
            let converged = gap <= allowed;
            if converged || iterations >= self.at.settings.max_iter || stalled > STALLED {
                let weights = self.at.weights;
                return Minimum { weights, objective, gap, iterations, passes: self.passes, converged };
            }
            let gradient = self.gradient(&combined);
            let right: Vec<f64> = gradient.iter().map(|g| -g).collect();
            let rule = self.stopping_rule(allowed, &combined);
            let step = self.newton_step(&hessian, &right, rule);
            let predicted =
                dots(&right, &step, self.at.part()).iter().map(|product| 0.5 * product).collect::<Vec<_>>();
            let changes = self.changes(&step);
            let start = self.at.at_start(&losses, &gradients, &step, &changes);
            let lengths = self.at.step_lengths(&step, &changes, &start, &predicted);
            self.at.take(&step, &changes, &lengths);
            iterations += 1;

            let predicted: f64 = predicted.iter().sum();
            let moved = lengths.iter().any(|t| *t > 0.0);
            stalled = if moved { 0 } else { stalled + 1 };
            let smoothing_error = (start.iter().map(|along| along.value).sum::<f64>() - objective).abs();
            if !l1 {
                self.certifying = predicted < CERTIFIABLE * allowed;
            } else if moved && !self.certifying && estimate.update(smoothing_error + 2.0 * predicted, allowed)
            {
                // A step with a fresh preconditioner must confirm the estimate.
                self.pcg.discard_preconditioner();
            }
            if self.certifying && lengths.iter().all(|t| *t == 1.0) {
                let mut extrapolated = gradients;
                self.at.extrapolate(&mut extrapolated, &hessian, &changes);
                let combined = self.combine(&extrapolated);
                bound = bound.max(self.at.dual_objective(&extrapolated, &combined));
            }
            let smooth_enough = self.certifying && smoothing_error <= SMOOTHING_SHARE * allowed;
            if (predicted < NEARLY * smoothing_error || !moved)
                && !smooth_enough
                && self.at.settings.norm.decrease_epsilon()
            {
                self.pcg.discard_preconditioner();
            }
        }
    }

    /// The gradient of the smoothed objective, `combined` being that of the losses.
    fn gradient(&self, combined: &[f64]) -> Vec<f64> {
        let norm = &self.at.settings.norm;
        let weights = self.at.indexed_weights().zip(combined);
        weights.map(|((_, w, counts), g)| g + if counts { norm.derivative(w) } else { 0.0 }).collect()
    }

    /// X' times the gradients of all rows.
    fn combine(&mut self, gradients: &[f64]) -> Vec<f64> {
        self.passes += 1;
        let (x, k) = (&self.at.problems.x, self.at.problems.k());
        match self.at.settings.norm {
            Norm::L1(_) if self.certifying => row_products::x_transpose_times_wide(x, gradients, k),
            _ => row_products::x_transpose_times(x, gradients, k),
        }
    }

    /// The changes of the scores by a step.
    fn changes(&mut self, step: &[f64]) -> Vec<f64> {
        self.passes += 1;
        row_products::x_times(&self.at.problems.x, step)
    }

    /// How accurately Newton's equations are to be solved. `allowed` is the gap that the tolerance allows.
    fn stopping_rule(&self, allowed: f64, combined: &[f64]) -> StoppingRule {
        let rule = StoppingRule { relative: RESIDUAL, gain: GAIN, ..StoppingRule::default() };
        match self.at.settings.norm {
            _ if !self.certifying => rule,
            // The gap is half the squared norm of the residual.
            Norm::L2 => StoppingRule { half_square: 0.1 * allowed, ..rule },
            // Scaling the dual point loses about its infeasibility times |w| of the dual objective, and its
            // infeasibility is an entry of the residual.
            Norm::L1(_) => {
                let infeasibility =
                    self.at.largest_entries(combined).iter().fold(1.0, |a: f64, b| a.max(*b)) - 1.0;
                let wanted = SCALING_SHARE * allowed / self.at.l1_norm();
                StoppingRule { largest: wanted.max(FORCING * infeasibility), ..rule }
            }
        }
    }

    /// Newton's step: the solution of Newton's equations with minus the gradient (`right`).
    fn newton_step(&mut self, hessian: &ScoreHessian, right: &[f64], rule: StoppingRule) -> Vec<f64> {
        let norm = &self.at.settings.norm;
        let free = FREE_INTERCEPT * hessian.total().max(1.0);
        let diagonal: Vec<f64> = self
            .at
            .indexed_weights()
            .map(|(index, w, counts)| if counts { norm.second_derivative(index, w) } else { free })
            .collect();
        let Solution { step, matvecs } = self.pcg.solve(&self.at.problems.x, hessian, &diagonal, right, rule);
        self.passes += matvecs;
        if self.at.loss.is_multinomial() && matvecs > FEW_MATVECS {
            self.pcg.discard_preconditioner();
        }
        step
    }
}
