//! A truncated Newton method with a line search, for smooth losses with l2 or a smoothed l1 norm whose
//! epsilon decreases whenever the smoothed problem is nearly solved.

use rayon::prelude::*;

use super::hessian::ScoreHessian;
use super::loss::Loss;
use super::pcg::{Pcg, Solution, StoppingRule, dot};
use super::{Minimum, Norm, Problems, Settings, row_products};
use crate::linalg::cholesky::RoundedCholesky;

/// The relative residual, in the preconditioner's norm, at which conjugate gradients end.
const RESIDUAL: f64 = 0.1;
/// The part of the model's decrease that the last iteration of conjugate gradients may have.
const GAIN: f64 = 0.03;
/// The smoothed problem is nearly solved when the predicted decrease of a Newton step is below this part of
/// the smoothing error.
const NEARLY: f64 = 0.1;
/// If the predicted decrease is below this multiple of `tol` times the objective, the next step's equations
/// are solved accurately enough to certify the gap.
const CERTIFIABLE: f64 = 4.0;
/// Softmax: the preconditioner is rebuilt after a solution of more than this many matrix-vector products.
const FEW_MATVECS: usize = 10;
/// The line search: the part of the predicted decrease that a step must bring (Armijo), the largest
/// derivative at its end relative to that at its start (Wolfe), and the number of step lengths tried.
const SUFFICIENT: f64 = 0.01;
const STEEP: f64 = 0.3;
const SHORTENINGS: usize = 20;
/// Added to the diagonal for an intercept that nothing regularises, in parts of its second derivative.
const FREE_INTERCEPT: f64 = 1e-8;

/// What curvature floors are multiplied by after a step.
const FADE: f32 = 0.5;

/// Rows evaluated as one task.
const CHUNK: usize = 1024;

/// Minimises from zero weights. The preconditioner's factors are in f32, as every iteration reads them. A
/// pass over the rows costs O(differences k), an estimate of the Hessian O(k (SAMPLE d^2 + d^3)).
pub fn minimise<L: Loss>(problems: &Problems, loss: L, settings: Settings) -> Minimum {
    Search::new(problems, loss, settings).run()
}

struct Search<'a, L> {
    problems: &'a Problems,
    loss: L,
    settings: Settings,
    weights: Vec<f64>,
    /// n x k.
    scores: Vec<f64>,
    pcg: Pcg<RoundedCholesky>,
    /// Lower limits of the curvatures after steps that overshot, n x k; empty for none.
    curvature_floor: Vec<f32>,
    /// Whether the predicted decrease was small enough for the next step to certify the gap.
    can_certify: bool,
    passes: usize,
}

impl<'a, L: Loss> Search<'a, L> {
    fn new(problems: &'a Problems, loss: L, settings: Settings) -> Search<'a, L> {
        let pcg = if loss.is_multinomial() { Pcg::thorough() } else { Pcg::default() };
        Search {
            problems,
            loss,
            settings,
            weights: vec![0.0; problems.k() * (problems.d() + 1)],
            scores: vec![0.0; problems.n() * problems.k()],
            pcg,
            curvature_floor: Vec::new(),
            can_certify: false,
            passes: 0,
        }
    }

    /// Iterates until the gap is within the tolerance, or `max_iter` steps.
    fn run(&mut self) -> Minimum {
        let (mut iterations, mut stalled) = (0, 0);
        // Estimates of the gap by the last two steps: the smoothing error plus the predicted decrease. The
        // larger one counts, as a step whose equations were solved for little but one outlier predicts too
        // little.
        let mut estimates = (f64::INFINITY, f64::INFINITY);
        let mut extrapolated = f64::INFINITY;
        loop {
            let (value, gradients, hessian) = self.derivatives();
            let combined = self.combine(&gradients);
            let (objective, gap) = self.gap(value, &gradients, &combined);
            let gap = gap.min(estimates.0.max(estimates.1)).min(extrapolated);
            let converged = gap <= self.settings.tol * objective;
            if converged || iterations >= self.settings.max_iter || stalled > 3 {
                let weights = std::mem::take(&mut self.weights);
                return Minimum { weights, objective, gap, iterations, passes: self.passes, converged };
            }
            let gradient: Vec<f64> = self
                .indexed_weights()
                .zip(&combined)
                .map(|((_, w, counts), g)| g + if counts { self.settings.norm.derivative(w) } else { 0.0 })
                .collect();
            let step = self.newton_step(&hessian, &gradient, objective);
            let predicted_decrease = -0.5 * dot(&gradient, &step);
            let changes = self.changes(&step);
            let start = self.at_start(value, &gradients, &step, &changes);
            let (moved, smooth) = self.search_line(&step, &changes, start, predicted_decrease);
            self.can_certify = predicted_decrease < CERTIFIABLE * self.settings.tol * objective;
            let whole = moved == 1.0 && matches!(self.settings.norm, Norm::L2);
            extrapolated = f64::INFINITY;
            if self.can_certify && whole {
                extrapolated = self.extrapolated_gap(gradients, &hessian, &changes);
            }
            let smoothing_error = (smooth - objective).abs();
            iterations += 1;
            if matches!(self.settings.norm, Norm::L1(_)) && moved > 0.0 {
                estimates = (estimates.1, smoothing_error + 2.0 * predicted_decrease);
                if estimates.1 <= self.settings.tol * objective && estimates.0 > estimates.1 {
                    // A step with a fresh preconditioner must confirm the estimate.
                    self.pcg.discard_preconditioner();
                }
            }
            if (predicted_decrease < NEARLY * smoothing_error || moved == 0.0)
                && self.settings.norm.decrease_epsilon()
            {
                self.pcg.discard_preconditioner();
            }
            stalled = if moved == 0.0 { stalled + 1 } else { 0 };
        }
    }

    /// Every weight with its index, and whether it is regularised.
    fn indexed_weights(&self) -> impl Iterator<Item = (usize, f64, bool)> + '_ {
        let width = self.problems.d() + 1;
        let counts = move |index: usize| self.settings.intercept_regularised || index % width != width - 1;
        self.weights.iter().enumerate().map(move |(index, &w)| (index, w, counts(index)))
    }

