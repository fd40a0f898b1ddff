//! Decision trees for classification with the meaning of scikit-learn 0.19: [`DecisionTreeClassifier`] looks
//! at every feature in a node, [`ExtraTreeClassifier`] at a random sqrt(d) of them.
//!
//! Breiman, Friedman, Olshen, Stone: Classification and Regression Trees (1984); Geurts, Ernst, Wehenkel:
//! Extremely randomized trees (2006). Thresholds are real numbers on the scaled features, but scaling is
//! monotonic, so growing and predicting work on the bytes.

mod feature_sampler;
mod fitted;
mod grow;
mod nodes;
mod rng;
mod split;
mod weighted;

pub use fitted::{NodeFacts, Tree};
pub(crate) use grow::{Growth, PURE, Source};
pub(crate) use nodes::{Nodes, TOGETHER};
pub(crate) use rng::Random;
pub(crate) use split::midpoint;
pub(crate) use weighted::WeightedRows;

use crate::Features;
use crate::models::{Classifier, Facts, FitError, Model, Training};

/// The impurity that a split must decrease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// Gini impurity, 1 - sum p^2.
    Gini,
    /// Entropy, -sum p log2 p.
    Entropy,
}

/// How a feature is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Splitter {
    /// At the best of all its cuts.
    Best,
    /// At a threshold drawn uniformly between its smallest and largest value in the node.
    Random,
}

/// How many features are drawn in a node (more, while all drawn ones are constant there).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxFeatures {
    /// All features.
    All,
    /// The integer part of the square root of their number, at least one.
    Sqrt,
    /// A number, at most that of the features.
    Count(usize),
}

impl MaxFeatures {
    /// How many of `d` features that is.
    pub fn of(self, d: usize) -> usize {
        match self {
            MaxFeatures::All => d,
            MaxFeatures::Sqrt => (d.isqrt()).max(1),
            MaxFeatures::Count(count) => count.min(d),
        }
    }
}

/// What a single tree and the trees of a forest have in common. `min_samples_split` is 2 and
/// `min_samples_leaf` is 1, as by default; a node of impurity <= 1e-7 is a leaf.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TreeParameters {
    /// The impurity.
    pub(crate) criterion: Criterion,
    /// How a feature is cut.
    pub(crate) splitter: Splitter,
    /// `None` grows until the leaves are pure.
    pub(crate) max_depth: Option<usize>,
    /// How many features are drawn in a node.
    pub(crate) max_features: MaxFeatures,
}

impl TreeParameters {
    /// Refuses parameters and data that no tree can be grown with.
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
        if features.n() > usize::from(u16::MAX) << 12 {
            return Err(FitError::UnusableData("trees count at most 268 million rows".into()));
        }
        Ok(())
    }
}

/// Refuses data that none of the tree families can learn from.
pub(crate) fn check_data(training: &Training) -> Result<(), FitError> {
    training.check()?;
    training.bytes()?;
    if training.features.d() >= usize::from(u16::MAX) {
        return Err(FitError::UnusableData("trees know at most 65534 features".into()));
    }
    Ok(())
}

/// scikit-learn's `DecisionTreeClassifier`: all features in every node unless `max_features` says otherwise.
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
    /// The impurity.
    pub criterion: Criterion,
    /// How a feature is cut.
    pub splitter: Splitter,
    /// Edges from the root to the deepest leaf at most; `None` grows until the leaves are pure.
    pub max_depth: Option<usize>,
    /// How many features are drawn in a node.
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
    /// The impurity.
    pub criterion: Criterion,
    /// How a feature is cut.
    pub splitter: Splitter,
    /// Edges from the root to the deepest leaf at most; `None` grows until the leaves are pure.
    pub max_depth: Option<usize>,
    /// How many features are drawn in a node.
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
    /// Grows the tree itself, whose structure can be looked at. O(n d depth) at most.
    pub fn grow(&self, training: &Training, seed: u64) -> Result<Tree, FitError> {
        let DecisionTreeClassifier { criterion, splitter, max_depth, max_features } = *self;
        grow_on_all_rows(&TreeParameters { criterion, splitter, max_depth, max_features }, training, seed)
    }
}

impl ExtraTreeClassifier {
    /// Grows the tree itself, whose structure can be looked at. O(n sqrt(d) depth) at most.
    pub fn grow(&self, training: &Training, seed: u64) -> Result<Tree, FitError> {
        let ExtraTreeClassifier { criterion, splitter, max_depth, max_features } = *self;
        grow_on_all_rows(&TreeParameters { criterion, splitter, max_depth, max_features }, training, seed)
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

fn grow_on_all_rows(parameters: &TreeParameters, training: &Training, seed: u64) -> Result<Tree, FitError> {
    parameters.check(training)?;
    let source = Source::new(training);
    let (n, d) = (training.features.n(), training.features.d());
    Ok(Growth::new(parameters, d, n).tree(&source, None, (0..d as u16).collect(), seed))
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
