//! Gaussian process classification by the Laplace approximation, as scikit-learn's
//! `GaussianProcessClassifier`.
//!
//! The default kernel has a fixed length scale of 1 ([`exact`]). On standardised pixels its matrix is the
//! identity except for near-duplicates, so the model nearly predicts the class of the nearest neighbour. A
//! length scale that suits the data couples all rows; [`inducing`] points then approximate them.

pub mod exact;
pub mod inducing;
pub mod laplace;
mod lbfgs;
pub mod radius_search;

use super::{Classifier, FitError, Model, Training};
use crate::{Bytes, Features};
pub use exact::{Decision, MultiClass};
use exact::{Exact, SparseKernel};
use radius_search::RadiusSearch;

/// scikit-learn's `GaussianProcessClassifier` with its default kernel, 1.0 * RBF(1.0), whose parameters are
/// fixed.
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, GaussianProcessClassifier};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = GaussianProcessClassifier::default().fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussianProcessClassifier {
    /// The multi-class strategy.
    pub multi_class: MultiClass,
    /// Maximum number of Newton steps.
    pub max_iter_predict: usize,
}

impl Default for GaussianProcessClassifier {
    fn default() -> GaussianProcessClassifier {
        GaussianProcessClassifier { multi_class: MultiClass::OneVsRest, max_iter_predict: 100 }
    }
}

impl Classifier for GaussianProcessClassifier {
    /// O(n^2 d), nearly all of it to find near-duplicates. Deterministic.
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        let Bytes { pixels, scaling } = training.bytes()?;
        let (n, d) = (training.features.n(), training.features.d());
        let train = Features::new(pixels.to_vec(), n, d, scaling.clone());
        let search = RadiusSearch::new(&train);
        let kernel = SparseKernel::find(&search, n)?;
        let exact = Exact::fit(&kernel, training, self.multi_class, self.max_iter_predict)?;
        drop(search);
        Ok(Box::new(Fitted { train, kernel, exact }))
    }
}

struct Fitted {
    train: Features,
    kernel: SparseKernel,
    exact: Exact,
}

impl Model for Fitted {
    fn predict(&self, x: &Features) -> Vec<u8> {
        let near = exact::near_rows(&RadiusSearch::new(&self.train), x);
        self.exact.decide(&self.kernel, &near).iter().map(|decision| decision.class).collect()
    }
}