    /// The sum of the losses, the gradients of all rows by their scores (n x k) and the Hessian.
    fn derivatives(&self) -> (f64, Vec<f64>, ScoreHessian) {
        let k = self.problems.k();
        let mut gradients = vec![0.0; self.scores.len()];
        let mut values = vec![0.0; self.problems.n()];
        let rows = gradients.par_chunks_mut(k).zip(&mut values);
        let hessian = ScoreHessian::collect(
            k,
            self.loss.is_multinomial(),
            rows,
            |row, (gradients, value), curvatures| {
                let scores = &self.scores[row * k..(row + 1) * k];
                *value = self.loss.value_and_derivatives(
                    self.problems.targets[row],
                    scores,
                    gradients,
                    curvatures,
                );
                if let Some(curvature_floor) = self.curvature_floor.get(row * k..(row + 1) * k) {
                    let pairs = curvatures.iter_mut().zip(curvature_floor);
                    pairs.for_each(|(curvature, floor)| *curvature = curvature.max(*floor));
                }
            },
        );
        (values.iter().sum(), gradients, hessian)
    }

    fn combine(&mut self, gradients: &[f64]) -> Vec<f64> {
        self.passes += 1;
        row_products::x_transpose_times(&self.problems.x, gradients, self.problems.k())
    }

    /// The sum of the losses.
    fn losses(&self) -> f64 {
        let k = self.problems.k();
        let rows = self.scores.par_chunks(CHUNK * k).zip(self.problems.targets.par_chunks(CHUNK));
        let value = |(scores, target): (&[f64], &usize)| self.loss.value(*target, scores);
        let sums: Vec<f64> =
            rows.map(|(scores, targets)| scores.chunks_exact(k).zip(targets).map(value).sum()).collect();
        sums.iter().sum()
    }

