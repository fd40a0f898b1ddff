//! scikit-learn's `solver="lbfgs"`: the mean loss plus |w|^2 / (2 C n) by SciPy's L-BFGS-B from zero,
//! intercepts free, stopped early.
//!
//! A hundred iterations multiply rounding: with rows in f32 one answer in a hundred on Fashion-MNIST was
//! another than scikit-learn's. So everything is f64, and rows are bytes, which are exact: a scaled value is
//! (pixel - offset) / scale, and scaled rows times w are the pixels times v = w / scale less the offsets
//! times v.

use rayon::prelude::*;

use super::loss::Target;
use crate::Scaling;
use crate::linalg::pixel_groups::{LANES, Lanes, NINE, PixelRows, Scores, TOGETHER};
use crate::models::linear::model::{ByClass, by_class};
use crate::models::optimize::lbfgs::{Ending, StoppingRule, minimize};
use crate::models::{FitError, Training};

/// scikit-learn's `ftol`.
const DECREASE: f64 = 64.0 * f64::EPSILON;

/// Partial sums of the rows: fixed, so that their order does not depend on the number of threads.
const STRIPES: usize = 16;

/// Where the minimisations ended.
pub struct Stopped {
    pub classes: Vec<u8>,
    /// k of d + 1 values, the intercept last.
    pub weights: Vec<f64>,
    /// How the minimisation of the mean loss plus |w|^2 / (2 C n) ended: one of the softmax, else one a
    /// class.
    pub endings: Vec<Ending>,
}

/// Minimises to scikit-learn's `tol`, for `max_iter` iterations at most. `Err` as [`by_class`] has it. An
/// evaluation costs O(n d k) at most, in proportion to the pixels that are not black.
pub fn fit(
    training: &Training,
    c: f64,
    softmax: bool,
    (tol, max_iter): (f64, usize),
) -> Result<Stopped, FitError> {
    let ByClass { mut order, targets, classes } = by_class(training)?;
    let (features, k) = (training.features, classes.len());
    // Rows of a class that are black in the same places become neighbours.
    order.sort_by_cached_key(|&row| {
        let pixels = &features.pixels()[row as usize * features.d()..][..features.d()];
        let seen: Vec<u8> = pixels.iter().rev().map(|&pixel| u8::from(pixel > 0)).collect();
        (training.labels[row as usize], seen)
    });
    let x = PixelRows::new(features.pixels(), features.d(), &order);
    let width = features.d() + 1;
    let rule = StoppingRule { gradient: tol, decrease: DECREASE, max_iter };
    let decay = 1.0 / (c * x.rows() as f64);
    let mut weights = vec![0.0; k * width];
    let problems = if softmax { weights.chunks_mut(k * width) } else { weights.chunks_mut(width) };
    let endings = problems.enumerate().map(|(first, weights)| {
        let target = if softmax { Target::Softmax } else { Target::OneVsRest { first } };
        let objective = Objective { x: &x, targets: &targets, scaling: features.scaling(), target, decay };
        minimize(weights, rule, |weights, gradient| objective.evaluate(weights, gradient))
    });
    let endings = endings.collect();
    Ok(Stopped { classes, weights, endings })
}

/// The mean loss plus decay |w|^2 / 2.
struct Objective<'a> {
    x: &'a PixelRows,
    /// The class of each row.
    targets: &'a [usize],
    scaling: &'a Scaling,
    target: Target,
    decay: f64,
}

/// Nine vectors at most, feature by feature, what every row's product begins with last.
struct Nine {
    eight: Vec<Lanes>,
    one: Vec<f64>,
}

/// Sums over some rows of the gradients of their losses times the pixels, of each of nine vectors, with those
/// of the gradients themselves last.
#[derive(Clone)]
struct Sums {
    eight: Vec<Lanes>,
    one: Vec<[f64; TOGETHER]>,
}

impl Sums {
    fn zero(d: usize) -> Sums {
        Sums { eight: vec![Lanes::ZERO; d + 1], one: vec![[0.0; TOGETHER]; d + 1] }
    }

    fn add(&mut self, other: &Sums) {
        for (sum, other) in self.eight.iter_mut().zip(&other.eight) {
            sum.0.iter_mut().zip(other.0).for_each(|(sum, other)| *sum += other);
        }
        let ones = self.one.as_flattened_mut().iter_mut().zip(other.one.as_flattened());
        ones.for_each(|(sum, other)| *sum += other);
    }

    fn of(&self, vector: usize, feature: usize) -> f64 {
        if vector < LANES { self.eight[feature].0[vector] } else { self.one[feature].iter().sum() }
    }
}

