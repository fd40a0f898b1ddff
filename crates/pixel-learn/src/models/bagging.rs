//! Bagging of decision trees with the meaning of scikit-learn 1.9: every tree is grown on rows and features
//! of its own draw, and the class probabilities of the trees are averaged (Breiman: Bagging predictors, 1996;
//! Ho: The random subspace method, 1998).

use super::forest::{Draw, Draws, Forest};
use super::tree::{DecisionTreeClassifier, MOST_ROWS};
use super::{Classifier, FitError, Model, Training};

/// Maximum number of draws for each row that there is, when rows are drawn with replacement: the number of times
/// that a row is drawn, 4096 on average, stays below [`u16::MAX`].
const MOST_DRAWS: usize = 4096;

/// The number of rows or features that a tree draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SampleSize {
    /// A share of them, above 0 and at most 1: the integer part of share x number, at least one.
    Share(f64),
    /// A number of them.
    Count(usize),
}

/// scikit-learn's `BaggingClassifier` of `DecisionTreeClassifier`s.
///
/// ```
/// use pixel_learn::{BaggingClassifier, Classifier, Features, Training};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = BaggingClassifier::default().fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BaggingClassifier {
    /// The parameters of every tree. Its `max_features` is drawn in each node, of the features that the tree
    /// sees.
    pub estimator: DecisionTreeClassifier,
    /// Number of trees, at least 1.
    pub n_estimators: usize,
    /// Rows that a tree draws; a share of 1 makes as many draws as there are rows.
    pub max_samples: SampleSize,
    /// Features that a tree draws.
    pub max_features: SampleSize,
    /// Draw rows with replacement.
    pub bootstrap: bool,
    /// Draw features with replacement.
    pub bootstrap_features: bool,
}

impl Default for BaggingClassifier {
    fn default() -> Self {
        BaggingClassifier {
            estimator: DecisionTreeClassifier::default(),
            n_estimators: 10,
            max_samples: SampleSize::Share(1.0),
            max_features: SampleSize::Share(1.0),
            bootstrap: true,
            bootstrap_features: false,
        }
    }
}

impl BaggingClassifier {
    /// Prepares the training data for an ensemble that has no trees yet. O(n d).
    pub fn begin<'a>(&self, training: &Training<'a>, seed: u64) -> Result<Forest<'a>, FitError> {
        let (n, d) = (training.features.n(), training.features.d());
        let rows = draw("max_samples", self.max_samples, n, self.bootstrap)?;
        let features = draw("max_features", self.max_features, d, self.bootstrap_features)?;
        Forest::begin(training, &self.estimator, Draws { rows, features }, self.n_estimators, seed)
    }
}

/// The draw from a set of `size` elements; `None` when all of them are taken. As in scikit-learn, a draw with
/// replacement may have more rows than there are (at most [`MOST_DRAWS`] times as many), but not more features.
fn draw(
    name: &'static str,
    amount: SampleSize,
    size: usize,
    replace: bool,
) -> Result<Option<Draw>, FitError> {
    let count = match amount {
        SampleSize::Share(share) if share > 0.0 && share <= 1.0 => ((share * size as f64) as usize).max(1),
        SampleSize::Share(share) => {
            return Err(FitError::parameter(name, share, "a share must be above 0 and at most 1"));
        }
        SampleSize::Count(0) => return Err(FitError::parameter(name, 0, "must be at least 1")),
        SampleSize::Count(count) => count,
    };
    let most = match replace && name == "max_samples" {
        true => MOST_ROWS.min(size.max(1).saturating_mul(MOST_DRAWS)),
        false => size,
    };
    if count > most {
        return Err(FitError::parameter(name, count, format!("must be at most {most}")));
    }
    Ok((replace || count < size).then_some(Draw { count, replace }))
}

impl Classifier for BaggingClassifier {
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        let mut forest = self.begin(training, seed)?;
        forest.grow_to(self.n_estimators);
        Ok(Box::new(forest.fitted()))
    }
}
