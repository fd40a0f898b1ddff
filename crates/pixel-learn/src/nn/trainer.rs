//! Trains a network epoch by epoch, and holds all state that is needed to resume later.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::augment::Augmentation;
use super::build::{self, Step};
use super::definition::{Definition, Scaling};
use super::error::NetworkError;
use super::loss::{highest_scores, softmax, softmax_cross_entropy};
use super::network::Network;
use super::optimizer::Optimizer;
use super::random::{Purpose, generator};
use super::schedule::Progress;
use rayon::prelude::*;

/// Training images as bytes, with one label each.
#[derive(Clone, Copy)]
pub struct Images<'a> {
    /// Row-major, one image after the other.
    pub pixels: &'a [u8],
    /// One label per image.
    pub labels: &'a [u8],
}

/// The data and settings of a training, apart from the definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSetup {
    /// The data set's name, on which the augmentation may depend.
    pub dataset: String,
    /// Rows and columns of the images.
    pub image: [usize; 2],
    /// Number of classes.
    pub classes: usize,
    /// Passes over the training rows.
    pub epochs: usize,
    /// The seed of everything that is drawn.
    pub seed: u64,
}

/// The results of an epoch. Training loss and accuracy are means over the batches, each computed before its
/// step, with dropout and augmentation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// The number of the epoch, from 1.
    pub epoch: usize,
    /// The learning rate of the epoch's last step.
    pub learning_rate: f64,
    /// Mean training loss, the l2 penalty included.
    pub loss: f64,
    /// Training accuracy.
    pub accuracy: f64,
    /// Mean loss of the rows held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_loss: Option<f64>,
    /// Accuracy on the rows held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
    /// Wall-clock seconds, validation included.
    pub seconds: f64,
}

/// The progress of an epoch.
#[derive(Clone, Copy, Debug)]
pub struct EpochProgress {
    /// Images so far.
    pub images: usize,
    /// Images of the epoch.
    pub total: usize,
    /// Mean loss so far.
    pub loss: f64,
    /// Mean accuracy so far.
    pub accuracy: f64,
}

/// The best epoch so far and how long ago it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// The validation loss of the best epoch.
    pub loss: f64,
    /// Epochs since the best epoch.
    pub stalled: usize,
    /// The weights and statistics of that epoch, where they are to be restored.
    pub weights: Option<Vec<Vec<f32>>>,
}

/// A network in training.
pub struct Trainer {
    /// The network and its training.
    pub definition: Definition,
    /// The data that it is made for.
    pub setup: TrainingSetup,
    /// The layers with their shapes.
    pub steps: Vec<Step>,
    /// The layers with their weights.
    pub network: Network,
    /// The optimiser with its running means.
    pub optimizer: Optimizer,
    /// One entry per finished epoch.
    pub history: Vec<Epoch>,
    /// The best epoch so far, where there is early stopping.
    pub best: Option<Best>,
    /// The scaling of the pixels.
    pub scaling: crate::Scaling,
    scaled: Vec<f32>,
}

/// Rows per prediction task. The predictions do not depend on it.
const ROWS_A_TASK: usize = 64;

impl Trainer {
    /// An untrained network; `pixels` are those of all training images, which `standard` scaling is fitted on.
    /// `Err` names the layer that does not fit.
    pub fn new(definition: Definition, setup: TrainingSetup, pixels: &[u8]) -> Result<Trainer, NetworkError> {
        let steps = build::steps(&definition, setup.image, setup.classes)?;
        let features = setup.image[0] * setup.image[1];
        let scaling = match definition.scaling {
            Scaling::Unit => crate::Scaling::unit(features),
            Scaling::Standard => crate::Scaling::standard(pixels, pixels.len() / features.max(1), features),
        };
        Ok(Trainer::untrained(definition, setup, steps, scaling))
    }

    /// [`Trainer::new`] with given steps and scaling.
    pub fn untrained(
        definition: Definition,
        setup: TrainingSetup,
        steps: Vec<Step>,
        scaling: crate::Scaling,
    ) -> Trainer {
        let network = build::network(&steps, setup.seed);
        let optimizer = Optimizer::new(definition.rule, &network);
        let scaled = scaled(definition.scaling, &scaling);
        Trainer {
            definition,
            setup,
            steps,
            network,
            optimizer,
            history: Vec::new(),
            best: None,
            scaling,
            scaled,
        }
    }

    /// Whether the last epoch is over, or the training stopped early.
    pub fn finished(&self) -> bool {
        self.history.len() >= self.setup.epochs || self.stopped_early()
    }

