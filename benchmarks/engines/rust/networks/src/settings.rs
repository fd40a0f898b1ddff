//! How a network is trained.

use std::f64::consts::PI;

/// Adam's parameters (Kingma and Ba, 2015).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    pub beta_1: f64,
    pub beta_2: f64,
    pub epsilon: f64,
}

/// Everything but the layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub adam: Adam,
    pub learning_rate: f64,
    /// Epochs of a linear rise, after which the rate falls to 0 as half a cosine; `None` for a constant rate.
    pub cosine_warmup: Option<f64>,
    pub epochs: usize,
    pub batch: usize,
    /// What the pixels are divided by: 255, or 1 where they come standardised.
    pub divisor: f32,
    /// The share of the training images that is held out.
    pub validation: f64,
    /// `alpha / (2 images of the batch)` times the squared weights is added to the loss, as `MLPClassifier` does.
    pub alpha: f64,
    /// Training ends when the loss has not fallen by this for more than two epochs in a row.
    pub tolerance: Option<f64>,
}

impl Settings {
    /// The learning rate of a step, `steps` of which make an epoch.
    pub fn rate(&self, step: usize, steps: usize) -> f64 {
        let Some(warmup) = self.cosine_warmup else { return self.learning_rate };
        // Counted from 1, so that the first step does not have a rate of 0.
        let epoch = (step + 1) as f64 / steps.max(1) as f64;
        if epoch < warmup {
            return self.learning_rate * epoch / warmup;
        }
        let share = (epoch - warmup) / (self.epochs as f64 - warmup).max(1e-9);
        self.learning_rate * 0.5 * (1.0 + (PI * share.min(1.0)).cos())
    }
}
