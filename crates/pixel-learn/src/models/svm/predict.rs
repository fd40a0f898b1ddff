//! Decision values and votes of any number of models for the same test rows.
//!
//! Test rows go in blocks; the dot products of a block with the support vectors of all models are
//! computed once, the kernel values once for every kernel, and each model sums its own. Models of the
//! linear kernel have hyperplanes instead.

use rayon::prelude::*;

use super::fit::{BinarySvc, SvcModel};
use super::{Transform, seconds};
use crate::linalg::Matrix;
use crate::linalg::dot_f32_f64::dot;
use crate::linalg::pairwise::{Measure, Panels, all_pairs};
use crate::linalg::screen::squared_norm;
use crate::linalg::simd::for_each_level;

/// Test rows in one task, a multiple of the tile.
const TEST_ROWS: usize = 192;
/// Support vectors between two rounds of sums, a multiple of the tile.
const COLUMNS: usize = 512;

/// The predictions of one model for all test rows.
pub struct Predicted {
    /// One class per test row.
    pub classes: Vec<u8>,
    /// Decision values, test rows x pairs of classes, row-major. A positive value votes for the first class.
    pub decisions: Vec<f64>,
    /// Seconds of work over all threads, as if this model predicted alone.
    pub seconds_alone: f64,
    /// Seconds of work of all models together, over all threads.
    pub seconds_total: f64,
}

/// A model's support vectors among the common columns.
struct Member<'a> {
    model: &'a SvcModel,
    /// The column of each support vector, ascending; empty for models that have hyperplanes.
    columns: Vec<u32>,
    /// The index of its kernel among the distinct kernels.
    transform: usize,
}

/// Predicts with all models; their support vectors are rows of `training`. O(rows * support vectors of
/// any model * features).
pub fn predict_all(models: &[&SvcModel], training: &Matrix, test: &Matrix) -> Vec<Predicted> {
    let by_vectors: Vec<&SvcModel> = models.iter().copied().filter(|model| !model.linear()).collect();
    let union = union(&by_vectors);
    let mut transforms: Vec<Transform> = Vec::new();
    let members: Vec<Member> = models
        .iter()
        .map(|model| {
            let known = transforms.iter().position(|transform| *transform == model.transform);
            let transform = known.unwrap_or_else(|| {
                transforms.push(model.transform);
                transforms.len() - 1
            });
            let columns = if model.linear() { Vec::new() } else { columns(model, &union) };
            Member { model, columns, transform }
        })
        .collect();
    let (support, packing) = seconds(|| {
        let rows = union.iter().map(|&(_, row)| training.row(row as usize));
        (Panels::right(rows.clone(), training.columns()), rows.map(squared_norm).collect::<Vec<f32>>())
    });
    let blocks: Vec<Block> = (0..test.rows().div_ceil(TEST_ROWS))
        .into_par_iter()
        .map(|block| {
            let start = block * TEST_ROWS;
            decide_block(&members, &transforms, &support, test, start..(start + TEST_ROWS).min(test.rows()))
        })
        .collect();
    let seconds_total = packing + blocks.iter().map(Block::seconds).sum::<f64>();
    members
        .iter()
        .enumerate()
        .map(|(index, member)| {
            // Alone, only the columns of this model would be computed.
            let part = member.columns.len() as f64 / union.len().max(1) as f64;
            let common = |block: &Block| block.dots + block.transforms[member.transform];
            let seconds_alone = packing * part
                + blocks.iter().map(|block| common(block) * part + block.sums[index].1).sum::<f64>();
            let decisions: Vec<f64> =
                blocks.iter().flat_map(|block| block.sums[index].0.iter().copied()).collect();
            Predicted { classes: vote(member.model, &decisions), decisions, seconds_alone, seconds_total }
        })
        .collect()
}

