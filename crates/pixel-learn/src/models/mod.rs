//! scikit-learn's classic classifiers on images, one file or folder per family. Parameters mean what they
//! mean in scikit-learn 0.19, or in 1.9 where the classifier says so. The models know nothing of files, grids
//! or processes.
//!
//! Every family has the same shape: a struct of parameters that implements [`Classifier`], and a fitted
//! model that implements [`Model`]. Families that share work between configurations expose the shared part
//! as a type of their own (the neighbours of kNN, the trees of a forest, the dot products of SVC).
//!
//! Parallelism is rayon's, in whatever pool the caller has installed, over chunks of fixed size with
//! ordered reductions: the same bits for any number of threads. Randomness comes from the seed alone.

pub mod ada_boost;
pub mod bagging;
pub mod boosting;
mod class_sums;
pub mod discriminant;
pub mod facts;
pub mod forest;
pub mod gaussian_process;
pub mod hist_gradient_boosting;
pub mod linear;
pub mod linear_scores;
pub mod mlp;
pub mod naive_bayes;
pub mod nearest_centroid;
pub mod neighbors;
mod optimize;
mod priors;
pub mod ridge;
mod scatter;
pub mod svm;
pub mod tree;

use crate::{Bytes, Features};
pub use facts::{Fact, Facts};

/// Training data: n rows of features with one label each, 0 to `classes` - 1. A class need not occur.
#[derive(Clone, Copy)]
pub struct Training<'a> {
    /// One row an image.
    pub features: &'a Features,
    /// One label per row.
    pub labels: &'a [u8],
    /// The number of classes, above every label.
    pub classes: usize,
}

impl<'a> Training<'a> {
    /// Training data whose number of classes is one more than the largest label. `Err` without rows or
    /// features, or when there is not one label per row.
    pub fn new(features: &'a Features, labels: &'a [u8]) -> Result<Training<'a>, FitError> {
        let classes = labels.iter().max().map_or(0, |&largest| usize::from(largest) + 1);
        let training = Training { features, labels, classes };
        training.check()?;
        Ok(training)
    }

    /// `Err` without rows or features, when there is not one label per row, or when a label is not below
    /// `classes`.
    pub(crate) fn check(&self) -> Result<(), FitError> {
        let (n, d, labels) = (self.features.n(), self.features.d(), self.labels.len());
        let unusable = |reason: String| Err(FitError::UnusableData(reason));
        if n == 0 || d == 0 {
            return unusable(format!("{n} rows of {d} features; at least one of each is needed"));
        }
        if labels != n {
            return unusable(format!("{n} rows and {labels} labels; one label a row is needed"));
        }
        match self.labels.iter().find(|&&label| usize::from(label) >= self.classes) {
            Some(label) => {
                unusable(format!("label {label} is not below the number of classes, {}", self.classes))
            }
            None => Ok(()),
        }
    }

    /// The bytes, for a method that counts them. `Err` for computed values.
    pub(crate) fn bytes(&self) -> Result<Bytes<'a>, FitError> {
        self.features.bytes().ok_or(FitError::NeedsBytes)
    }

    /// The number of rows of each class.
    pub(crate) fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes];
        self.labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
        counts
    }

    /// The classes that have rows, ascending. `Err` if [`Training::check`] fails, or if fewer than `needed`
    /// classes have rows.
    pub(crate) fn present_classes(&self, needed: usize) -> Result<Vec<u8>, FitError> {
        self.check()?;
        let counts = self.class_counts();
        let present: Vec<u8> = (0..self.classes).filter(|&c| counts[c] > 0).map(|c| c as u8).collect();
        let found = present.len();
        if found < needed { Err(FitError::TooFewClasses { needed, found }) } else { Ok(present) }
    }

    /// The class of each row as an index into `classes`, which are the classes that have rows.
    pub(crate) fn class_indices(&self, classes: &[u8]) -> Vec<u8> {
        let mut index_of = [0u8; 256];
        classes.iter().enumerate().for_each(|(index, &class)| index_of[usize::from(class)] = index as u8);
        self.labels.iter().map(|&label| index_of[usize::from(label)]).collect()
    }
}

/// A classifier with its parameters, ready to be fitted.
pub trait Classifier {
    /// Fits a model. Draws every random number from `seed`; ignores it where the method is deterministic.
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError>;
}

/// A fitted model.
pub trait Model: Send + Sync {
    /// One class a row of `x`, whose scaling and number of features must be those of the training data.
    fn predict(&self, x: &Features) -> Vec<u8>;

    /// Whether an iterative method met its tolerance before its limit; `None` where there is nothing to meet.
    fn converged(&self) -> Option<bool> {
        None
    }

    /// Facts about the fitted model worth keeping (support vectors, epochs, final loss), by name.
    fn facts(&self) -> Facts {
        Facts::new()
    }
}

/// Why a model could not be fitted.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// A parameter has a value that the method cannot use.
    #[error("parameter {name}={value}: {reason}")]
    InvalidParameter {
        /// scikit-learn's name of the parameter.
        name: &'static str,
        /// Its value.
        value: String,
        /// What the value must be.
        reason: String,
    },
    /// The method cannot learn from these rows.
    #[error("the training data do not fit: {0}")]
    UnusableData(String),
    /// Fewer classes have rows than the method needs.
    #[error("the training data do not fit: {found} class(es) have rows, at least {needed} are needed")]
    TooFewClasses {
        /// The least number of classes.
        needed: usize,
        /// The number of classes that have rows.
        found: usize,
    },
    /// The features are computed values, and the method works on bytes alone.
    #[error("found computed features (such as principal components); this method needs pixels as bytes")]
    NeedsBytes,
    /// The optimiser left the range of finite numbers.
    #[error("diverged: {0}")]
    Diverged(String),
}

impl FitError {
    /// A parameter whose value the method cannot use; `reason` says what would do.
    pub fn parameter(name: &'static str, value: impl ToString, reason: impl Into<String>) -> FitError {
        FitError::InvalidParameter { name, value: value.to_string(), reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;

    #[test]
    fn methods_that_count_bytes_refuse_computed_features() {
        let x = Features::computed(Matrix::from_slice(&[0.5, 1.5, 2.5, 3.5, 4.5, 5.5], 3, 2));
        let training = Training { features: &x, labels: &[0, 1, 2], classes: 3 };
        let classifiers: [Box<dyn Classifier>; 7] = [
            Box::new(crate::DecisionTreeClassifier::default()),
            Box::new(crate::RandomForestClassifier::default()),
            Box::new(crate::GradientBoostingClassifier::default()),
            Box::new(crate::GaussianProcessClassifier::default()),
            Box::new(crate::LinearSVC::default()),
            Box::new(crate::LogisticRegression::default()),
            Box::new(crate::SGDClassifier::default()),
        ];
        for classifier in classifiers {
            assert!(matches!(classifier.fit(&training, 1), Err(FitError::NeedsBytes)));
        }
        let svc = crate::SVC::default().fit(&training, 1).map(|model| model.predict(&x));
        assert_eq!(svc.ok(), Some(vec![0, 1, 2]));
    }
}
