//! Histogram gradient boosting (Ke et al.: LightGBM, 2017) as in scikit-learn 1.9: log loss, one tree for
//! each class and round (one tree for two classes), grown leaf-wise from histograms of gradients and
//! Hessians.
//!
//! Bins are scikit-learn's. A pixel with at most `max_bins` distinct values has one bin for each, which is
//! exact; one with more has bins between percentiles, fewer than `max_bins` if many images share a value.
//! scikit-learn computes percentiles from a sample of more than 200,000 rows; here all rows count.

mod fitted;
mod grower;
mod loss;
mod validation;

pub use fitted::{HistNode, HistTree, Predictors, Scores};

use std::sync::Mutex;

use rayon::prelude::*;

use super::tree::check_data;
use super::{Classifier, FitError, Model, Training};
use crate::linalg::histogram::{
    BinnedRows, Bins, Columns, QuantisedGradients, gradient_histogram::MOST_ROWS,
};
use grower::{Data, Grower, Limits};
use loss::LogLoss;
use validation::Validation;

/// Minimum sum of Hessians on each side of a split: scikit-learn's `min_hessian_to_split`.
const MIN_HESSIAN: f64 = 1e-3;

/// Number of training rows above which `early_stopping` is on by default.
const MANY_ROWS: usize = 10_000;

/// scikit-learn's `HistGradientBoostingClassifier`, with the defaults of 1.9.
///
/// ```
/// use pixel_learn::{Classifier, Features, HistGradientBoostingClassifier, Training};
///
/// // Sixty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..240).map(|i| if i % 4 == i / 80 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..60).map(|i| i / 20).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let boosting = HistGradientBoostingClassifier { max_iter: 10, min_samples_leaf: 5, ..Default::default() };
/// let model = boosting.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistGradientBoostingClassifier {
    /// The learning rate (shrinkage) of every tree, above 0.
    pub learning_rate: f64,
    /// Maximum number of boosting rounds, at least 1.
    pub max_iter: usize,
    /// Maximum number of leaves of a tree, at least 2; `None` for no limit.
    pub max_leaf_nodes: Option<usize>,
    /// Maximum depth in edges, at least 1; `None` for no limit.
    pub max_depth: Option<usize>,
    /// Minimum number of training rows in a leaf, at least 1.
    pub min_samples_leaf: usize,
    /// The l2 regularisation (lambda), added to the sum of Hessians of a leaf, at least 0.
    pub l2_regularization: f64,
    /// Maximum number of bins of a feature, from 2 to 255.
    pub max_bins: usize,
    /// Whether training stops when the loss no longer decreases; `None`: if there are more than 10,000
    /// training rows.
    pub early_stopping: Option<bool>,
    /// The share of the training rows that early stopping holds out for the loss; `None` takes the loss on
    /// the training rows.
    pub validation_fraction: Option<f64>,
    /// The number of rounds without a better loss that ends training, at least 1.
    pub n_iter_no_change: usize,
    /// The decrease that makes a loss better, at least 0.
    pub tol: f64,
}

impl Default for HistGradientBoostingClassifier {
    fn default() -> Self {
        HistGradientBoostingClassifier {
            learning_rate: 0.1,
            max_iter: 100,
            max_leaf_nodes: Some(31),
            max_depth: None,
            min_samples_leaf: 20,
            l2_regularization: 0.0,
            max_bins: 255,
            early_stopping: None,
            validation_fraction: Some(0.1),
            n_iter_no_change: 10,
            tol: 1e-7,
        }
    }
}

/// A model in training, which can be boosted further.
pub struct HistBoosting {
    parameters: HistGradientBoostingClassifier,
    data: Data,
    loss: LogLoss,
    validation: Option<Validation>,
    /// Builders with their gradients, for reuse.
    growers: Mutex<Vec<(Grower, QuantisedGradients)>>,
    predictors: Predictors,
    stopped: bool,
}

impl HistGradientBoostingClassifier {
    /// Prepares the training data for a model without trees. `seed` selects the rows that early stopping
    /// holds out; nothing else is random. `Err` for unusable parameters or data. O(n d).
    pub fn begin(&self, training: &Training, seed: u64) -> Result<HistBoosting, FitError> {
        self.check(training)?;
        let bytes = training.bytes()?;
        let present = training.present_classes(2)?;
        let (n, d) = (training.features.n(), training.features.d());
        let targets = training.class_indices(&present);
        let stops = self.early_stopping.unwrap_or(n > MANY_ROWS);
        let (kept, held_out) = match self.validation_fraction {
            Some(fraction) if stops => validation::split(&targets, present.len(), fraction, seed)?,
            _ => ((0..n as u32).collect(), Vec::new()),
        };
        let of = |rows: &[u32]| rows.iter().map(|&row| targets[row as usize]).collect::<Vec<u8>>();
        let loss = LogLoss::new(of(&kept), present.len());
        let bins = Bins::new(bytes.pixels, d, &kept, self.max_bins);
        let rows = BinnedRows::new(bytes.pixels, d, &kept, &bins);
        let mut columns = Columns::default();
        columns.gather(bytes.pixels, d, kept.len(), |index| kept[index] as usize);
        let predictors = Predictors::new(loss.baseline().to_vec(), present);
        let validation = stops.then(|| {
            let rows = held_out.iter().flat_map(|&row| training.features.pixel_row(row as usize));
            let loss = LogLoss::for_rows(&loss, of(&held_out));
            Validation::new(rows.copied().collect(), d, loss, self.n_iter_no_change, self.tol)
        });
        let mut boosting = HistBoosting {
            parameters: *self,
            data: Data { bins, rows, columns },
            loss,
            validation,
            growers: Mutex::default(),
            predictors,
            stopped: false,
        };
        boosting.check_early_stopping();
        Ok(boosting)
    }

