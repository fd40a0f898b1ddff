//! smartcore as an engine: the classifiers of the grid that it has, with parameters passed as they are
//! given. What it cannot express is unsupported; what it does differently is written at the family and
//! stays in its figures.
//!
//! Values are `f64` in its row-major [`DenseMatrix`], as in smartcore's own examples; labels are `u32`.

mod k_neighbors;

use smartcore::linalg::basic::matrix::DenseMatrix;

use super::foreign::failed;
use super::{Engine, Failure};
use crate::dataset::Features;

/// smartcore, of the version that Cargo.toml pins.
pub static SMARTCORE: Engine =
    Engine { name: "smartcore", version: VERSION, families: &[&k_neighbors::KNeighbors] };

/// As in Cargo.lock; a test holds it to that.
const VERSION: &str = "0.7.0";

type Matrix = DenseMatrix<f64>;
type Labels = Vec<u32>;

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

/// Labels in smartcore's type.
fn labels(labels: &[u8]) -> Labels {
    labels.iter().map(|&label| u32::from(label)).collect()
}

/// Predictions in the project's type.
fn classes(predictions: Labels) -> Vec<u8> {
    predictions.into_iter().map(|class| class as u8).collect()
}