    /// Whether the validation loss has not improved for longer than the definition's patience.
    pub fn stopped_early(&self) -> bool {
        match (&self.definition.early_stopping, &self.best) {
            (Some(rule), Some(best)) => best.stalled > rule.patience,
            _ => false,
        }
    }

    /// Training rows and held-out rows, drawn from the seed.
    fn split(&self, rows: usize) -> (Vec<u32>, Vec<u32>) {
        let mut order: Vec<u32> = (0..rows as u32).collect();
        let held = (rows as f64 * self.definition.validation).round() as usize;
        if held > 0 {
            order.shuffle(&mut generator(self.setup.seed, Purpose::Validation, 0));
        }
        let watched = order.split_off(rows - held.min(rows.saturating_sub(1)));
        order.sort_unstable();
        (order, watched)
    }

    /// Trains for one epoch on the rows that are not held out. Calls `on_progress` after each batch. `Err`
    /// when the loss is not finite.
    pub fn epoch(
        &mut self,
        images: Images,
        on_progress: &mut dyn FnMut(EpochProgress),
    ) -> Result<&Epoch, NetworkError> {
        let started = std::time::Instant::now();
        let (mut order, watched) = self.split(images.labels.len());
        let number = self.history.len() as u64;
        order.shuffle(&mut generator(self.setup.seed, Purpose::Order, number));
        let augmentation = self.definition.augmentation(&self.setup.dataset);
        let batch = self.definition.batch.min(order.len().max(1));
        let steps_an_epoch = order.len().div_ceil(batch) as u64;
        let (mut loss, mut correct, mut done, mut rate) = (0.0, 0, 0, 0.0);
        let (mut input, mut labels) = (Vec::new(), Vec::new());
        for rows in order.chunks(batch) {
            self.gather(images, rows, augmentation, number, &mut input);
            labels.clear();
            labels.extend(rows.iter().map(|&row| images.labels[row as usize]));
            let step = self.optimizer.steps;
            let progress = Progress { step, steps_an_epoch, epochs: self.setup.epochs };
            rate = self.definition.learning_rate * self.definition.schedule.factor(progress);
            self.network.begin_step(step);
            let scores = self.network.forward(&input);
            correct += count_correct(&highest_scores(scores, self.setup.classes), &labels);
            let mut mean = softmax_cross_entropy(scores, self.setup.classes, &labels);
            if self.definition.l2 > 0.0 {
                mean += 0.5 * self.definition.l2 * self.network.squared_weights();
            }
            self.network.backward(&input);
            self.optimizer.step(&mut self.network, rate, self.definition.l2);
            loss += mean * rows.len() as f64;
            done += rows.len();
            let count = done as f64;
            on_progress(EpochProgress {
                images: done,
                total: order.len(),
                loss: loss / count,
                accuracy: correct as f64 / count,
            });
            if !mean.is_finite() {
                return Err(NetworkError::Diverged { epoch: number as usize + 1, loss: mean });
            }
        }
        let count = order.len().max(1) as f64;
        let validation = (!watched.is_empty()).then(|| self.evaluate(images, &watched));
        self.history.push(Epoch {
            epoch: number as usize + 1,
            learning_rate: rate,
            loss: rounded(loss / count),
            accuracy: rounded(correct as f64 / count),
            validation_loss: validation.map(|(loss, _)| rounded(loss)),
            validation_accuracy: validation.map(|(_, accuracy)| rounded(accuracy)),
            seconds: (started.elapsed().as_secs_f64() * 1e3).round() / 1e3,
        });
        self.remember(validation.map(|(loss, _)| loss));
        Ok(&self.history[self.history.len() - 1])
    }

    /// Updates the best epoch, and restores its weights at the end of the training if the definition says so.
    fn remember(&mut self, validation_loss: Option<f64>) {
        let (Some(rule), Some(loss)) = (self.definition.early_stopping, validation_loss) else { return };
        let improved = self.best.as_ref().is_none_or(|best| loss < best.loss - rule.min_delta);
        if improved {
            let weights = rule.restore_best.then(|| self.weights());
            self.best = Some(Best { loss, stalled: 0, weights });
        } else if let Some(best) = &mut self.best {
            best.stalled += 1;
        }
        if self.finished()
            && let Some(weights) = self.best.as_ref().and_then(|best| best.weights.clone())
        {
            self.set_weights(weights);
        }
    }

    /// Parameters and statistics, in the network's order.
    fn weights(&self) -> Vec<Vec<f32>> {
        let parameters = self.network.parameters().map(|parameter| parameter.value.clone());
        parameters.chain(self.network.statistics().cloned()).collect()
    }

