//! Multinomial naive Bayes: the features of a row are counts, drawn with the class's probabilities.

use super::discrete::{check_alpha, counts, log_priors};
use crate::models::linear_scores::LinearScores;
use crate::models::{Classifier, Facts, FitError, Model, Training};

/// scikit-learn's `MultinomialNB` with the defaults of 1.9. Takes values of at least 0: raw pixels.
///
/// ```
/// use std::sync::Arc;
/// use pixel_learn::{Classifier, Features, MultinomialNB, Scaling, Training};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::new(pixels, 30, 4, Arc::new(Scaling::unit(4)));
/// let model = MultinomialNB::default().fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MultinomialNB {
    /// Added to the count of every feature in every class (Laplace smoothing), above 0.
    pub alpha: f64,
    /// Whether the priors are the frequencies of the training labels; otherwise they are equal.
    pub fit_prior: bool,
    /// The prior probability of each class: not negative, summing to 1.
    pub class_prior: Option<Vec<f64>>,
}

impl Default for MultinomialNB {
    fn default() -> MultinomialNB {
        MultinomialNB { alpha: 1.0, fit_prior: true, class_prior: None }
    }
}

impl MultinomialNB {
    /// Fits as [`Classifier::fit`], but returns the concrete model. Its weights are scikit-learn's
    /// `feature_log_prob_`, its intercepts `class_log_prior_`. O(n d).
    pub fn fit_scores(&self, training: &Training) -> Result<LinearScores, FitError> {
        check_alpha(self.alpha)?;
        let counts = counts("MultinomialNB", training)?;
        let present = counts.present();
        let mut weights = Vec::new();
        for &class in &present {
            let counts = counts.of(class);
            let total: f64 = counts.iter().map(|count| count + self.alpha).sum();
            weights.extend(counts.iter().map(|count| (count + self.alpha).ln() - total.ln()));
        }
        let intercepts = log_priors(self.class_prior.as_deref(), self.fit_prior, &counts.rows, &present)?;
        let classes = present.iter().map(|&class| class as u8).collect();
        Ok(LinearScores { classes, weights, intercepts, facts: Facts::new() })
    }
}

impl Classifier for MultinomialNB {
    /// O(n d). Deterministic. A class without training rows is never predicted, whatever its prior.
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_scores(training)?))
    }
}
