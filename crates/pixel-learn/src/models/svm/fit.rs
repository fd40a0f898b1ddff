//! Fits any number of SVCs on the same rows: class pairs in parallel, dot products once.

use std::sync::Mutex;

use rayon::prelude::*;

use super::gram::{self, ClassBlock, CrossBlock, Pair};
use super::kernel::{Kernel, Transform};
use super::kernel_cache::{KernelRows, RowStore};
use super::{Gamma, SVC, augmented_lagrangian, nu, seconds, smo};
use crate::linalg::Matrix;
use crate::models::{Facts, FitError, Training};

/// One fitted SVC: a binary classifier for every pair of classes (one-vs-one), over a common set of support vectors.
#[derive(Clone, Debug)]
pub struct SvcModel {
    /// The kernel with its parameters.
    pub transform: Transform,
    /// The classes that have training rows, ascending.
    pub classes: Vec<u8>,
    /// One classifier for each pair (i, j) of positions in `classes`, i < j, in the order (0, 1), (0, 2), ...
    pub pairs: Vec<BinarySvc>,
    /// Training rows with a coefficient in any pair, by class, then by index.
    pub support: Vec<u32>,
    /// The start of the support vectors of each class in `support`, and the end of the last.
    pub starts: Vec<usize>,
    /// y alpha of support vector s of class i against class j at `s * width + j`.
    pub coefficients: Vec<f64>,
    /// The number of classes rounded up to whole vectors.
    pub width: usize,
}

/// The binary classifier of a pair of classes: a positive decision value predicts the first.
#[derive(Clone, Debug)]
pub struct BinarySvc {
    /// Subtracted from the sum over support vectors.
    pub rho: f64,
    /// Iterations of the solver.
    pub steps: usize,
    /// Whether the solver met its tolerance.
    pub converged: bool,
    /// The weights of the hyperplane for the linear kernel, in f64: a sum over support vectors of f32 kernel
    /// values would be less accurate. `None` for other kernels.
    pub weights: Option<Vec<f64>>,
}

impl SvcModel {
    /// Whether every pair met the tolerance.
    pub fn converged(&self) -> bool {
        self.pairs.iter().all(|pair| pair.converged)
    }

    /// Whether every pair has a hyperplane, so that decisions need no support vectors.
    pub fn linear(&self) -> bool {
        self.pairs.iter().all(|pair| pair.weights.is_some())
    }

    /// Support vectors, in all and by class, and iterations.
    pub fn facts(&self) -> Facts {
        let steps: usize = self.pairs.iter().map(|pair| pair.steps).sum();
        let per_class = self.starts.windows(2).map(|ends| ends[1] - ends[0]);
        Facts::from([
            ("support_vectors", self.support.len().into()),
            ("support_vectors_by_class", per_class.collect()),
            ("iterations", steps.into()),
        ])
    }

    /// The model with its support vectors numbered from 0, for callers that keep only those rows.
    pub(super) fn renumbered(mut self) -> SvcModel {
        self.support = (0..self.support.len() as u32).collect();
        self
    }
}

/// Fitted models with what fitting took.
pub struct FittedGroup {
    /// One model per classifier, in their order.
    pub models: Vec<SvcModel>,
    /// Seconds of work for each model, as if it were fitted alone: shared work in full.
    pub seconds_alone: Vec<f64>,
    /// Seconds of work done in all, over all threads.
    pub seconds_total: f64,
}

/// The two-class problem of one pair, solved for one classifier.
struct Solved {
    model: BinarySvc,
    /// The rows with alpha > 0, each with y alpha: those of the first class, then those of the second.
    coefficients: [Vec<(u32, f64)>; 2],
}

/// Memory that one thread needs for one pair at a time.
#[derive(Default)]
struct Scratch {
    cross: CrossBlock,
    store: RowStore,
}

