//! scikit-learn's `solver="lbfgs"`: the mean loss plus |w|^2 / (2 C n) by SciPy's L-BFGS-B from zero,
//! intercepts free, stopped early.
//!
//! A hundred iterations multiply rounding: with rows in f32 one answer in a hundred on Fashion-MNIST was
//! another than scikit-learn's. So everything is f64, and rows are bytes, which are exact: a scaled value is
//! (pixel - offset) / scale, and scaled rows times w are the pixels times v = w / scale less the offsets
//! times v.

use rayon::prelude::*;

use super::loss::Target;
use crate::dataset::Scaling;
use crate::linalg::pixel_groups::{LANES, Lanes, PixelGroup, PixelRows, TOGETHER};
use crate::models::linear::model::{ByClass, by_class};
use crate::models::optimize::lbfgs::{Ending, StoppingRule, minimize};
use crate::models::{FitError, Training};

/// scikit-learn's `ftol`.
const DECREASE: f64 = 64.0 * f64::EPSILON;

/// Columns whose weights or sums stay in the first-level cache, 25 kB, while the groups of a block go through
/// them.
const TILE: usize = 392;
/// Groups of a block, which stay in the second-level cache.
const GROUPS: usize = 32;
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
    let ByClass { order, targets, classes } = by_class(training)?;
    let (features, k) = (training.features, classes.len());
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

/// Vectors that are taken together: eight side by side and one alone, so that the nine that a softmax of ten
/// classes needs leave no place empty.
const NINE: usize = LANES + 1;

/// Nine vectors at most, feature by feature, what every row's product begins with last.
struct Nine {
    eight: Vec<Lanes>,
    one: Option<Vec<f64>>,
}

/// The scores of four rows for nine vectors, then their gradients.
#[derive(Clone, Copy)]
struct Scores {
    eight: [Lanes; TOGETHER],
    one: [f64; TOGETHER],
}

impl Scores {
    fn at(&mut self, row: usize, vector: usize) -> &mut f64 {
        if vector < LANES { &mut self.eight[row].0[vector] } else { &mut self.one[row] }
    }
}

/// The losses of some rows, and the sums of their gradients times the pixels, of each vector of nine, with
/// those of the gradients themselves last.
struct Sums {
    losses: f64,
    eight: Vec<Vec<Lanes>>,
    one: Vec<Vec<[f64; TOGETHER]>>,
}

