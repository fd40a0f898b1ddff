//! Classification trees (CART) as in scikit-learn 0.19: [`DecisionTreeClassifier`] searches all features for
//! the split of a node, [`ExtraTreeClassifier`] a random sqrt(d) of them.
//!
//! Sources: Breiman, Friedman, Olshen and Stone, Classification and Regression Trees (1984); Geurts, Ernst
//! and Wehenkel, Extremely randomized trees (2006). Thresholds are real numbers on the scaled features.
//! Scaling is monotonic, so growing and predicting compare bytes: a "cut" is the largest byte that goes left.

mod feature_sampler;
mod fitted;
mod grow;
mod nodes;
mod rng;
mod split;
mod weighted;

pub use crate::linalg::histogram::Criterion;
pub use fitted::{NodeFacts, Tree};
pub(crate) use grow::{PURE, TrainingColumns, TreeGrower};
pub(crate) use nodes::{BATCH, Nodes};
pub(crate) use rng::Random;
pub(crate) use split::midpoint;
pub(crate) use weighted::WeightedRows;

use crate::Features;
use crate::models::{Classifier, Facts, FitError, Model, Training};

/// Maximum number of rows that a tree counts.
pub(crate) const MOST_ROWS: usize = (u16::MAX as usize) << 12;

/// The splitter: which thresholds of a feature are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Splitter {
    /// The best split of each feature.
    Best,
    /// A random threshold of each feature, uniform between its least and largest value in the node.
    Random,
}

/// The number of features searched in a node. More are searched while all of these are constant there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxFeatures {
    /// All features.
    All,
    /// The integer part of sqrt(d), at least 1.
    Sqrt,
    /// This number, at most d.
    Count(usize),
}

impl MaxFeatures {
    /// The number of features searched, of `d`.
    pub fn of(self, d: usize) -> usize {
        match self {
            MaxFeatures::All => d,
            MaxFeatures::Sqrt => (d.isqrt()).max(1),
            MaxFeatures::Count(count) => count.min(d),
        }
    }
}

impl DecisionTreeClassifier {
    /// `Err` for parameters and data that no tree can be grown with.
    pub(crate) fn check(&self, training: &Training) -> Result<(), FitError> {
        let features = training.features;
        if self.max_depth == Some(0) {
            return Err(FitError::parameter("max_depth", 0, "must be at least 1, or null for no limit"));
        }
        if self.max_features == MaxFeatures::Count(0) {
            return Err(FitError::parameter("max_features", 0, "must be at least 1"));
        }
        check_data(training)?;
        if training.classes > 256 {
            return Err(FitError::UnusableData("trees count at most 256 classes".into()));
        }
        if features.n() > MOST_ROWS {
            return Err(FitError::UnusableData("trees count at most 268 million rows".into()));
        }
        Ok(())
    }
}

/// `Err` for data that no tree family can be grown with.
pub(crate) fn check_data(training: &Training) -> Result<(), FitError> {
    training.check()?;
    training.bytes()?;
    if training.features.d() >= usize::from(u16::MAX) {
        return Err(FitError::UnusableData("trees know at most 65534 features".into()));
    }
    Ok(())
}

/// scikit-learn's `DecisionTreeClassifier`: all features in every node unless `max_features` says otherwise.
/// `min_samples_split` is 2 and `min_samples_leaf` is 1, scikit-learn's defaults; a node of impurity <= 1e-7
/// is a leaf.
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, DecisionTreeClassifier};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = DecisionTreeClassifier::default().fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecisionTreeClassifier {
    /// The impurity criterion.
    pub criterion: Criterion,
    /// The splitter: which thresholds of a feature are tried.
    pub splitter: Splitter,
    /// Maximum depth in edges, at least 1; `None` grows until the leaves are pure.
    pub max_depth: Option<usize>,
    /// The number of features searched in a node.
    pub max_features: MaxFeatures,
}

/// scikit-learn's `ExtraTreeClassifier`: by default a random threshold in each of sqrt(d) random features.
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, ExtraTreeClassifier};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = ExtraTreeClassifier::default().fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExtraTreeClassifier {
    /// The impurity criterion.
    pub criterion: Criterion,
    /// The splitter: which thresholds of a feature are tried.
    pub splitter: Splitter,
    /// Maximum depth in edges, at least 1; `None` grows until the leaves are pure.
    pub max_depth: Option<usize>,
    /// The number of features searched in a node.
    pub max_features: MaxFeatures,
}

impl Default for DecisionTreeClassifier {
    fn default() -> Self {
        DecisionTreeClassifier {
            criterion: Criterion::Gini,
            splitter: Splitter::Best,
            max_depth: None,
            max_features: MaxFeatures::All,
        }
    }
}

impl Default for ExtraTreeClassifier {
    fn default() -> Self {
        ExtraTreeClassifier {
            criterion: Criterion::Gini,
            splitter: Splitter::Random,
            max_depth: None,
            max_features: MaxFeatures::Sqrt,
        }
    }
}

impl DecisionTreeClassifier {
    /// Grows the tree and returns it with its structure. O(n d depth) at most.
    pub fn grow(&self, training: &Training, seed: u64) -> Result<Tree, FitError> {
        self.check(training)?;
        let data = TrainingColumns::new(training);
        let (n, d) = (training.features.n(), training.features.d());
        Ok(TreeGrower::new(self, d, n).grow(&data, None, (0..d as u16).collect(), seed))
    }
}

impl ExtraTreeClassifier {
    /// Grows the tree and returns it with its structure. O(n sqrt(d) depth) at most.
    pub fn grow(&self, training: &Training, seed: u64) -> Result<Tree, FitError> {
        let ExtraTreeClassifier { criterion, splitter, max_depth, max_features } = *self;
        DecisionTreeClassifier { criterion, splitter, max_depth, max_features }.grow(training, seed)
    }
}

impl Classifier for DecisionTreeClassifier {
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.grow(training, seed)?))
    }
}

impl Classifier for ExtraTreeClassifier {
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.grow(training, seed)?))
    }
}

impl Model for Tree {
    fn predict(&self, x: &Features) -> Vec<u8> {
        self.predict_classes(x)
    }

    fn facts(&self) -> Facts {
        Facts::from([
            ("nodes", self.nodes().into()),
            ("leaves", self.leaves().into()),
            ("depth", self.depth().into()),
        ])
    }
}
