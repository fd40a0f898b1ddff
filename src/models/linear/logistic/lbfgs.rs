//! scikit-learn's `solver="lbfgs"`: the mean loss plus |w|^2 / (2 C n) by SciPy's L-BFGS-B from zero, intercepts free,
//! stopped early.
//!
//! A hundred iterations multiply rounding: with rows in f32 one answer in a hundred on Fashion-MNIST was another than
//! scikit-learn's. So everything is f64, and rows are bytes less the background's byte, which are exact: a scaled
//! value is x = (pixel - offset) u with u = 1 / scale, x . w = (pixels - offset) . v with v = w u.

use rayon::prelude::*;

use super::loss::Target;
use crate::dataset::Scaling;
use crate::linalg::sparse::{TOGETHER, WIDE_LANES, WideGroup, WideLanes};
use crate::models::linear::Problems;
use crate::models::linear::convex::passes::{pack_wide, stripes};
use crate::models::optimize::lbfgs::{Ending, StoppingRule, minimize};

/// scikit-learn's `ftol`.
const DECREASE: f64 = 64.0 * f64::EPSILON;

/// Columns whose weights or sums stay in the first-level cache, 24 kB, while the groups of a block go through them.
const TILE: usize = 192;
const GROUPS: usize = 32;

/// Weights of k classes, d + 1 values each with the intercept last, and how each minimisation of the mean loss plus
/// its share of the norm ended: one of the softmax, one a class where each class is told from the rest. The rows of
/// `problems` are pixels.
pub fn fit(
    problems: &Problems,
    scaling: &Scaling,
    c: f64,
    softmax: bool,
    rule: (f64, usize),
) -> (Vec<f64>, Vec<Ending>) {
    let (width, k) = (problems.d() + 1, problems.k());
    let rule = StoppingRule { gradient: rule.0, decrease: DECREASE, max_iter: rule.1 };
    let decay = 1.0 / (c * problems.n() as f64);
    let mut weights = vec![0.0; k * width];
    let parts = if softmax { weights.chunks_mut(k * width) } else { weights.chunks_mut(width) };
    let endings = parts.enumerate().map(|(first, weights)| {
        let target = if softmax { Target::Softmax } else { Target::OneVsRest { first } };
        let objective = Objective { problems, scaling, target, decay };
        minimize(weights, rule, |weights, gradient| objective.evaluate(weights, gradient))
    });
    let endings = endings.collect();
    (weights, endings)
}

/// The mean loss plus decay |w|^2 / 2.
struct Objective<'a> {
    /// With pixels as features.
    problems: &'a Problems,
    scaling: &'a Scaling,
    target: Target,
    decay: f64,
}

/// The losses of some rows, and the sums of their gradients times what the rows differ by from the base, sixteen
/// classes at a time, with those of the gradients themselves last.
struct Sums {
    losses: f64,
    gradients: Vec<Vec<WideLanes>>,
}

