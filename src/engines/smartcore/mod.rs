//! smartcore as an engine: the classifiers of the grid that it has, with parameters passed as they are given.
//! Other configurations are unsupported. Differences from scikit-learn are documented at each family and not
//! corrected.
//!
//! Values are `f64` in its row-major [`DenseMatrix`], as in smartcore's own examples; labels are `u32`.

mod decision_tree;
mod discrete_naive_bayes;
mod gaussian_nb;
mod k_neighbors;
mod logistic_regression;
mod random_forest;
mod ridge;
mod svc;

use smartcore::linalg::basic::matrix::DenseMatrix;

use super::library::{self, failed};
use super::{Engine, Failure, Work};
use pixel_learn::Features;

/// smartcore, of the version that Cargo.toml pins.
pub static SMARTCORE: Engine = Engine {
    name: "smartcore",
    version: VERSION,
    families: &[
        &decision_tree::DecisionTree,
        &discrete_naive_bayes::Bernoulli,
        &discrete_naive_bayes::Multinomial,
        &gaussian_nb::GaussianNb,
        &k_neighbors::KNeighbors,
        &logistic_regression::LogisticRegression,
        &random_forest::RandomForest,
        &ridge::Ridge,
        &svc::Svc,
    ],
    transforms: true,
};

/// The version in Cargo.lock; a test compares them.
const VERSION: &str = "0.7.0";

type Matrix = DenseMatrix<f64>;

/// A job's data in smartcore's types.
struct Data {
    train: Matrix,
    labels: Vec<u32>,
    test: Matrix,
}

impl Data {
    fn new(work: &Work) -> Result<Data, Failure> {
        Ok(Data {
            train: matrix(work.training.features)?,
            labels: work.training.labels.iter().map(|&label| u32::from(label)).collect(),
            test: matrix(work.test)?,
        })
    }
}

/// The features in smartcore's matrix type.
fn matrix(features: &Features) -> Result<Matrix, Failure> {
    DenseMatrix::new(features.n(), features.d(), library::values(features), false).map_err(failed)
}

/// Predictions in the project's type.
fn classes(predictions: Vec<u32>) -> Vec<u8> {
    predictions.into_iter().map(|class| class as u8).collect()
}
