//! Newton's equations (X' H X + D) step = right by conjugate gradients, preconditioned by the Cholesky factors
//! of each class's own part, estimated from a sample of the rows.

use std::sync::Arc;

use rayon::prelude::*;

use super::bends::Bends;
use super::curvature;
use crate::linalg::cholesky::{Cholesky, Factor};
use crate::linalg::sparse::SparseRows;

/// Rows that the second derivative of a class is estimated from at first, and at most; twice as many after a
/// solution that took too many products although the estimate was fresh.
const SAMPLE: usize = 4096;
const MOST_SAMPLE: usize = 8192;
/// The estimate is made anew when a solution takes more than this many products, about what it costs.
const MANY_PRODUCTS: usize = 25;
/// A diagonal that differs from the one in the factors by less than this part of what they factor is as good.
const SAME: f64 = 1e-3;
/// Products at most for one solution.
const MOST_PRODUCTS: usize = 60;

/// When a solution is good enough: all three are to hold.
#[derive(Clone, Copy)]
pub struct Accuracy {
    /// The preconditioned norm of the residual, in parts of that of the right side.
    pub relative: f64,
    /// And half its squared norm, in the units of the objective.
    pub absolute: f64,
    /// What the last product brought, in parts of all that was gained: one outlier can make up the norm of the
    /// residual, which is then small while most is left to gain (the test is Nash and Sofer's, "Assessing a search
    /// direction within a truncated-Newton method", 1990).
    pub gain: f64,
}

/// What conjugate gradients have come to, mixed so that the residual itself never grows, as theirs does by a factor of
/// ten between one product and the next (Zhou and Walker, "Residual smoothing techniques for iterative methods",
/// 1994).
struct Smooth {
    step: Vec<f64>,
    residual: Vec<f64>,
}

impl Smooth {
    fn new(residual: &[f64]) -> Smooth {
        Smooth { step: vec![0.0; residual.len()], residual: residual.to_vec() }
    }

    /// Goes towards the new step as far as makes the residual least, every part as far as its own.
    fn follow(&mut self, step: &[f64], residual: &[f64], part: usize) {
        let change: Vec<f64> = self.residual.iter().zip(residual).map(|(old, new)| old - new).collect();
        let way: Vec<f64> = step.iter().zip(&self.step).map(|(new, old)| new - old).collect();
        let lengths = quotients(&dots(&self.residual, &change, part), &dots(&change, &change, part));
        add_scaled(&lengths, &way, &mut self.step, part);
        let back: Vec<f64> = lengths.iter().map(|length| -length).collect();
        add_scaled(&back, &change, &mut self.residual, part);
    }

    fn half_square(&self) -> f64 {
        0.5 * dot(&self.residual, &self.residual)
    }
}

/// The estimates of each class's own second derivative, kept from one solution to the next, with factors in the
/// precision of `F`.
pub struct Solver<F> {
    grams: Vec<Arc<Vec<f64>>>,
    sample: usize,
    /// The factors of the last solution, by which the next estimate chooses its rows, and the diagonal in them.
    factors: Option<Vec<Arc<F>>>,
    diagonal: Vec<f64>,
}

impl<F> Default for Solver<F> {
    fn default() -> Solver<F> {
        Solver { grams: Vec::new(), sample: SAMPLE, factors: None, diagonal: Vec::new() }
    }
}

/// A solution, and the products with the matrix that it took.
pub struct Solution {
    pub step: Vec<f64>,
    pub products: usize,
}

impl<F: Factor> Solver<F> {
    /// Estimates from as many rows as are ever taken, for equations that take many products.
    pub fn thorough() -> Solver<F> {
        Solver { sample: MOST_SAMPLE, ..Solver::default() }
    }

    /// The next solution begins with a new estimate.
    pub fn forget(&mut self) {
        self.grams.clear();
    }

