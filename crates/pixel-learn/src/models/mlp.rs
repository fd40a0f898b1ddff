//! The multi-layer perceptron, trained by Adam on mini-batches.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::{Classifier, Facts, FitError, Model, Training};
use crate::features::{Features, ScaledRows};
use crate::nn::loss::{highest_scores, softmax_cross_entropy};
use crate::nn::{Dense, Layer, Network, Optimizer, Relu, Rule, Tanh};

/// The activation function of the hidden layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// f(x) = x.
    Identity,
    /// f(x) = max(0, x).
    Relu,
    /// f(x) = tanh x.
    Tanh,
}

/// scikit-learn's `MLPClassifier` with its Adam solver, with the meaning and defaults of 0.19: it stops when
/// the training loss failed to improve by `tol` three epochs in a row (today's `n_iter_no_change=2`).
///
/// The output is a softmax over all classes; scikit-learn has a single logistic output for two classes,
/// which can express the same functions but has other initial weights and another penalty.
///
/// ```
/// use pixel_learn::{Classifier, Features, Training, MLPClassifier};
///
/// // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
/// let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
/// let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
/// let train = Features::standardised(pixels, 4)?;
/// let model = MLPClassifier { hidden_layer_sizes: vec![20], learning_rate_init: 0.01, ..Default::default() }.fit(&Training::new(&train, &labels)?, 1)?;
/// assert_eq!(model.predict(&train), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MLPClassifier {
    /// Units of each hidden layer, first to last.
    pub hidden_layer_sizes: Vec<usize>,
    /// The activation of every hidden layer.
    pub activation: Activation,
    /// The L2 penalty of the weights, divided by the number of rows of each batch; biases are not penalised.
    pub alpha: f64,
    /// Rows per step (mini-batch size), capped at the number of training rows.
    pub batch_size: usize,
    /// The learning rate of Adam.
    pub learning_rate_init: f64,
    /// The maximum number of epochs.
    pub max_iter: usize,
    /// The least decrease of the training loss that counts as an improvement.
    pub tol: f64,
    /// Whether the rows are taken in a new order in every epoch.
    pub shuffle: bool,
    /// Decay rate of the running mean of the gradient (Adam), below 1.
    pub beta_1: f64,
    /// Decay rate of the running mean of the squared gradient, below 1.
    pub beta_2: f64,
    /// Added to Adam's divisor, against division by 0.
    pub epsilon: f64,
}

impl Default for MLPClassifier {
    fn default() -> MLPClassifier {
        MLPClassifier {
            hidden_layer_sizes: vec![100],
            activation: Activation::Relu,
            alpha: 1e-4,
            batch_size: 200,
            learning_rate_init: 1e-3,
            max_iter: 200,
            tol: 1e-4,
            shuffle: true,
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
        }
    }
}

/// Training stops after more than this many epochs in a row without improvement (today's `n_iter_no_change`).
const PATIENCE: usize = 2;

/// Rows per prediction task. The predictions do not depend on it.
const ROWS_A_TASK: usize = 512;

/// Gives the order of the rows another random stream than the initial weights.
const ORDER_STREAM: u64 = 0x6f72_6465_7273;

impl Classifier for MLPClassifier {
    /// O(epochs n (d h1 + h1 h2 + ...)). The seed draws the initial weights and the order of the rows.
    fn fit(&self, training: &Training, seed: u64) -> Result<Box<dyn Model>, FitError> {
        let mut rng = Pcg64::seed_from_u64(seed);
        // A class without rows has no output, and is never predicted.
        let present = training.present_classes(1)?;
        let index = |label: &u8| present.binary_search(label).map_or(0, |index| index as u8);
        let labels: Vec<u8> = training.labels.iter().map(index).collect();
        let of_present = Training { labels: &labels, classes: present.len(), ..*training };
        let network = self.network(training.features.d(), present.len(), &mut rng)?;
        let fitted = self.fit_network(network, &of_present, seed)?;
        Ok(Box::new(FittedMLP { present, ..fitted }))
    }
}

impl MLPClassifier {
    /// The untrained network: Glorot-uniform weights and biases.
    pub fn network(&self, inputs: usize, classes: usize, rng: &mut Pcg64) -> Result<Network, FitError> {
        if inputs == 0 || classes == 0 {
            return Err(FitError::UnusableData("there are no features or no classes".into()));
        }
        if self.hidden_layer_sizes.contains(&0) {
            let sizes = format!("{:?}", self.hidden_layer_sizes);
            return Err(FitError::parameter("hidden_layer_sizes", sizes, "every layer needs a unit"));
        }
        let mut layers: Vec<Box<dyn Layer>> = Vec::new();
        let mut width = inputs;
        for &units in &self.hidden_layer_sizes {
            layers.push(Box::new(Dense::glorot(width, units, rng)));
            match self.activation {
                Activation::Identity => {}
                Activation::Relu => layers.push(Box::new(Relu { width: units })),
                Activation::Tanh => layers.push(Box::new(Tanh { width: units })),
            }
            width = units;
        }
        layers.push(Box::new(Dense::glorot(width, classes, rng)));
        Ok(Network::new(layers))
    }

