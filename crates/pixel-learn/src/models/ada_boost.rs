//! AdaBoost of decision trees with the meaning of scikit-learn 1.9: the discrete algorithm for any number of
//! classes, SAMME (Zhu, Zou, Rosset, Hastie: Multi-class AdaBoost, 2009).
//!
//! Every tree is grown on weighted rows; the rows that it misclassifies weigh more in the next tree. For
//! growing, the weights are converted to fixed-point integers, so that the sums that decide the splits are
//! exact.

use rayon::prelude::*;

use super::tree::{DecisionTreeClassifier, Random, TrainingColumns, Tree, WeightedRows};
use super::{Classifier, Facts, FitError, Model, Training};
use crate::Features;
use crate::linalg::argmax;

/// Test rows that one task predicts.
const ROWS: usize = 256;

/// Fixed-point scale of the row weights: a weight of 1 as an integer. The least weight, 2^-52, becomes 1.
const WEIGHT_SCALE: f64 = (1u64 << 52) as f64;

/// scikit-learn's `AdaBoostClassifier` of `DecisionTreeClassifier`s, by default stumps.
///
/// ```
/// use pixel_learn::{AdaBoostClassifier, Classifier, Features, Training};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = AdaBoostClassifier::default().fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaBoostClassifier {
    /// The parameters of every tree.
    pub estimator: DecisionTreeClassifier,
    /// Number of trees at most, at least 1.
    pub n_estimators: usize,
    /// Factor of every tree's vote, above 0.
    pub learning_rate: f64,
}

impl Default for AdaBoostClassifier {
    fn default() -> Self {
        AdaBoostClassifier {
            estimator: DecisionTreeClassifier { max_depth: Some(1), ..Default::default() },
            n_estimators: 50,
            learning_rate: 1.0,
        }
    }
}

/// An ensemble that can be boosted further.
pub struct AdaBoosting<'a> {
    tree: DecisionTreeClassifier,
    learning_rate: f64,
    seed: u64,
    data: TrainingColumns<'a>,
    /// The number of classes that have rows.
    present: f64,
    /// One weight per training row; the sum is 1.
    weights: Vec<f64>,
    stopped: bool,
    fitted: FittedAdaBoost,
}

/// A tree with its vote.
#[derive(Clone, Debug)]
pub struct Member {
    /// The tree.
    pub tree: Tree,
    /// The share of the row weights that is misclassified: scikit-learn's `estimator_errors_`.
    pub error: f64,
    /// The weight of the tree's vote: scikit-learn's `estimator_weights_`.
    pub weight: f64,
}

/// A fitted ensemble: trees that vote.
#[derive(Clone, Debug)]
pub struct FittedAdaBoost {
    members: Vec<Member>,
    classes: usize,
}

impl AdaBoostClassifier {
    /// Prepares the training data for an ensemble that has no trees yet. O(n d).
    pub fn begin<'a>(&self, training: &Training<'a>, seed: u64) -> Result<AdaBoosting<'a>, FitError> {
        self.estimator.check(training)?;
        if self.n_estimators == 0 {
            return Err(FitError::parameter("n_estimators", 0, "must be at least 1"));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            let reason = "must be a finite number above 0";
            return Err(FitError::parameter("learning_rate", self.learning_rate, reason));
        }
        let n = training.features.n();
        Ok(AdaBoosting {
            tree: self.estimator,
            learning_rate: self.learning_rate,
            seed,
            data: TrainingColumns::new(training),
            present: training.present_classes(1)?.len() as f64,
            weights: vec![1.0 / n as f64; n],
            stopped: false,
            fitted: FittedAdaBoost { members: Vec::new(), classes: training.classes },
        })
    }
}