impl Sums {
    fn of(&self, vector: usize, feature: usize) -> f64 {
        let (nine, at) = (vector / NINE, vector % NINE);
        if at < LANES { self.eight[nine][feature].0[at] } else { self.one[nine][feature].iter().sum() }
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
        let length = self.x.rows().div_ceil(STRIPES).next_multiple_of(GROUPS * TOGETHER);
        let stripes: Vec<Sums> = (0..self.x.rows().div_ceil(length))
            .into_par_iter()
            .map(|stripe| {
                let end = self.x.rows().min((stripe + 1) * length);
                self.losses_and_sums(&nines, vectors, stripe * length, end)
            })
            .collect();
        let sums = |vector: usize| -> Vec<f64> {
            (0..=d).map(|j| stripes.iter().map(|sums| sums.of(vector, j)).sum()).collect()
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
        stripes.iter().map(|sums| sums.losses).sum::<f64>() / n + 0.5 * self.decay * norm
    }

    /// Packs at most nine classes' weights, as those of pixels.
    fn pack(&self, weights: &[f64]) -> Nine {
        let d = self.x.columns();
        let mut nine = Nine { eight: vec![Lanes::ZERO; d + 1], one: None };
        for (at, w) in weights.chunks_exact(d + 1).enumerate() {
            let mut v: Vec<f64> =
                w[..d].iter().zip(&self.scaling.scale).map(|(w, scale)| w / scale).collect();
            let of_offset: f64 = v.iter().zip(&self.scaling.offset).map(|(v, offset)| v * offset).sum();
            v.push(w[d] - of_offset);
            if at < LANES {
                nine.eight.iter_mut().zip(v).for_each(|(lanes, v)| lanes.0[at] = v);
            } else {
                nine.one = Some(v);
            }
        }
        nine
    }

    /// The sums of rows `start` to `end`, a multiple of four where it is not the last row.
    fn losses_and_sums(&self, nines: &[Nine], vectors: usize, start: usize, end: usize) -> Sums {
        let (x, d) = (self.x, self.x.columns());
        let mut sums = Sums {
            losses: 0.0,
            eight: vec![vec![Lanes::ZERO; d + 1]; nines.len()],
            one: nines
                .iter()
                .map(|nine| vec![[0.0; TOGETHER]; nine.one.as_ref().map_or(0, |_| d + 1)])
                .collect(),
        };
        let mut groups: Vec<PixelGroup> = (0..GROUPS).map(|_| PixelGroup::new(x, TILE)).collect();
        let tiles = groups[0].tiles();
        let zero = Scores { eight: [Lanes::ZERO; TOGETHER], one: [0.0; TOGETHER] };
        let mut scores = vec![vec![zero; GROUPS]; nines.len()];
        let softmax = self.target == Target::Softmax;
        let mut of_row = vec![0.0; vectors + usize::from(softmax)];
        for start in (start..end).step_by(GROUPS * TOGETHER) {
            let end = end.min(start + GROUPS * TOGETHER);
            let groups = &mut groups[..(end - start).div_ceil(TOGETHER)];
            groups.iter_mut().zip(start / TOGETHER..).for_each(|(group, at)| group.read(x, at));
            for (scores, nine) in scores.iter_mut().zip(nines) {
                let one = nine.one.as_ref().map_or(0.0, |one| one[d]);
                scores.fill(Scores { eight: [nine.eight[d]; TOGETHER], one: [one; TOGETHER] });
                for tile in 0..tiles {
                    for (group, scores) in groups.iter().zip(&mut *scores) {
                        scores.eight = group.project(tile, &scores.eight, &nine.eight);
                        if let Some(one) = &nine.one {
                            scores.one = group.project_one(tile, &scores.one, one);
                        }
                    }
                }
            }
            for (at, &class) in self.targets[start..end].iter().enumerate() {
                let (group, row) = (at / TOGETHER, at % TOGETHER);
                for (vector, score) in of_row[..vectors].iter_mut().enumerate() {
                    *score = *scores[vector / NINE][group].at(row, vector % NINE);
                }
                if softmax {
                    of_row[vectors] = -of_row[..vectors].iter().sum::<f64>();
                }
                sums.losses += self.target.loss_and_gradient(class, &mut of_row);
                for (vector, gradient) in of_row[..vectors].iter().enumerate() {
                    *scores[vector / NINE][group].at(row, vector % NINE) = *gradient;
                }
            }
            for (nine, scores) in scores.iter_mut().enumerate() {
                // Where the last group is short, what it lacks has no loss.
                for at in end - start..groups.len() * TOGETHER {
                    let scores = &mut scores[at / TOGETHER];
                    scores.eight[at % TOGETHER] = Lanes::ZERO;
                    scores.one[at % TOGETHER] = 0.0;
                }
                let (eight, one) = (&mut sums.eight[nine], &mut sums.one[nine]);
                for tile in 0..tiles {
                    for (group, scores) in groups.iter().zip(&*scores) {
                        group.accumulate(tile, &scores.eight, &mut eight[..d]);
                        if !one.is_empty() {
                            group.accumulate_one(tile, &scores.one, &mut one[..d]);
                        }
                    }
                }
                for scores in &scores[..groups.len()] {
                    for gradients in scores.eight {
                        eight[d].0.iter_mut().zip(gradients.0).for_each(|(sum, gradient)| *sum += gradient);
                    }
                    if let Some(sum) = one.last_mut() {
                        sum.iter_mut().zip(scores.one).for_each(|(sum, gradient)| *sum += gradient);
                    }
                }
            }
        }
        sums
    }
}
