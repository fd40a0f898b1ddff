//! The fitted model of all linear classifiers, and the preparation of their training data.

use rayon::prelude::*;

use crate::Features;
use crate::linalg::base_delta::SparseRows;
use crate::linalg::{argmax, dot};
use crate::models::{Facts, FitError, Model, Training};

/// Rows scored as one task.
const CHUNK: usize = 512;

/// A linear model with the scores `x . weights[k] + intercepts[k]`. The class with the largest score is
/// predicted, the first of equals.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearModel {
    /// The classes that occurred in training, ascending. The rows of `weights` are in this order.
    pub classes: Vec<u8>,
    /// The weights, `classes.len()` x d, row-major.
    pub weights: Vec<f64>,
    /// The intercepts, one per class.
    pub intercepts: Vec<f64>,
    /// Whether an iterative method met its tolerance. `None` if the method makes a fixed number of passes.
    pub converged: Option<bool>,
    /// Further facts about the fit.
    pub facts: Facts,
}

impl LinearModel {
    /// The model of the weight vectors `vectors` of d + 1 values, one per class, the intercept last.
    pub(super) fn from_vectors(
        classes: Vec<u8>,
        vectors: &[f64],
        converged: bool,
        facts: impl Into<Facts>,
    ) -> LinearModel {
        let d = vectors.len() / classes.len() - 1;
        let vectors = vectors.chunks_exact(d + 1);
        LinearModel {
            classes,
            weights: vectors.clone().flat_map(|vector| &vector[..d]).copied().collect(),
            intercepts: vectors.map(|vector| vector[d]).collect(),
            converged: Some(converged),
            facts: facts.into(),
        }
    }

    /// The scores of every row of `x`: n x `classes.len()`, row-major. O(n d classes).
    pub fn decision_function(&self, x: &Features) -> Vec<f64> {
        let (k, d) = (self.classes.len(), x.d());
        assert_eq!(self.weights.len(), k * d, "the model was fitted on another number of features");
        let matrix = x.scaled();
        let mut scores = vec![0.0; x.n() * k];
        scores.par_chunks_mut(CHUNK * k).enumerate().for_each(|(chunk, scores)| {
            for (i, scores) in scores.chunks_exact_mut(k).enumerate() {
                dot::dots(matrix.row(chunk * CHUNK + i), &self.weights, scores);
                for (score, intercept) in scores.iter_mut().zip(&self.intercepts) {
                    *score += intercept;
                }
            }
        });
        scores
    }
}

impl Model for LinearModel {
    fn predict(&self, x: &Features) -> Vec<u8> {
        self.decision_function(x)
            .chunks_exact(self.classes.len())
            .map(|scores| self.classes[argmax(scores)])
            .collect()
    }

    fn converged(&self) -> Option<bool> {
        self.converged
    }

    fn facts(&self) -> Facts {
        self.facts.clone()
    }
}

/// The training rows as a sparse matrix (x) in ascending order of class, with their classes. Images of one
/// class have the same non-zero pixels, and products take four neighbouring rows at a time, so the order
/// makes the products faster.
pub struct TrainingRows {
    /// The rows (x), n x d.
    pub x: SparseRows,
    /// The class of each row as an index into `classes`.
    pub targets: Vec<usize>,
    /// The classes that occur, ascending.
    pub classes: Vec<u8>,
}

impl TrainingRows {
    /// The sorted rows of `training`. `Err` with fewer than two classes, without one label per row, and for
    /// computed features. O(n d).
    pub fn new(training: &Training) -> Result<TrainingRows, FitError> {
        let SortedByClass { order, targets, classes } = sort_by_class(training)?;
        let (features, scaling) = (training.features, training.features.scaling());
        let value = |j, byte| scaling.value(j, byte);
        let x = SparseRows::from_bytes(features.pixels(), features.d(), &order, value);
        Ok(TrainingRows { x, targets, classes })
    }

    /// Number of rows.
    pub fn n(&self) -> usize {
        self.x.rows()
    }

    /// Number of features.
    pub fn d(&self) -> usize {
        self.x.columns()
    }

    /// Number of classes that occur.
    pub fn k(&self) -> usize {
        self.classes.len()
    }
}

/// The order of the training rows by class.
pub(super) struct SortedByClass {
    /// The original index of each sorted row.
    pub order: Vec<u32>,
    /// The class of each sorted row as an index into `classes`.
    pub targets: Vec<usize>,
    /// The classes that occur, ascending.
    pub classes: Vec<u8>,
}

/// Sorts the rows by class, stably. `Err` as [`encode_labels`].
pub(super) fn sort_by_class(training: &Training) -> Result<SortedByClass, FitError> {
    let (targets, classes) = encode_labels(training)?;
    let mut order: Vec<u32> = (0..targets.len() as u32).collect();
    order.sort_by_key(|&row| targets[row as usize]);
    let targets = order.iter().map(|&row| targets[row as usize]).collect();
    Ok(SortedByClass { order, targets, classes })
}

/// The class of each row as an index into the classes that occur, and these classes, ascending. `Err` with
/// fewer than two classes (scikit-learn refuses one class too), without one label per row, and for computed
/// features.
pub(super) fn encode_labels(training: &Training) -> Result<(Vec<usize>, Vec<u8>), FitError> {
    let classes = training.present_classes(2)?;
    training.bytes()?;
    Ok((training.class_indices(&classes).into_iter().map(usize::from).collect(), classes))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Scaling;
    use crate::models::Classifier;
    use crate::models::linear::{PassiveAggressiveClassifier, Perceptron, SGDClassifier};

    fn features(pixels: &[u8], d: usize) -> Features {
        let n = pixels.len() / d;
        Features::new(pixels.to_vec(), n, d, Arc::new(Scaling::standard(pixels, n, d)))
    }

    fn all() -> Vec<Box<dyn Classifier>> {
        vec![
            Box::new(SGDClassifier::default()),
            Box::new(Perceptron::default()),
            Box::new(PassiveAggressiveClassifier::default()),
        ]
    }

    #[test]
    fn unusable_data_give_errors() {
        let x = features(&[1, 2, 3, 4, 5, 6], 2);
        for classifier in all() {
            for labels in [vec![], vec![0, 1]] {
                let training = Training { features: &x, labels: &labels, classes: 5 };
                let error = classifier.fit(&training, 1).err();
                assert!(matches!(error, Some(FitError::UnusableData(_))), "{labels:?}");
            }
            let one_class = Training { features: &x, labels: &[4, 4, 4], classes: 5 };
            let error = classifier.fit(&one_class, 1).err();
            assert!(matches!(error, Some(FitError::TooFewClasses { needed: 2, found: 1 })));
            let training = Training { features: &features(&[], 2), labels: &[], classes: 2 };
            assert!(classifier.fit(&training, 1).is_err());
        }
    }

    #[test]
    fn a_class_that_never_occurs_is_never_predicted_and_constant_features_do_no_harm() {
        let pixels: Vec<u8> = (0..40).flat_map(|i| [7, if i % 2 == 0 { 10 } else { 200 }, i]).collect();
        let labels: Vec<u8> = (0..40).map(|i| if i % 2 == 0 { 1 } else { 3 }).collect();
        let x = features(&pixels, 3);
        for classifier in all() {
            let training = Training { features: &x, labels: &labels, classes: 5 };
            assert_eq!(classifier.fit(&training, 1).unwrap().predict(&x), labels);
        }
    }
}