impl Objective<'_> {
    /// The value at `weights`, d + 1 values a class; writes the gradient. O(pixels that are not black, times
    /// k).
    fn evaluate(&self, weights: &[f64], gradient: &mut [f64]) -> f64 {
        let (d, n) = (self.x.columns(), self.x.rows() as f64);
        let k = weights.len() / (d + 1);
        // A softmax starts at zero and its gradients sum to zero over the classes, so that its weights do,
        // and the last class's scores follow from the others'.
        let vectors = if self.target == Target::Softmax { k - 1 } else { k };
        let nines: Vec<Nine> =
            weights[..vectors * (d + 1)].chunks(NINE * (d + 1)).map(|weights| self.pack(weights)).collect();
        let length = self.x.rows().div_ceil(STRIPES).next_multiple_of(TOGETHER);
        let stripes: Vec<(f64, Vec<Sums>)> = (0..self.x.rows().div_ceil(length))
            .into_par_iter()
            .map(|stripe| {
                let end = self.x.rows().min((stripe + 1) * length);
                self.losses_and_sums(&nines, vectors, stripe * length, end)
            })
            .collect();
        let (mut losses, mut totals) = (0.0, vec![Sums::zero(d); nines.len()]);
        for (loss, sums) in &stripes {
            losses += loss;
            totals.iter_mut().zip(sums).for_each(|(total, sums)| total.add(sums));
        }
        let sums = |vector: usize| -> Vec<f64> {
            (0..=d).map(|j| totals[vector / NINE].of(vector % NINE, j)).collect()
        };
        let mut last = vec![0.0; d + 1];
        let mut norm = 0.0;
        for (class, (w, gradient)) in
            weights.chunks_exact(d + 1).zip(gradient.chunks_exact_mut(d + 1)).enumerate()
        {
            let sums = if class < vectors { sums(class) } else { std::mem::take(&mut last) };
            // The offset is in every row.
            for (j, gradient) in gradient[..d].iter_mut().enumerate() {
                let (offset, scale) = (self.scaling.offset[j], self.scaling.scale[j]);
                let of_rows = (sums[j] - offset * sums[d]) / scale;
                *gradient = of_rows / n + self.decay * w[j];
                norm += w[j] * w[j];
            }
            gradient[d] = sums[d] / n;
            last.iter_mut().zip(&sums).for_each(|(last, sum)| *last -= sum);
        }
        losses / n + 0.5 * self.decay * norm
    }

    /// Packs at most nine classes' weights, as those of pixels.
    fn pack(&self, weights: &[f64]) -> Nine {
        let d = self.x.columns();
        let mut nine = Nine { eight: vec![Lanes::ZERO; d + 1], one: vec![0.0; d + 1] };
        for (at, w) in weights.chunks_exact(d + 1).enumerate() {
            let mut v: Vec<f64> =
                w[..d].iter().zip(&self.scaling.scale).map(|(w, scale)| w / scale).collect();
            let of_offset: f64 = v.iter().zip(&self.scaling.offset).map(|(v, offset)| v * offset).sum();
            v.push(w[d] - of_offset);
            if at < LANES {
                nine.eight.iter_mut().zip(v).for_each(|(lanes, v)| lanes.0[at] = v);
            } else {
                nine.one = v;
            }
        }
        nine
    }

    /// The losses and the sums of rows `start` to `end`, a multiple of four where it is not the last row.
    fn losses_and_sums(&self, nines: &[Nine], vectors: usize, start: usize, end: usize) -> (f64, Vec<Sums>) {
        let (x, d) = (self.x, self.x.columns());
        let (mut losses, mut sums) = (0.0, vec![Sums::zero(d); nines.len()]);
        let mut scores: Vec<Scores> = vec![[[0.0; NINE]; TOGETHER]; nines.len()];
        let softmax = self.target == Target::Softmax;
        let mut of_row = vec![0.0; vectors + usize::from(softmax)];
        for (targets, group) in self.targets[start..end].chunks(TOGETHER).zip(start / TOGETHER..) {
            for (scores, nine) in scores.iter_mut().zip(nines) {
                for scores in &mut *scores {
                    scores[..LANES].copy_from_slice(&nine.eight[d].0);
                    scores[LANES] = nine.one[d];
                }
                x.project(group, scores, &nine.eight, &nine.one);
            }
            for (row, &class) in targets.iter().enumerate() {
                for (of_row, scores) in of_row[..vectors].chunks_mut(NINE).zip(&scores) {
                    of_row.copy_from_slice(&scores[row][..of_row.len()]);
                }
                if softmax {
                    of_row[vectors] = -of_row[..vectors].iter().sum::<f64>();
                }
                losses += self.target.loss_and_gradient(class, &mut of_row);
                for (of_row, scores) in of_row[..vectors].chunks(NINE).zip(&mut scores) {
                    scores[row][..of_row.len()].copy_from_slice(of_row);
                }
            }
            for (scores, sums) in scores.iter_mut().zip(&mut sums) {
                // Where the last group is short, what it lacks has no loss.
                scores[targets.len()..].fill([0.0; NINE]);
                x.accumulate(group, scores, &mut sums.eight, &mut sums.one);
                for (row, scores) in scores.iter().enumerate() {
                    sums.eight[d].0.iter_mut().zip(scores).for_each(|(sum, gradient)| *sum += gradient);
                    sums.one[d][row] += scores[LANES];
                }
            }
        }
        (losses, sums)
    }
}