/// The support vectors of all models as (position of the class, training row), ascending.
fn union(models: &[&SvcModel]) -> Vec<(u8, u32)> {
    let mut all: Vec<(u8, u32)> = models.iter().flat_map(|model| support(model)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn support(model: &SvcModel) -> impl Iterator<Item = (u8, u32)> {
    model
        .starts
        .windows(2)
        .enumerate()
        .flat_map(|(class, ends)| model.support[ends[0]..ends[1]].iter().map(move |&row| (class as u8, row)))
}

fn columns(model: &SvcModel, union: &[(u8, u32)]) -> Vec<u32> {
    support(model).map(|vector| union.partition_point(|&other| other < vector) as u32).collect()
}

/// Decision values of one block of test rows with the seconds that went into them.
struct Block {
    dots: f64,
    transforms: Vec<f64>,
    sums: Vec<(Vec<f64>, f64)>,
}

impl Block {
    fn seconds(&self) -> f64 {
        self.dots + self.transforms.iter().sum::<f64>() + self.sums.iter().map(|(_, s)| s).sum::<f64>()
    }
}

fn decide_block(
    members: &[Member],
    transforms: &[Transform],
    (support, squares): &(Panels, Vec<f32>),
    test: &Matrix,
    block: std::ops::Range<usize>,
) -> Block {
    let rows = block.len();
    let (left, packing) = seconds(|| Panels::left(block.clone().map(|i| test.row(i)), test.columns()));
    let own: Vec<f32> = block.clone().map(|i| squared_norm(test.row(i))).collect();
    let mut dots = vec![0.0f32; rows * COLUMNS];
    let mut values = vec![0.0f32; rows * COLUMNS];
    let mut sums: Vec<Sums> = members.iter().map(|member| Sums::new(member.model, rows)).collect();
    let mut times = (packing, vec![0.0; transforms.len()], vec![0.0; members.len()]);
    for start in (0..support.rows()).step_by(COLUMNS) {
        let columns = start..(start + COLUMNS).min(support.rows());
        let width = columns.len();
        times.0 += seconds(|| all_pairs(Measure::Dot, &left, support, columns.clone(), &mut dots, COLUMNS)).1;
        for (index, transform) in transforms.iter().enumerate() {
            times.1[index] += seconds(|| {
                for (row, &square) in own.iter().enumerate() {
                    let at = row * COLUMNS..row * COLUMNS + width;
                    transform.row(square, &squares[columns.clone()], &dots[at.clone()], &mut values[at]);
                }
            })
            .1;
            for (m, member) in
                members.iter().enumerate().filter(|(_, m)| m.transform == index && !m.model.linear())
            {
                times.2[m] += seconds(|| sums[m].add(member, columns.clone(), &values)).1;
            }
        }
    }
    let sums = members.iter().zip(sums).zip(times.2);
    let sums = sums
        .map(|((member, sums), time)| {
            let (decisions, last) = seconds(|| match member.model.linear() {
                true => by_hyperplanes(member.model, test, block.clone()),
                false => sums.decisions(member.model),
            });
            (decisions, time + last)
        })
        .collect();
    Block { dots: times.0, transforms: times.1, sums }
}

/// The decision values of each row of the block, one per pair.
fn by_hyperplanes(model: &SvcModel, test: &Matrix, block: std::ops::Range<usize>) -> Vec<f64> {
    let value = |x: &[f32], pair: &BinarySvc| dot(x, pair.weights.as_deref().unwrap_or_default()) - pair.rho;
    block.flat_map(|row| model.pairs.iter().map(move |pair| value(test.row(row), pair))).collect()
}

/// Sums over support vectors: for each test row, class of the support vector and opposing class.
struct Sums {
    values: Vec<f64>,
    rows: usize,
}

impl Sums {
    fn new(model: &SvcModel, rows: usize) -> Sums {
        Sums { values: vec![0.0; rows * model.classes.len() * model.width], rows }
    }

    /// Adds the support vectors in `columns`; `values` are the kernel values of these columns.
    fn add(&mut self, member: &Member, columns: std::ops::Range<usize>, values: &[f32]) {
        let model = member.model;
        let (width, classes) = (model.width, model.classes.len());
        for class in 0..classes {
            let ends = model.starts[class]..model.starts[class + 1];
            let of_class = &member.columns[ends.clone()];
            let first = ends.start + of_class.partition_point(|&c| (c as usize) < columns.start);
            let last = ends.start + of_class.partition_point(|&c| (c as usize) < columns.end);
            let coefficients = &model.coefficients[first * width..last * width];
            let chosen = &member.columns[first..last];
            if chosen.is_empty() {
                continue;
            }
            for row in 0..self.rows {
                let sums = &mut self.values[(row * classes + class) * width..][..width];
                let values = &values[row * COLUMNS..(row + 1) * COLUMNS];
                for (part, sums) in sums.chunks_exact_mut(8).enumerate() {
                    accumulate(sums, chosen, columns.start, values, coefficients, width, part * 8);
                }
            }
        }
    }

    /// The decision values of each row, one per pair.
    fn decisions(&self, model: &SvcModel) -> Vec<f64> {
        let (width, classes) = (model.width, model.classes.len());
        let mut out = Vec::with_capacity(self.rows * model.pairs.len());
        for sums in self.values.chunks_exact(classes * width) {
            let mut pairs = model.pairs.iter();
            for i in 0..classes {
                for j in i + 1..classes {
                    let rho = pairs.next().map_or(0.0, |pair| pair.rho);
                    out.push(sums[i * width + j] + sums[j * width + i] - rho);
                }
            }
        }
        out
    }
}

for_each_level! {
    /// Adds coefficient * kernel value over the chosen columns to eight sums.
    fn accumulate(
        sums: &mut [f64],
        chosen: &[u32],
        start: usize,
        values: &[f32],
        coefficients: &[f64],
        width: usize,
        part: usize,
    ) {
        let mut total = [0.0f64; 8];
        for (&column, coefficients) in chosen.iter().zip(coefficients.chunks_exact(width)) {
            let value = f64::from(values[column as usize - start]);
            for (total, coefficient) in total.iter_mut().zip(&coefficients[part..part + 8]) {
                *total += value * coefficient;
            }
        }
        for (sum, total) in sums.iter_mut().zip(total) {
            *sum += total;
        }
    }
}

/// The class with the most won pairs, the first among equals; a decision value of 0 is a vote for the second.
fn vote(model: &SvcModel, decisions: &[f64]) -> Vec<u8> {
    let classes = model.classes.len();
    decisions
        .chunks_exact(model.pairs.len())
        .map(|decisions| {
            let mut votes = vec![0usize; classes];
            let mut decisions = decisions.iter();
            for i in 0..classes {
                for j in i + 1..classes {
                    let won = decisions.next().is_some_and(|&decision| decision > 0.0);
                    votes[if won { i } else { j }] += 1;
                }
            }
            let best = (0..classes).rev().max_by_key(|&class| votes[class]).unwrap_or(0);
            model.classes[best]
        })
        .collect()
}
