//! Fitted trees, and the scores that they give.

use rayon::prelude::*;

use crate::Features;
use crate::linalg::argmax;
use crate::models::tree::{Nodes, TOGETHER};
use crate::models::{Facts, Model};

/// Rows that one task predicts.
const ROWS: usize = 256;

/// What scikit-learn's `TreePredictor.nodes` says of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistNode {
    /// The feature that is cut; `None` for a leaf.
    pub feature: Option<usize>,
    /// The largest byte that goes left: the integer part of the threshold. 0 in a leaf.
    pub cut: u8,
    /// Training rows in the node.
    pub samples: usize,
    /// By how much the split lowers the loss; 0 in a leaf.
    pub gain: f64,
    /// The value of a leaf, the learning rate included; 0 elsewhere.
    pub value: f64,
}

/// A tree whose leaves have values.
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

    /// Adds the leaf values of up to [`TOGETHER`] rows of `d` bytes to their scores.
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
    baseline: Vec<f64>,
    /// The label of each class that occurs.
    present: Vec<u8>,
    rounds: Vec<Vec<HistTree>>,
}

/// Scores of rows under a growing model.
pub struct Scores {
    /// One row of scores a row, one a tree of a round.
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

    /// Rounds so far.
    pub fn rounds(&self) -> usize {
        self.rounds.len()
    }

    /// The trees of a round: one a class that occurs, one for two classes.
    pub fn trees(&self, round: usize) -> &[HistTree] {
        &self.rounds[round]
    }

    /// Adds the trees of one round to the scores of `pixels` (rows of `d` bytes), tree after tree.
    pub(super) fn add_round(&self, round: usize, pixels: &[u8], d: usize, scores: &mut [Vec<f64>]) {
        scores.par_iter_mut().zip(&self.rounds[round]).for_each(|(scores, tree)| {
            for (rows, scores) in pixels.chunks(TOGETHER * d).zip(scores.chunks_mut(TOGETHER)) {
                tree.add(rows, d, scores.iter_mut());
            }
        });
    }

    /// The scores before the first round for `n` rows.
    pub fn begin(&self, n: usize) -> Scores {
        Scores { sums: self.baseline.repeat(n), rounds: 0 }
    }

    /// Brings the scores of the rows of `x` up to the rounds so far. O(n trees depth).
    pub fn update(&self, scores: &mut Scores, x: &Features) {
        self.update_to(self.rounds(), scores, x);
    }

    /// Brings the scores of the rows of `x` up to `rounds` rounds, or as many as there are.
    pub fn update_to(&self, rounds: usize, scores: &mut Scores, x: &Features) {
        let rounds = rounds.min(self.rounds());
        let (width, d) = (self.baseline.len(), x.d());
        let new = &self.rounds[scores.rounds.min(rounds)..rounds];
        scores.sums.par_chunks_mut(ROWS * width).zip(x.pixels().par_chunks(ROWS * d)).for_each(
            |(sums, rows)| {
                for trees in new {
                    for (class, tree) in trees.iter().enumerate() {
                        for (rows, sums) in rows.chunks(TOGETHER * d).zip(sums.chunks_mut(TOGETHER * width)) {
                            tree.add(rows, d, sums[class..].iter_mut().step_by(width));
                        }
                    }
                }
            },
        );
        scores.rounds = scores.rounds.max(rounds);
    }

    /// The class of the largest score of each row; the first of equals.
    pub fn classes(&self, scores: &Scores) -> Vec<u8> {
        if self.baseline.len() == 1 {
            return scores.sums.iter().map(|&score| self.present[usize::from(score > 0.0)]).collect();
        }
        scores.sums.chunks_exact(self.present.len()).map(|sums| self.present[argmax(sums)]).collect()
    }

    /// Size: rounds, and nodes in all.
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