    /// Solves from zero.
    pub fn solve(
        &mut self,
        x: &SparseRows,
        bends: &Bends,
        diagonal: &[f64],
        right: &[f64],
        accuracy: Accuracy,
    ) -> Solution {
        let classes = right.len() / (x.columns() + 1);
        let kept = !self.grams.is_empty();
        let mut stale = kept;
        if !kept {
            if self.factors.is_none() && bends.rows.len() > self.sample {
                self.estimate(x, bends, classes);
                self.factors = Some(Preconditioner::new(&self.grams, diagonal, bends.coupled).factors);
            }
            self.estimate(x, bends, classes);
        }
        let mut preconditioner = match self.factors.take() {
            // Under l2 nothing but the intercept's share changes.
            Some(factors) if kept && self.factored(diagonal) => {
                Preconditioner::with(factors, diagonal, bends.coupled)
            }
            _ => {
                self.diagonal = diagonal.to_vec();
                Preconditioner::new(&self.grams, diagonal, bends.coupled)
            }
        };
        // Classes that share nothing have lengths and turns of their own.
        let part = if bends.coupled { right.len() } else { right.len() / classes };
        let mut step = vec![0.0; right.len()];
        let mut residual = right.to_vec();
        let mut direction = preconditioner.solve(&residual);
        let mut sizes = dots(&residual, &direction, part);
        let goal = accuracy.relative * accuracy.relative * sizes.iter().sum::<f64>();
        let mut products = 0;
        let (mut gained, mut last_gain) = (0.0, 0.0);
        let mut smooth = accuracy.absolute.is_finite().then(|| Smooth::new(&residual));
        while products < MOST_PRODUCTS
            && (sizes.iter().sum::<f64>() > goal
                || last_gain > accuracy.gain * gained
                || smooth.as_ref().is_some_and(|smooth| smooth.half_square() > accuracy.absolute))
        {
            let mut product = bends.times(x, &direction);
            product.iter_mut().zip(diagonal).zip(&direction).for_each(|((p, bend), d)| *p += bend * d);
            products += 1;
            let bent = dots(&direction, &product, part);
            if bent.iter().all(|bent| bent.is_nan() || *bent <= 0.0) {
                break;
            }
            let lengths = quotients(&sizes, &bent);
            add_scaled(&lengths, &direction, &mut step, part);
            last_gain = dot(&lengths, &sizes);
            gained += last_gain;
            let back: Vec<f64> = lengths.iter().map(|length| -length).collect();
            add_scaled(&back, &product, &mut residual, part);
            if let Some(smooth) = &mut smooth {
                smooth.follow(&step, &residual, part);
            }
            if products >= MANY_PRODUCTS && stale {
                self.factors = Some(preconditioner.factors);
                self.estimate(x, bends, classes);
                preconditioner = Preconditioner::new(&self.grams, diagonal, bends.coupled);
                self.diagonal = diagonal.to_vec();
                stale = false;
                direction = preconditioner.solve(&residual);
                sizes = dots(&residual, &direction, part);
                continue;
            }
            let mut solved = preconditioner.solve(&residual);
            let next = dots(&residual, &solved, part);
            add_scaled(&quotients(&next, &sizes), &direction, &mut solved, part);
            (direction, sizes) = (solved, next);
        }
        if products > MANY_PRODUCTS {
            if !kept {
                self.sample = (2 * self.sample).min(MOST_SAMPLE);
            }
            self.grams.clear();
        }
        self.factors = Some(preconditioner.factors);
        Solution { step: smooth.map_or(step, |smooth| smooth.step), products }
    }

    /// Estimates by the factors there are; once for all where all bend alike.
    fn estimate(&mut self, x: &SparseRows, bends: &Bends, classes: usize) {
        let alike = bends.coupled && bends.alike(classes);
        let bent: Vec<Vec<f32>> =
            (0..if alike { 1 } else { classes }).into_par_iter().map(|class| bends.diagonal(class)).collect();
        let estimated =
            curvature::within_classes(x, &bends.rows, &bent, self.sample, self.factors.as_deref());
        let estimated: Vec<Arc<Vec<f64>>> = estimated.into_iter().map(Arc::new).collect();
        self.grams = (0..classes).map(|class| Arc::clone(&estimated[class % estimated.len()])).collect();
    }

    /// The kept factors are as good as those with this diagonal.
    fn factored(&self, diagonal: &[f64]) -> bool {
        let width = self.grams.first().map_or(1, |gram| gram.len().isqrt());
        let own = self.grams.iter().flat_map(|gram| gram.iter().step_by(width + 1));
        let all = own.zip(diagonal).zip(&self.diagonal);
        self.diagonal.len() == diagonal.len()
            && all.into_iter().all(|((own, new), old)| (new - old).abs() <= SAME * (own + old))
    }
}

