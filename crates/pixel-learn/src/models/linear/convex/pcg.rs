//! The Newton equations (X' H X + D) step = right by preconditioned conjugate gradients (PCG). The
//! preconditioner is block diagonal: the Cholesky factor of each class's block, estimated from a sample of
//! the rows.

use std::sync::Arc;

use rayon::prelude::*;

use super::hessian::ScoreHessian;
use super::sampled_hessian;
use crate::linalg::base_delta::SparseRows;
use crate::linalg::cholesky::{Cholesky, Factor};
use crate::linalg::dot::dot;

/// The first number of rows of an estimate. The number doubles after a solution with too many matrix-vector
/// products with a fresh estimate.
const SAMPLE: usize = 4096;
/// The largest number of rows of an estimate.
const MOST_SAMPLE: usize = 8192;
/// A kept preconditioner is rebuilt when a solution takes more matrix-vector products than this, which is about
/// what an estimate of the Hessian costs.
const MANY_MATVECS: usize = 25;
/// Kept factors are used for another diagonal (D) that differs from theirs by less than this share of the
/// factored diagonal.
const SAME: f64 = 1e-3;
/// Maximum number of matrix-vector products of one solution.
const MOST_MATVECS: usize = 60;

/// The stopping rule of one solution: all conditions must hold.
#[derive(Clone, Copy)]
pub struct StoppingRule {
    /// The largest residual in the norm of the preconditioner, relative to that of the right side.
    pub relative: f64,
    /// The largest half squared norm of the residual, in units of the objective.
    pub half_square: f64,
    /// The largest absolute value of an entry of the residual.
    pub largest: f64,
    /// The largest share of the last iteration in the decrease of the quadratic model. One outlier can make
    /// up most of the residual; the residual is then small while most of the decrease is still to come (Nash
    /// and Sofer, "Assessing a search direction within a truncated-Newton method", 1990).
    pub gain: f64,
}

impl Default for StoppingRule {
    fn default() -> StoppingRule {
        let any = f64::INFINITY;
        StoppingRule { relative: any, half_square: any, largest: any, gain: any }
    }
}

impl StoppingRule {
    /// Whether a condition is on the residual itself, not in the norm of the preconditioner.
    fn asks_for_residual(&self) -> bool {
        self.half_square.is_finite() || self.largest.is_finite()
    }
}

/// The PCG iterate with minimal-residual smoothing (Zhou and Walker, "Residual smoothing techniques for
/// iterative methods", 1994): the norm of its residual never increases. The residual norm of PCG itself can
/// grow tenfold from one iteration to the next.
struct SmoothedResidual {
    step: Vec<f64>,
    residual: Vec<f64>,
}

impl SmoothedResidual {
    fn new(residual: &[f64]) -> SmoothedResidual {
        SmoothedResidual { step: vec![0.0; residual.len()], residual: residual.to_vec() }
    }

    /// Moves towards the new PCG iterate by the length that minimises the residual of each problem.
    fn update(&mut self, step: &[f64], residual: &[f64], problem_len: usize) {
        let change: Vec<f64> = self.residual.iter().zip(residual).map(|(old, new)| old - new).collect();
        let step_change: Vec<f64> = step.iter().zip(&self.step).map(|(new, old)| new - old).collect();
        let lengths =
            quotients(&dots(&self.residual, &change, problem_len), &dots(&change, &change, problem_len));
        add_scaled(&lengths, &step_change, &mut self.step, problem_len);
        let back: Vec<f64> = lengths.iter().map(|length| -length).collect();
        add_scaled(&back, &change, &mut self.residual, problem_len);
    }

    /// Whether the smoothed residual meets the conditions on the residual itself.
    fn obeys(&self, rule: &StoppingRule) -> bool {
        0.5 * dot(&self.residual, &self.residual) <= rule.half_square
            && self.residual.iter().all(|entry| entry.abs() <= rule.largest)
    }
}