    /// `Err` for parameters and data that cannot be boosted.
    fn check(&self, training: &Training) -> Result<(), FitError> {
        let at_least_1 = [
            ("max_iter", self.max_iter),
            ("min_samples_leaf", self.min_samples_leaf),
            ("n_iter_no_change", self.n_iter_no_change),
        ];
        for (name, value) in at_least_1 {
            if value == 0 {
                return Err(FitError::parameter(name, 0, "must be at least 1"));
            }
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            let reason = "must be a finite number above 0";
            return Err(FitError::parameter("learning_rate", self.learning_rate, reason));
        }
        if let Some(leaves @ ..2) = self.max_leaf_nodes {
            return Err(FitError::parameter(
                "max_leaf_nodes",
                leaves,
                "must be at least 2, or null for no limit",
            ));
        }
        if self.max_depth == Some(0) {
            return Err(FitError::parameter("max_depth", 0, "must be at least 1, or null for no limit"));
        }
        for (name, value) in [("l2_regularization", self.l2_regularization), ("tol", self.tol)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(FitError::parameter(name, value, "must be at least 0"));
            }
        }
        if !(2..=255).contains(&self.max_bins) {
            return Err(FitError::parameter("max_bins", self.max_bins, "must be from 2 to 255"));
        }
        if let Some(fraction) = self.validation_fraction
            && !(fraction > 0.0 && fraction < 1.0)
        {
            return Err(FitError::parameter("validation_fraction", fraction, "must be above 0 and below 1"));
        }
        check_data(training)?;
        if training.features.n() > MOST_ROWS {
            return Err(FitError::UnusableData(format!("boosting counts at most {MOST_ROWS} rows")));
        }
        Ok(())
    }
}

impl HistBoosting {
    /// Boosts until the model has `rounds` rounds or early stopping ends. Each tree is a task.
    pub fn boost_to(&mut self, rounds: usize) {
        while self.predictors.rounds() < rounds && !self.stopped {
            self.round();
        }
    }

    /// Number of rounds so far.
    pub fn rounds(&self) -> usize {
        self.predictors.rounds()
    }

    /// Whether early stopping has ended training.
    pub fn stopped(&self) -> bool {
        self.stopped
    }

    /// The losses of early stopping, the first before any round; empty without early stopping.
    pub fn losses(&self) -> &[f64] {
        self.validation.as_ref().map_or(&[], Validation::losses)
    }

    /// The model so far.
    pub fn predictors(&self) -> &Predictors {
        &self.predictors
    }

    /// The mean log loss over the training rows without those held out.
    pub fn training_loss(&self) -> f64 {
        self.loss.mean()
    }

    /// One boosting round.
    fn round(&mut self) {
        let HistBoosting { parameters, data, loss, growers, .. } = self;
        let growers = &*growers;
        loss.update_probabilities();
        let limits = Limits {
            leaves: parameters.max_leaf_nodes.unwrap_or(usize::MAX),
            depth: parameters.max_depth.unwrap_or(usize::MAX),
            min_rows: parameters.min_samples_leaf,
            min_hessian: MIN_HESSIAN,
            l2: parameters.l2_regularization,
            learning_rate: parameters.learning_rate,
        };
        let trees: Vec<HistTree> = loss
            .classes()
            .with_max_len(1)
            .map(|mut class| {
                let idle = growers.lock().map_or(None, |mut idle| idle.pop());
                let (mut grower, mut gradients) = idle.unwrap_or_default();
                gradients.set(data.rows.n(), |row| class.gradient_and_hessian(row));
                let tree = grower.grow(data, &gradients, &limits);
                for (value, rows) in grower.leaves() {
                    class.add(value, rows);
                }
                if let Ok(mut idle) = growers.lock() {
                    idle.push((grower, gradients));
                }
                tree
            })
            .collect();
        self.predictors.push(trees);
        self.check_early_stopping();
    }

    /// Ends training if early stopping says so after the last round.
    fn check_early_stopping(&mut self) {
        if let Some(validation) = &mut self.validation {
            self.stopped = validation.should_stop(&self.predictors, &self.loss);
        }
    }
}

impl Classifier for HistGradientBoostingClassifier {
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        let mut boosting = self.begin(training, seed)?;
        boosting.boost_to(self.max_iter);
        Ok(Box::new(boosting.predictors))
    }
}
