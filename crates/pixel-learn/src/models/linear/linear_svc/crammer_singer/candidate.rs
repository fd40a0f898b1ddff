//! Candidates for the final weights, with their objectives in f64.

use crate::models::linear::TrainingRows;
use crate::models::linear::convex::row_products;

/// Bisections of the interval that contains the best multiple.
const HALVINGS: usize = 40;

/// Weights with the two terms of their objective.
#[derive(Clone)]
pub struct Candidate {
    /// The weights: k vectors of d + 1 values, the intercept last.
    pub weights: Vec<f64>,
    /// Half the squared norm.
    norm: f64,
    /// The sum of the losses, without the factor C.
    loss: f64,
    /// The objective of the weights before they were scaled by the best multiple.
    pub unscaled: f64,
}

impl Candidate {
    /// The best multiple of `weights` at `c`. On separable data the weights of a step miss the margin by f32
    /// rounding, and at a large C the losses from that dominate the objective. One pass over the rows in f64,
    /// O(n k) for the search.
    pub fn new(data: &TrainingRows, weights: &[f64], c: f64) -> Candidate {
        let scores = row_products::x_times(&data.x, weights);
        let rows = scores.chunks_exact(data.k()).zip(&data.targets);
        // The negative margin of each row decides the loss of every multiple.
        let margins: Vec<f64> = rows.map(|(scores, &target)| neg_margin(scores, target)).collect();
        let norm = half_square(weights.iter().copied());
        // The objective is convex in the multiple, so its derivative is increasing.
        let derivative = |multiple: f64| {
            let lost = margins.iter().filter(|&&m| 1.0 + multiple * m > 0.0);
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
        // The upper end of the bracket is on the side of a kink that has no loss.
        let loss = |multiple: f64| margins.iter().map(|m| (1.0 + multiple * m).max(0.0)).sum::<f64>();
        Candidate {
            weights: weights.iter().map(|weight| high * weight).collect(),
            norm: high * high * norm,
            loss: loss(high),
            unscaled: norm + c * loss(1.0),
        }
    }

    /// The objective at `c`.
    pub fn objective(&self, c: f64) -> f64 {
        self.norm + c * self.loss
    }
}

/// The negative margin of a row: the best score of another class minus the score of the row's class
/// (`target`).
fn neg_margin(scores: &[f64], target: usize) -> f64 {
    let others = scores.iter().enumerate().filter(|(class, _)| *class != target);
    others.fold(f64::NEG_INFINITY, |most, (_, score)| most.max(*score)) - scores[target]
}

/// Half the squared norm.
pub fn half_square(values: impl Iterator<Item = f64>) -> f64 {
    0.5 * values.map(|value| value * value).sum::<f64>()
}
