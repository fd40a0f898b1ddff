//! Gradient boosting (Friedman: Greedy function approximation, 2001) as in scikit-learn 0.19: multinomial
//! deviance, one regression tree for each class and round, leaf values by a Newton step. Two classes take one
//! tree a round (`binomial`).
//!
//! scikit-learn 0.19 updates the scores after every tree: the residuals of a class depend on the trees of the
//! classes before it in the same round. Later versions compute all residuals of a round first ([`Order`]).
//! 0.19 starts from the class priors, later versions from their logarithms.

mod binomial;
mod regression;

pub use regression::RegressionFacts;

use rayon::prelude::*;

use super::tree::{BATCH, Nodes, Random, check_data};
use super::{Classifier, Facts, FitError, Model, Training};
use crate::Features;
use crate::linalg::argmax;
use crate::linalg::histogram::{QuantisedResiduals, residual_histogram::MOST_ROWS};
use regression::{Data, Grower};

/// Rows that one prediction task takes.
const ROWS: usize = 256;

/// Scores beyond this magnitude are not exponentiated directly: sums of their exponentials could overflow.
const SAFE_SCORE: f64 = 600.0;

/// The order of the updates in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Residuals are from scores that include the trees of earlier classes in the same round: scikit-learn
    /// 0.19, and the published results.
    Sequential,
    /// All residuals of a round are from the scores before it, which start at the logarithms of the priors:
    /// scikit-learn from 0.21 on.
    Simultaneous,
}

/// scikit-learn's `GradientBoostingClassifier` (loss deviance, criterion friedman_mse, no subsampling).
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, GradientBoostingClassifier};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = GradientBoostingClassifier { n_estimators: 5, ..Default::default() }.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientBoostingClassifier {
    /// Boosting rounds, at least 1. A round grows one tree for each class, or one tree for two classes.
    pub n_estimators: usize,
    /// The learning rate (shrinkage) of every tree, above 0.
    pub learning_rate: f64,
    /// Maximum depth in edges, at least 1; `None` grows until the residuals of every leaf are equal.
    pub max_depth: Option<usize>,
    /// The order of the updates in a round.
    pub order: Order,
}

impl Default for GradientBoostingClassifier {
    fn default() -> Self {
        GradientBoostingClassifier {
            n_estimators: 100,
            learning_rate: 0.1,
            max_depth: Some(3),
            order: Order::Sequential,
        }
    }
}

/// A model in training, which can be boosted further.
pub struct Boosting<'a> {
    parameters: GradientBoostingClassifier,
    data: Data<'a>,
    /// The class of each row, as an index into the labels that occur.
    targets: Vec<u8>,
    /// The scores of the training rows, class after class; for two classes those of the second alone.
    scores: Vec<Vec<f64>>,
    /// The exponentials of the scores.
    exponentials: Vec<Vec<f64>>,
    /// Whether a score exceeds [`SAFE_SCORE`].
    extreme: bool,
    /// The residuals of this round's classes whose trees are not grown yet ([`Order::Simultaneous`]).
    round_residuals: Vec<Vec<f64>>,
    quantised: QuantisedResiduals,
    grower: Grower,
    seed: u64,
    ensemble: Ensemble,
}

/// The fitted trees: one for each class and round, or one per round for two classes.
#[derive(Clone, Debug)]
pub struct Ensemble {
    /// The scores before the first round.
    initial: Vec<f64>,
    trees: Vec<BoostedTree>,
    /// The label of each class that occurs.
    present: Vec<u8>,
}

/// A tree with its leaf values, which include the learning rate.
#[derive(Clone, Debug)]
struct BoostedTree {
    nodes: Nodes,
    values: Vec<f64>,
}

