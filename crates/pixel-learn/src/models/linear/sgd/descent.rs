//! Stochastic gradient descent on one-vs-rest problems, as in scikit-learn's `plain_sgd`. SGDClassifier,
//! Perceptron and PassiveAggressiveClassifier are settings of it.
//!
//! The rows are shuffled as scikit-learn shuffles them: each class has a random generator of its own. Before
//! every epoch the generator is seeded again with the same seed, and shuffles the order of the last epoch.

use rand::RngExt;
use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::cumulative_l1::DenseRows;
use super::layout::{Rows, Weights};
use super::scaled_weights::NonzeroRows;
use crate::linalg::truncated_l1;
use crate::models::linear::LinearModel;
use crate::models::linear::model::encode_labels;
use crate::models::{Facts, FitError, Training};
use crate::{Features, Scaling};

/// The derivative of the loss is clipped to this size, against overflow.
const LARGEST_GRADIENT: f64 = 1e12;
/// The random stream of the order that all classes share. The stream of class c is this plus 1 + c.
const COMMON_STREAM: u128 = 1;

/// A loss of the margin y p, with the target y (+1 or -1) and the score p.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// max(0, 1 - y p).
    Hinge,
    /// max(0, 1 - y p)^2.
    SquaredHinge,
    /// max(0, -y p).
    Perceptron,
    /// log(1 + exp(-y p)).
    Log,
    /// max(0, 1 - y p)^2 for y p >= -1, and -4 y p below.
    ModifiedHuber,
}

impl Loss {
    /// The derivative by the score (p).
    pub fn gradient(self, p: f64, y: f64) -> f64 {
        let z = p * y;
        match self {
            Loss::Hinge => {
                if z <= 1.0 {
                    -y
                } else {
                    0.0
                }
            }
            Loss::Perceptron => {
                if z <= 0.0 {
                    -y
                } else {
                    0.0
                }
            }
            Loss::SquaredHinge => {
                if z < 1.0 {
                    -2.0 * y * (1.0 - z)
                } else {
                    0.0
                }
            }
            Loss::Log => -y / (z.exp() + 1.0),
            Loss::ModifiedHuber if z >= 1.0 => 0.0,
            Loss::ModifiedHuber if z >= -1.0 => -2.0 * y * (1.0 - z),
            Loss::ModifiedHuber => -4.0 * y,
        }
    }
}

/// The learning rate (eta) of step t.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// 1 / (alpha (t0 + t)), with t0 by Bottou's heuristic; alpha above 0.
    Optimal { alpha: f64 },
    /// The same learning rate for all steps.
    Constant(f64),
    /// PA-I (Crammer, Dekel, Keshet, Shalev-Shwartz and Singer 2006): the hinge loss divided by the squared
    /// norm of the row, at most C.
    PassiveAggressive { c: f64 },
}

/// The order of the rows in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The order of the training data.
    Given,
    /// Shuffled, with the same order for all classes: scikit-learn 0.19 with a number as `random_state`.
    Common,
    /// Shuffled for each class separately, as scikit-learn does otherwise.
    PerClass,
}

/// The settings of stochastic gradient descent.
#[derive(Clone, Copy, Debug)]
pub struct Descent {
    pub loss: Loss,
    pub step: Step,
    /// The strength of the l2 penalty, 0 for none. Each step shrinks all weights by it (weight decay).
    pub l2: f64,
    /// The strength of the l1 penalty, 0 for none.
    pub l1: f64,
    /// Epochs: passes over the rows.
    pub epochs: usize,
    pub order: Order,
    /// Whether intercepts are learnt.
    pub fit_intercept: bool,
}

impl Descent {
    /// Runs all epochs. O(epochs n d k) time. Memory of each class: d f64, twice that with l1, and n row
    /// numbers. `Err` when weights are no longer finite.
    pub fn fit(&self, training: &Training, seed: u64) -> Result<LinearModel, FitError> {
        training.bytes()?;
        if self.l1 > 0.0 {
            self.fit_rows(training, &DenseRows::new(training.features), seed)
        } else {
            self.fit_rows(training, &NonzeroRows::new(training.features), seed)
        }
    }

    fn fit_rows(&self, training: &Training, rows: &impl Rows, seed: u64) -> Result<LinearModel, FitError> {
        let (targets, classes) = encode_labels(training)?;
        let squared_norms = match self.step {
            Step::PassiveAggressive { .. } => squared_norms(training.features),
            _ => Vec::new(),
        };
        let problem = Problem { descent: self, rows, targets: &targets, squared_norms: &squared_norms, seed };
        let fitted: Vec<_> = (0..classes.len()).into_par_iter().map(|class| problem.fit(class)).collect();
        let (mut weights, mut intercepts) = (Vec::new(), Vec::new());
        for fitted in fitted {
            let (vector, intercept) = fitted?;
            weights.extend(vector);
            intercepts.push(intercept);
        }
        let facts = Facts::from([("epochs", self.epochs.into())]);
        Ok(LinearModel { classes, weights, intercepts, converged: None, facts })
    }
}

/// The squared norm of each scaled row.
fn squared_norms(features: &Features) -> Vec<f64> {
    let Scaling { offset, scale } = &**features.scaling();
    let unit: Vec<f64> = scale.iter().map(|scale| 1.0 / scale).collect();
    (0..features.n()).map(|i| truncated_l1::squared_norm(features.pixel_row(i), offset, &unit)).collect()
}