    /// The objective and its duality gap, the dual point being the rows' gradients. `combined` is X' times
    /// these.
    fn gap(&self, losses: f64, gradients: &[f64], combined: &[f64]) -> (f64, f64) {
        let norm = &self.settings.norm;
        let regulariser: f64 =
            self.indexed_weights().filter(|(_, _, counts)| *counts).map(|(_, w, _)| norm.norm(w)).sum();
        // With l1 the dual point is scaled down until it is feasible.
        let (scale, mut conjugate) = match norm {
            Norm::L2 => (1.0, 0.5 * dot(combined, combined)),
            Norm::L1(_) => {
                let counted = self.indexed_weights().zip(combined).filter(|((_, _, counts), _)| *counts);
                let largest = counted.map(|(_, g)| g.abs()).fold(1.0, f64::max);
                (1.0 / largest, 0.0)
            }
        };
        let k = self.problems.k();
        if !self.settings.intercept_regularised {
            // With a free intercept a feasible dual point has no derivative along it. What is left of the
            // derivative counts as if the best intercept were within 1 of the present one.
            let width = self.problems.d() + 1;
            for class in 0..k {
                let at = class * width + width - 1;
                let derivative = scale * combined[at];
                conjugate += derivative.abs() - derivative * self.weights[at];
                if matches!(norm, Norm::L2) {
                    conjugate -= 0.5 * derivative * derivative;
                }
            }
        }
        let conjugates: Vec<f64> = gradients
            .par_chunks(CHUNK * k)
            .zip(self.problems.targets.par_chunks(CHUNK))
            .map(|(gradients, targets)| {
                let rows = gradients.chunks_exact(k).zip(targets);
                rows.map(|(gradients, target)| self.loss.conjugate(*target, gradients, scale)).sum()
            })
            .collect();
        let objective = regulariser + losses;
        let dual = -conjugate - conjugates.iter().sum::<f64>();
        (objective, objective - dual)
    }

    /// The changes of the scores by a step.
    fn changes(&mut self, step: &[f64]) -> Vec<f64> {
        self.passes += 1;
        row_products::x_times(&self.problems.x, step)
    }

    /// The duality gap after a full step, the dual point being the linearly extrapolated gradients. Their sum
    /// X' A then differs from the norm's gradient by the residual of Newton's equations alone.
    fn extrapolated_gap(&mut self, mut gradients: Vec<f64>, hessian: &ScoreHessian, changes: &[f64]) -> f64 {
        hessian.extrapolate_gradient(changes, &mut gradients, self.problems.k());
        let rows = gradients.par_chunks_mut(self.problems.k()).zip(&self.problems.targets);
        rows.with_min_len(CHUNK).for_each(|(gradients, target)| self.loss.project_dual(*target, gradients));
        let combined = self.combine(&gradients);
        self.gap(self.losses(), &gradients, &combined).1
    }

    /// Newton's step.
    fn newton_step(&mut self, hessian: &ScoreHessian, gradient: &[f64], objective: f64) -> Vec<f64> {
        let norm = &self.settings.norm;
        let free = FREE_INTERCEPT * hessian.total().max(1.0);
        let diagonal: Vec<f64> = self
            .indexed_weights()
            .map(|(index, w, counts)| if counts { norm.second_derivative(index, w) } else { free })
            .collect();
        // To certify the gap under l2 the residual itself has to be small.
        let absolute = match norm {
            _ if !self.can_certify => f64::INFINITY,
            Norm::L2 => 0.1 * self.settings.tol * objective,
            Norm::L1(_) => f64::INFINITY,
        };
        let right: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let rule = StoppingRule { relative: RESIDUAL, absolute, gain: GAIN };
        let Solution { step, matvecs } = self.pcg.solve(&self.problems.x, hessian, &diagonal, &right, rule);
        self.passes += matvecs;
        if self.loss.is_multinomial() && matvecs > FEW_MATVECS {
            self.pcg.discard_preconditioner();
        }
        step
    }

    /// Shortens the step until Armijo's and Wolfe's conditions hold, and takes it. Returns the step length, 0
    /// for none, and the smoothed objective before the step.
    fn search_line(
        &mut self,
        step: &[f64],
        changes: &[f64],
        (start, derivative): (f64, f64),
        predicted_decrease: f64,
    ) -> (f64, f64) {
        let mut t = 1.0;
        // The bracket of the minimum along the step, each end with its derivative.
        let (mut short, mut beyond) = ((0.0, derivative), (1.0, 0.0));
        for _ in 0..SHORTENINGS {
            let (end, end_derivative) = self.along(step, changes, t);
            let decreased = start - end >= SUFFICIENT * t * predicted_decrease && end < start;
            let limit = STEEP * derivative.abs();
            if decreased && end_derivative <= limit && (end_derivative >= -limit || t == 1.0) {
                for (index, step) in step.iter().enumerate() {
                    self.settings.norm.update_dual(index, self.weights[index], *step);
                    self.weights[index] += t * step;
                }
                if t < 1.0 {
                    self.raise_curvature_floor(changes);
                } else {
                    self.curvature_floor.iter_mut().for_each(|floor| *floor *= FADE);
                }
                self.scores.iter_mut().zip(changes).for_each(|(score, change)| *score += t * change);
                return (t, start);
            }
            if end_derivative < 0.0 && decreased {
                short = (t, end_derivative);
            } else {
                beyond = (t, end_derivative);
            }
            // The root of the line through both derivatives, but not too close to either end (safeguarded
            // secant).
            let meets = if beyond.1 > 0.0 { short.1 / (short.1 - beyond.1) } else { 0.5 };
            t = short.0 + (beyond.0 - short.0) * meets.clamp(0.3, 0.7);
        }
        (0.0, start)
    }