    /// Trains a network from the weights that it has. The seed draws the order of the rows.
    pub fn fit_network(
        &self,
        mut network: Network,
        training: &Training,
        seed: u64,
    ) -> Result<FittedMLP, FitError> {
        self.check()?;
        let n = training.features.n();
        training.check()?;
        let MLPClassifier { beta_1, beta_2, epsilon, .. } = *self;
        let adam = Rule::Adam { beta_1, beta_2, epsilon, weight_decay: 0.0 };
        let mut optimizer = Optimizer::new(adam, &network);
        let mut rng = Pcg64::seed_from_u64(seed ^ ORDER_STREAM);
        let rows = training.features.scaled_rows();
        let mut order: Vec<u32> = (0..n as u32).collect();
        let mut loss_curve = Vec::new();
        let mut best = f64::INFINITY;
        let mut stalled = 0;
        while loss_curve.len() < self.max_iter && stalled <= PATIENCE {
            if self.shuffle {
                order.shuffle(&mut rng);
            }
            let loss = self.epoch(&mut network, &mut optimizer, training, &rows, &order);
            if !loss.is_finite() {
                let epoch = loss_curve.len() + 1;
                return Err(FitError::Diverged(format!("the training loss of epoch {epoch} is {loss}")));
            }
            stalled = if loss > best - self.tol { stalled + 1 } else { 0 };
            best = best.min(loss);
            loss_curve.push(loss);
        }
        let present = (0..network.output_width()).map(|class| class as u8).collect();
        Ok(FittedMLP { network, loss_curve, present, converged: stalled > PATIENCE })
    }

    /// Trains on all rows once, in this order, `batch_size` at a time (the last batch may be smaller). Returns the
    /// mean over the rows of the loss that each batch had before its step: cross-entropy plus
    /// `alpha` / (2 rows of the batch) times the squared weights, scikit-learn's loss.
    fn epoch(
        &self,
        network: &mut Network,
        optimizer: &mut Optimizer,
        training: &Training,
        rows: &ScaledRows,
        order: &[u32],
    ) -> f64 {
        let (d, classes) = (training.features.d(), network.output_width());
        let mut inputs = vec![0.0; self.batch_size.min(order.len()) * d];
        let mut labels = Vec::new();
        let mut total = 0.0;
        for batch in order.chunks(self.batch_size) {
            let input = &mut inputs[..batch.len() * d];
            rows.copy(batch, input);
            labels.clear();
            labels.extend(batch.iter().map(|&row| training.labels[row as usize]));
            let decay = self.alpha / batch.len() as f64;
            let penalty = if self.alpha > 0.0 { 0.5 * decay * network.squared_weights() } else { 0.0 };
            let loss = softmax_cross_entropy(network.forward(input), classes, &labels) + penalty;
            network.backward(input);
            optimizer.step(network, self.learning_rate_init, decay);
            total += loss * batch.len() as f64;
        }
        total / order.len() as f64
    }

    fn check(&self) -> Result<(), FitError> {
        let positive = |name, value: f64| match value > 0.0 && value.is_finite() {
            true => Ok(()),
            false => Err(FitError::parameter(name, value, "must be greater than 0")),
        };
        positive("learning_rate_init", self.learning_rate_init)?;
        positive("batch_size", self.batch_size as f64)?;
        positive("max_iter", self.max_iter as f64)?;
        positive("epsilon", self.epsilon)?;
        for (name, value) in [("beta_1", self.beta_1), ("beta_2", self.beta_2)] {
            if !(0.0..1.0).contains(&value) {
                return Err(FitError::parameter(name, value, "must be at least 0 and below 1"));
            }
        }
        for (name, value) in [("alpha", self.alpha), ("tol", self.tol)] {
            if value.is_nan() || value < 0.0 {
                return Err(FitError::parameter(name, value, "must not be negative"));
            }
        }
        Ok(())
    }
}

/// A trained network with the history of its training.
pub struct FittedMLP {
    /// The trained network.
    pub network: Network,
    /// The mean training loss of each epoch.
    pub loss_curve: Vec<f64>,
    /// The class of each output.
    present: Vec<u8>,
    converged: bool,
}

impl Model for FittedMLP {
    fn predict(&self, x: &Features) -> Vec<u8> {
        let (width, classes) = (self.network.input_width(), self.network.output_width());
        x.scaled()
            .as_slice()
            .par_chunks(ROWS_A_TASK * width)
            .flat_map_iter(|rows| highest_scores(&self.network.infer(rows), classes))
            .map(|output| self.present[usize::from(output)])
            .collect()
    }

    fn converged(&self) -> Option<bool> {
        Some(self.converged)
    }

    fn facts(&self) -> Facts {
        // Runs with different seeds agree in fewer than six digits.
        let curve = self.loss_curve.iter().map(|loss| (loss * 1e6).round() / 1e6);
        Facts::from([
            ("epochs", self.loss_curve.len().into()),
            ("loss", self.loss_curve.last().copied().unwrap_or(f64::NAN).into()),
            ("loss_curve", curve.collect()),
        ])
    }
}