/// A PCG solver that keeps its preconditioner from one solution to the next. The factors have the precision
/// of `F`.
pub struct Pcg<F> {
    /// The estimated blocks of the classes, lower triangles. Empty for a new estimate.
    hessians: Vec<Arc<Vec<f64>>>,
    sample: usize,
    /// The factors of the last solution. Their leverages choose the rows of the next estimate.
    factors: Option<Vec<Arc<F>>>,
    /// The diagonal (D) in the factors.
    diagonal: Vec<f64>,
}

impl<F> Default for Pcg<F> {
    fn default() -> Pcg<F> {
        Pcg { hessians: Vec::new(), sample: SAMPLE, factors: None, diagonal: Vec::new() }
    }
}

/// A solution, and the number of matrix-vector products that it took.
pub struct Solution {
    pub step: Vec<f64>,
    pub matvecs: usize,
}

impl<F: Factor> Pcg<F> {
    /// A solver with estimates from `MOST_SAMPLE` rows, for equations that take many iterations.
    pub fn thorough() -> Pcg<F> {
        Pcg { sample: MOST_SAMPLE, ..Pcg::default() }
    }

    /// Discards the estimate: the next solution makes a new one.
    pub fn discard_preconditioner(&mut self) {
        self.hessians.clear();
    }

    /// Solves (X' H X + D) step = right from zero; `diagonal` is that of D. O(differences k) for each
    /// matrix-vector product.
    pub fn solve(
        &mut self,
        x: &SparseRows,
        hessian: &ScoreHessian,
        diagonal: &[f64],
        right: &[f64],
        rule: StoppingRule,
    ) -> Solution {
        let classes = right.len() / (x.columns() + 1);
        let kept = !self.hessians.is_empty();
        let mut stale = kept;
        if !kept {
            if self.factors.is_none() && hessian.rows.len() > self.sample {
                self.estimate(x, hessian, classes);
                self.factors =
                    Some(Preconditioner::new(&self.hessians, diagonal, hessian.is_multinomial).factors);
            }
            self.estimate(x, hessian, classes);
        }
        let mut preconditioner = match self.factors.take() {
            // With l2 only the entry of the intercept changes in D.
            Some(factors) if kept && self.factors_fit(diagonal) => {
                Preconditioner::with(factors, diagonal, hessian.is_multinomial)
            }
            _ => {
                self.diagonal = diagonal.to_vec();
                Preconditioner::new(&self.hessians, diagonal, hessian.is_multinomial)
            }
        };
        // Each one-vs-rest class is a separate system with its own step lengths and directions.
        let problem_len = if hessian.is_multinomial { right.len() } else { right.len() / classes };
        let mut step = vec![0.0; right.len()];
        let mut residual = right.to_vec();
        let mut direction = preconditioner.solve(&residual);
        let mut rz = dots(&residual, &direction, problem_len);
        let rz_goal = rule.relative * rule.relative * rz.iter().sum::<f64>();
        let mut matvecs = 0;
        let (mut total_gain, mut last_gain) = (0.0, 0.0);
        let mut smooth = rule.asks_for_residual().then(|| SmoothedResidual::new(&residual));
        while matvecs < MOST_MATVECS
            && (rz.iter().sum::<f64>() > rz_goal
                || last_gain > rule.gain * total_gain
                || smooth.as_ref().is_some_and(|smooth| !smooth.obeys(&rule)))
        {
            let mut matvec = hessian.matvec(x, &direction);
            matvec
                .iter_mut()
                .zip(diagonal)
                .zip(&direction)
                .for_each(|((p, diagonal_entry), d)| *p += diagonal_entry * d);
            matvecs += 1;
            let curvatures = dots(&direction, &matvec, problem_len);
            if curvatures.iter().all(|curvatures| curvatures.is_nan() || *curvatures <= 0.0) {
                break;
            }
            let lengths = quotients(&rz, &curvatures);
            add_scaled(&lengths, &direction, &mut step, problem_len);
            last_gain = dot(&lengths, &rz);
            total_gain += last_gain;
            let back: Vec<f64> = lengths.iter().map(|length| -length).collect();
            add_scaled(&back, &matvec, &mut residual, problem_len);
            if let Some(smooth) = &mut smooth {
                smooth.update(&step, &residual, problem_len);
            }
            if matvecs >= MANY_MATVECS && stale {
                self.factors = Some(preconditioner.factors);
                self.estimate(x, hessian, classes);
                preconditioner = Preconditioner::new(&self.hessians, diagonal, hessian.is_multinomial);
                self.diagonal = diagonal.to_vec();
                stale = false;
                direction = preconditioner.solve(&residual);
                rz = dots(&residual, &direction, problem_len);
                continue;
            }
            let mut solved = preconditioner.solve(&residual);
            let next = dots(&residual, &solved, problem_len);
            add_scaled(&quotients(&next, &rz), &direction, &mut solved, problem_len);
            (direction, rz) = (solved, next);
        }
        if matvecs > MANY_MATVECS {
            if !kept {
                self.sample = (2 * self.sample).min(MOST_SAMPLE);
            }
            self.hessians.clear();
        }
        self.factors = Some(preconditioner.factors);
        Solution { step: smooth.map_or(step, |smooth| smooth.step), matvecs }
    }

