//! Complement naive Bayes: a class is scored by the counts of all other classes, its complement. These counts
//! are larger and more even than those of the class (J. Rennie, L. Shih, J. Teevan, D. Karger, Tackling the
//! poor assumptions of naive Bayes text classifiers, 2003).

use super::discrete::{check_alpha, counts, log_priors};
use crate::models::linear_scores::LinearScores;
use crate::models::{Classifier, Facts, FitError, Model, Training};

/// scikit-learn's `ComplementNB` with the defaults of 1.9. Takes values of at least 0: raw pixels.
///
/// ```
/// use std::sync::Arc;
/// use pixel_learn::{Classifier, ComplementNB, Features, Scaling, Training};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::new(pixels, 30, 4, Arc::new(Scaling::unit(4)));
/// let model = ComplementNB::default().fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ComplementNB {
    /// Added to the count of every feature in every complement, above 0.
    pub alpha: f64,
    /// Whether the weights of a class are divided by their sum.
    pub norm: bool,
    /// Accepted as in scikit-learn, but without effect: the method has no priors.
    pub fit_prior: bool,
    /// Checked, but without effect, as `fit_prior`.
    pub class_prior: Option<Vec<f64>>,
}

impl Default for ComplementNB {
    fn default() -> ComplementNB {
        ComplementNB { alpha: 1.0, norm: false, fit_prior: true, class_prior: None }
    }
}

impl ComplementNB {
    /// Fits as [`Classifier::fit`], but returns the concrete model. Its weights are scikit-learn's
    /// `feature_log_prob_`. O(n d).
    pub fn fit_scores(&self, training: &Training) -> Result<LinearScores, FitError> {
        check_alpha(self.alpha)?;
        let counts = counts("ComplementNB", training)?;
        let present = counts.present();
        log_priors(self.class_prior.as_deref(), self.fit_prior, &counts.rows, &present)?;
        let all = counts.total();
        let mut weights = Vec::new();
        for &class in &present {
            let others = || all.iter().zip(counts.of(class)).map(|(all, own)| all + self.alpha - own);
            let total: f64 = others().sum();
            let logarithms: Vec<f64> = others().map(|count| (count / total).ln()).collect();
            let divisor = if self.norm { logarithms.iter().sum() } else { -1.0 };
            weights.extend(logarithms.iter().map(|logarithm| logarithm / divisor));
        }
        let classes: Vec<u8> = present.iter().map(|&class| class as u8).collect();
        Ok(LinearScores { weights, intercepts: vec![0.0; classes.len()], classes, facts: Facts::new() })
    }
}

impl Classifier for ComplementNB {
    /// O(n d). Deterministic. A class without training rows is never predicted.
    fn fit(&self, training: &Training, _seed: u64) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(self.fit_scores(training)?))
    }
}
