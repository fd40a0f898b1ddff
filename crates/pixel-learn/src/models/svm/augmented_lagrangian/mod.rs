//! The two-class problem of C-SVC with the linear kernel, solved by Newton's method on the augmented
//! Lagrangian in w and b.
//!
//! Decomposition methods such as SMO are too slow here: with 784 features and 12,000 rows at C = 100 the dual
//! is so ill-conditioned that millions of two-variable steps do not reach LIBSVM's tolerance. In the primal,
//!
//!   min |w|^2 / 2 + C sum max(0, 1 - y (w.x + b)),   b unregularised,
//!
//! the method of multipliers replaces the hinge by a quadratic piece of width delta = C / sigma around the
//! margin, shifted by the current dual variables a; minimising over w and b gives the next ones,
//! a+ = clip(a + sigma (1 - y f), 0, C), which satisfy the constraints of the dual exactly at the minimum.
//! The minimum is found by Newton's method with exact line search (the function is convex and piecewise
//! quadratic, so it ends after finitely many steps): only rows on the quadratic piece enter the Newton
//! equations. The equations are solved for the features or for these rows, whichever are fewer. Sigma grows
//! until LIBSVM's violation of the optimality conditions, recomputed for a+ from scratch, is below the
//! tolerance. (O. Chapelle, Training a support vector machine in the primal, 2007; Y. Yan and Q. Li, An
//! efficient augmented Lagrangian method for support vector machine, 2020.)

mod hessian;
mod kernel_system;

use self::hessian::Hessian;
use self::kernel_system::KernelSystem;
use super::smo::{Solution, rho};
use crate::linalg::dot_f32_f64::{add_scaled, dot};

/// The first sigma, or C / 2 if that is less: all rows then lie on the quadratic piece at w = 0.
const FIRST_SIGMA: f64 = 0.5;
/// The factor of sigma from one stage to the next. A larger factor takes fewer stages and more Newton steps;
/// above 5 some stages fail.
const GROWTH: f64 = 10.0 / 3.0;
/// The least width (delta) of the quadratic piece; a smaller one does not help in f64.
const LAST_WIDTH: f64 = 1e-9;
/// A step that changes no decision value by more than this share of the largest is rounding error: the line
/// search found no decrease.
const LEAST_MOVE: f64 = 1e-15;
/// The largest |sum y a| of a solution, relative to sum a.
const BALANCE: f64 = 1e-6;
/// Maximum number of Newton steps of one stage; up to 60 were seen.
const STEPS_A_STAGE: usize = 500;
/// The ridge on the unregularised bias in the equations of the features, relative to the number of rows on
/// the quadratic piece. It keeps the matrix positive definite in f64.
const BIAS_WEIGHT: f64 = 1e-10;

/// A solution with its hyperplane: the decision function is w.x - rho.
pub struct Hyperplane {
    pub solution: Solution,
    pub weights: Vec<f64>,
}

/// Solves the problem of `rows`, of which the first `positive` are of the positive class and the others of
/// the negative one. `steps` of the solution counts Newton steps; each takes O(n d) and min(d, m)^3 / 3 with
/// m rows on the quadratic piece.
pub fn solve(rows: &[&[f32]], positive: usize, c: f64, tol: f64) -> Hyperplane {
    let mut newton = Newton::new(rows, positive, c);
    let mut sigma = FIRST_SIGMA.min(c / 2.0);
    let mut steps = 0;
    loop {
        steps += newton.minimise(sigma);
        newton.multipliers.copy_from_slice(&newton.next_duals);
        let (weights, violation, rho) = newton.check();
        let converged = violation < tol && newton.balanced();
        sigma *= GROWTH;
        if converged || c / sigma < LAST_WIDTH {
            let alpha = newton.multipliers;
            return Hyperplane { solution: Solution { alpha, rho, steps, converged }, weights };
        }
    }
}

/// The state of the method. The bias is the last of d + 1 coefficients, with the constant feature 1.
struct Newton<'a> {
    rows: &'a [&'a [f32]],
    positive: usize,
    c: f64,
    d: usize,
    /// w, then b.
    coefficients: Vec<f64>,
    /// f = w.x + b of every row.
    values: Vec<f64>,
    /// The dual variables that shift the quadratic piece.
    multipliers: Vec<f64>,
    /// The next dual variables (a+), at the current coefficients.
    next_duals: Vec<f64>,
    /// The sum over the rows of y a+ (x, 1).
    dual_weights: Vec<f64>,
    hessian: Hessian<'a>,
    kernel_system: KernelSystem<'a>,
}

