//! The exact model with the kernel exp(-d^2 / 2) on scaled features, for rows that the kernel hardly couples:
//! the distances of most images in 784 standardised pixels are so large that their kernel value is 0.
//!
//! Kernel values between training rows below exp(-[`REACH`] / 2) are taken as 0, which changes no row of K by
//! more than n exp(-30) in sum (6e-9 for 60,000 rows), and f = K (y - pi(f)), with |y - pi| < 1, by about as
//! much. A test row takes the training rows up to [`MARGIN`] beyond the nearest one: the others together have
//! less than n exp(-30) times the weight of the nearest.

use rayon::prelude::*;

use super::laplace::{Kernel, Latent, Mode};
use super::radius_search::{Neighbor, NeighborLists, RadiusSearch};
use crate::Features;
use crate::linalg::argmax;
use crate::models::{FitError, Training};

/// The multi-class strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultiClass {
    /// One-vs-rest: a binary problem for each class.
    OneVsRest,
    /// One-vs-one: a binary problem for each pair of classes.
    OneVsOne,
}

/// The prediction for one test row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The class by scikit-learn's rule in f64.
    pub class: u8,
    /// Whether all classes were equal by that rule, so that the order of the classes decided.
    pub tied: bool,
    /// The class from kernel values relative to that of the nearest row: these cannot underflow, so rounding
    /// makes no ties.
    pub tie_free: u8,
}

/// The largest squared distance of training rows that count as coupled.
pub const REACH: f64 = 60.0;

/// A test row takes training rows whose squared distance is at most this above that of the nearest one.
pub const MARGIN: f64 = 60.0;

/// Maximum number of off-diagonal entries of the kernel matrix, two for each coupled pair. An entry takes 12
/// bytes, and more while the pairs are collected.
const MOST_ENTRIES: usize = 60_000_000;

/// The kernel matrix of the training rows, which one-vs-rest and one-vs-one share. Entries of rows that are
/// not coupled are 0.
pub struct SparseKernel {
    matrix: Kernel,
    pairs: usize,
}

impl SparseKernel {
    /// Finds the pairs of training rows within [`REACH`]. `Err` if they make more than `MOST_ENTRIES` entries.
    pub fn find(search: &RadiusSearch, n: usize) -> Result<SparseKernel, FitError> {
        let near = search.among_training_rows(REACH, MOST_ENTRIES).ok_or_else(|| {
            let most = MOST_ENTRIES / 2;
            let reason = format!("the kernel couples more than {most} pairs of the {n} training rows");
            FitError::UnusableData(format!("{reason}: set inducing, or take fewer rows"))
        })?;
        let entry = |near: &Neighbor| (near.index, (-0.5 * near.squared_distance).exp());
        let matrix = Kernel::new((0..near.rows()).map(|row| near.row(row).iter().map(entry)));
        Ok(SparseKernel { matrix, pairs: near.pairs() / 2 })
    }

    /// The number of coupled pairs of training rows.
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

/// The fitted binary problems of a multi-class strategy.
pub struct Exact {
    /// The classes with training rows, ascending.
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
                // As in scikit-learn, the later class of a pair is the positive one.
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

    /// The prediction for each test row. `near` comes from [`near_rows`].
    pub fn decide(&self, kernel: &SparseKernel, near: &NeighborLists) -> Vec<Decision> {
        (0..near.rows())
            .into_par_iter()
            .map(|row| {
                let near = near.row(row);
                let nearest = near.iter().map(|near| near.squared_distance).fold(f64::INFINITY, f64::min);
                // The kernel values, which can underflow to zero, and relative to the nearest row's, which
                // cannot.
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

    /// The posterior mean of the latent function (f) in each problem.
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

    /// One-vs-one: each problem votes by the sign of f, where 0 is negative. The sums of the probabilities
    /// decide between equal votes.
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
            // scikit-learn maps the sum to less than a third of a vote.
            let squeeze = |confidence: f64| confidence / (3.0 * (confidence.abs() + 1.0));
            votes.iter_mut().zip(confidences).for_each(|(votes, c)| *votes += squeeze(c));
        }
        Decision {
            class: self.present[argmax(&votes)],
            tied: means.iter().all(|&mean| mean == 0.0),
            tie_free: self.present[argmax(&count(&self.means(relative)))],
        }
    }

    /// One-vs-rest: the class with the highest probability, the first one of equals.
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

/// The training rows whose kernel values predict each row of `x`: those within [`MARGIN`] of the nearest.
pub fn near_rows(search: &RadiusSearch, x: &Features) -> NeighborLists {
    search.of_rows(x, MARGIN)
}
