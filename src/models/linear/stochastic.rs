//! The stochastic descent that SGDClassifier, Perceptron and PassiveAggressiveClassifier are settings of:
//! scikit-learn's `plain_sgd` for all one-vs-rest problems at once.
//!
//! The rows of a pass are taken in blocks that stay in the cache while every class in turn goes through
//! them; within a block each class has an order of its own (see [`Order`]). A class's own sequence is a
//! uniformly random permutation, as in scikit-learn, and its updates are exactly those that scikit-learn
//! makes for that sequence.

use rand::RngExt;
use rand_pcg::Pcg64;
use rayon::prelude::*;
use serde_json::Map;

use super::{LinearModel, Problems};
use crate::linalg::dot::{self, Truncation};
use crate::models::FitError;

/// The derivative of the loss is clipped here, against overflow.
const LARGEST_GRADIENT: f64 = 1e12;
/// Rows that all classes go through before the next ones are taken: 128 rows of 784 f32 are 400 kB.
const BLOCK: usize = 128;
/// Random streams: this one shuffles the pass, those after it one class each.
const COMMON_STREAM: u128 = 1;
/// Below this scale the weights are multiplied out.
const SMALLEST_SCALE: f64 = 1e-9;

/// A loss of the margin: target y is +1 or -1, `p` the score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    Hinge,
    SquaredHinge,
    Perceptron,
    Log,
    ModifiedHuber,
}

impl Loss {
    /// The derivative with respect to `p`.
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

/// How far a step goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// 1 / (alpha (t0 + t)), with t0 by Bottou's heuristic; alpha above 0.
    Optimal { alpha: f64 },
    /// The same step always.
    Constant(f64),
    /// PA-I: hinge loss divided by the squared norm of the row, at most C.
    PassiveAggressive { c: f64 },
}

/// In which order a pass takes the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they stand.
    Given,
    /// Shuffled anew for each pass, the same for all classes: what scikit-learn 0.19 does when
    /// `random_state` is a number.
    Common,
    /// Shuffled anew for each pass and each class, as scikit-learn does otherwise. With a common order the
    /// classes err together on the last rows, which costs PassiveAggressive 0.01 to 0.02 of accuracy.
    PerClass,
}

/// Everything but the data and the seed.
#[derive(Clone, Copy, Debug)]
pub struct Descent {
    pub loss: Loss,
    pub step: Step,
    /// The strength of the l2 penalty (a decay of all weights a row), 0 for none.
    pub l2: f64,
    /// The strength of the l1 penalty, 0 for none.
    pub l1: f64,
    /// Passes over the rows.
    pub epochs: usize,
    pub order: Order,
    /// Whether intercepts are learnt.
    pub fit_intercept: bool,
}

impl Descent {
    /// Runs all passes. O(epochs n d classes) time; d classes f64 of state, twice that with an l1 part.
    pub fn fit(&self, problems: &Problems, seed: u64) -> Result<LinearModel, FitError> {
        let (n, d, k) = (problems.n(), problems.d(), problems.k());
        let mut states: Vec<State> = (0..k).map(|class| State::new(self, class, d, seed)).collect();
        let mut order: Vec<u32> = (0..n as u32).collect();
        let mut rng = Pcg64::new(u128::from(seed), COMMON_STREAM);
        for epoch in 1..=self.epochs {
            if self.order != Order::Given {
                shuffle(&mut order, &mut rng);
            }
            for block in order.chunks(BLOCK) {
                states.par_iter_mut().for_each(|state| state.take_block(problems, block));
            }
            if !states.iter().all(State::is_finite) {
                return Err(FitError::Diverged(format!("weights are no longer finite after epoch {epoch}")));
            }
        }
        let mut weights = Vec::with_capacity(k * d);
        let mut intercepts = Vec::with_capacity(k);
        for state in &mut states {
            state.multiply_out();
            weights.extend_from_slice(&state.weights);
            intercepts.push(state.intercept);
        }
        let facts = Map::from_iter([("epochs".to_string(), self.epochs.into())]);
        Ok(LinearModel { classes: problems.classes.clone(), weights, intercepts, converged: None, facts })
    }
}