/// A uniformly random permutation in place (Fisher and Yates).
fn shuffle(order: &mut [u32], rng: &mut Pcg64) {
    for i in (1..order.len()).rev() {
        order.swap(i, rng.random_range(0..=i));
    }
}

/// The offset (t0) of the "optimal" learning rate by Bottou's heuristic: the first step is then as large as a
/// typical weight.
fn optimal_start(loss: Loss, alpha: f64) -> f64 {
    let typical = (1.0 / alpha.sqrt()).sqrt();
    let first_step = typical / loss.gradient(-typical, 1.0).max(1.0);
    1.0 / (first_step * alpha)
}

/// The data and settings that the problems of all classes share.
struct Problem<'a, R> {
    descent: &'a Descent,
    rows: &'a R,
    /// The class of each row.
    targets: &'a [usize],
    /// The squared norm of each row; empty if the learning rate does not need them.
    squared_norms: &'a [f64],
    seed: u64,
}

impl<R: Rows> Problem<'_, R> {
    /// The weights and the intercept of one class.
    fn fit(&self, class: usize) -> Result<(Vec<f64>, f64), FitError> {
        let mut weights = self.rows.zeros();
        let mut state = ClassState::new(self.descent);
        let mut order: Vec<u32> = (0..self.rows.n() as u32).collect();
        let stream = match self.descent.order {
            Order::PerClass => COMMON_STREAM + 1 + class as u128,
            _ => COMMON_STREAM,
        };
        for epoch in 1..=self.descent.epochs {
            if self.descent.order != Order::Given {
                shuffle(&mut order, &mut Pcg64::new(u128::from(self.seed), stream));
            }
            self.rows.walk(&order, |row| {
                let y = if self.targets[row] == class { 1.0 } else { -1.0 };
                state.step(self, &mut weights, row, y);
            });
            if !(weights.are_finite() && state.intercept.is_finite()) {
                return Err(FitError::Diverged(format!("weights are no longer finite after epoch {epoch}")));
            }
        }
        Ok((weights.into_vec(), state.intercept))
    }
}

/// The state of one class's descent, without its weights.
struct ClassState {
    /// The offset (t0) of the "optimal" learning rate.
    t0: f64,
    /// Steps so far (t).
    t: f64,
    intercept: f64,
}

impl ClassState {
    fn new(descent: &Descent) -> ClassState {
        let t0 = match descent.step {
            Step::Optimal { alpha } => optimal_start(descent.loss, alpha),
            _ => 0.0,
        };
        ClassState { t0, t: 0.0, intercept: 0.0 }
    }

    /// The step of one row, with its target (y, +1 or -1).
    fn step<R>(&mut self, problem: &Problem<R>, weights: &mut impl Weights, row: usize, y: f64) {
        let descent = problem.descent;
        let p = weights.dot(row) + self.intercept;
        let eta = match descent.step {
            Step::Optimal { alpha } => 1.0 / (alpha * (self.t0 + self.t)),
            Step::Constant(eta) => eta,
            Step::PassiveAggressive { .. } => 0.0,
        };
        let update = match descent.step {
            Step::PassiveAggressive { c } => {
                y * passive_aggressive_step(problem.squared_norms[row], 1.0 - y * p, c)
            }
            _ => -eta * descent.loss.gradient(p, y).clamp(-LARGEST_GRADIENT, LARGEST_GRADIENT),
        };
        // A decay above 1 would flip the signs of the weights.
        let decay = (eta * descent.l2).min(1.0);
        weights.step(row, update, decay, eta * descent.l1);
        if descent.fit_intercept {
            self.intercept += update;
        }
        self.t += 1.0;
    }
}

/// The PA-I step length: `loss` / |x|^2, at most `c`. 0 for a row of zeros, whose score no step changes.
fn passive_aggressive_step(squared_norm: f64, loss: f64, c: f64) -> f64 {
    if loss <= 0.0 || squared_norm == 0.0 { 0.0 } else { (loss / squared_norm).min(c) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_those_of_the_losses() {
        let value = |loss: Loss, z: f64| match loss {
            Loss::Hinge => (1.0 - z).max(0.0),
            Loss::Perceptron => (-z).max(0.0),
            Loss::SquaredHinge => (1.0 - z).max(0.0).powi(2),
            Loss::Log => (-z).exp().ln_1p(),
            Loss::ModifiedHuber if z < -1.0 => -4.0 * z,
            Loss::ModifiedHuber => (1.0 - z).max(0.0).powi(2),
        };
        for loss in [Loss::Hinge, Loss::SquaredHinge, Loss::Perceptron, Loss::Log, Loss::ModifiedHuber] {
            for y in [1.0, -1.0] {
                for p in [-3.3, -0.7, -0.1, 0.2, 0.9, 2.4] {
                    let h = 1e-6;
                    let slope = (value(loss, y * (p + h)) - value(loss, y * (p - h))) / (2.0 * h);
                    assert!((loss.gradient(p, y) - slope).abs() < 1e-6, "{loss:?} p={p} y={y}");
                }
            }
        }
        assert_eq!(Loss::Log.gradient(-1e6, 1.0), -1.0);
        assert_eq!(Loss::Log.gradient(1e6, 1.0), 0.0);
    }

    #[test]
    fn bottous_start_gives_the_heuristics_first_step() {
        assert!((optimal_start(Loss::Hinge, 1e-4) - 1000.0).abs() < 1e-9);
    }
}
