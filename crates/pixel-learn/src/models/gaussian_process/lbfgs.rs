//! Minimisation of a smooth convex function by the limited-memory BFGS method with backtracking line search
//! (Nocedal and Wright, Numerical Optimization, algorithms 7.5 and 3.1).

use crate::linalg::dot::dot;
use crate::models::optimize::lbfgs::{MEMORY, Pairs, descent_direction};

/// The minimisation ends after this many small steps in a row.
const PATIENCE: usize = 3;

/// How a minimisation ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ending {
    pub iterations: usize,
    pub value: f64,
    /// Whether the stopping rule was met within `max_iter` iterations.
    pub converged: bool,
}

/// Minimises `function` from `x`, in place, until three steps in a row lower the value by at most `tolerance`
/// times the value each, or for `max_iter` iterations. `function` returns the value and writes the gradient.
pub fn minimize(
    x: &mut [f64],
    tolerance: f64,
    max_iter: usize,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Ending {
    let mut gradient = vec![0.0; x.len()];
    let mut value = function(x, &mut gradient);
    let mut stalled = 0;
    let mut pairs = Pairs::new();
    let mut trial = vec![0.0; x.len()];
    let mut trial_gradient = vec![0.0; x.len()];
    for iterations in 0..max_iter {
        if stalled == PATIENCE || gradient.iter().all(|&g| g == 0.0) {
            return Ending { iterations, value, converged: true };
        }
        let direction = descent_direction(&gradient, &pairs);
        let slope = dot(&direction, &gradient);
        // Steepest descent has no natural scale: the step has at most length 1.
        let mut step = if pairs.is_empty() { (1.0 / dot(&gradient, &gradient).sqrt()).min(1.0) } else { 1.0 };
        let mut accepted = None;
        for _ in 0..30 {
            for ((trial, x), direction) in trial.iter_mut().zip(&*x).zip(&direction) {
                *trial = x + step * direction;
            }
            let new = function(&trial, &mut trial_gradient);
            if new <= value + 1e-4 * step * slope {
                accepted = Some(new);
                break;
            }
            step *= 0.5;
        }
        // No step lowers the value: its rounding error is reached, or it is not a number.
        let Some(new) = accepted else {
            return Ending { iterations, value, converged: value.is_finite() };
        };
        let moved: Vec<f64> = trial.iter().zip(&*x).map(|(a, b)| a - b).collect();
        let changed: Vec<f64> = trial_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        if dot(&moved, &changed) > 1e-12 * dot(&changed, &changed) {
            pairs.push_back((moved, changed));
            if pairs.len() > MEMORY {
                pairs.pop_front();
            }
        }
        x.copy_from_slice(&trial);
        gradient.copy_from_slice(&trial_gradient);
        stalled = if value - new <= tolerance * value.abs() { stalled + 1 } else { 0 };
        value = new;
    }
    Ending { iterations: max_iter, value, converged: stalled == PATIENCE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_minimum_of_a_stretched_bowl() {
        let mut x = vec![3.0; 20];
        let ending = minimize(&mut x, 1e-15, 500, |x, gradient| {
            let mut value = 0.0;
            for (i, (&x, gradient)) in x.iter().zip(gradient).enumerate() {
                let (weight, off) = (1.0 + (i * i) as f64, x - i as f64);
                // log cosh beside the square keeps it from being quadratic.
                value += 0.5 * weight * off * off + off.cosh().ln();
                *gradient = weight * off + off.tanh();
            }
            value
        });
        assert!(ending.converged && ending.iterations < 200, "{ending:?}");
        assert!(x.iter().enumerate().all(|(i, x)| (x - i as f64).abs() < 1e-6), "{x:?}");
    }

    #[test]
    fn runs_out_of_iterations_with_the_best_so_far() {
        let mut x = vec![1.0, 1.0];
        let ending = minimize(&mut x, 1e-12, 1, |x, gradient| {
            (gradient[0], gradient[1]) = (2.0 * x[0], 200.0 * x[1]);
            x[0] * x[0] + 100.0 * x[1] * x[1]
        });
        assert!(!ending.converged && ending.value < 101.0);
    }

    #[test]
    fn a_value_that_is_not_a_number_is_no_minimum() {
        let ending = minimize(&mut [1.0], 1e-12, 10, |_, gradient| {
            gradient[0] = 1.0;
            f64::NAN
        });
        assert!(!ending.converged && ending.value.is_nan());
    }
}