impl Objective<'_> {
    /// The value at `weights`, d + 1 values a class; writes the gradient. O(differences k).
    fn evaluate(&self, weights: &[f64], gradient: &mut [f64]) -> f64 {
        let x = &self.problems.x;
        let (d, n) = (x.columns(), x.rows() as f64);
        let unscaled: Vec<f64> = weights.chunks_exact(d + 1).flat_map(|w| self.of_pixels(w)).collect();
        let packed = pack_wide(x, &unscaled);
        let k = weights.len() / (d + 1);
        let stripes: Vec<Sums> = stripes(x.rows())
            .into_par_iter()
            .map(|(start, end)| self.losses_and_sums(&packed, k, start, end))
            .collect();
        let mut norm = 0.0;
        for (class, (weights, gradient)) in
            weights.chunks_exact(d + 1).zip(gradient.chunks_exact_mut(d + 1)).enumerate()
        {
            let (sixteen, lane) = (class / WIDE_LANES, class % WIDE_LANES);
            let sum = |j: usize| stripes.iter().map(|sums| sums.gradients[sixteen][j].0[lane]).sum::<f64>();
            // The base is in every row, and so is the offset.
            let factors = sum(d);
            for (j, (w, gradient)) in weights[..d].iter().zip(&mut *gradient).enumerate() {
                let (offset, scale) = (self.scaling.offset[j], self.scaling.scale[j]);
                let of_rows = (sum(j) + (x.base()[j] - offset) * factors) / scale;
                *gradient = of_rows / n + self.decay * w;
                norm += w * w;
            }
            gradient[d] = factors / n;
        }
        stripes.iter().map(|sums| sums.losses).sum::<f64>() / n + 0.5 * self.decay * norm
    }

    /// Weights and intercept of pixels that give the scores that `weights` give of scaled values.
    fn of_pixels(&self, weights: &[f64]) -> Vec<f64> {
        let d = weights.len() - 1;
        let mut unscaled: Vec<f64> =
            weights[..d].iter().zip(&self.scaling.scale).map(|(w, s)| w / s).collect();
        let of_offset: f64 = unscaled.iter().zip(&self.scaling.offset).map(|(v, offset)| v * offset).sum();
        unscaled.push(weights[d] - of_offset);
        unscaled
    }

    /// The sums of rows `start` to `end`, a multiple of four where it is not the last row.
    fn losses_and_sums(&self, packed: &[Vec<WideLanes>], k: usize, start: usize, end: usize) -> Sums {
        let x = &self.problems.x;
        let d = x.columns();
        let mut sums = Sums { losses: 0.0, gradients: vec![vec![WideLanes::ZERO; d + 1]; packed.len()] };
        let mut groups: Vec<WideGroup> = (0..GROUPS).map(|_| WideGroup::new(x, TILE)).collect();
        let tiles = groups[0].tiles();
        let mut lanes = vec![vec![[WideLanes::ZERO; TOGETHER]; GROUPS]; packed.len()];
        let mut scores = vec![0.0; k];
        for start in (start..end).step_by(GROUPS * TOGETHER) {
            let end = end.min(start + GROUPS * TOGETHER);
            let groups = &mut groups[..(end - start).div_ceil(TOGETHER)];
            groups.iter_mut().zip(start / TOGETHER..).for_each(|(group, at)| group.read(x, at));
            for (lanes, weights) in lanes.iter_mut().zip(packed) {
                lanes.fill([weights[d]; TOGETHER]);
                for tile in 0..tiles {
                    for (group, lanes) in groups.iter().zip(&mut *lanes) {
                        *lanes = group.project(tile, lanes, weights);
                    }
                }
            }
            for (at, &class) in self.problems.targets[start..end].iter().enumerate() {
                let (group, row) = (at / TOGETHER, at % TOGETHER);
                for (k, score) in scores.iter_mut().enumerate() {
                    *score = lanes[k / WIDE_LANES][group][row].0[k % WIDE_LANES];
                }
                sums.losses += self.target.loss_and_gradient(class, &mut scores);
                for (k, gradient) in scores.iter().enumerate() {
                    lanes[k / WIDE_LANES][group][row].0[k % WIDE_LANES] = *gradient;
                }
            }
            for (lanes, sums) in lanes.iter_mut().zip(&mut sums.gradients) {
                // Where the last group is short, what it lacks has no loss.
                lanes.as_flattened_mut()[end - start..].fill(WideLanes::ZERO);
                for tile in 0..tiles {
                    for (group, lanes) in groups.iter().zip(&*lanes) {
                        group.accumulate(tile, lanes, &mut sums[..d]);
                    }
                }
                for gradients in lanes.as_flattened() {
                    sums[d].0.iter_mut().zip(gradients.0).for_each(|(sum, gradient)| *sum += gradient);
                }
            }
        }
        sums
    }
}
