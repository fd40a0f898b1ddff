//! Random forests with the meaning of scikit-learn 0.19: bootstrapped trees on random features whose class
//! probabilities are averaged (Breiman: Random forests, 2001; the averaging is scikit-learn's).
//!
//! Trees are seeded by their number, so that the first 10 trees of 100 are the forest of 10.

use rayon::prelude::*;

use super::tree::{Criterion, Growth, MaxFeatures, Random, Source, Splitter, Tree, TreeParameters};
use super::{Classifier, Facts, FitError, Model, Training};
use crate::Features;
use crate::linalg::argmax;

/// Test rows that one task predicts, so that their bytes stay in cache from tree to tree.
const ROWS: usize = 256;

/// scikit-learn's `RandomForestClassifier`.
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, RandomForestClassifier};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = RandomForestClassifier { n_estimators: 20, ..Default::default() }.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomForestClassifier {
    /// Number of trees, at least 1.
    pub n_estimators: usize,
    /// Draw n of n rows with replacement for each tree; otherwise every tree sees all rows.
    pub bootstrap: bool,
    /// The impurity.
    pub criterion: Criterion,
    /// Edges from the root to the deepest leaf of a tree at most; `None` grows until the leaves are pure.
    pub max_depth: Option<usize>,
    /// How many features are drawn in a node.
    pub max_features: MaxFeatures,
}

impl Default for RandomForestClassifier {
    fn default() -> Self {
        RandomForestClassifier {
            n_estimators: 10,
            bootstrap: true,
            criterion: Criterion::Gini,
            max_depth: None,
            max_features: MaxFeatures::Sqrt,
        }
    }
}

/// A forest that can grow further.
pub struct Forest<'a> {
    source: Source<'a>,
    growth: Growth,
    bootstrap: bool,
    seed: u64,
    trees: Vec<Tree>,
}

impl RandomForestClassifier {
    /// Prepares the training data for a forest that has no trees yet. O(n d).
    pub fn begin<'a>(&self, training: &Training<'a>, seed: u64) -> Result<Forest<'a>, FitError> {
        let RandomForestClassifier { criterion, max_depth, max_features, .. } = *self;
        let tree = TreeParameters { criterion, splitter: Splitter::Best, max_depth, max_features };
        tree.check(training)?;
        if self.n_estimators == 0 {
            return Err(FitError::parameter("n_estimators", 0, "must be at least 1"));
        }
        let (n, d) = (training.features.n(), training.features.d());
        let growth = Growth::new(&tree, d, n);
        Ok(Forest {
            source: Source::new(training),
            growth,
            bootstrap: self.bootstrap,
            seed,
            trees: Vec::new(),
        })
    }
}

impl Forest<'_> {
    /// Grows trees until there are `count`. One task a tree.
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

    fn tree(&self, number: usize) -> Tree {
        let mut random = Random::of_task(self.seed, number as u64);
        let growing_seed = random.seed();
        let weights = self.bootstrap.then(|| {
            let n = self.source.training.features.n();
            let mut weights = vec![0u16; n];
            for _ in 0..n {
                let weight = &mut weights[random.below(n)];
                *weight = weight.saturating_add(1);
            }
            weights
        });
        self.growth.tree(&self.source, weights.as_deref(), growing_seed)
    }
}

/// Sums of class probabilities over trees, for every row that is predicted.
pub struct Votes {
    sums: Vec<f64>,
    classes: usize,
}

impl Votes {
    /// No votes yet for `n` rows.
    pub fn new(n: usize, classes: usize) -> Votes {
        Votes { sums: vec![0.0; n * classes], classes }
    }

    /// Adds the probabilities that `trees` give for the rows of `x`, tree after tree. O(n trees depth).
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

    /// The class with the most votes of each row; the first of equals.
    pub fn classes(&self) -> Vec<u8> {
        self.sums.chunks_exact(self.classes).map(|sums| argmax(sums) as u8).collect()
    }
}

/// A fitted forest.
struct FittedForest {
    trees: Vec<Tree>,
    classes: usize,
}

impl Classifier for RandomForestClassifier {
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        let mut forest = self.begin(training, seed)?;
        forest.grow_to(self.n_estimators);
        Ok(Box::new(FittedForest { trees: forest.trees, classes: training.classes }))
    }
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

/// Size of a forest: nodes in all, and the depth of the deepest tree.
pub fn facts(trees: &[Tree]) -> Facts {
    Facts::from([
        ("nodes", trees.iter().map(Tree::nodes).sum::<usize>().into()),
        ("depth", trees.iter().map(Tree::depth).max().unwrap_or(0).into()),
    ])
}