/// Fits all classifiers on the same training rows.
///
/// Holds the dot products within classes (the sum of n_class^2 floats), for each thread those of one pair
/// of classes (2 n_a n_b floats), and the kernel rows that the solver of that pair touched. The linear kernel needs none
/// of these; a thread holds a copy of its pair's rows, and up to about 10 d^2 doubles.
pub fn fit_all(classifiers: &[SVC], training: &Training) -> Result<FittedGroup, FitError> {
    for classifier in classifiers {
        classifier.check()?;
    }
    let problem =
        |svc: &SVC| Problem { transform: svc.transform(training), margin: Margin::C(svc.c), tol: svc.tol };
    fit_problems(&classifiers.iter().map(problem).collect::<Vec<Problem>>(), training)
}

/// The parameter that bounds the dual variables: C, or nu.
#[derive(Clone, Copy)]
pub(super) enum Margin {
    /// The upper bound of every dual variable: the weight of the losses.
    C(f64),
    /// A lower bound on the share of the rows that are support vectors.
    Nu(f64),
}

/// A classifier whose parameters are checked.
pub(super) struct Problem {
    pub transform: Transform,
    pub margin: Margin,
    pub tol: f64,
}

impl Problem {
    /// The C of a problem with the linear kernel, which is solved from the rows themselves, without kernel
    /// values. `None` for other problems.
    fn hyperplane_c(&self) -> Option<f64> {
        match self.margin {
            Margin::C(c) if self.transform.kernel == Kernel::Linear => Some(c),
            _ => None,
        }
    }
}

/// [`fit_all`] for checked parameters of C-SVC or nu-SVC.
pub(super) fn fit_problems(problems: &[Problem], training: &Training) -> Result<FittedGroup, FitError> {
    let features = training.features.scaled();
    let classes = training.present_classes(2)?;
    let (mut blocks, packing) = seconds(|| class_blocks(training));
    let with_dots = problems.iter().any(|problem| problem.hyperplane_c().is_none());
    let filling = if with_dots { gram::fill(&mut blocks, features) } else { 0.0 };
    let pairs: Vec<(usize, usize)> =
        (0..classes.len()).flat_map(|i| (i + 1..classes.len()).map(move |j| (i, j))).collect();
    let pool: Mutex<Vec<Scratch>> = Mutex::new(Vec::new());
    let solved: Vec<(f64, Vec<(Solved, f64)>)> = pairs
        .par_iter()
        .with_max_len(1)
        .map(|&(i, j)| {
            let idle = pool.lock().map(|mut pool| pool.pop()).unwrap_or_default();
            let mut scratch = idle.unwrap_or_default();
            let Scratch { cross, store } = &mut scratch;
            let both = [&blocks[i], &blocks[j]];
            let crossing = if with_dots { seconds(|| cross.fill(features, both[0], both[1])).1 } else { 0.0 };
            let cross = with_dots.then_some(&*cross);
            let solve = |problem| seconds(|| solve_pair(problem, features, both, cross, store));
            let solved = problems.iter().map(solve).collect();
            if let Ok(mut pool) = pool.lock() {
                pool.push(scratch);
            }
            (crossing, solved)
        })
        .collect();
    let shared = packing + filling + solved.iter().map(|(crossing, _)| crossing).sum::<f64>();
    let own: Vec<f64> =
        (0..problems.len()).map(|k| solved.iter().map(|(_, solved)| solved[k].1).sum()).collect();
    let models = problems
        .iter()
        .enumerate()
        .map(|(k, problem)| {
            let solved = pairs.iter().zip(solved.iter().map(|(_, solved)| &solved[k].0));
            assemble(problem.transform, &classes, &blocks, solved)
        })
        .collect();
    Ok(FittedGroup {
        models,
        seconds_alone: problems
            .iter()
            .zip(&own)
            .map(|(problem, own)| if problem.hyperplane_c().is_some() { *own } else { shared + own })
            .collect(),
        seconds_total: shared + own.iter().sum::<f64>(),
    })
}

impl SVC {
    pub(super) fn transform(&self, training: &Training) -> Transform {
        let d = training.features.d().max(1) as f64;
        let gamma = match self.gamma {
            Gamma::Auto => 1.0 / d,
            Gamma::Value(value) => value,
            // scikit-learn's value where all features are equal.
            Gamma::Scale => match variance(training.features.scaled().as_slice()) {
                0.0 => 1.0,
                variance => 1.0 / (d * variance),
            },
        };
        Transform { kernel: self.kernel, gamma: gamma as f32, coef0: self.coef0 as f32, degree: self.degree }
    }
}

