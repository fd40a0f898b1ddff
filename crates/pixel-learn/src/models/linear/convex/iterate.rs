//! A point of the minimisation: weights, the scores that they give, and the derivatives there.

use rayon::prelude::*;

use super::hessian::ScoreHessian;
use super::loss::Loss;
use super::{Problems, Settings};

/// Rows evaluated as one task.
pub(super) const CHUNK: usize = 1024;
/// What curvature floors are multiplied by after a step.
const FADE: f32 = 0.5;

/// The weights (w), and what follows from them.
pub(super) struct Iterate<'a, L> {
    pub problems: &'a Problems,
    pub loss: L,
    pub settings: Settings,
    /// k of d + 1 values, the intercept last.
    pub weights: Vec<f64>,
    /// X W, n x k.
    pub scores: Vec<f64>,
    /// Lower limits of the curvatures after steps that overshot, n x k; empty for none.
    curvature_floor: Vec<f32>,
}

/// The losses at a point.
pub(super) struct Derivatives {
    /// The sum of the losses of each problem.
    pub losses: Vec<f64>,
    /// The gradients of all rows by their scores, n x k.
    pub gradients: Vec<f64>,
    pub hessian: ScoreHessian,
}

impl<'a, L: Loss> Iterate<'a, L> {
    /// Zero weights.
    pub fn new(problems: &'a Problems, loss: L, settings: Settings) -> Iterate<'a, L> {
        Iterate {
            problems,
            loss,
            settings,
            weights: vec![0.0; problems.k() * (problems.d() + 1)],
            scores: vec![0.0; problems.n() * problems.k()],
            curvature_floor: Vec::new(),
        }
    }

    /// The weights of one class.
    pub fn width(&self) -> usize {
        self.problems.d() + 1
    }

    /// The problems that share nothing but the rows.
    pub fn parts(&self) -> usize {
        self.loss.problems(self.problems.k())
    }

    /// The weights of one problem.
    pub fn part(&self) -> usize {
        self.weights.len() / self.parts()
    }

    /// Every weight with its index, and whether it is regularised.
    pub fn indexed_weights(&self) -> impl Iterator<Item = (usize, f64, bool)> + '_ {
        let width = self.width();
        let counts = move |index: usize| self.settings.intercept_regularised || index % width != width - 1;
        self.weights.iter().enumerate().map(move |(index, &w)| (index, w, counts(index)))
    }

    /// The sum of |w| of the weights that are regularised.
    pub fn l1_norm(&self) -> f64 {
        self.indexed_weights().filter(|(_, _, counts)| *counts).map(|(_, w, _)| w.abs()).sum()
    }

    /// The losses and their derivatives by the scores. O(n k).
    pub fn derivatives(&self) -> Derivatives {
        let (k, parts) = (self.problems.k(), self.parts());
        let mut gradients = vec![0.0; self.scores.len()];
        let mut values = vec![0.0; self.problems.n() * parts];
        let rows = gradients.par_chunks_mut(k).zip(values.par_chunks_mut(parts));
        let hessian = ScoreHessian::collect(
            k,
            self.loss.is_multinomial(),
            rows,
            |row, (gradients, values), curvatures| {
                let (target, scores) = (self.problems.targets[row], &self.scores[row * k..][..k]);
                self.loss.value_and_derivatives(target, scores, values, gradients, curvatures);
                if let Some(floors) = self.curvature_floor.get(row * k..(row + 1) * k) {
                    let pairs = curvatures.iter_mut().zip(floors);
                    pairs.for_each(|(curvature, floor)| *curvature = curvature.max(*floor));
                }
            },
        );
        let mut losses = vec![0.0; parts];
        for values in values.chunks_exact(parts) {
            losses.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        Derivatives { losses, gradients, hessian }
    }

    /// Moves each problem by its part of a step that changes the scores by `changes` (n x k).
    pub fn take(&mut self, step: &[f64], changes: &[f64], lengths: &[f64]) {
        let part = self.part();
        for (index, step) in step.iter().enumerate() {
            let t = lengths[index / part];
            if t > 0.0 {
                self.settings.norm.update_dual(index, self.weights[index], *step);
                self.weights[index] += t * step;
            }
        }
        self.update_curvature_floor(changes, lengths);
        let (k, parts) = (self.problems.k(), lengths.len());
        for (scores, changes) in self.scores.chunks_exact_mut(k).zip(changes.chunks_exact(k)) {
            for (class, (score, change)) in scores.iter_mut().zip(changes).enumerate() {
                *score += lengths[class % parts] * change;
            }
        }
    }

    /// Where a full step overshot, raises the curvature floor to the mean curvature of every row along that
    /// step, if this is above the curvature at the start. After a full step the floor falls.
    fn update_curvature_floor(&mut self, changes: &[f64], lengths: &[f64]) {
        let overshot = |t: f64| t < 1.0;
        if !lengths.iter().any(|t| overshot(*t)) {
            self.curvature_floor.iter_mut().for_each(|floor| *floor *= FADE);
            return;
        }
        let (k, parts) = (self.problems.k(), lengths.len());
        self.curvature_floor.resize(self.scores.len(), 0.0);
        let (loss, targets, scores) = (&self.loss, &self.problems.targets, &self.scores);
        self.curvature_floor.par_chunks_mut(k).enumerate().with_min_len(CHUNK).for_each(|(row, floors)| {
            let (scores, changes) = (&scores[row * k..][..k], &changes[row * k..][..k]);
            let (mut gradients, mut ends, mut curvatures) = ([0.0; 256], [0.0; 256], [0.0f32; 256]);
            let (gradients, ends, curvatures) = (&mut gradients[..k], &mut ends[..k], &mut curvatures[..k]);
            let moved: Vec<f64> = scores.iter().zip(changes).map(|(score, change)| score + change).collect();
            let mut values = [0.0; 256];
            loss.value_and_derivatives(targets[row], &moved, &mut values, ends, curvatures);
            loss.value_and_derivatives(targets[row], scores, &mut values, gradients, curvatures);
            let base = if loss.is_multinomial() {
                let largest = (0..k).max_by(|&a, &b| curvatures[a].total_cmp(&curvatures[b])).unwrap_or(0);
                changes[largest]
            } else {
                0.0
            };
            for class in 0..k {
                floors[class] *= FADE;
                if overshot(lengths[class % parts]) {
                    let change = (changes[class] - base).abs().max(1.0);
                    let mean = ((ends[class] - gradients[class]).abs() / change) as f32;
                    if mean > curvatures[class] {
                        floors[class] = floors[class].max(mean);
                    }
                }
            }
        });
    }
}