    fn set_weights(&mut self, weights: Vec<Vec<f32>>) {
        let mut weights = weights.into_iter();
        for parameter in self.network.parameters_mut() {
            parameter.value = weights.next().unwrap_or_default();
        }
        for statistic in self.network.statistics_mut() {
            *statistic = weights.next().unwrap_or_default();
        }
    }

    /// Writes the rows of a batch to `input`, augmented and scaled.
    fn gather(
        &self,
        images: Images,
        rows: &[u32],
        augmentation: Augmentation,
        epoch: u64,
        input: &mut Vec<f32>,
    ) {
        let width = self.network.input_width();
        input.resize(rows.len() * width, 0.0);
        let image = |row: u32| &images.pixels[row as usize * width..(row as usize + 1) * width];
        if augmentation.is_none() {
            for (values, &row) in input.chunks_exact_mut(width).zip(rows) {
                self.scale(image(row), values);
            }
            return;
        }
        let total = images.labels.len() as u64;
        input.par_chunks_mut(width).zip(rows).for_each_init(
            || vec![0; width],
            |changed, (values, &row)| {
                let place = epoch * total + u64::from(row);
                let mut rng = generator(self.setup.seed, Purpose::Augmentation, place);
                augmentation.apply(image(row), self.setup.image, &mut rng, changed);
                self.scale(changed, values);
            },
        );
    }

    fn scale(&self, pixels: &[u8], values: &mut [f32]) {
        match self.definition.scaling {
            Scaling::Unit => {
                let table = &self.scaled[..256];
                values.iter_mut().zip(pixels).for_each(|(value, &pixel)| *value = table[usize::from(pixel)]);
            }
            Scaling::Standard => {
                for (feature, (value, &pixel)) in values.iter_mut().zip(pixels).enumerate() {
                    *value = self.scaled[feature * 256 + usize::from(pixel)];
                }
            }
        }
    }

    /// Loss (without penalty) and accuracy of the present network on `rows`.
    fn evaluate(&self, images: Images, rows: &[u32]) -> (f64, f64) {
        let classes = self.setup.classes;
        let parts: Vec<(f64, usize)> = rows
            .par_chunks(ROWS_A_TASK)
            .map(|rows| {
                let mut input = Vec::new();
                self.gather(images, rows, Augmentation::default(), 0, &mut input);
                let labels: Vec<u8> = rows.iter().map(|&row| images.labels[row as usize]).collect();
                let mut scores = self.network.infer(&input);
                let correct = count_correct(&highest_scores(&scores, classes), &labels);
                (softmax_cross_entropy(&mut scores, classes, &labels) * rows.len() as f64, correct)
            })
            .collect();
        let (loss, correct) = parts.iter().fold((0.0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        (loss / rows.len() as f64, correct as f64 / rows.len() as f64)
    }

    /// The probabilities of all classes for images as bytes, row by row.
    pub fn probabilities(&self, pixels: &[u8]) -> Vec<f32> {
        let width = self.network.input_width();
        let classes = self.setup.classes;
        let parts: Vec<Vec<f32>> = pixels
            .par_chunks(ROWS_A_TASK * width)
            .map(|pixels| {
                let mut input = vec![0.0; pixels.len()];
                for (values, pixels) in input.chunks_exact_mut(width).zip(pixels.chunks_exact(width)) {
                    self.scale(pixels, values);
                }
                let mut scores = self.network.infer(&input);
                scores.chunks_exact_mut(classes).for_each(softmax);
                scores
            })
            .collect();
        parts.concat()
    }

    /// The likeliest class of each image.
    pub fn predict(&self, pixels: &[u8]) -> Vec<u8> {
        highest_scores(&self.probabilities(pixels), self.setup.classes)
    }
}

/// Rounds to six digits: repeated runs agree in fewer, and result files stay short.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn count_correct(predicted: &[u8], labels: &[u8]) -> usize {
    predicted.iter().zip(labels).filter(|(predicted, label)| predicted == label).count()
}

/// The scaled value of each byte: one table for all pixels, or one per pixel.
fn scaled(kind: Scaling, scaling: &crate::Scaling) -> Vec<f32> {
    let features = match kind {
        Scaling::Unit => scaling.offset.len().min(1),
        Scaling::Standard => scaling.offset.len(),
    };
    let of = |feature: usize| (0..=255u8).map(move |pixel| scaling.value(feature, pixel) as f32);
    (0..features).flat_map(of).collect()
}