    /// Raises the curvature floor to the mean curvature of every row along a full step that overshot, where
    /// that is above the curvature at the start.
    fn raise_curvature_floor(&mut self, changes: &[f64]) {
        let k = self.problems.k();
        self.curvature_floor.resize(self.scores.len(), 0.0);
        let (loss, targets, scores) = (&self.loss, &self.problems.targets, &self.scores);
        self.curvature_floor.par_chunks_mut(k).enumerate().with_min_len(CHUNK).for_each(|(row, floors)| {
            let (scores, changes) = (&scores[row * k..][..k], &changes[row * k..][..k]);
            let (mut gradients, mut ends, mut curvatures) = ([0.0; 256], [0.0; 256], [0.0f32; 256]);
            let (gradients, ends, curvatures) = (&mut gradients[..k], &mut ends[..k], &mut curvatures[..k]);
            let moved: Vec<f64> = scores.iter().zip(changes).map(|(score, change)| score + change).collect();
            loss.value_and_derivatives(targets[row], &moved, ends, curvatures);
            loss.value_and_derivatives(targets[row], scores, gradients, curvatures);
            let base = if loss.is_multinomial() {
                let largest = (0..k).max_by(|&a, &b| curvatures[a].total_cmp(&curvatures[b])).unwrap_or(0);
                changes[largest]
            } else {
                0.0
            };
            for class in 0..k {
                let change = (changes[class] - base).abs().max(1.0);
                let mean = ((ends[class] - gradients[class]).abs() / change) as f32;
                floors[class] = if mean > curvatures[class] { mean } else { 0.0 }.max(FADE * floors[class]);
            }
        });
    }

    /// The smoothed objective at the start of a step, and its derivative along the step.
    fn at_start(&self, value: f64, gradients: &[f64], step: &[f64], changes: &[f64]) -> (f64, f64) {
        let rows = gradients
            .par_chunks(CHUNK * self.problems.k())
            .zip(changes.par_chunks(CHUNK * self.problems.k()));
        let derivatives_along: Vec<f64> = rows.map(|(gradients, changes)| dot(gradients, changes)).collect();
        self.with_norm(step, 0.0, (value, derivatives_along.iter().sum()))
    }

    /// The smoothed objective after a part `t` of the step, and its derivative along the step.
    fn along(&self, step: &[f64], changes: &[f64], t: f64) -> (f64, f64) {
        let k = self.problems.k();
        let sums: Vec<(f64, f64)> = self
            .scores
            .par_chunks(CHUNK * k)
            .zip(changes.par_chunks(CHUNK * k))
            .enumerate()
            .map(|(chunk, (scores, changes))| {
                let (mut moved, mut gradients, mut curvatures) =
                    (vec![0.0; k], vec![0.0; k], vec![0.0f32; k]);
                let mut sums = (0.0, 0.0);
                for (i, (scores, changes)) in scores.chunks_exact(k).zip(changes.chunks_exact(k)).enumerate()
                {
                    let row = chunk * CHUNK + i;
                    let target = self.problems.targets[row];
                    for ((moved, score), change) in moved.iter_mut().zip(scores).zip(changes) {
                        *moved = score + t * change;
                    }
                    sums.0 +=
                        self.loss.value_and_derivatives(target, &moved, &mut gradients, &mut curvatures);
                    sums.1 += dot(&gradients, changes);
                }
                sums
            })
            .collect();
        let losses = sums.into_iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        self.with_norm(step, t, losses)
    }

    /// Adds the norm after a part `t` of the step to the losses and their derivative.
    fn with_norm(&self, step: &[f64], t: f64, losses: (f64, f64)) -> (f64, f64) {
        let norm = &self.settings.norm;
        let counted = self.indexed_weights().filter(|(_, _, counts)| *counts);
        let regulariser = counted.map(|(index, w, _)| {
            let at = w + t * step[index];
            (norm.value(at), norm.derivative(at) * step[index])
        });
        regulariser.fold(losses, |sum, part| (sum.0 + part.0, sum.1 + part.1))
    }
}