impl<'a> Newton<'a> {
    fn new(rows: &'a [&'a [f32]], positive: usize, c: f64) -> Newton<'a> {
        let n = rows.len();
        let d = rows.first().map_or(0, |row| row.len());
        Newton {
            rows,
            positive,
            c,
            d,
            coefficients: vec![0.0; d + 1],
            values: vec![0.0; n],
            multipliers: vec![0.0; n],
            next_duals: vec![0.0; n],
            dual_weights: vec![0.0; d + 1],
            hessian: Hessian::new(rows),
            kernel_system: KernelSystem::new(rows),
        }
    }

    fn sign(&self, row: usize) -> f64 {
        if row < self.positive { 1.0 } else { -1.0 }
    }

    /// The unclipped next dual variable of a row whose decision value is `value`.
    fn unclipped(&self, row: usize, value: f64, sigma: f64) -> f64 {
        self.multipliers[row] + sigma * (1.0 - self.sign(row) * value)
    }

    /// Minimises over w and b for one sigma; returns the number of Newton steps.
    fn minimise(&mut self, sigma: f64) -> usize {
        self.recompute_duals(sigma);
        for step in 0..STEPS_A_STAGE {
            let gradient = self.gradient();
            let size = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
            let scale = self.dual_weights.iter().map(|w| w * w).sum::<f64>().sqrt();
            if size <= 1e-10 * scale {
                return step;
            }
            let Some(direction) = self.direction(&gradient, sigma) else { return step };
            let (w, bias) = direction.split_at(self.d);
            let slopes: Vec<f64> = self.rows.iter().map(|x| dot(x, w) + bias[0]).collect();
            let length = self.line_search(&direction, &slopes, sigma);
            let largest = |values: &[f64]| values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
            let least = LEAST_MOVE * (1.0 + largest(&self.values));
            if length.is_nan() || length * largest(&slopes) <= least {
                return step;
            }
            for (coefficient, change) in self.coefficients.iter_mut().zip(&direction) {
                *coefficient += length * change;
            }
            for (value, slope) in self.values.iter_mut().zip(&slopes) {
                *value += length * slope;
            }
            self.update_next(sigma);
        }
        STEPS_A_STAGE
    }

    /// Recomputes `values`, `next_duals` and `dual_weights` from the coefficients and multipliers, which
    /// removes accumulated rounding.
    fn recompute_duals(&mut self, sigma: f64) {
        let (w, bias) = self.coefficients.split_at(self.d);
        for (value, x) in self.values.iter_mut().zip(self.rows) {
            *value = dot(x, w) + bias[0];
        }
        self.next_duals.fill(0.0);
        self.dual_weights.fill(0.0);
        self.update_next(sigma);
    }

    /// Updates `next_duals` and `dual_weights` to the present `values`.
    fn update_next(&mut self, sigma: f64) {
        for row in 0..self.rows.len() {
            let next = self.unclipped(row, self.values[row], sigma).clamp(0.0, self.c);
            if next != self.next_duals[row] {
                let change = self.sign(row) * (next - self.next_duals[row]);
                self.next_duals[row] = next;
                let (dual_weights, bias) = self.dual_weights.split_at_mut(self.d);
                add_scaled(change, self.rows[row], dual_weights);
                bias[0] += change;
            }
        }
    }

    /// w - sum y a+ x, and -sum y a+ for the bias.
    fn gradient(&self) -> Vec<f64> {
        let mut gradient: Vec<f64> =
            self.coefficients.iter().zip(&self.dual_weights).map(|(w, dual)| w - dual).collect();
        gradient[self.d] = -self.dual_weights[self.d];
        gradient
    }

    /// Rows on the quadratic piece, ascending.
    fn active(&self, sigma: f64) -> Vec<usize> {
        let between = |row: &usize| {
            let value = self.unclipped(*row, self.values[*row], sigma);
            value > 0.0 && value < self.c
        };
        (0..self.rows.len()).filter(between).collect()
    }

    /// The Newton direction, from the equations of the features or those of the rows, whichever are fewer.
    fn direction(&mut self, gradient: &[f64], sigma: f64) -> Option<Vec<f64>> {
        let active = self.active(sigma);
        // Without rows on the piece there is no curvature along the bias. This weight makes its step 1, and
        // the line search scales it.
        let unit_step_weight = gradient[self.d].abs().max(f64::MIN_POSITIVE);
        if active.len() < self.d {
            let bias_weight = if active.is_empty() { unit_step_weight } else { 0.0 };
            self.kernel_system.direction(&active, gradient, sigma, bias_weight)
        } else {
            let count = active.len() as f64;
            let bias_weight =
                if active.is_empty() { unit_step_weight } else { sigma * BIAS_WEIGHT * (1.0 + count) };
            self.hessian.direction(&active, gradient, sigma, bias_weight)
        }
    }

    /// The step length that minimises along the direction: the root of the derivative, which is increasing
    /// and piecewise linear, by Newton's method within a bracket.
    fn line_search(&self, direction: &[f64], slopes: &[f64], sigma: f64) -> f64 {
        let (w, change) = (&self.coefficients[..self.d], &direction[..self.d]);
        let start: f64 = w.iter().zip(change).map(|(w, c)| w * c).sum();
        let curvature: f64 = change.iter().map(|c| c * c).sum();
        let derivative = |length: f64| -> (f64, f64) {
            let (mut first, mut second) = (start + length * curvature, curvature);
            for (row, &slope) in slopes.iter().enumerate() {
                let next = self.unclipped(row, self.values[row] + length * slope, sigma);
                first -= self.sign(row) * slope * next.clamp(0.0, self.c);
                if next > 0.0 && next < self.c {
                    second += sigma * slope * slope;
                }
            }
            (first, second)
        };
        let (mut low, mut high) = (0.0, f64::INFINITY);
        let flat = 1e-12 * derivative(0.0).0.abs();
        let mut length = 1.0;
        for _ in 0..60 {
            let (first, second) = derivative(length);
            if first.abs() <= flat {
                break;
            }
            if first > 0.0 {
                high = length;
            } else {
                low = length;
            }
            let newton = length - first / second;
            length = if newton > low && newton < high {
                newton
            } else if high.is_finite() {
                (low + high) / 2.0
            } else {
                length * 2.0
            };
        }
        length
    }

    /// Whether sum y a is zero for the dual variables in `multipliers`, up to [`BALANCE`]. It is at the
    /// minimum of a stage, but may not be after a stage that ended early.
    fn balanced(&self) -> bool {
        let (positive, negative) = self.multipliers.split_at(self.positive);
        let (positive, negative): (f64, f64) = (positive.iter().sum(), negative.iter().sum());
        (positive - negative).abs() <= BALANCE * (positive + negative)
    }

    /// For the dual variables in `multipliers`: their hyperplane, how far they violate the optimality
    /// conditions (LIBSVM's measure), and rho.
    fn check(&self) -> (Vec<f64>, f64, f64) {
        let mut weights = vec![0.0; self.d];
        for (row, &alpha) in self.multipliers.iter().enumerate().filter(|(_, alpha)| **alpha > 0.0) {
            add_scaled(self.sign(row) * alpha, self.rows[row], &mut weights);
        }
        let scores: Vec<f64> =
            (0..self.rows.len()).map(|row| self.sign(row) - dot(self.rows[row], &weights)).collect();
        let (mut highest, mut lowest) = (f64::NEG_INFINITY, f64::INFINITY);
        for (row, (&score, &alpha)) in scores.iter().zip(&self.multipliers).enumerate() {
            let (grows, shrinks) = (alpha < self.c, alpha > 0.0);
            let (up, low) = if row < self.positive { (grows, shrinks) } else { (shrinks, grows) };
            if up {
                highest = highest.max(score);
            }
            if low {
                lowest = lowest.min(score);
            }
        }
        let rho = rho(&scores, &self.multipliers, self.positive, self.c);
        (weights, highest - lowest, rho)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two overlapping clouds in d dimensions from a formula.
    fn clouds(n: usize, d: usize) -> Vec<Vec<f32>> {
        let noise = |i: usize| ((i as f64 * 12.9898).sin() * 43758.5453).fract() as f32;
        (0..n)
            .map(|i| (0..d).map(|j| noise(i * d + j) + if i < n / 2 { 0.2 } else { 0.0 }).collect())
            .collect()
    }

    fn solve_clouds(n: usize, d: usize, c: f64, tol: f64) -> (Vec<Vec<f32>>, Hyperplane) {
        let rows = clouds(n, d);
        let views: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let plane = solve(&views, n / 2, c, tol);
        (rows, plane)
    }

    #[test]
    fn primal_and_dual_objectives_meet() {
        let cases = [(40, 3, 1.0, 1e-8), (200, 20, 100.0, 1e-8), (60, 100, 10.0, 1e-8), (50, 2, 0.01, 1e-8)];
        for (n, d, c, tol) in cases.into_iter().chain([(30, 5, 1e4, 1e-4)]) {
            let (rows, Hyperplane { solution, weights }) = solve_clouds(n, d, c, tol);
            assert!(solution.converged, "n={n} d={d} C={c}");
            let square: f64 = weights.iter().map(|w| w * w).sum();
            let sign = |i: usize| if i < n / 2 { 1.0 } else { -1.0 };
            let hinge = |i: usize| (1.0 - sign(i) * (dot(&rows[i], &weights) - solution.rho)).max(0.0);
            let primal = square / 2.0 + c * (0..n).map(hinge).sum::<f64>();
            let dual = solution.alpha.iter().sum::<f64>() - square / 2.0;
            assert!(
                (primal - dual).abs() < 100.0 * tol * primal.abs().max(1.0),
                "n={n} d={d} C={c}: {primal} {dual}"
            );
            let balance: f64 = solution.alpha.iter().enumerate().map(|(i, a)| sign(i) * a).sum();
            assert!(balance.abs() < 1e-6 * c, "sum of y alpha is {balance}");
        }
    }

    #[test]
    fn unbalanced_classes_at_a_small_c_have_their_bias() {
        // All rows of the smaller class are at their limit, and no row is on the quadratic piece at first.
        let rows = clouds(600, 3);
        let views: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        for (positive, c) in [(200, 1e-6), (450, 1e-6), (3, 1e-4), (590, 1e-8)] {
            let Solution { alpha, rho, converged, .. } = solve(&views, positive, c, 1e-3).solution;
            let (first, second) = alpha.split_at(positive);
            let (first, second): (f64, f64) = (first.iter().sum(), second.iter().sum());
            assert!(
                converged && (first - second).abs() < 1e-6 * (first + second),
                "{positive}: {first} {second}"
            );
            let majority = if positive > 300 { -1.0 } else { 1.0 };
            assert!((rho - majority).abs() < 2e-3, "{positive} positive, C={c}: rho {rho}");
        }
    }

    #[test]
    fn both_sides_give_the_same_direction() {
        let (n, d) = (60, 5);
        let rows = clouds(n, d);
        let views: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let (mut gram, mut hessian) = (KernelSystem::new(&views), Hessian::new(&views));
        let gradient: Vec<f64> = (0..=d).map(|j| (j as f64).cos()).collect();
        // No row, one, fewer and more than features; together more than are remembered.
        for step in 0..40 {
            let active: Vec<usize> = (0..n).filter(|row| (row * 7 + step * 11) % 60 < step % 14).collect();
            let sigma = [0.5, 30.0][step % 2];
            let [by_rows, by_features] = [
                gram.direction(&active, &gradient, sigma, 1e-3),
                hessian.direction(&active, &gradient, sigma, 1e-3),
            ]
            .map(Option::unwrap);
            for (a, b) in by_rows.iter().zip(&by_features) {
                assert!((a - b).abs() < 1e-8 * (1.0 + b.abs()), "{} rows: {a} {b}", active.len());
            }
        }
    }

    #[test]
    fn degenerate_rows_give_a_model() {
        let equal = vec![1.0f32; 4];
        let views: Vec<&[f32]> = vec![&equal; 6];
        for positive in [1, 3, 5] {
            let plane = solve(&views, positive, 1.0, 1e-3);
            assert!(plane.solution.rho.is_finite() && plane.weights.iter().all(|w| w.is_finite()));
        }
        let plane = solve(&[&[], &[]], 1, 1.0, 1e-3);
        assert!(plane.solution.rho.is_finite());
    }
}
