//! Weights that may be the answer, with their objective in f64.

use crate::models::linear::Problems;
use crate::models::linear::convex::row_products;

/// Halvings of the interval in which the best multiple is searched.
const HALVINGS: usize = 40;

/// Weights with the two parts of their objective.
#[derive(Clone)]
pub struct Candidate {
    /// k of d + 1 values, the intercept last.
    pub weights: Vec<f64>,
    /// Half the squared norm.
    norm: f64,
    /// The sum of the losses, without C.
    loss: f64,
    /// The objective of the weights that it is a multiple of.
    pub plain: f64,
}

impl Candidate {
    /// The multiple of `weights` that is best for `c`: where all rows can be told apart, what f32 leaves the
    /// best ones short of the margin by weighs more than everything else. One pass over the rows in f64 and
    /// O(n k) for the search.
    pub fn new(problems: &Problems, weights: &[f64], c: f64) -> Candidate {
        let scores = row_products::x_times(&problems.x, weights);
        let rows = scores.chunks_exact(problems.k()).zip(&problems.targets);
        // What the best other class is above the row's own: the loss of a multiple needs no more.
        let above: Vec<f64> = rows.map(|(scores, &target)| above(scores, target)).collect();
        let norm = half_square(weights.iter().copied());
        // The derivative rises with the multiple, as the objective is convex in it.
        let derivative = |multiple: f64| {
            let lost = above.iter().filter(|&&above| 1.0 + multiple * above > 0.0);
            2.0 * multiple * norm + c * lost.sum::<f64>()
        };
        let (mut low, mut high) = (0.5, 2.0);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if derivative(middle) > 0.0 {
                high = middle;
            } else {
                low = middle;
            }
        }
        // At a kink the upper end is the side without the loss.
        let loss = |multiple: f64| above.iter().map(|above| (1.0 + multiple * above).max(0.0)).sum::<f64>();
        Candidate {
            weights: weights.iter().map(|weight| high * weight).collect(),
            norm: high * high * norm,
            loss: loss(high),
            plain: norm + c * loss(1.0),
        }
    }

    /// The objective for `c`.
    pub fn objective(&self, c: f64) -> f64 {
        self.norm + c * self.loss
    }
}

/// How far the best other class of a row is above its own.
fn above(scores: &[f64], target: usize) -> f64 {
    let others = scores.iter().enumerate().filter(|(class, _)| *class != target);
    others.fold(f64::NEG_INFINITY, |most, (_, score)| most.max(*score)) - scores[target]
}

/// Half the squared norm.
pub fn half_square(values: impl Iterator<Item = f64>) -> f64 {
    0.5 * values.map(|value| value * value).sum::<f64>()
}
