//! Extremely randomised trees: random thresholds in random features, on all rows. The defaults are those of
//! scikit-learn 1.9.

use super::{Draw, Draws, Forest};
use crate::models::tree::{Criterion, DecisionTreeClassifier, MaxFeatures, Splitter};
use crate::models::{Classifier, FitError, Model, Training};

/// scikit-learn's `ExtraTreesClassifier`: a node draws one random threshold for each of sqrt(d) random
/// features, and is split by the best of them.
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, ExtraTreesClassifier};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = ExtraTreesClassifier { n_estimators: 20, ..Default::default() }.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExtraTreesClassifier {
    /// Number of trees, at least 1.
    pub n_estimators: usize,
    /// Whether each tree is fitted on n rows drawn with replacement; otherwise on all rows.
    pub bootstrap: bool,
    /// The impurity.
    pub criterion: Criterion,
    /// Maximum depth of a tree; `None` grows trees until all leaves are pure.
    pub max_depth: Option<usize>,
    /// The number of features drawn at each node.
    pub max_features: MaxFeatures,
}

impl Default for ExtraTreesClassifier {
    fn default() -> Self {
        ExtraTreesClassifier {
            n_estimators: 100,
            bootstrap: false,
            criterion: Criterion::Gini,
            max_depth: None,
            max_features: MaxFeatures::Sqrt,
        }
    }
}

impl ExtraTreesClassifier {
    /// A forest without trees; prepares the training data. O(n d).
    pub fn begin<'a>(&self, training: &Training<'a>, seed: u64) -> Result<Forest<'a>, FitError> {
        let ExtraTreesClassifier { criterion, max_depth, max_features, .. } = *self;
        let tree = DecisionTreeClassifier { criterion, splitter: Splitter::Random, max_depth, max_features };
        let rows = self.bootstrap.then(|| Draw { count: training.features.n(), replace: true });
        Forest::begin(training, &tree, Draws { rows, features: None }, self.n_estimators, seed)
    }
}

impl Classifier for ExtraTreesClassifier {
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        let mut forest = self.begin(training, seed)?;
        forest.grow_to(self.n_estimators);
        Ok(Box::new(forest.fitted()))
    }
}
