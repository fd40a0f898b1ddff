//! Forests as in scikit-learn: the class probabilities of randomised trees are averaged (Breiman: Random
//! forests, 2001; Geurts, Ernst, Wehenkel: Extremely randomized trees, 2006).
//!
//! The seed of a tree depends on its number alone: the first 10 trees of a forest of 100 are the forest of
//! 10.

mod extra_trees;
mod random_forest;

pub use extra_trees::ExtraTreesClassifier;
pub use random_forest::RandomForestClassifier;

use rayon::prelude::*;

use super::tree::{DecisionTreeClassifier, Random, TrainingColumns, Tree, TreeGrower};
use super::{Facts, FitError, Model, Training};
use crate::Features;
use crate::linalg::argmax;

/// Test rows of one task: their bytes stay in the cache from tree to tree.
const ROWS: usize = 256;

/// A forest to which trees can be added.
pub struct Forest<'a> {
    data: TrainingColumns<'a>,
    grower: TreeGrower,
    draws: Draws,
    seed: u64,
    trees: Vec<Tree>,
}

/// A random sample of a set: its size, and whether it is drawn with replacement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    pub(crate) count: usize,
    pub(crate) replace: bool,
}

/// The samples of rows and of features that each tree is fitted on; `None` is all of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Draws {
    pub(crate) rows: Option<Draw>,
    pub(crate) features: Option<Draw>,
}

impl Draw {
    /// Draws from the numbers below `size`.
    fn of(self, size: usize, random: &mut Random) -> Vec<u32> {
        if self.replace {
            return (0..self.count).map(|_| random.below(size) as u32).collect();
        }
        let mut members: Vec<u32> = (0..size as u32).collect();
        random.shuffle_front(&mut members, self.count);
        members.truncate(self.count);
        members
    }
}

impl<'a> Forest<'a> {
    /// A forest without trees; prepares the training data. O(n d).
    pub(crate) fn begin(
        training: &Training<'a>,
        tree: &DecisionTreeClassifier,
        draws: Draws,
        n_estimators: usize,
        seed: u64,
    ) -> Result<Forest<'a>, FitError> {
        tree.check(training)?;
        if n_estimators == 0 {
            return Err(FitError::parameter("n_estimators", 0, "must be at least 1"));
        }
        let weight = draws.rows.map_or(training.features.n(), |draw| draw.count);
        let d = draws.features.map_or(training.features.d(), |draw| draw.count);
        let grower = TreeGrower::new(tree, d, weight);
        Ok(Forest { data: TrainingColumns::new(training), grower, draws, seed, trees: Vec::new() })
    }

    /// Adds trees until there are `count`. Each tree is a task.
    pub fn grow_to(&mut self, count: usize) {
        let more: Vec<Tree> = (self.trees.len()..count)
            .into_par_iter()
            .with_max_len(1)
            .map(|number| self.tree(number))
            .collect();
        self.trees.extend(more);
    }

    /// The trees so far.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The fitted model of the trees so far.
    pub(crate) fn fitted(self) -> FittedForest {
        FittedForest { trees: self.trees, classes: self.data.training.classes }
    }

    fn tree(&self, number: usize) -> Tree {
        let mut random = Random::of_task(self.seed, number as u64);
        let growing_seed = random.seed();
        let (n, d) = (self.data.training.features.n(), self.data.training.features.d());
        let features = match self.draws.features {
            Some(draw) => draw.of(d, &mut random).into_iter().map(|feature| feature as u16).collect(),
            None => (0..d as u16).collect(),
        };
        let weights = self.draws.rows.map(|draw| {
            let mut weights = vec![0u16; n];
            for row in draw.of(n, &mut random) {
                let weight = &mut weights[row as usize];
                *weight = weight.saturating_add(1);
            }
            weights
        });
        self.grower.grow(&self.data, weights.as_deref(), features, growing_seed)
    }
}

/// The sums of the trees' class probabilities for each row to predict.
pub struct Votes {
    sums: Vec<f64>,
    classes: usize,
}

impl Votes {
    /// Sums over no trees, for `n` rows.
    pub fn new(n: usize, classes: usize) -> Votes {
        Votes { sums: vec![0.0; n * classes], classes }
    }

    /// Adds the probabilities of `trees` for the rows of `x`. O(n trees depth).
    pub fn add(&mut self, trees: &[Tree], x: &Features) {
        let (classes, d) = (self.classes, x.d());
        self.sums.par_chunks_mut(ROWS * classes).zip(x.pixels().par_chunks(ROWS * d)).for_each(
            |(sums, rows)| {
                for tree in trees {
                    tree.add_probabilities(rows, d, sums);
                }
            },
        );
    }

    /// The class with the largest sum for each row, the first one of equals.
    pub fn classes(&self) -> Vec<u8> {
        self.sums.chunks_exact(self.classes).map(|sums| argmax(sums) as u8).collect()
    }
}

/// A fitted forest.
pub(crate) struct FittedForest {
    trees: Vec<Tree>,
    classes: usize,
}

impl Model for FittedForest {
    fn predict(&self, x: &Features) -> Vec<u8> {
        let mut votes = Votes::new(x.n(), self.classes);
        votes.add(&self.trees, x);
        votes.classes()
    }

    fn facts(&self) -> Facts {
        facts(&self.trees)
    }
}

/// The facts of a forest: the number of nodes of all trees, and the depth of the deepest one.
pub fn facts(trees: &[Tree]) -> Facts {
    Facts::from([
        ("nodes", trees.iter().map(Tree::nodes).sum::<usize>().into()),
        ("depth", trees.iter().map(Tree::depth).max().unwrap_or(0).into()),
    ])
}
