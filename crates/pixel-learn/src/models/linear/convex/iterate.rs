//! The iterate of the minimisation: weights, scores, and the derivatives of the losses.

use rayon::prelude::*;

use super::hessian::ScoreHessian;
use super::loss::Loss;
use super::{Settings, TrainingRows};

/// Rows evaluated as one task.
pub(super) const CHUNK: usize = 1024;
/// The factor of the curvature floors after each step.
const FADE: f32 = 0.5;

/// The weights (w), the scores X W, and the curvature floors.
pub(super) struct Iterate<'a, L> {
    pub data: &'a TrainingRows,
    pub loss: L,
    pub settings: Settings,
    /// The weights (w): k vectors of d + 1 values, the intercept last.
    pub weights: Vec<f64>,
    /// The scores X W, n x k.
    pub scores: Vec<f64>,
    /// The curvature floors, lower bounds of the curvatures after steps that overshot, n x k. Empty if there
    /// are none.
    curvature_floor: Vec<f32>,
}

/// The losses at the iterate, with their derivatives by the scores.
pub(super) struct Derivatives {
    /// The sum of the losses of each problem.
    pub losses: Vec<f64>,
    /// The gradients by the scores (A), n x k.
    pub gradients: Vec<f64>,
    /// The Hessian by the scores.
    pub hessian: ScoreHessian,
}

impl<'a, L: Loss> Iterate<'a, L> {
    /// Zero weights.
    pub fn new(data: &'a TrainingRows, loss: L, settings: Settings) -> Iterate<'a, L> {
        Iterate {
            data,
            loss,
            settings,
            weights: vec![0.0; data.k() * (data.d() + 1)],
            scores: vec![0.0; data.n() * data.k()],
            curvature_floor: Vec::new(),
        }
    }

    /// The number of weights of one class.
    pub fn width(&self) -> usize {
        self.data.d() + 1
    }

    /// The number of problems that share nothing but the rows.
    pub fn problem_count(&self) -> usize {
        self.loss.problem_count(self.data.k())
    }

    /// The number of weights of one problem.
    pub fn problem_len(&self) -> usize {
        self.weights.len() / self.problem_count()
    }

    /// Every weight with its index and whether it is regularised.
    pub fn indexed_weights(&self) -> impl Iterator<Item = (usize, f64, bool)> + '_ {
        let width = self.width();
        let regularised =
            move |index: usize| self.settings.intercept_regularised || index % width != width - 1;
        self.weights.iter().enumerate().map(move |(index, &w)| (index, w, regularised(index)))
    }

    /// The l1 norm of the regularised weights.
    pub fn l1_norm(&self) -> f64 {
        self.indexed_weights().filter(|(_, _, regularised)| *regularised).map(|(_, w, _)| w.abs()).sum()
    }

    /// The losses and their derivatives by the scores. O(n k).
    pub fn derivatives(&self) -> Derivatives {
        let (k, problems) = (self.data.k(), self.problem_count());
        let mut gradients = vec![0.0; self.scores.len()];
        let mut values = vec![0.0; self.data.n() * problems];
        let rows = gradients.par_chunks_mut(k).zip(values.par_chunks_mut(problems));
        let hessian = ScoreHessian::collect(
            k,
            self.loss.is_multinomial(),
            rows,
            |row, (gradients, values), curvatures| {
                let (target, scores) = (self.data.targets[row], &self.scores[row * k..][..k]);
                self.loss.value_and_derivatives(target, scores, values, gradients, curvatures);
                if let Some(floors) = self.curvature_floor.get(row * k..(row + 1) * k) {
                    let pairs = curvatures.iter_mut().zip(floors);
                    pairs.for_each(|(curvature, floor)| *curvature = curvature.max(*floor));
                }
            },
        );
        let mut losses = vec![0.0; problems];
        for values in values.chunks_exact(problems) {
            losses.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        Derivatives { losses, gradients, hessian }
    }

    /// Takes the step: adds each problem's step length (`lengths`) times `step` to the weights, and times
    /// `changes` (n x k) to the scores.
    pub fn apply_step(&mut self, step: &[f64], changes: &[f64], lengths: &[f64]) {
        let length = self.problem_len();
        for (index, step) in step.iter().enumerate() {
            let t = lengths[index / length];
            if t > 0.0 {
                self.settings.norm.update_dual(index, self.weights[index], *step);
                self.weights[index] += t * step;
            }
        }
        self.update_curvature_floor(changes, lengths);
        let (k, problems) = (self.data.k(), lengths.len());
        for (scores, changes) in self.scores.chunks_exact_mut(k).zip(changes.chunks_exact(k)) {
            for (class, (score, change)) in scores.iter_mut().zip(changes).enumerate() {
                *score += lengths[class % problems] * change;
            }
        }
    }

    /// Updates the curvature floors, for losses whose curvature at the start of a step is far below its mean
    /// along the step. If a full step overshot, the floor of a row is at least the mean curvature along that
    /// step. Floors decrease at each step.
    fn update_curvature_floor(&mut self, changes: &[f64], lengths: &[f64]) {
        let overshot = |t: f64| t < 1.0;
        if !lengths.iter().any(|t| overshot(*t)) {
            self.curvature_floor.iter_mut().for_each(|floor| *floor *= FADE);
            return;
        }
        let (k, problems) = (self.data.k(), lengths.len());
        self.curvature_floor.resize(self.scores.len(), 0.0);
        let (loss, targets, scores) = (&self.loss, &self.data.targets, &self.scores);
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
                if overshot(lengths[class % problems]) {
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
