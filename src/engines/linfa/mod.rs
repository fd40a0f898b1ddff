//! linfa as an engine: the classifiers of the grid that it has, with parameters translated as closely as
//! its interfaces allow. Other configurations are unsupported. Differences from scikit-learn are documented
//! at each family and not corrected.
//!
//! Values are `f64`, as in linfa's own examples; labels are `usize`.

mod ada_boost;
mod bagging;
mod decision_tree;
mod discrete_naive_bayes;
mod gaussian_nb;
mod k_neighbors;
mod logistic_regression;
mod random_forest;
mod seeded_rng;
mod svc;

use ndarray::{Array1, Array2, ArrayView2};

use super::{Engine, library};
use pixel_learn::Features;

/// linfa through its published crates, all of one version.
pub static LINFA: Engine = Engine {
    name: "linfa",
    version: VERSION,
    families: &[
        &ada_boost::AdaBoost,
        &bagging::Bagging,
        &decision_tree::DecisionTree,
        &discrete_naive_bayes::Bernoulli,
        &discrete_naive_bayes::Multinomial,
        &gaussian_nb::GaussianNb,
        &k_neighbors::KNeighbors,
        &logistic_regression::LogisticRegression,
        &random_forest::RandomForest,
        &svc::Svc,
        &svc::NuSvc,
    ],
    transforms: true,
};

/// The version in Cargo.lock; a test compares them.
const VERSION: &str = "0.8.1";

/// The features in linfa's matrix type.
fn records(features: &Features) -> Array2<f64> {
    let values = library::values(features);
    Array2::from_shape_fn((features.n(), features.d()), |(i, j)| values[i * features.d() + j])
}

/// Labels in linfa's type.
fn targets(labels: &[u8]) -> Array1<usize> {
    labels.iter().map(|&label| usize::from(label)).collect()
}

/// Predictions in the project's type.
fn classes(predictions: Array1<usize>) -> Vec<u8> {
    predictions.iter().map(|&class| class as u8).collect()
}

/// Predicts through linfa's trait.
fn predict<M>(model: &M, rows: ArrayView2<f64>) -> Vec<u8>
where
    M: for<'a> linfa::traits::PredictInplace<ArrayView2<'a, f64>, Array1<usize>>,
{
    let mut predictions = model.default_target(&rows);
    model.predict_inplace(&rows, &mut predictions);
    classes(predictions)
}
