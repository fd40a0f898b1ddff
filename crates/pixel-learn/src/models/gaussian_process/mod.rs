//! Gaussian process classification by the Laplace approximation, as scikit-learn's
//! `GaussianProcessClassifier`.
//!
//! With its default kernel ([`exact`]) no length scale is fitted, so on standardised pixels the kernel matrix
//! is the identity but for near-duplicates, and the model is all but the nearest neighbour's class. A length
//! scale that suits the data couples all rows; then [`inducing`] points stand for them.

pub mod exact;
pub mod inducing;
pub mod laplace;
mod lbfgs;
pub mod radius_search;

use super::{Classifier, FitError, Model, Training};
use crate::Features;
use exact::{Exact, SparseKernel};
use radius_search::RadiusSearch;

/// How binary problems make a multi-class one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultiClass {
    OneVsRest,
    OneVsOne,
}

/// scikit-learn's `GaussianProcessClassifier` with its default kernel, 1.0 * RBF(1.0), whose parameters are
/// fixed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussianProcessClassifier {
    pub multi_class: MultiClass,
    /// Newton steps at most.
    pub max_iter_predict: usize,
}

impl Default for GaussianProcessClassifier {
    fn default() -> GaussianProcessClassifier {
        GaussianProcessClassifier { multi_class: MultiClass::OneVsRest, max_iter_predict: 100 }
    }
}

/// What is said of one test row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// By scikit-learn's rule, in double precision.
    pub class: u8,
    /// Whether that rule saw no difference between the classes, so that the order of classes decided.
    pub tied: bool,
    /// The class if nothing had underflowed or been rounded to a tie.
    pub tie_free: u8,
}

impl Classifier for GaussianProcessClassifier {
    /// O(n^2 d) for finding near-duplicates, little beyond it. Deterministic.
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        let pixels = training.features.pixels().to_vec();
        let (n, d) = (training.features.n(), training.features.d());
        let train = Features::new(pixels, n, d, training.features.scaling().clone());
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

/// The classes that occur, rising; an error when there are fewer than two, or no features.
fn present_classes(training: &Training) -> Result<Vec<u8>, FitError> {
    let mut counts = vec![0usize; training.classes];
    training.labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
    let present: Vec<u8> = (0..training.classes).filter(|&c| counts[c] > 0).map(|c| c as u8).collect();
    if present.len() < 2 || training.features.d() == 0 {
        return Err(FitError::UnusableData(format!("{} classes with rows, two are needed", present.len())));
    }
    Ok(present)
}

/// The index of the highest value, the first of equals.
fn first_highest<T: PartialOrd>(values: &[T]) -> usize {
    (1..values.len()).fold(0, |best, index| if values[index] > values[best] { index } else { best })
}
