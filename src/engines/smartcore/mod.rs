//! smartcore as an engine: the classifiers of the grid that it has, with parameters passed as they are
//! given. What it cannot express is unsupported; differences to scikit-learn are documented at each family
//! and not corrected.
//!
//! Values are `f64` in its row-major [`DenseMatrix`], as in smartcore's own examples; labels are `u32`.

mod decision_tree;
mod gaussian_nb;
mod k_neighbors;
mod logistic_regression;
mod random_forest;
mod svc;

use smartcore::linalg::basic::matrix::DenseMatrix;

use super::library::failed;
use super::{Engine, Failure, Work};
use pixel_learn::Features;

/// smartcore, of the version that Cargo.toml pins.
pub static SMARTCORE: Engine = Engine {
    name: "smartcore",
    version: VERSION,
    families: &[
        &decision_tree::DecisionTree,
        &gaussian_nb::GaussianNb,
        &k_neighbors::KNeighbors,
        &logistic_regression::LogisticRegression,
        &random_forest::RandomForest,
        &svc::Svc,
    ],
    transforms: false,
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

/// The scaled rows in smartcore's matrix type.
fn matrix(features: &Features) -> Result<Matrix, Failure> {
    let (n, d) = (features.n(), features.d());
    let scaling = features.scaling();
    let mut values = Vec::with_capacity(n * d);
    for i in 0..n {
        values.extend(features.pixel_row(i).iter().enumerate().map(|(j, &pixel)| scaling.value(j, pixel)));
    }
    DenseMatrix::new(n, d, values, false).map_err(failed)
}

/// Predictions in the project's type.
fn classes(predictions: Vec<u32>) -> Vec<u8> {
    predictions.into_iter().map(|class| class as u8).collect()
}