    /// Estimates the class blocks, with leverages by the present factors. One block serves all classes if
    /// their curvatures are equal.
    fn estimate(&mut self, x: &SparseRows, hessian: &ScoreHessian, classes: usize) {
        let uniform = hessian.is_multinomial && hessian.is_uniform(classes);
        let curvatures: Vec<Vec<f32>> = (0..if uniform { 1 } else { classes })
            .into_par_iter()
            .map(|class| hessian.diagonal(class))
            .collect();
        let estimated = sampled_hessian::class_hessians(
            x,
            &hessian.rows,
            &curvatures,
            self.sample,
            self.factors.as_deref(),
        );
        let estimated: Vec<Arc<Vec<f64>>> = estimated.into_iter().map(Arc::new).collect();
        self.hessians = (0..classes).map(|class| Arc::clone(&estimated[class % estimated.len()])).collect();
    }

    /// Whether the kept factors can be used for this diagonal.
    fn factors_fit(&self, diagonal: &[f64]) -> bool {
        let width = self.hessians.first().map_or(1, |class_hessian| class_hessian.len().isqrt());
        let own = self.hessians.iter().flat_map(|class_hessian| class_hessian.iter().step_by(width + 1));
        let all = own.zip(diagonal).zip(&self.diagonal);
        self.diagonal.len() == diagonal.len()
            && all.into_iter().all(|((own, new), old)| (new - old).abs() <= SAME * (own + old))
    }
}

/// The factors of the class blocks and, for a multinomial model, an exact solution on the coarse space of
/// steps that are equal in all classes (Mandel, "Balancing domain decomposition", 1993). No loss changes
/// along such a step: X' H X is zero there and only D is left, which the blocks of single classes cannot
/// represent.
struct Preconditioner<'a, F> {
    factors: Vec<Arc<F>>,
    diagonal: &'a [f64],
    /// The sums of the diagonal over the classes for a multinomial model; else empty.
    uniform: Vec<f64>,
}