/// Fisher and Yates.
fn shuffle(order: &mut [u32], rng: &mut Pcg64) {
    for i in (1..order.len()).rev() {
        order.swap(i, rng.random_range(0..=i));
    }
}

/// The t0 that makes the first "optimal" step as large as a typical weight.
fn optimal_start(loss: Loss, alpha: f64) -> f64 {
    let typical = (1.0 / alpha.sqrt()).sqrt();
    let first_step = typical / loss.gradient(-typical, 1.0).max(1.0);
    1.0 / (first_step * alpha)
}

/// One class between two rows.
struct State<'a> {
    descent: &'a Descent,
    class: usize,
    /// t0 of the "optimal" schedule.
    start: f64,
    /// Rows taken so far.
    taken: f64,
    /// The true weights are `scale` times these.
    weights: Vec<f64>,
    scale: f64,
    intercept: f64,
    /// The l1 penalty that could have been received so far, and what each weight has received.
    owed: f64,
    paid: Vec<f64>,
    /// This class's order within the block, and what draws it.
    order: Vec<u32>,
    rng: Pcg64,
}

impl State<'_> {
    fn new(descent: &Descent, class: usize, d: usize, seed: u64) -> State<'_> {
        State {
            descent,
            class,
            start: match descent.step {
                Step::Optimal { alpha } => optimal_start(descent.loss, alpha),
                _ => 0.0,
            },
            taken: 0.0,
            weights: vec![0.0; d],
            scale: 1.0,
            intercept: 0.0,
            owed: 0.0,
            paid: vec![0.0; if descent.l1 > 0.0 { d } else { 0 }],
            order: Vec::with_capacity(BLOCK),
            rng: Pcg64::new(u128::from(seed), COMMON_STREAM + 1 + class as u128),
        }
    }

    fn take_block(&mut self, problems: &Problems, block: &[u32]) {
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        order.extend_from_slice(block);
        if self.descent.order == Order::PerClass {
            shuffle(&mut order, &mut self.rng);
        }
        for &i in &order {
            let i = i as usize;
            self.take(problems.x.row(i), if problems.targets[i] == self.class { 1.0 } else { -1.0 });
        }
        self.order = order;
    }

    /// One row with its target, +1 or -1.
    fn take(&mut self, x: &[f32], y: f64) {
        let descent = self.descent;
        let p = dot::dot(x, &self.weights) * self.scale + self.intercept;
        let eta = match descent.step {
            Step::Optimal { alpha } => 1.0 / (alpha * (self.start + self.taken)),
            Step::Constant(eta) => eta,
            Step::PassiveAggressive { .. } => 0.0,
        };
        let update = match descent.step {
            Step::PassiveAggressive { c } => y * passive_aggressive_step(x, 1.0 - y * p, c),
            _ => -eta * descent.loss.gradient(p, y).clamp(-LARGEST_GRADIENT, LARGEST_GRADIENT),
        };
        if descent.l2 > 0.0 {
            // A step too large for its penalty sets the weights to zero instead of turning them round.
            self.scale *= (1.0 - eta * descent.l2).max(0.0);
            if self.scale < SMALLEST_SCALE {
                self.multiply_out();
            }
        }
        if descent.l1 > 0.0 {
            self.owed += eta * descent.l1;
            let truncation = Truncation { u: self.owed, scale: self.scale };
            dot::add_and_truncate(update / self.scale, x, &mut self.weights, &mut self.paid, truncation);
        } else if update != 0.0 {
            dot::axpy(update / self.scale, x, &mut self.weights);
        }
        if descent.fit_intercept {
            self.intercept += update;
        }
        self.taken += 1.0;
    }

    fn multiply_out(&mut self) {
        self.weights.iter_mut().for_each(|w| *w *= self.scale);
        self.scale = 1.0;
    }

    fn is_finite(&self) -> bool {
        self.weights.iter().chain([&self.intercept]).all(|w| w.is_finite())
    }
}

/// The step that makes up for `loss`, at most `c`; none for a row of zeros, which no step moves.
fn passive_aggressive_step(x: &[f32], loss: f64, c: f64) -> f64 {
    if loss <= 0.0 {
        return 0.0;
    }
    let norm = dot::squared_norm(x);
    if norm == 0.0 { 0.0 } else { (loss / norm).min(c) }
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