impl GradientBoostingClassifier {
    /// Prepares the training data for a model without trees. `Err` for unusable parameters or data. O(n d).
    pub fn begin<'a>(&self, training: &Training<'a>, seed: u64) -> Result<Boosting<'a>, FitError> {
        self.check(training)?;
        let present = training.present_classes(2)?;
        training.bytes()?;
        let counts = training.class_counts();
        let n = training.labels.len();
        let of_label = |&label: &u8| {
            let prior = counts[usize::from(label)] as f64 / n as f64;
            match self.order {
                Order::Sequential => prior,
                Order::Simultaneous => prior.ln(),
            }
        };
        let initial: Vec<f64> = match present[..] {
            [first, second] => {
                vec![binomial::initial([counts[usize::from(first)], counts[usize::from(second)]])]
            }
            _ => present.iter().map(of_label).collect(),
        };
        let data = Data::new(training);
        Ok(Boosting {
            parameters: *self,
            grower: Grower::new(&data),
            data,
            targets: training.class_indices(&present),
            scores: initial.iter().map(|&score| vec![score; n]).collect(),
            exponentials: initial.iter().map(|&score| vec![score.exp(); n]).collect(),
            extreme: false,
            round_residuals: Vec::new(),
            quantised: QuantisedResiduals::default(),
            seed,
            ensemble: Ensemble { initial, trees: Vec::new(), present },
        })
    }

    /// `Err` for parameters and data that cannot be boosted.
    fn check(&self, training: &Training) -> Result<(), FitError> {
        if self.n_estimators == 0 {
            return Err(FitError::parameter("n_estimators", 0, "must be at least 1"));
        }
        if self.max_depth == Some(0) {
            return Err(FitError::parameter("max_depth", 0, "must be at least 1, or null for no limit"));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            let reason = "must be a finite number above 0";
            return Err(FitError::parameter("learning_rate", self.learning_rate, reason));
        }
        check_data(training)?;
        if training.features.n() > MOST_ROWS {
            return Err(FitError::UnusableData(format!("boosting counts at most {MOST_ROWS} rows")));
        }
        Ok(())
    }
}

impl Boosting<'_> {
    /// Boosts until the model has `rounds` rounds.
    pub fn boost_to(&mut self, rounds: usize) {
        self.boost_trees(rounds * self.scores.len());
    }

    /// Grows trees until the model has `count`, which may be in the middle of a round: one tree for each
    /// class in order, or one for two classes.
    pub fn boost_trees(&mut self, count: usize) {
        while self.ensemble.trees.len() < count {
            let class = self.ensemble.trees.len() % self.scores.len();
            if self.parameters.order == Order::Simultaneous && class == 0 {
                self.round_residuals = (0..self.scores.len()).map(|class| self.residuals(class)).collect();
            }
            let residuals = match self.parameters.order {
                Order::Sequential => self.residuals(class),
                Order::Simultaneous => std::mem::take(&mut self.round_residuals[class]),
            };
            self.grow_tree(class, &residuals);
        }
    }

    /// Number of complete rounds.
    pub fn rounds(&self) -> usize {
        self.ensemble.trees.len() / self.scores.len()
    }

    /// The model so far.
    pub fn ensemble(&self) -> &Ensemble {
        &self.ensemble
    }

    /// The last tree: its nodes in depth-first order, and the values of its leaves in the same order.
    pub fn last_tree(&self) -> Option<(&[RegressionFacts], &[f64])> {
        self.ensemble.trees.last().map(|tree| (self.grower.facts(), tree.values.as_slice()))
    }

    /// The mean deviance over the training rows: -log(probability of the true class).
    pub fn deviance(&self) -> f64 {
        let n = self.targets.len();
        let loss = |row: usize| -self.probability(usize::from(self.targets[row]), row).ln();
        (0..n).map(loss).sum::<f64>() / n as f64
    }

    /// The residuals, target minus probability, of every training row for a class.
    fn residuals(&self, class: usize) -> Vec<f64> {
        // The single score of two classes is that of the second.
        let class = if self.scores.len() == 1 { 1 } else { class };
        let target = |row: usize| if usize::from(self.targets[row]) == class { 1.0 } else { 0.0 };
        (0..self.targets.len()).map(|row| target(row) - self.probability(class, row)).collect()
    }

    /// Grows the next tree, for a class, and updates its scores.
    fn grow_tree(&mut self, class: usize, residuals: &[f64]) {
        self.quantised.set(residuals);
        let max_depth = self.parameters.max_depth.unwrap_or(usize::MAX);
        let seed = Random::of_task(self.seed, self.ensemble.trees.len() as u64).seed();
        let nodes = self.grower.grow(&self.data, &self.quantised, max_depth, seed);
        let k = self.scores.len() as f64;
        let shrinkage = if self.scores.len() == 1 { 1.0 } else { (k - 1.0) / k };
        let (scores, exponentials) = (&mut self.scores[class], &mut self.exponentials[class]);
        let mut values = Vec::new();
        for rows in self.grower.leaves() {
            // The Newton step of the deviance (Friedman 2001, algorithm 6): |r| (1 - |r|) is p (1 - p) for
            // both targets.
            let (mut numerator, mut denominator) = (0.0, 0.0);
            for &row in rows {
                let residual = residuals[row as usize];
                numerator += residual;
                denominator += residual.abs() * (1.0 - residual.abs());
            }
            numerator *= shrinkage;
            let step = if denominator.abs() < 1e-150 { 0.0 } else { numerator / denominator };
            let value = self.parameters.learning_rate * step;
            for &row in rows {
                let score = &mut scores[row as usize];
                *score += value;
                self.extreme |= score.abs() > SAFE_SCORE;
                exponentials[row as usize] = score.exp();
            }
            values.push(value);
        }
        self.ensemble.trees.push(BoostedTree { nodes, values });
    }

    /// The probability of a class for a training row, under the present scores.
    fn probability(&self, class: usize, row: usize) -> f64 {
        if let [scores] = &self.scores[..] {
            return binomial::probability(class, scores[row]);
        }
        if self.extreme {
            let own = self.scores[class][row];
            return 1.0 / self.scores.iter().map(|scores| (scores[row] - own).exp()).sum::<f64>();
        }
        self.exponentials[class][row] / self.exponentials.iter().map(|e| e[row]).sum::<f64>()
    }
}

