//! The limited-memory BFGS method (Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 7.5), and a
//! minimiser that makes the iterations of SciPy's L-BFGS-B where no variable is bounded: Byrd, Lu, Nocedal
//! and Zhu, "A limited memory algorithm for bound constrained optimization", 1995, version 3.0.
//!
//! Without bounds the compact matrices of L-BFGS-B and the two-loop recursion are the same direction up to
//! rounding.

use std::collections::VecDeque;

use super::line_search::{Advice, LineSearch};
use crate::linalg::dot::dot;

/// Correction pairs that are kept (m).
pub const MEMORY: usize = 10;

/// Maximum number of evaluations of one line search: scikit-learn's `maxls`.
const MOST_EVALUATIONS: usize = 50;

/// The correction pairs (s, y): the last steps, each with the change of the gradient along it.
pub type Pairs = VecDeque<(Vec<f64>, Vec<f64>)>;

/// The stopping rule. Either tolerance ends a minimisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoppingRule {
    /// SciPy's `gtol`: the largest absolute value of an entry of the gradient.
    pub gradient: f64,
    /// SciPy's `ftol`: the least decrease of an iteration, relative to max(|before|, |after|, 1).
    pub decrease: f64,
    /// Maximum number of iterations.
    pub max_iter: usize,
}

/// How a minimisation ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ending {
    pub iterations: usize,
    /// Evaluations of the function and its gradient.
    pub evaluations: usize,
    pub value: f64,
    /// Whether a tolerance ended the minimisation, not `max_iter` or a failed line search. As in SciPy,
    /// `max_iter` counts if both are met at once.
    pub converged: bool,
}

/// Minimises `function` from `x`, in place. `function` returns the value at a point and writes the gradient.
/// An iteration costs O(m d) for d variables, besides the evaluations.
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
        // Steepest descent has no natural scale: the first step has length 1.
        let first = if ending.iterations == 0 { 1.0 / dot(&direction, &direction).sqrt() } else { 1.0 };
        let slope = dot(&direction, &gradient);
        let mut search = LineSearch::new(value, slope, first);
        let (mut step, mut evaluations) = (first, 0);
        let accepted = loop {
            // No descent direction, or no acceptable step along it.
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
            // Inaccurate correction pairs can cause this: restart with steepest descent, as L-BFGS-B does.
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
        // A pair is kept only if the curvature along the step (s'y) is positive beyond rounding.
        if (new_slope - slope) * step > f64::EPSILON * -slope * step {
            direction.iter_mut().for_each(|direction| *direction *= step);
            // After the swap `trial_gradient` holds the previous gradient.
            let change = gradient.iter().zip(&trial_gradient).map(|(new, old)| new - old).collect();
            pairs.push_back((direction, change));
            if pairs.len() > MEMORY {
                pairs.pop_front();
            }
        }
    }
}

/// The two-loop recursion: minus the approximate inverse Hessian times the gradient.
pub fn descent_direction(gradient: &[f64], pairs: &Pairs) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(pairs.len());
    for (s, y) in pairs.iter().rev() {
        let alpha = dot(s, &q) / dot(s, y);
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= alpha * y);
        alphas.push(alpha);
    }
    if let Some((s, y)) = pairs.back() {
        let scale = dot(s, y) / dot(y, y);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((s, y), alpha) in pairs.iter().zip(alphas.into_iter().rev()) {
        let beta = dot(y, &q) / dot(s, y);
        q.iter_mut().zip(s).for_each(|(q, s)| *q += (alpha - beta) * s);
    }
    q
}

/// The infinity norm: the largest absolute value of an entry.
fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
}
