//! A truncated Newton method with a line search, for smooth losses with l2 or a smoothed l1 norm. The
//! smoothing epsilon of l1 decreases whenever the smoothed problem is nearly solved. The duality gap ends the
//! minimisation, except for the softmax with l1 ([`GapEstimate`]).

use super::hessian::ScoreHessian;
use super::iterate::{Derivatives, Iterate};
use super::loss::Loss;
use super::pcg::{Pcg, Solution, StoppingRule, dots};
use super::{Minimum, Norm, Settings, TrainingRows, row_products};
use crate::linalg::cholesky::RoundedCholesky;

/// The relative residual, in the norm of the preconditioner, at which conjugate gradients stop.
const RESIDUAL: f64 = 0.1;
/// Conjugate gradients stop when the last iteration had at most this share of the decrease of the quadratic
/// model.
const GAIN: f64 = 0.03;
/// The smoothed problem is nearly solved when the predicted decrease of a Newton step is below this share of
/// the smoothing error.
const NEARLY: f64 = 0.1;
/// With l2: if the predicted decrease is below this multiple of `tol` times the objective, the next Newton
/// equations are solved accurately enough to certify the gap.
const CERTIFIABLE: f64 = 4.0;
/// With l1: the share of the allowed gap that the smoothing error may have in the end.
const SMOOTHING_SHARE: f64 = 0.3;
/// With l1: the share of the allowed gap that scaling the dual point until it is feasible may lose.
const SCALING_SHARE: f64 = 0.3;
/// With l1: the share of the dual point's infeasibility that the next Newton step may leave.
const FORCING: f64 = 0.1;
/// Softmax: the preconditioner is rebuilt after a solution with more than this many matrix-vector products.
const FEW_MATVECS: usize = 10;
/// Added to the diagonal for an intercept without regularisation, relative to the sum of all curvatures.
const FREE_INTERCEPT: f64 = 1e-8;
/// Maximum number of Newton steps in a row that find no step length.
const STALLED: usize = 3;

/// Minimises from the weights `start`, or from zero weights. The factors of the preconditioner are in f32, because
/// every iteration of conjugate gradients reads them. A pass over the rows costs O(differences k), where the
/// differences are the entries that [`TrainingRows`] stores; an estimate of the Hessian costs
/// O(k (SAMPLE d^2 + d^3)).
pub fn minimise<L: Loss>(
    data: &TrainingRows,
    loss: L,
    settings: Settings,
    start: Option<Vec<f64>>,
) -> Minimum {
    let pcg = if loss.is_multinomial() { Pcg::thorough() } else { Pcg::default() };
    let mut at = Iterate::new(data, loss, settings);
    let passes = usize::from(start.is_some());
    if let Some(weights) = start {
        at.scores = row_products::x_times(&data.x, &weights);
        at.weights = weights;
    }
    Newton { at, pcg, certifying: false, passes }.run()
}

/// The state of the Newton iteration.
struct Newton<'a, L> {
    at: Iterate<'a, L>,
    pcg: Pcg<RoundedCholesky>,
    /// Whether the next Newton equations are solved accurately enough to certify the gap. With l1 this stays
    /// on once it is on, together with exact second derivatives: upper bounds of them would slow the last
    /// steps down.
    certifying: bool,
    passes: usize,
}

/// The estimates of the gap with l1 after the last two Newton steps: each is the smoothing error plus the
/// predicted decrease. The larger one counts, because conjugate gradients that stopped early predict too
/// little.
///
/// One-vs-rest: the estimate decides when to begin to certify. Softmax: the estimate ends the minimisation.
/// The preconditioner ignores that the classes of the softmax are coupled, and a certificate would take up to
/// ten times as many matrix-vector products.
struct GapEstimate {
    last: f64,
    previous: f64,
}

impl Default for GapEstimate {
    fn default() -> GapEstimate {
        GapEstimate { last: f64::INFINITY, previous: f64::INFINITY }
    }
}

impl GapEstimate {
    /// The larger of both estimates.
    fn value(&self) -> f64 {
        self.last.max(self.previous)
    }

    /// Adds the estimate after a step. Returns whether it is the first one within `gap_tol`.
    fn update(&mut self, estimate: f64, gap_tol: f64) -> bool {
        (self.previous, self.last) = (self.last, estimate);
        self.last <= gap_tol && self.previous > self.last
    }
}

