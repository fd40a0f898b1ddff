//! scikit-learn's `solver="lbfgs"`: minimises the mean loss plus |w|^2 / (2 C n) by SciPy's L-BFGS-B from
//! zero, with free intercepts, and stops early.
//!
//! A hundred iterations multiply rounding errors: with rows in f32, one prediction in a hundred on
//! Fashion-MNIST differed from scikit-learn's. All values are therefore f64 and rows are exact bytes. A
//! scaled value is (pixel - offset) / scale, so a scaled row times w is the pixels times v = w / scale, minus
//! the offsets times v.

use rayon::prelude::*;

use super::loss::Target;
use crate::Scaling;
use crate::linalg::pixel_groups::{GROUP_ROWS, LANES, Lanes, PixelRows, Scores, VECTORS};
use crate::models::linear::model::{SortedByClass, sort_by_class};
use crate::models::optimize::lbfgs::{Ending, StoppingRule, minimize};
use crate::models::{FitError, Training};

/// scikit-learn's `ftol`.
const DECREASE: f64 = 64.0 * f64::EPSILON;

/// The number of partial sums over the rows. The number is fixed, so that the order of summation does not
/// depend on the number of threads.
const CHUNKS: usize = 16;

/// The weights at the end of the minimisations.
pub struct Stopped {
    pub classes: Vec<u8>,
    /// The weights: k vectors of d + 1 values, the intercept last.
    pub weights: Vec<f64>,
    /// The ends of the minimisations: one for the softmax, else one per class. Their values are the mean loss
    /// plus |w|^2 / (2 C n).
    pub endings: Vec<Ending>,
}

/// Minimises to scikit-learn's `tol` in at most `max_iter` iterations. `Err` as [`sort_by_class`]. An
/// evaluation costs O(non-black pixels * k).
pub fn fit(
    training: &Training,
    c: f64,
    softmax: bool,
    (tol, max_iter): (f64, usize),
) -> Result<Stopped, FitError> {
    let SortedByClass { mut order, targets, classes } = sort_by_class(training)?;
    let (features, k) = (training.features, classes.len());
    // Rows of a class with the same black pixels become neighbours: products take groups of neighbouring
    // rows.
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

/// The objective: the mean loss plus `decay` |w|^2 / 2.
struct Objective<'a> {
    x: &'a PixelRows,
    /// The class of each row.
    targets: &'a [usize],
    scaling: &'a Scaling,
    target: Target,
    decay: f64,
}

/// Up to nine weight vectors for byte rows, feature by feature: eight interleaved and the ninth. The last
/// entry of each starts the product of every row.
struct Packed {
    eight: Vec<Lanes>,
    ninth: Vec<f64>,
}

/// Sums over rows of loss gradient times pixels, for nine vectors feature by feature. The last entry is the
/// sum of the gradients.
#[derive(Clone)]
struct Sums {
    eight: Vec<Lanes>,
    ninth: Vec<[f64; GROUP_ROWS]>,
}

impl Sums {
    /// Sums over no rows.
    fn zero(d: usize) -> Sums {
        Sums { eight: vec![Lanes::ZERO; d + 1], ninth: vec![[0.0; GROUP_ROWS]; d + 1] }
    }

    /// Adds the sums over other rows.
    fn add(&mut self, other: &Sums) {
        for (sum, other) in self.eight.iter_mut().zip(&other.eight) {
            sum.0.iter_mut().zip(other.0).for_each(|(sum, other)| *sum += other);
        }
        let ninths = self.ninth.as_flattened_mut().iter_mut().zip(other.ninth.as_flattened());
        ninths.for_each(|(sum, other)| *sum += other);
    }

    /// The sum of one vector and feature.
    fn entry(&self, vector: usize, feature: usize) -> f64 {
        if vector < LANES { self.eight[feature].0[vector] } else { self.ninth[feature].iter().sum() }
    }
}

