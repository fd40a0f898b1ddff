//! Sequential minimal optimisation for the two-class dual of nu-SVC, as LIBSVM solves it.
//!
//! Minimises a'Qa / 2 with 0 <= a <= 1, where the a of each class sum to nu n / 2 (B. Schölkopf, A. Smola,
//! R. Williamson, P. Bartlett, New support vector algorithms, Neural Computation 12, 2000; C.-C. Chang, C.-J. Lin,
//! Training nu-support vector classifiers, Neural Computation 13, 2001). Both variables of a step are
//! therefore of one class. Scores have no linear term, in contrast to those of [`smo`](super::smo):
//! F_t = -y_t (Qa)_t.

use std::ops::Range;

use super::kernel_cache::KernelRows;
use super::smo::{MAX_STEPS, Solution, State, TAU, move_pair};

/// Solves one problem to a violation below `tol`. Each step costs O(n) and at most three new kernel rows; the
/// start takes the kernel rows of the about nu n rows with a > 0. `nu` must be feasible: at most twice the
/// share of the smaller class.
pub fn solve(rows: &mut KernelRows, nu: f64, tol: f64) -> Solution {
    let (n, positive) = (rows.len(), rows.positive());
    let diagonal = rows.padded_diagonal();
    let sign = |t: usize| if t < positive { 1.0 } else { -1.0 };
    let classes = [0..positive, positive..n];
    let mut alpha = vec![0.0f64; n];
    let mut state = State::without_linear_term(n);
    for class in &classes {
        fill(&mut alpha[class.clone()], nu * n as f64 / 2.0);
    }
    alpha.iter().enumerate().for_each(|(t, &alpha)| state.set_bounds(t, sign(t), alpha, 1.0));
    let used: Vec<usize> = (0..n).filter(|&t| alpha[t] > 0.0).collect();
    for pair in used.chunks(2) {
        pair.iter().for_each(|&t| rows.prepare(t));
        let (i, j) = (pair[0], pair[pair.len() - 1]);
        let second = if pair.len() == 2 { sign(j) * alpha[j] } else { 0.0 };
        state.subtract(rows.row(i), rows.row(j), sign(i) * alpha[i], second);
    }
    let mut steps = 0;
    let mut converged = true;
    loop {
        let firsts = classes.clone().map(|class| state.first_within(class));
        if !firsts.iter().flatten().any(|first| first.violation >= tol) {
            break;
        }
        if steps == MAX_STEPS {
            converged = false;
            break;
        }
        // Of the best pairs of both classes, the one with the larger predicted decrease; the later one of
        // equals.
        let mut best: Option<(f64, usize, usize)> = None;
        for (class, first) in classes.iter().zip(&firsts) {
            let Some(first) = first else { continue };
            rows.prepare(first.row);
            let second =
                state.second_within(class.clone(), rows.row(first.row), &diagonal, first.row, first.highest);
            if let Some((gain, second)) = second
                && best.is_none_or(|(most, ..)| gain >= most)
            {
                best = Some((gain, first.row, second));
            }
        }
        let Some((_, i, j)) = best else { break };
        rows.prepare(j);
        let (row_i, row_j) = (rows.row(i), rows.row(j));
        let curvature = f64::from(diagonal[i]) + f64::from(diagonal[j]) - 2.0 * f64::from(row_i[j]);
        let step = (state.score(i) - state.score(j)) / if curvature > 0.0 { curvature } else { TAU };
        let (old_i, old_j) = (alpha[i], alpha[j]);
        (alpha[i], alpha[j]) = move_pair((old_i, sign(i)), (old_j, sign(j)), step, 1.0);
        state.set_bounds(i, sign(i), alpha[i], 1.0);
        state.set_bounds(j, sign(j), alpha[j], 1.0);
        state.subtract(row_i, row_j, sign(i) * (alpha[i] - old_i), sign(j) * (alpha[j] - old_j));
        steps += 1;
    }
    converged &= (0..n).all(|t| state.score(t).is_finite());
    let [first, second] = classes.map(|class| class_threshold(&state, &alpha, class, sign));
    // Scaled to a margin of 1, as in C-SVC.
    let (margin, rho) = ((first + second) / 2.0, (first - second) / 2.0);
    alpha.iter_mut().for_each(|alpha| *alpha /= margin);
    Solution { alpha, rho: rho / margin, steps, converged: converged && margin > 0.0 }
}

/// Sets the first variables to 1 up to a sum of `total`; the last of them takes the remainder.
fn fill(alpha: &mut [f64], mut total: f64) {
    for alpha in alpha {
        *alpha = total.min(1.0);
        total -= *alpha;
    }
}

/// The gradient y (Qa) of a class at the solution: its mean over free rows, or the middle of the interval that the
/// bounded rows leave.
fn class_threshold(state: &State, alpha: &[f64], class: Range<usize>, sign: impl Fn(usize) -> f64) -> f64 {
    let (mut upper, mut lower) = (f64::INFINITY, f64::NEG_INFINITY);
    let (mut sum, mut free) = (0.0, 0usize);
    for t in class {
        let gradient = -sign(t) * state.score(t);
        if alpha[t] >= 1.0 {
            lower = lower.max(gradient);
        } else if alpha[t] <= 0.0 {
            upper = upper.min(gradient);
        } else {
            sum += gradient;
            free += 1;
        }
    }
    if free > 0 { sum / free as f64 } else { (upper + lower) / 2.0 }
}
