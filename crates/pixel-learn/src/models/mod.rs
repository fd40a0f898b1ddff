//! scikit-learn's classic classifiers on images, one file or folder a family, with the meaning that
//! scikit-learn 0.19 gave the parameters. They know nothing of files, grids or processes.
//!
//! Every family has the same shape: a struct of parameters that implements [`Classifier`], and a fitted
//! model that implements [`Model`]. Families that share work between configurations expose the shared part
//! as a type of their own (the neighbours of kNN, the trees of a forest, the dot products of SVC).
//!
//! Parallelism is rayon's, in whatever pool the caller has installed, over chunks of fixed size with
//! ordered reductions: the same bits for any number of threads. Randomness comes from the seed alone.

pub mod boosting;
pub mod facts;
pub mod forest;
pub mod gaussian_process;
pub mod linear;
pub mod mlp;
pub mod naive_bayes;
pub mod neighbors;
mod optimize;
pub mod svm;
pub mod tree;

use crate::Features;
pub use facts::{Fact, Facts};

/// Training data: n rows of features with one label each, 0 to `classes` - 1. A class need not occur.
#[derive(Clone, Copy)]
pub struct Training<'a> {
    pub features: &'a Features,
    pub labels: &'a [u8],
    pub classes: usize,
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
    #[error("parameter {name}={value}: {reason}")]
    InvalidParameter { name: &'static str, value: String, reason: String },
    #[error("the training data do not fit: {0}")]
    UnusableData(String),
    #[error("diverged: {0}")]
    Diverged(String),
}

impl FitError {
    /// A parameter whose value the method cannot use; `reason` says what would do.
    pub fn parameter(name: &'static str, value: impl ToString, reason: impl Into<String>) -> FitError {
        FitError::InvalidParameter { name, value: value.to_string(), reason: reason.into() }
    }
}