impl Objective<'_> {
    /// The value at `weights`, d + 1 values per class; writes the gradient. O(non-black pixels * k).
    fn evaluate(&self, weights: &[f64], gradient: &mut [f64]) -> f64 {
        let (d, n) = (self.x.columns(), self.x.rows() as f64);
        let k = weights.len() / (d + 1);
        // The weights of a softmax start at zero and its gradients sum to zero over the classes. The weights
        // therefore sum to zero too, and the last class needs no products of its own.
        let vectors = if self.target == Target::Softmax { k - 1 } else { k };
        let packed: Vec<Packed> = weights[..vectors * (d + 1)]
            .chunks(VECTORS * (d + 1))
            .map(|weights| self.pack(weights))
            .collect();
        let length = self.x.rows().div_ceil(CHUNKS).next_multiple_of(GROUP_ROWS);
        let chunks: Vec<(f64, Vec<Sums>)> = (0..self.x.rows().div_ceil(length))
            .into_par_iter()
            .map(|chunk| {
                let end = self.x.rows().min((chunk + 1) * length);
                self.sum_rows(&packed, vectors, chunk * length, end)
            })
            .collect();
        let (mut losses, mut totals) = (0.0, vec![Sums::zero(d); packed.len()]);
        for (loss, sums) in &chunks {
            losses += loss;
            totals.iter_mut().zip(sums).for_each(|(total, sums)| total.add(sums));
        }
        let sums = |vector: usize| -> Vec<f64> {
            (0..=d).map(|j| totals[vector / VECTORS].entry(vector % VECTORS, j)).collect()
        };
        let mut last = vec![0.0; d + 1];
        let mut norm = 0.0;
        for (class, (w, gradient)) in
            weights.chunks_exact(d + 1).zip(gradient.chunks_exact_mut(d + 1)).enumerate()
        {
            let sums = if class < vectors { sums(class) } else { std::mem::take(&mut last) };
            // The gradient by a scaled feature, from sums over bytes.
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

    /// Packs at most nine classes' weights as weights of bytes.
    fn pack(&self, weights: &[f64]) -> Packed {
        let d = self.x.columns();
        let mut nine = Packed { eight: vec![Lanes::ZERO; d + 1], ninth: vec![0.0; d + 1] };
        for (at, w) in weights.chunks_exact(d + 1).enumerate() {
            let mut v: Vec<f64> =
                w[..d].iter().zip(&self.scaling.scale).map(|(w, scale)| w / scale).collect();
            let of_offset: f64 = v.iter().zip(&self.scaling.offset).map(|(v, offset)| v * offset).sum();
            v.push(w[d] - of_offset);
            if at < LANES {
                nine.eight.iter_mut().zip(v).for_each(|(lanes, v)| lanes.0[at] = v);
            } else {
                nine.ninth = v;
            }
        }
        nine
    }

    /// The losses and the sums over the rows from `start` to `end`. `start` is a multiple of [`GROUP_ROWS`].
    fn sum_rows(&self, packed: &[Packed], vectors: usize, start: usize, end: usize) -> (f64, Vec<Sums>) {
        let (x, d) = (self.x, self.x.columns());
        let (mut losses, mut sums) = (0.0, vec![Sums::zero(d); packed.len()]);
        let mut scores: Vec<Scores> = vec![[[0.0; VECTORS]; GROUP_ROWS]; packed.len()];
        let softmax = self.target == Target::Softmax;
        let mut of_row = vec![0.0; vectors + usize::from(softmax)];
        for (targets, group) in self.targets[start..end].chunks(GROUP_ROWS).zip(start / GROUP_ROWS..) {
            for (scores, nine) in scores.iter_mut().zip(packed) {
                for scores in &mut *scores {
                    scores[..LANES].copy_from_slice(&nine.eight[d].0);
                    scores[LANES] = nine.ninth[d];
                }
                x.project(group, scores, &nine.eight, &nine.ninth);
            }
            for (row, &class) in targets.iter().enumerate() {
                for (of_row, scores) in of_row[..vectors].chunks_mut(VECTORS).zip(&scores) {
                    of_row.copy_from_slice(&scores[row][..of_row.len()]);
                }
                if softmax {
                    of_row[vectors] = -of_row[..vectors].iter().sum::<f64>();
                }
                losses += self.target.loss_and_gradient(class, &mut of_row);
                for (of_row, scores) in of_row[..vectors].chunks(VECTORS).zip(&mut scores) {
                    scores[row][..of_row.len()].copy_from_slice(of_row);
                }
            }
            for (scores, sums) in scores.iter_mut().zip(&mut sums) {
                // The last group can be short: the rows that it lacks get gradient 0.
                scores[targets.len()..].fill([0.0; VECTORS]);
                x.accumulate(group, scores, &mut sums.eight, &mut sums.ninth);
                for (row, scores) in scores.iter().enumerate() {
                    sums.eight[d].0.iter_mut().zip(scores).for_each(|(sum, gradient)| *sum += gradient);
                    sums.ninth[d][row] += scores[LANES];
                }
            }
        }
        (losses, sums)
    }
}
