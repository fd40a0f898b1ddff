//! The fitted trees of histogram gradient boosting, and their scores.

use rayon::prelude::*;

use crate::Features;
use crate::linalg::argmax;
use crate::models::tree::{BATCH, Nodes};
use crate::models::{Facts, Model};

/// Rows that one prediction task takes.
const ROWS: usize = 256;

/// The entry of a node in scikit-learn's `TreePredictor.nodes`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistNode {
    /// The feature of the split; `None` for a leaf.
    pub feature: Option<usize>,
    /// The largest byte that goes left: the integer part of the threshold. 0 in a leaf.
    pub cut: u8,
    /// Training rows in the node.
    pub samples: usize,
    /// The decrease of the loss by the split; 0 in a leaf.
    pub gain: f64,
    /// The value of a leaf, including the learning rate; 0 in a split.
    pub value: f64,
}

/// A tree with leaf values.
#[derive(Clone, Debug)]
pub struct HistTree {
    pub(super) nodes: Nodes,
    pub(super) values: Vec<f64>,
    pub(super) facts: Vec<HistNode>,
}

impl HistTree {
    /// The nodes in depth-first order, left before right.
    pub fn nodes(&self) -> &[HistNode] {
        &self.facts
    }

    /// Adds the leaf values of up to [`BATCH`] rows of `d` bytes to their scores.
    #[inline(always)]
    fn add<'s>(&self, rows: &[u8], d: usize, scores: impl Iterator<Item = &'s mut f64>) {
        for (score, leaf) in scores.zip(self.nodes.leaves_of(rows, d)) {
            *score += self.values[leaf as usize];
        }
    }
}

/// A fitted model: the trees of every round.
#[derive(Clone, Debug)]
pub struct Predictors {
    /// The scores before the first round.
    baseline: Vec<f64>,
    /// The label of each class that occurs.
    present: Vec<u8>,
    rounds: Vec<Vec<HistTree>>,
}

/// The scores of rows under a growing model.
pub struct Scores {
    /// The scores, row after row, one for each tree of a round.
    sums: Vec<f64>,
    rounds: usize,
}

impl Predictors {
    pub(super) fn new(baseline: Vec<f64>, present: Vec<u8>) -> Predictors {
        Predictors { baseline, present, rounds: Vec::new() }
    }

    pub(super) fn push(&mut self, trees: Vec<HistTree>) {
        self.rounds.push(trees);
    }

    /// Number of rounds.
    pub fn rounds(&self) -> usize {
        self.rounds.len()
    }

    /// The trees of a round: one for each class that occurs, or one for two classes.
    pub fn trees(&self, round: usize) -> &[HistTree] {
        &self.rounds[round]
    }

    /// Adds the trees of one round to the scores of `pixels` (rows of `d` bytes), tree after tree.
    pub(super) fn add_round(&self, round: usize, pixels: &[u8], d: usize, scores: &mut [Vec<f64>]) {
        scores.par_iter_mut().zip(&self.rounds[round]).for_each(|(scores, tree)| {
            for (rows, scores) in pixels.chunks(BATCH * d).zip(scores.chunks_mut(BATCH)) {
                tree.add(rows, d, scores.iter_mut());
            }
        });
    }

    /// The scores of `n` rows before the first round.
    pub fn begin(&self, n: usize) -> Scores {
        Scores { sums: self.baseline.repeat(n), rounds: 0 }
    }

    /// Adds all rounds that `scores` does not include yet. O(n trees depth).
    pub fn update(&self, scores: &mut Scores, x: &Features) {
        self.update_to(self.rounds(), scores, x);
    }

    /// Adds the rounds up to `rounds` that `scores` does not include yet.
    pub fn update_to(&self, rounds: usize, scores: &mut Scores, x: &Features) {
        let rounds = rounds.min(self.rounds());
        let (width, d) = (self.baseline.len(), x.d());
        let new = &self.rounds[scores.rounds.min(rounds)..rounds];
        scores.sums.par_chunks_mut(ROWS * width).zip(x.pixels().par_chunks(ROWS * d)).for_each(
            |(sums, rows)| {
                for trees in new {
                    for (class, tree) in trees.iter().enumerate() {
                        for (rows, sums) in rows.chunks(BATCH * d).zip(sums.chunks_mut(BATCH * width)) {
                            tree.add(rows, d, sums[class..].iter_mut().step_by(width));
                        }
                    }
                }
            },
        );
        scores.rounds = scores.rounds.max(rounds);
    }

    /// The class of the largest score of each row, the first of equals.
    pub fn classes(&self, scores: &Scores) -> Vec<u8> {
        if self.baseline.len() == 1 {
            return scores.sums.iter().map(|&score| self.present[usize::from(score > 0.0)]).collect();
        }
        scores.sums.chunks_exact(self.present.len()).map(|sums| self.present[argmax(sums)]).collect()
    }

    /// The facts: rounds, and nodes of all trees.
    pub fn facts(&self) -> Facts {
        Facts::from([
            ("rounds", self.rounds().into()),
            ("nodes", self.rounds.iter().flatten().map(|tree| tree.facts.len()).sum::<usize>().into()),
        ])
    }
}

impl Model for Predictors {
    fn predict(&self, x: &Features) -> Vec<u8> {
        let mut scores = self.begin(x.n());
        self.update(&mut scores, x);
        self.classes(&scores)
    }

    fn facts(&self) -> Facts {
        Predictors::facts(self)
    }
}
