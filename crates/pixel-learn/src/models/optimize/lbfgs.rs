//! The limited-memory BFGS method (Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 7.5), and a
//! minimiser that makes the iterations of SciPy's L-BFGS-B where no variable is bounded: Byrd, Lu, Nocedal
//! and Zhu, "A limited memory algorithm for bound constrained optimization", 1995, version 3.0.
//!
//! Without bounds the compact matrices of L-BFGS-B and the two-loop recursion are the same direction up to
//! rounding.

use std::collections::VecDeque;

use super::line_search::{Advice, LineSearch};
use crate::linalg::dot::dot;

/// Pairs of steps and gradient changes that are remembered.
pub const MEMORY: usize = 10;

/// Evaluations of one line search at most, as scikit-learn asks for.
const MOST_EVALUATIONS: usize = 50;

/// The last steps, each with the change of the gradient along it.
pub type Pairs = VecDeque<(Vec<f64>, Vec<f64>)>;

/// When a minimisation ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoppingRule {
    /// SciPy's `gtol`: no entry of the gradient is larger in size.
    pub gradient: f64,
    /// SciPy's `ftol`: an iteration lowered the value by at most this part of max(|before|, |after|, 1).
    pub decrease: f64,
    /// Iterations at most.
    pub max_iter: usize,
}

/// How a minimisation ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ending {
    pub iterations: usize,
    /// Evaluations of the function and its gradient.
    pub evaluations: usize,
    pub value: f64,
    /// Whether one of the two tolerances ended it, not the limit of iterations or a failed line search. As in
    /// SciPy the limit comes first where both are met at once.
    pub converged: bool,
}

/// Moves `x` to lower values of `function`, which gives the value at a point and writes the gradient.
/// O(MEMORY length) an iteration beside the evaluations.
pub fn minimize(
    x: &mut [f64],
    rule: StoppingRule,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Ending {
    let mut gradient = vec![0.0; x.len()];
    let mut value = function(x, &mut gradient);
    let mut ending = Ending { iterations: 0, evaluations: 1, value, converged: true };
    if largest(&gradient) <= rule.gradient {
        return ending;
    }
    let mut pairs = Pairs::new();
    let (mut trial, mut trial_gradient) = (x.to_vec(), gradient.clone());
    loop {
        let mut direction = descent_direction(&gradient, &pairs);
        // The first direction has no scale yet: a step of length 1.
        let first = if ending.iterations == 0 { 1.0 / dot(&direction, &direction).sqrt() } else { 1.0 };
        let slope = dot(&direction, &gradient);
        let mut search = LineSearch::new(value, slope, first);
        let (mut step, mut evaluations) = (first, 0);
        let accepted = loop {
            // A direction that does not lead down, or no step of which is good enough.
            if slope >= 0.0 || !step.is_finite() || evaluations == MOST_EVALUATIONS {
                break None;
            }
            for ((trial, x), direction) in trial.iter_mut().zip(&*x).zip(&direction) {
                *trial = x + step * direction;
            }
            let value = function(&trial, &mut trial_gradient);
            evaluations += 1;
            let slope = dot(&direction, &trial_gradient);
            match search.advance(step, value, slope) {
                Advice::Try(next) => step = next,
                Advice::Accept => break Some((value, slope)),
            }
        };
        ending.evaluations += evaluations;
        let Some((new_value, new_slope)) = accepted else {
            // What is remembered may be to blame: once more along the gradient itself.
            if pairs.is_empty() {
                return Ending { converged: false, ..ending };
            }
            pairs.clear();
            continue;
        };
        ending.iterations += 1;
        let decrease = value - new_value;
        let scale = value.abs().max(new_value.abs()).max(1.0);
        x.copy_from_slice(&trial);
        std::mem::swap(&mut gradient, &mut trial_gradient);
        value = new_value;
        ending.value = value;
        if ending.iterations >= rule.max_iter {
            return Ending { converged: false, ..ending };
        }
        if largest(&gradient) <= rule.gradient || decrease <= rule.decrease * scale {
            return ending;
        }
        // The curvature along the step must be positive by more than rounding.
        if (new_slope - slope) * step > f64::EPSILON * -slope * step {
            direction.iter_mut().for_each(|direction| *direction *= step);
            // The gradient before is where the one at the trial was.
            let change = gradient.iter().zip(&trial_gradient).map(|(new, old)| new - old).collect();
            pairs.push_back((direction, change));
            if pairs.len() > MEMORY {
                pairs.pop_front();
            }
        }
    }
}

/// Minus the approximate inverse Hessian times the gradient: the two-loop recursion.
pub fn descent_direction(gradient: &[f64], pairs: &Pairs) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(pairs.len());
    for (moved, changed) in pairs.iter().rev() {
        let alpha = dot(moved, &q) / dot(moved, changed);
        q.iter_mut().zip(changed).for_each(|(q, y)| *q -= alpha * y);
        alphas.push(alpha);
    }
    if let Some((moved, changed)) = pairs.back() {
        let scale = dot(moved, changed) / dot(changed, changed);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((moved, changed), alpha) in pairs.iter().zip(alphas.into_iter().rev()) {
        let beta = dot(changed, &q) / dot(moved, changed);
        q.iter_mut().zip(moved).for_each(|(q, s)| *q += (alpha - beta) * s);
    }
    q
}

/// The largest size of an entry.
fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
}