impl AdaBoosting<'_> {
    /// Boosts until there are `count` trees, or a tree is perfect or no better than a guess. `Err` when the
    /// first tree is no better than a guess.
    pub fn boost_to(&mut self, count: usize) -> Result<(), FitError> {
        while self.fitted.members.len() < count && !self.stopped {
            self.boost()?;
        }
        Ok(())
    }

    /// The ensemble so far.
    pub fn fitted(&self) -> &FittedAdaBoost {
        &self.fitted
    }

    fn boost(&mut self) -> Result<(), FitError> {
        let n = self.weights.len();
        let number = self.fitted.members.len();
        self.weights.iter_mut().for_each(|weight| *weight = weight.max(f64::EPSILON));
        let fixed_weights: Vec<u64> =
            self.weights.iter().map(|weight| (weight * WEIGHT_SCALE).round() as u64).collect();
        let mut predictions = vec![0u8; n];
        let seed = Random::of_task(self.seed, number as u64).seed();
        let rows = WeightedRows { data: &self.data, weights: &fixed_weights };
        let tree = rows.grow(&self.tree, seed, &mut predictions);
        let wrong: Vec<bool> =
            (0..n).map(|position| predictions[position] != self.data.label(position)).collect();
        let all: f64 = self.weights.iter().sum();
        let error =
            self.weights.iter().zip(&wrong).map(|(w, &wrong)| if wrong { *w } else { 0.0 }).sum::<f64>()
                / all;
        if error <= 0.0 {
            self.stopped = true;
            self.fitted.members.push(Member { tree, error, weight: 1.0 });
            return Ok(());
        }
        if error >= 1.0 - 1.0 / self.present {
            self.stopped = true;
            return if number > 0 {
                Ok(())
            } else {
                Err(FitError::UnusableData(format!(
                    "the first tree is wrong on {error:.3} of the rows, no better than a guess among {} classes",
                    self.present
                )))
            };
        }
        let weight = self.learning_rate * (((1.0 - error) / error).ln() + (self.present - 1.0).ln());
        self.fitted.members.push(Member { tree, error, weight });
        let factor = weight.exp();
        self.weights.iter_mut().zip(&wrong).for_each(|(w, &wrong)| *w *= if wrong { factor } else { 1.0 });
        let all: f64 = self.weights.iter().sum();
        self.stopped = !all.is_finite();
        self.weights.iter_mut().for_each(|weight| *weight /= all);
        Ok(())
    }
}

/// Votes for every row that is predicted.
pub struct Votes {
    sums: Vec<f64>,
    members: usize,
}

impl FittedAdaBoost {
    /// The trees so far.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// No votes yet for `n` rows.
    pub fn begin(&self, n: usize) -> Votes {
        Votes { sums: vec![0.0; n * self.classes], members: 0 }
    }

    /// Adds the votes of the trees up to number `count` for the rows of `x`, tree after tree. O(n trees
    /// depth).
    pub fn update_to(&self, count: usize, votes: &mut Votes, x: &Features) {
        let (classes, d) = (self.classes, x.d());
        let count = count.min(self.members.len());
        let new = &self.members[votes.members.min(count)..count];
        votes.sums.par_chunks_mut(ROWS * classes).zip(x.pixels().par_chunks(ROWS * d)).for_each(
            |(sums, rows)| {
                for member in new {
                    for (sums, row) in sums.chunks_exact_mut(classes).zip(rows.chunks_exact(d)) {
                        sums[argmax(member.tree.probabilities(row))] += member.weight;
                    }
                }
            },
        );
        votes.members = votes.members.max(count);
    }

    /// The class with the most votes of each row; the first of equals.
    pub fn classes(&self, votes: &Votes) -> Vec<u8> {
        votes.sums.chunks_exact(self.classes).map(|sums| argmax(sums) as u8).collect()
    }

    /// Size: trees, nodes in all, and the weighted error of the last tree.
    pub fn facts(&self) -> Facts {
        Facts::from([
            ("trees", self.members.len().into()),
            ("nodes", self.members.iter().map(|member| member.tree.nodes()).sum::<usize>().into()),
            ("last_error", self.members.last().map_or(f64::NAN, |member| member.error).into()),
        ])
    }
}

impl Classifier for AdaBoostClassifier {
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        let mut boosting = self.begin(training, seed)?;
        boosting.boost_to(self.n_estimators)?;
        Ok(Box::new(boosting.fitted))
    }
}

impl Model for FittedAdaBoost {
    fn predict(&self, x: &Features) -> Vec<u8> {
        let mut votes = self.begin(x.n());
        self.update_to(self.members.len(), &mut votes, x);
        self.classes(&votes)
    }

    fn facts(&self) -> Facts {
        FittedAdaBoost::facts(self)
    }
}