impl<'a, F: Factor> Preconditioner<'a, F> {
    /// Factors the blocks with the diagonal added; one factor if all classes are equal. O(k d^3).
    fn new(hessians: &[Arc<Vec<f64>>], diagonal: &'a [f64], is_multinomial: bool) -> Preconditioner<'a, F> {
        let width = hessians[0].len().isqrt();
        let first = &diagonal[..width];
        let uniform = hessians.iter().all(|class_hessian| Arc::ptr_eq(class_hessian, &hessians[0]))
            && diagonal.chunks_exact(width).all(|diagonal| diagonal == first);
        let factors = if uniform {
            let one = Arc::new(factor(&hessians[0], first));
            vec![one; hessians.len()]
        } else {
            let all = hessians.par_iter().zip(diagonal.par_chunks(width));
            all.map(|(class_hessian, diagonal)| Arc::new(factor(class_hessian, diagonal))).collect()
        };
        Preconditioner::with(factors, diagonal, is_multinomial)
    }

    /// The preconditioner of kept factors.
    fn with(factors: Vec<Arc<F>>, diagonal: &'a [f64], is_multinomial: bool) -> Preconditioner<'a, F> {
        let width = factors[0].size();
        let uniform = if is_multinomial { over_classes(diagonal, width) } else { Vec::new() };
        Preconditioner { factors, diagonal, uniform }
    }

    /// The preconditioned vector: an approximate solution for `right`. O(k d^2).
    fn solve(&self, right: &[f64]) -> Vec<f64> {
        let width = self.factors[0].size();
        let mut solution = right.to_vec();
        let mut common = Vec::new();
        if !self.uniform.is_empty() {
            common = over_classes(right, width);
            common.iter_mut().zip(&self.uniform).for_each(|(common, uniform)| *common /= uniform);
            for (part, diagonal) in solution.chunks_exact_mut(width).zip(self.diagonal.chunks_exact(width)) {
                let both = common.iter().zip(diagonal);
                part.iter_mut().zip(both).for_each(|(value, (common, d))| *value -= d * common);
            }
        }
        solution.par_chunks_mut(width).zip(&self.factors).for_each(|(part, factor)| factor.solve(part));
        if !self.uniform.is_empty() {
            let weighted_sums: Vec<f64> =
                solution.iter().zip(self.diagonal).map(|(value, d)| value * d).collect();
            let weighted_sums = over_classes(&weighted_sums, width);
            // Equal changes of all intercepts change no loss, so rounding must not introduce them.
            common[width - 1] = 0.0;
            for part in solution.chunks_exact_mut(width) {
                for (j, value) in part.iter_mut().enumerate() {
                    *value += common[j] - weighted_sums[j] / self.uniform[j];
                }
            }
        }
        solution
    }
}

/// The sums over the classes, `width` values.
fn over_classes(values: &[f64], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for part in values.chunks_exact(width) {
        sums.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
    }
    sums
}

/// The Cholesky factor of a block plus the diagonal, with the least ridge that makes it positive definite.
fn factor<F: Factor>(class_hessian: &[f64], diagonal: &[f64]) -> F {
    let width = diagonal.len();
    let largest = (0..width).map(|j| class_hessian[j * width + j]).fold(1.0, f64::max);
    let mut ridge = 0.0;
    loop {
        let mut matrix = class_hessian.to_vec();
        (0..width).for_each(|j| matrix[j * width + j] += diagonal[j] + ridge);
        if let Some(factor) = Cholesky::new(matrix, width) {
            return factor.into();
        }
        // Rounding in f32 can leave a matrix that is not positive definite.
        ridge = (ridge * 10.0).max(1e-7 * largest);
    }
}

/// The dot product of each problem.
pub fn dots(a: &[f64], b: &[f64], problem_len: usize) -> Vec<f64> {
    a.chunks_exact(problem_len).zip(b.chunks_exact(problem_len)).map(|(a, b)| dot(a, b)).collect()
}

/// The quotients a / b, 0 where b is not positive: a problem that is solved takes no step.
fn quotients(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| if *b > 0.0 { a / b } else { 0.0 }).collect()
}

/// out += factor * values, with one factor per problem.
fn add_scaled(factors: &[f64], values: &[f64], out: &mut [f64], problem_len: usize) {
    let parts = out.chunks_exact_mut(problem_len).zip(values.chunks_exact(problem_len)).zip(factors);
    for ((out, values), factor) in parts {
        out.iter_mut().zip(values).for_each(|(out, value)| *out += factor * value);
    }
}
