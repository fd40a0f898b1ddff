//! The step length of Newton's method: a safeguarded secant method for Armijo's and Wolfe's conditions
//! (Nocedal and Wright, "Numerical Optimization", 2006, section 3.1). Problems that share nothing but the
//! rows have step lengths of their own.

use rayon::prelude::*;

use super::iterate::{CHUNK, Iterate};
use super::loss::Loss;
use super::pcg::{dot, dots};

/// The part of the predicted decrease that a step must bring (Armijo).
const SUFFICIENT: f64 = 0.01;
/// The largest derivative at a step's end relative to that at its start (Wolfe).
const STEEP: f64 = 0.3;
/// The step lengths tried.
const SHORTENINGS: usize = 20;
/// A change of the objective by less than this part of it is rounding, and no reason to shorten a step.
const ROUNDING: f64 = 1e-12;

/// The objective along a step of length t, and its derivative by t.
#[derive(Clone, Copy, Default)]
pub(super) struct Along {
    pub value: f64,
    pub derivative: f64,
}

/// The step length of one problem, while it is searched.
struct Bracket {
    t: f64,
    /// The ends of an interval with the minimum in it, each with the derivative there.
    short: (f64, f64),
    beyond: (f64, f64),
    found: bool,
}

impl Bracket {
    fn new(start: Along) -> Bracket {
        Bracket { t: 1.0, short: (0.0, start.derivative), beyond: (1.0, 0.0), found: false }
    }

    /// Ends the search at `t` or shortens it.
    fn update(&mut self, start: Along, end: Along, predicted_decrease: f64) {
        let decrease = start.value - end.value;
        let decreased = decrease >= SUFFICIENT * self.t * predicted_decrease && decrease > 0.0
            || decrease.abs() <= ROUNDING * start.value;
        let limit = STEEP * start.derivative.abs();
        self.found = decreased && end.derivative <= limit && (end.derivative >= -limit || self.t == 1.0);
        if self.found {
            return;
        }
        if end.derivative < 0.0 && decreased {
            self.short = (self.t, end.derivative);
        } else {
            self.beyond = (self.t, end.derivative);
        }
        // The root of the line through both derivatives, but not too close to either end.
        let root = if self.beyond.1 > 0.0 { self.short.1 / (self.short.1 - self.beyond.1) } else { 0.5 };
        self.t = self.short.0 + (self.beyond.0 - self.short.0) * root.clamp(0.3, 0.7);
    }
}

impl<L: Loss> Iterate<'_, L> {
    /// The step length of each problem, from 0 (none found) to 1. `start` are the smoothed objectives at 0, and
    /// `changes` (n x k) those of the scores by the whole step. O(n k) for each length tried.
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
                if !bracket.found {
                    bracket.update(*start, *end, *predicted_decrease);
                }
            }
            if brackets.iter().all(|bracket| bracket.found) {
                break;
            }
        }
        brackets.iter().map(|bracket| if bracket.found { bracket.t } else { 0.0 }).collect()
    }

    /// The smoothed objectives at the start of a step.
    pub fn at_start(&self, losses: &[f64], gradients: &[f64], step: &[f64], changes: &[f64]) -> Vec<Along> {
        let (k, parts) = (self.problems.k(), self.parts());
        let rows = gradients.par_chunks(CHUNK * k).zip(changes.par_chunks(CHUNK * k));
        let derivatives: Vec<Vec<f64>> = rows
            .map(|(gradients, changes)| {
                if parts == 1 {
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
        self.add_norm(step, &vec![0.0; parts], &mut start);
        start
    }

    /// The smoothed objectives after parts `lengths` of the step.
    fn along(&self, step: &[f64], changes: &[f64], lengths: &[f64]) -> Vec<Along> {
        let (k, parts) = (self.problems.k(), lengths.len());
        let sums: Vec<Vec<Along>> = self
            .scores
            .par_chunks(CHUNK * k)
            .zip(changes.par_chunks(CHUNK * k))
            .zip(self.problems.targets.par_chunks(CHUNK))
            .map(|((scores, changes), targets)| {
                let (mut moved, mut gradients, mut curvatures) =
                    (vec![0.0; k], vec![0.0; k], vec![0.0f32; k]);
                let (mut values, mut sums) = (vec![0.0; parts], vec![Along::default(); parts]);
                let rows = scores.chunks_exact(k).zip(changes.chunks_exact(k)).zip(targets);
                for ((scores, changes), target) in rows {
                    for (class, moved) in moved.iter_mut().enumerate() {
                        *moved = scores[class] + lengths[class % parts] * changes[class];
                    }
                    let (gradients, curvatures) = (&mut gradients, &mut curvatures);
                    self.loss.value_and_derivatives(*target, &moved, &mut values, gradients, curvatures);
                    let derivatives = dots(gradients, changes, k / parts);
                    sums.iter_mut().zip(derivatives).for_each(|(sum, along)| sum.derivative += along);
                }
                sums.iter_mut().zip(values).for_each(|(sum, value)| sum.value = value);
                sums
            })
            .collect();
        let mut total = vec![Along::default(); parts];
        for chunk in &sums {
            for (total, sum) in total.iter_mut().zip(chunk) {
                total.value += sum.value;
                total.derivative += sum.derivative;
            }
        }
        self.add_norm(step, lengths, &mut total);
        total
    }

    /// Adds the smoothed norms after parts `lengths` of the step to the losses.
    fn add_norm(&self, step: &[f64], lengths: &[f64], losses: &mut [Along]) {
        let (norm, part) = (&self.settings.norm, self.part());
        for (index, w, counts) in self.indexed_weights() {
            if counts {
                let at = w + lengths[index / part] * step[index];
                let along = &mut losses[index / part];
                along.value += norm.value(at);
                along.derivative += norm.derivative(at) * step[index];
            }
        }
    }
}