impl<L: Loss> Newton<'_, L> {
    /// Newton steps until the gap is within the tolerance, or `max_iter` steps.
    fn run(mut self) -> Minimum {
        let (tol, l1) = (self.at.settings.tol, matches!(self.at.settings.norm, Norm::L1(_)));
        let (mut iterations, mut stalled) = (0, 0);
        let mut bound = f64::NEG_INFINITY;
        let mut estimate = GapEstimate::default();
        loop {
            let Derivatives { losses, gradients, hessian } = self.at.derivatives();
            let loss_gradient = self.weight_gradient(&gradients);
            let objective = self.at.objective(&losses);
            let gap_tol = tol * objective;
            // Every dual objective is a lower bound of the minimum.
            bound = bound.max(self.at.dual_objective(&gradients, &loss_gradient));
            let mut gap = objective - bound;
            if estimate.value() <= gap_tol {
                if self.at.loss.is_multinomial() {
                    gap = gap.min(estimate.value());
                } else if !self.certifying {
                    self.certifying = true;
                    self.at.loss.use_second_derivatives();
                    self.pcg.discard_preconditioner();
                    continue;
                }
            }
            let converged = gap <= gap_tol;
            if converged || iterations >= self.at.settings.max_iter || stalled > STALLED {
                let weights = self.at.weights;
                return Minimum { weights, objective, gap, iterations, passes: self.passes, converged };
            }
            let gradient = self.gradient(&loss_gradient);
            let right: Vec<f64> = gradient.iter().map(|g| -g).collect();
            let rule = self.stopping_rule(gap_tol, &loss_gradient);
            let step = self.newton_step(&hessian, &right, rule);
            let products = dots(&right, &step, self.at.problem_len());
            let predicted: Vec<f64> = products.iter().map(|product| 0.5 * product).collect();
            let changes = self.score_changes(&step);
            let start = self.at.line_start(&losses, &gradients, &step, &changes);
            let lengths = self.at.step_lengths(&step, &changes, &start, &predicted);
            self.at.apply_step(&step, &changes, &lengths);
            iterations += 1;

            let predicted: f64 = predicted.iter().sum();
            let moved = lengths.iter().any(|t| *t > 0.0);
            stalled = if moved { 0 } else { stalled + 1 };
            let smoothing_error = (start.iter().map(|along| along.value).sum::<f64>() - objective).abs();
            if !l1 {
                self.certifying = predicted < CERTIFIABLE * gap_tol;
            } else if moved && !self.certifying && estimate.update(smoothing_error + 2.0 * predicted, gap_tol)
            {
                // A step with a fresh preconditioner must confirm the estimate.
                self.pcg.discard_preconditioner();
            }
            if self.certifying && lengths.iter().all(|t| *t == 1.0) {
                let mut extrapolated = gradients;
                self.at.extrapolate(&mut extrapolated, &hessian, &changes);
                let loss_gradient = self.weight_gradient(&extrapolated);
                bound = bound.max(self.at.dual_objective(&extrapolated, &loss_gradient));
            }
            let smooth_enough = self.certifying && smoothing_error <= SMOOTHING_SHARE * gap_tol;
            if (predicted < NEARLY * smoothing_error || !moved)
                && !smooth_enough
                && self.at.settings.norm.decrease_epsilon()
            {
                self.pcg.discard_preconditioner();
            }
        }
    }

    /// The gradient of the smoothed objective by the weights. `loss_gradient` is that of the losses.
    fn gradient(&self, loss_gradient: &[f64]) -> Vec<f64> {
        let norm = &self.at.settings.norm;
        let weights = self.at.indexed_weights().zip(loss_gradient);
        let of_norm = |w, regularised| if regularised { norm.derivative(w) } else { 0.0 };
        weights.map(|((_, w, regularised), g)| g + of_norm(w, regularised)).collect()
    }

    /// The gradient of the losses by the weights: X' times `gradients`, those by the scores (n x k).
    fn weight_gradient(&mut self, gradients: &[f64]) -> Vec<f64> {
        self.passes += 1;
        let (x, k) = (&self.at.data.x, self.at.data.k());
        match self.at.settings.norm {
            Norm::L1(_) if self.certifying => row_products::x_transpose_times_wide(x, gradients, k),
            _ => row_products::x_transpose_times(x, gradients, k),
        }
    }

    /// The changes of the scores (X step, n x k) along a step.
    fn score_changes(&mut self, step: &[f64]) -> Vec<f64> {
        self.passes += 1;
        row_products::x_times(&self.at.data.x, step)
    }

    /// The stopping rule of the next Newton equations. `gap_tol` is the gap that the tolerance allows.
    fn stopping_rule(&self, gap_tol: f64, loss_gradient: &[f64]) -> StoppingRule {
        let rule = StoppingRule { relative: RESIDUAL, gain: GAIN, ..StoppingRule::default() };
        match self.at.settings.norm {
            _ if !self.certifying => rule,
            // The gap is half the squared norm of the residual.
            Norm::L2 => StoppingRule { half_square: 0.1 * gap_tol, ..rule },
            // Scaling the dual point loses about its infeasibility times |w| of the dual objective, and its
            // infeasibility is an entry of the residual.
            Norm::L1(_) => {
                let infeasibility =
                    self.at.largest_entries(loss_gradient).iter().fold(1.0, |a: f64, b| a.max(*b)) - 1.0;
                let wanted = SCALING_SHARE * gap_tol / self.at.l1_norm();
                StoppingRule { largest: wanted.max(FORCING * infeasibility), ..rule }
            }
        }
    }

    /// The Newton step: the solution of the Newton equations for `right`, minus the gradient.
    fn newton_step(&mut self, hessian: &ScoreHessian, right: &[f64], rule: StoppingRule) -> Vec<f64> {
        let norm = &self.at.settings.norm;
        let free = FREE_INTERCEPT * hessian.total().max(1.0);
        let diagonal: Vec<f64> = self
            .at
            .indexed_weights()
            .map(|(index, w, regularised)| if regularised { norm.second_derivative(index, w) } else { free })
            .collect();
        let Solution { step, matvecs } = self.pcg.solve(&self.at.data.x, hessian, &diagonal, right, rule);
        self.passes += matvecs;
        if self.at.loss.is_multinomial() && matvecs > FEW_MATVECS {
            self.pcg.discard_preconditioner();
        }
        step
    }
}