fn variance(values: &[f32]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n
}

/// The rows of each class that has any.
fn class_blocks(training: &Training) -> Vec<ClassBlock> {
    let mut rows = vec![Vec::new(); training.classes];
    for (index, &label) in training.labels.iter().enumerate() {
        rows[usize::from(label)].push(index as u32);
    }
    let present = rows.into_iter().filter(|rows| !rows.is_empty());
    present.map(|rows| ClassBlock::new(training.features.scaled(), rows)).collect()
}

fn solve_pair(
    problem: &Problem,
    features: &Matrix,
    blocks: [&ClassBlock; 2],
    cross: Option<&CrossBlock>,
    store: &mut RowStore,
) -> Solved {
    let positive = blocks[0].rows.len();
    let (solution, weights) = match (problem.hyperplane_c(), cross) {
        (None, Some(cross)) => {
            let pair = Pair::new(blocks[0], blocks[1], cross);
            let mut rows = KernelRows::new(&pair, problem.transform, store);
            let solution = match problem.margin {
                Margin::C(c) => smo::solve(&mut rows, c, problem.tol),
                Margin::Nu(nu) => nu::solve(&mut rows, nu, problem.tol),
            };
            (solution, None)
        }
        (c, _) => {
            let indices: Vec<u32> = blocks.iter().flat_map(|block| &block.rows).copied().collect();
            // Contiguous in memory: every Newton step reads all rows and is limited by memory bandwidth.
            let packed = features.select(indices.iter().map(|&index| index as usize));
            let rows: Vec<&[f32]> = (0..packed.rows()).map(|row| packed.row(row)).collect();
            let plane = augmented_lagrangian::solve(&rows, positive, c.unwrap_or_default(), problem.tol);
            (plane.solution, Some(plane.weights))
        }
    };
    let nonzero = |sign: f64, rows: &[u32], alpha: &[f64]| -> Vec<(u32, f64)> {
        let all = rows.iter().zip(alpha).filter(|(_, alpha)| **alpha > 0.0);
        all.map(|(&row, &alpha)| (row, sign * alpha)).collect()
    };
    let (first, second) = solution.alpha.split_at(positive);
    Solved {
        coefficients: [nonzero(1.0, &blocks[0].rows, first), nonzero(-1.0, &blocks[1].rows, second)],
        model: BinarySvc { rho: solution.rho, steps: solution.steps, converged: solution.converged, weights },
    }
}

/// Joins the two-class models of one classifier.
fn assemble<'a>(
    transform: Transform,
    classes: &[u8],
    blocks: &[ClassBlock],
    solved: impl Iterator<Item = (&'a (usize, usize), &'a Solved)> + Clone,
) -> SvcModel {
    let width = classes.len().div_ceil(8) * 8;
    let mut model = SvcModel {
        transform,
        classes: classes.to_vec(),
        pairs: solved.clone().map(|(_, solved)| solved.model.clone()).collect(),
        support: Vec::new(),
        starts: vec![0],
        coefficients: Vec::new(),
        width,
    };
    for (class, block) in blocks.iter().enumerate() {
        let mut table = vec![0.0f64; block.rows.len() * width];
        for (&(i, j), solved) in solved.clone().filter(|((i, j), _)| *i == class || *j == class) {
            let (side, other) = if i == class { (0, j) } else { (1, i) };
            for &(row, coefficient) in &solved.coefficients[side] {
                // The rows of a class are in ascending order.
                let at = block.rows.partition_point(|&r| r < row);
                table[at * width + other] = coefficient;
            }
        }
        for (&row, coefficients) in block.rows.iter().zip(table.chunks_exact(width)) {
            if coefficients.iter().any(|&c| c != 0.0) {
                model.support.push(row);
                model.coefficients.extend_from_slice(coefficients);
            }
        }
        model.starts.push(model.support.len());
    }
    model
}