/// The scores of rows under a growing ensemble.
pub struct Scores {
    sums: Vec<f64>,
    /// Number of trees in the sums.
    trees: usize,
}

impl Ensemble {
    /// The scores of `n` rows before the first round.
    pub fn begin(&self, n: usize) -> Scores {
        Scores { sums: self.initial.iter().copied().cycle().take(n * self.initial.len()).collect(), trees: 0 }
    }

    /// Adds the trees that `scores` does not include yet, one after the other. O(n trees depth).
    pub fn update(&self, scores: &mut Scores, x: &Features) {
        let (classes, d) = (self.initial.len(), x.d());
        let first = scores.trees;
        let trees = &self.trees[first..];
        scores.sums.par_chunks_mut(ROWS * classes).zip(x.pixels().par_chunks(ROWS * d)).for_each(
            |(sums, rows)| {
                for (number, tree) in (first..).zip(trees) {
                    let class = number % classes;
                    for (rows, sums) in rows.chunks(BATCH * d).zip(sums.chunks_mut(BATCH * classes)) {
                        let leaves = tree.nodes.leaves_of(rows, d);
                        for (sums, leaf) in sums.chunks_exact_mut(classes).zip(leaves) {
                            sums[class] += tree.values[leaf as usize];
                        }
                    }
                }
            },
        );
        scores.trees = self.trees.len();
    }

    /// The class of the largest score of each row, the first of equals.
    pub fn classes(&self, scores: &Scores) -> Vec<u8> {
        let largest = |scores: &[f64]| match scores {
            [score] => self.present[binomial::class(*score)],
            _ => self.present[argmax(scores)],
        };
        scores.sums.chunks_exact(self.initial.len()).map(largest).collect()
    }

    /// The facts: rounds, and nodes of all trees.
    pub fn facts(&self) -> Facts {
        Facts::from([
            ("rounds", (self.trees.len() / self.initial.len()).into()),
            ("nodes", self.trees.iter().map(|tree| tree.nodes.len()).sum::<usize>().into()),
        ])
    }
}

impl Classifier for GradientBoostingClassifier {
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        let mut boosting = self.begin(training, seed)?;
        boosting.boost_to(self.n_estimators);
        Ok(Box::new(boosting.ensemble))
    }
}

impl Model for Ensemble {
    fn predict(&self, x: &Features) -> Vec<u8> {
        let mut scores = self.begin(x.n());
        self.update(&mut scores, x);
        self.classes(&scores)
    }

    fn facts(&self) -> Facts {
        Ensemble::facts(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_have_every_tree_of_an_unfinished_round_once() {
        let pixels: Vec<u8> = (0..180).map(|at| ((at * 2_654_435_761usize) >> 9) as u8).collect();
        let labels: Vec<u8> = (0..60).map(|row| pixels[row * 3] / 86).collect();
        let x = Features::standardised(pixels, 3).unwrap();
        let training = Training { features: &x, labels: &labels, classes: 3 };
        let mut boosting = GradientBoostingClassifier::default().begin(&training, 1).unwrap();
        let mut scores = boosting.ensemble().begin(60);
        for count in [2, 4, 7] {
            boosting.boost_trees(count);
            boosting.ensemble().update(&mut scores, &x);
        }
        let mut at_once = boosting.ensemble().begin(60);
        boosting.ensemble().update(&mut at_once, &x);
        assert_eq!(scores.sums, at_once.sums);
    }
}
