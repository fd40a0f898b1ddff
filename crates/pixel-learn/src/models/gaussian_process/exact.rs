//! The exact model with the kernel exp(-d^2 / 2) on scaled features, for any number of rows that the kernel
//! hardly couples: 784 standardised pixels put most images so far apart that their kernel value is 0.
//!
//! Kernel values between training rows below exp(-[`REACH`] / 2) are taken as 0, which changes no row of K by
//! more than n exp(-30) in sum (6e-9 for 60,000 rows), and f = K (y - pi(f)), with |y - pi| < 1, by about as
//! much. A test row sees the training rows up to [`MARGIN`] beyond the nearest one: the rest weigh less than
//! n exp(-30) times the nearest.

use rayon::prelude::*;

use super::laplace::{Kernel, Latent, Mode};
use super::radius_search::{Neighbor, NeighborLists, RadiusSearch};
use crate::Features;
use crate::linalg::argmax;
use crate::models::{FitError, Training};

/// How binary problems make a multi-class one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultiClass {
    /// A problem for every class against the rest.
    OneVsRest,
    /// A problem for every pair of classes.
    OneVsOne,
}

/// What is said of one test row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// By scikit-learn's rule, in double precision.
    pub class: u8,
    /// Whether that rule saw no difference between the classes, so that the order of classes decided.
    pub tied: bool,
    /// The class if nothing had underflowed or been rounded to a tie.
    pub tie_free: u8,
}

/// The squared distance within which training rows count as coupled.
pub const REACH: f64 = 60.0;

/// How far beyond the nearest training row, in squared distance, a test row looks.
pub const MARGIN: f64 = 60.0;

/// Coupled pairs at most (12 bytes each, twice while they are sorted).
const MOST_PAIRS: usize = 60_000_000;

/// The kernel matrix of the training rows, which one-vs-rest and one-vs-one share: entries of rows near each other.
pub struct SparseKernel {
    matrix: Kernel,
    pairs: usize,
}

impl SparseKernel {
    /// Finds the pairs of training rows within [`REACH`]. `Err` when these are more than memory is meant for.
    pub fn find(search: &RadiusSearch, n: usize) -> Result<SparseKernel, FitError> {
        let near = search.among_training_rows(REACH, MOST_PAIRS).ok_or_else(|| {
            let reason = format!("the kernel couples more than {MOST_PAIRS} pairs of the {n} training rows");
            FitError::UnusableData(format!("{reason}: set inducing, or take fewer rows"))
        })?;
        let entry = |near: &Neighbor| (near.index, (-0.5 * near.squared_distance).exp());
        let matrix = Kernel::new((0..near.rows()).map(|row| near.row(row).iter().map(entry)));
        Ok(SparseKernel { matrix, pairs: near.pairs() / 2 })
    }

    /// Pairs of training rows that are near each other.
    pub fn pairs(&self) -> usize {
        self.pairs
    }
}

/// One binary problem: `positive` against `negative`, or against all others.
struct Problem {
    positive: u8,
    negative: Option<u8>,
    mode: Mode,
    /// y - pi for every training row; 0 for rows of other problems.
    residual: Vec<f64>,
}

/// The fitted binary problems of one way of making them.
pub struct Exact {
    /// Classes with training rows, rising.
    present: Vec<u8>,
    one_vs_one: bool,
    problems: Vec<Problem>,
}

impl Exact {
    /// Fits 45 problems of two classes each, or 10 of one against the rest, for ten classes. Two classes are
    /// one problem either way.
    pub fn fit(
        kernel: &SparseKernel,
        training: &Training,
        multi_class: MultiClass,
        max_iter: usize,
    ) -> Result<Exact, FitError> {
        let present = training.present_classes(2)?;
        let one_vs_one = multi_class == MultiClass::OneVsOne || present.len() == 2;
        let mut wanted = Vec::new();
        for (index, &class) in present.iter().enumerate() {
            if one_vs_one {
                // As scikit-learn has it, the later class of a pair is the positive one.
                wanted.extend(present[index + 1..].iter().map(|&later| (later, Some(class))));
            } else {
                wanted.push((class, None));
            }
        }
        let fit = |(positive, negative): (u8, Option<u8>)| {
            let label = |row: u32| training.labels[row as usize];
            let all = 0..training.labels.len() as u32;
            let belongs = |row: &u32| negative.is_none_or(|c| label(*row) == c || label(*row) == positive);
            let rows: Vec<u32> = all.filter(belongs).collect();
            let mode = Mode::find(&kernel.matrix, rows, |row| label(row) == positive, max_iter);
            let mut residual = vec![0.0; training.labels.len()];
            mode.rows.iter().zip(&mode.residual).for_each(|(&row, &value)| residual[row as usize] = value);
            Problem { positive, negative, mode, residual }
        };
        Ok(Exact { present, one_vs_one, problems: wanted.into_par_iter().map(fit).collect() })
    }