/// The factors of each class's own second derivative and, where the classes are coupled, the exact solution for
/// what moves all of them alike: no loss changes along it, so that the diagonal alone stands against it, and
/// the factors of single classes know nothing of how flat it is there (Mandel, "Balancing domain decomposition",
/// 1993, with this as the coarse space; its products with the matrix are products with the diagonal).
struct Preconditioner<'a, F> {
    factors: Vec<Arc<F>>,
    diagonal: &'a [f64],
    /// The sums of the diagonal over the classes; empty where these share nothing.
    alike: Vec<f64>,
}

impl<'a, F: Factor> Preconditioner<'a, F> {
    fn new(grams: &[Arc<Vec<f64>>], diagonal: &'a [f64], coupled: bool) -> Preconditioner<'a, F> {
        let width = grams[0].len().isqrt();
        let first = &diagonal[..width];
        let alike = grams.iter().all(|gram| Arc::ptr_eq(gram, &grams[0]))
            && diagonal.chunks_exact(width).all(|diagonal| diagonal == first);
        let factors = if alike {
            let one = Arc::new(factor(&grams[0], first));
            vec![one; grams.len()]
        } else {
            let all = grams.par_iter().zip(diagonal.par_chunks(width));
            all.map(|(gram, diagonal)| Arc::new(factor(gram, diagonal))).collect()
        };
        Preconditioner::with(factors, diagonal, coupled)
    }

    fn with(factors: Vec<Arc<F>>, diagonal: &'a [f64], coupled: bool) -> Preconditioner<'a, F> {
        let width = factors[0].size();
        let alike = if coupled { over_classes(diagonal, width) } else { Vec::new() };
        Preconditioner { factors, diagonal, alike }
    }

    fn solve(&self, right: &[f64]) -> Vec<f64> {
        let width = self.factors[0].size();
        let mut solution = right.to_vec();
        let mut common = Vec::new();
        if !self.alike.is_empty() {
            common = over_classes(right, width);
            common.iter_mut().zip(&self.alike).for_each(|(common, alike)| *common /= alike);
            for (part, diagonal) in solution.chunks_exact_mut(width).zip(self.diagonal.chunks_exact(width)) {
                let both = common.iter().zip(diagonal);
                part.iter_mut().zip(both).for_each(|(value, (common, d))| *value -= d * common);
            }
        }
        solution.par_chunks_mut(width).zip(&self.factors).for_each(|(part, factor)| factor.solve(part));
        if !self.alike.is_empty() {
            let pulls: Vec<f64> = solution.iter().zip(self.diagonal).map(|(value, d)| value * d).collect();
            let pulls = over_classes(&pulls, width);
            // Intercepts that all rise alike change nothing, and no rounding is to push them.
            common[width - 1] = 0.0;
            for part in solution.chunks_exact_mut(width) {
                for (j, value) in part.iter_mut().enumerate() {
                    *value += common[j] - pulls[j] / self.alike[j];
                }
            }
        }
        solution
    }
}

/// The sums over the classes.
fn over_classes(values: &[f64], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for part in values.chunks_exact(width) {
        sums.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
    }
    sums
}

fn factor<F: Factor>(gram: &[f64], diagonal: &[f64]) -> F {
    let width = diagonal.len();
    let largest = (0..width).map(|j| gram[j * width + j]).fold(1.0, f64::max);
    let mut ridge = 0.0;
    loop {
        let mut matrix = gram.to_vec();
        (0..width).for_each(|j| matrix[j * width + j] += diagonal[j] + ridge);
        if let Some(factor) = Cholesky::new(matrix, width) {
            return factor.into();
        }
        // Rounding in f32 can leave a matrix that is not quite positive definite.
        ridge = (ridge * 10.0).max(1e-7 * largest);
    }
}

/// The sum of products.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The sums of products of every part of so many values.
fn dots(a: &[f64], b: &[f64], part: usize) -> Vec<f64> {
    a.chunks_exact(part).zip(b.chunks_exact(part)).map(|(a, b)| dot(a, b)).collect()
}

/// a / b, 0 where b is not above 0: what is solved already goes no further.
fn quotients(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| if *b > 0.0 { a / b } else { 0.0 }).collect()
}

/// out += factor * values, every part with a factor of its own.
fn add_scaled(factors: &[f64], values: &[f64], out: &mut [f64], part: usize) {
    let parts = out.chunks_exact_mut(part).zip(values.chunks_exact(part)).zip(factors);
    for ((out, values), factor) in parts {
        out.iter_mut().zip(values).for_each(|(out, value)| *out += factor * value);
    }
}
