//! The line search of Newton's method: a safeguarded secant method for the conditions of Armijo and Wolfe
//! (Nocedal and Wright, "Numerical Optimization", 2006, section 3.1). Each problem has its own step length.

use rayon::prelude::*;

use super::iterate::{CHUNK, Iterate};
use super::loss::Loss;
use super::pcg::dots;
use crate::linalg::dot::dot;

/// The share of the predicted decrease that a step must bring (Armijo).
const SUFFICIENT: f64 = 0.01;
/// The largest derivative at a step's end relative to that at its start (Wolfe).
const STEEP: f64 = 0.3;
/// Maximum number of step lengths tried.
const SHORTENINGS: usize = 20;
/// A relative change of the objective below this is rounding, and no reason to shorten a step.
const ROUNDING: f64 = 1e-12;

/// The smoothed objective at a step length (t), and its derivative by t.
#[derive(Clone, Copy, Default)]
pub(super) struct Along {
    pub value: f64,
    pub derivative: f64,
}

/// The bracket of the step length (t) of one problem.
struct Bracket {
    t: f64,
    /// The lower end of the bracket, with the derivative there.
    low: (f64, f64),
    /// The upper end of the bracket, with the derivative there.
    high: (f64, f64),
    accepted: bool,
}

impl Bracket {
    /// The bracket from 0 to a full step.
    fn new(start: Along) -> Bracket {
        Bracket { t: 1.0, low: (0.0, start.derivative), high: (1.0, 0.0), accepted: false }
    }

    /// Accepts `t` if it meets both conditions, or shortens it.
    fn update(&mut self, start: Along, end: Along, predicted_decrease: f64) {
        let decrease = start.value - end.value;
        let decreased = decrease >= SUFFICIENT * self.t * predicted_decrease && decrease > 0.0
            || decrease.abs() <= ROUNDING * start.value;
        let limit = STEEP * start.derivative.abs();
        self.accepted = decreased && end.derivative <= limit && (end.derivative >= -limit || self.t == 1.0);
        if self.accepted {
            return;
        }
        if end.derivative < 0.0 && decreased {
            self.low = (self.t, end.derivative);
        } else {
            self.high = (self.t, end.derivative);
        }
        // The root of the secant through both derivatives, clamped away from the ends.
        let root = if self.high.1 > 0.0 { self.low.1 / (self.low.1 - self.high.1) } else { 0.5 };
        self.t = self.low.0 + (self.high.0 - self.low.0) * root.clamp(0.3, 0.7);
    }
}

impl<L: Loss> Iterate<'_, L> {
    /// The step length of each problem, from 0 (none found) to 1. `start` holds the smoothed objectives at t
    /// = 0, `changes` (n x k) the changes of the scores along the whole step. O(n k) for each length tried.
    pub fn step_lengths(
        &self,
        step: &[f64],
        changes: &[f64],
        start: &[Along],
        predicted_decreases: &[f64],
    ) -> Vec<f64> {
        let mut brackets: Vec<Bracket> = start.iter().map(|start| Bracket::new(*start)).collect();
        for _ in 0..SHORTENINGS {
            let lengths: Vec<f64> = brackets.iter().map(|bracket| bracket.t).collect();
            let ends = self.along(step, changes, &lengths);
            let problems = brackets.iter_mut().zip(start).zip(&ends).zip(predicted_decreases);
            for (((bracket, start), end), predicted_decrease) in problems {
                if !bracket.accepted {
                    bracket.update(*start, *end, *predicted_decrease);
                }
            }
            if brackets.iter().all(|bracket| bracket.accepted) {
                break;
            }
        }
        brackets.iter().map(|bracket| if bracket.accepted { bracket.t } else { 0.0 }).collect()
    }

    /// The smoothed objectives at t = 0, with their derivatives along the step.
    pub fn line_start(&self, losses: &[f64], gradients: &[f64], step: &[f64], changes: &[f64]) -> Vec<Along> {
        let (k, problems) = (self.data.k(), self.problem_count());
        let rows = gradients.par_chunks(CHUNK * k).zip(changes.par_chunks(CHUNK * k));
        let derivatives: Vec<Vec<f64>> = rows
            .map(|(gradients, changes)| {
                if problems == 1 {
                    return vec![dot(gradients, changes)];
                }
                let mut sums = vec![0.0; k];
                for (gradients, changes) in gradients.chunks_exact(k).zip(changes.chunks_exact(k)) {
                    let terms = sums.iter_mut().zip(gradients).zip(changes);
                    terms.for_each(|((sum, gradient), change)| *sum += gradient * change);
                }
                sums
            })
            .collect();
        let mut start: Vec<Along> =
            losses.iter().map(|value| Along { value: *value, derivative: 0.0 }).collect();
        for sums in &derivatives {
            start.iter_mut().zip(sums).for_each(|(start, sum)| start.derivative += sum);
        }
        self.add_norm(step, &vec![0.0; problems], &mut start);
        start
    }

    /// The smoothed objectives at the step lengths `lengths`, with their derivatives along the step.
    fn along(&self, step: &[f64], changes: &[f64], lengths: &[f64]) -> Vec<Along> {
        let (k, problems) = (self.data.k(), lengths.len());
        let sums: Vec<Vec<Along>> = self
            .scores
            .par_chunks(CHUNK * k)
            .zip(changes.par_chunks(CHUNK * k))
            .zip(self.data.targets.par_chunks(CHUNK))
            .map(|((scores, changes), targets)| {
                let (mut moved, mut gradients, mut curvatures) =
                    (vec![0.0; k], vec![0.0; k], vec![0.0f32; k]);
                let (mut values, mut sums) = (vec![0.0; problems], vec![Along::default(); problems]);
                let rows = scores.chunks_exact(k).zip(changes.chunks_exact(k)).zip(targets);
                for ((scores, changes), target) in rows {
                    for (class, moved) in moved.iter_mut().enumerate() {
                        *moved = scores[class] + lengths[class % problems] * changes[class];
                    }
                    let (gradients, curvatures) = (&mut gradients, &mut curvatures);
                    self.loss.value_and_derivatives(*target, &moved, &mut values, gradients, curvatures);
                    let derivatives = dots(gradients, changes, k / problems);
                    sums.iter_mut().zip(derivatives).for_each(|(sum, along)| sum.derivative += along);
                }
                sums.iter_mut().zip(values).for_each(|(sum, value)| sum.value = value);
                sums
            })
            .collect();
        let mut total = vec![Along::default(); problems];
        for chunk in &sums {
            for (total, sum) in total.iter_mut().zip(chunk) {
                total.value += sum.value;
                total.derivative += sum.derivative;
            }
        }
        self.add_norm(step, lengths, &mut total);
        total
    }

    /// Adds the smoothed norm and its derivative at the step lengths `lengths` to `losses`.
    fn add_norm(&self, step: &[f64], lengths: &[f64], losses: &mut [Along]) {
        let (norm, length) = (&self.settings.norm, self.problem_len());
        for (index, w, regularised) in self.indexed_weights() {
            if regularised {
                let at = w + lengths[index / length] * step[index];
                let along = &mut losses[index / length];
                along.value += norm.value(at);
                along.derivative += norm.derivative(at) * step[index];
            }
        }
    }
}