    /// The class of each test row, by scikit-learn's rule and by what the rule would say if neither the
    /// kernel underflowed nor probabilities rounded to ties. `near` comes from [`near_rows`].
    pub fn decide(&self, kernel: &SparseKernel, near: &NeighborLists) -> Vec<Decision> {
        (0..near.rows())
            .into_par_iter()
            .map(|row| {
                let near = near.row(row);
                let nearest = near.iter().map(|near| near.squared_distance).fold(f64::INFINITY, f64::min);
                // As they are, down to zero, and relative to the nearest.
                let real = |near: &Neighbor| (near.index, (-0.5 * near.squared_distance).exp());
                let relative =
                    |near: &Neighbor| (near.index, (-0.5 * (near.squared_distance - nearest)).exp());
                let real: Vec<(u32, f64)> = near.iter().map(real).collect();
                let relative: Vec<(u32, f64)> = near.iter().map(relative).collect();
                if self.one_vs_one {
                    self.vote(kernel, &real, &relative)
                } else {
                    self.compare(kernel, &real, &relative)
                }
            })
            .collect()
    }

    /// The mean of f in each problem.
    fn means(&self, near: &[(u32, f64)]) -> Vec<f64> {
        let mean = |problem: &Problem| {
            near.iter().map(|&(row, value)| value * problem.residual[row as usize]).sum::<f64>()
        };
        self.problems.iter().map(mean).collect()
    }

    fn probabilities(&self, kernel: &SparseKernel, near: &[(u32, f64)], means: &[f64]) -> Vec<f64> {
        let probability = |(problem, &mean): (&Problem, &f64)| {
            let variance = problem.mode.variance(&kernel.matrix, near.iter().copied());
            Latent { mean, variance }.probability()
        };
        self.problems.iter().zip(means).map(probability).collect()
    }

    /// One-vs-one: a vote a problem by the sign of f, f = 0 counting as negative; equal votes are settled by
    /// the sum of the probabilities.
    fn vote(&self, kernel: &SparseKernel, real: &[(u32, f64)], relative: &[(u32, f64)]) -> Decision {
        let slot = |class: u8| self.present.partition_point(|&present| present < class);
        let count = |means: &[f64]| {
            let mut votes = vec![0.0; self.present.len()];
            for (problem, &mean) in self.problems.iter().zip(means) {
                let class = if mean > 0.0 { Some(problem.positive) } else { problem.negative };
                votes[slot(class.unwrap_or(problem.positive))] += 1.0;
            }
            votes
        };
        let means = self.means(real);
        let mut votes = count(&means);
        let most = votes.iter().copied().fold(0.0, f64::max);
        if votes.iter().filter(|&&count| count == most).count() > 1 {
            let mut confidences = vec![0.0; votes.len()];
            let probabilities = self.probabilities(kernel, real, &means);
            for (problem, probability) in self.problems.iter().zip(probabilities) {
                confidences[slot(problem.positive)] += probability;
                confidences[slot(problem.negative.unwrap_or(problem.positive))] -= probability;
            }
            // Squeezed into a third of a vote either way, as scikit-learn does.
            let squeeze = |confidence: f64| confidence / (3.0 * (confidence.abs() + 1.0));
            votes.iter_mut().zip(confidences).for_each(|(votes, c)| *votes += squeeze(c));
        }
        Decision {
            class: self.present[argmax(&votes)],
            tied: means.iter().all(|&mean| mean == 0.0),
            tie_free: self.present[argmax(&count(&self.means(relative)))],
        }
    }

    /// One-vs-rest: the highest probability, the first class of equals.
    fn compare(&self, kernel: &SparseKernel, real: &[(u32, f64)], relative: &[(u32, f64)]) -> Decision {
        let means = self.means(real);
        let clear =
            means.iter().filter(|&&mean| mean > 0.0).count() == 1 && means.iter().any(|&mean| mean > 1e-12);
        // Where f is positive for one class only, that class has the highest probability for any variances.
        let (class, tied) = if clear {
            (argmax(&means), false)
        } else {
            let probabilities = self.probabilities(kernel, real, &means);
            let highest = argmax(&probabilities);
            (highest, probabilities.iter().all(|&p| p == probabilities[highest]))
        };
        Decision { class: self.present[class], tied, tie_free: self.present[argmax(&self.means(relative))] }
    }
}

/// The training rows that have a say for each row of `x`.
pub fn near_rows(search: &RadiusSearch, x: &Features) -> NeighborLists {
    search.of_rows(x, MARGIN)
}
