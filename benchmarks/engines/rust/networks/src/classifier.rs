//! Training and prediction with a framework's network.

use protocol::{Facts, Failure, Images, Job, Model, failed};
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;

use crate::{Network, Plan, Settings, facts};

/// Images that are predicted at a time.
const PREDICTED: usize = 500;
/// Training ends after more than this many epochs in a row without a better loss, as in scikit-learn 0.19.
const PATIENCE: usize = 2;

pub struct Classifier<N> {
    plan: Plan,
    settings: Settings,
    seed: u64,
    network: Option<N>,
    /// Mean loss of each epoch.
    losses: Vec<f64>,
    converged: Option<bool>,
}

impl<N: Network> Classifier<N> {
    pub fn new(plan: Plan, settings: Settings, job: &Job) -> Classifier<N> {
        Classifier { plan, settings, seed: job.seed, network: None, losses: Vec::new(), converged: None }
    }

    /// One pass over the images in `order`; gives their mean loss.
    fn epoch(
        &self,
        network: &mut N,
        x: &[f32],
        y: &[u8],
        order: &[usize],
        epoch: usize,
    ) -> Result<f64, Failure> {
        let pixels = x.len() / y.len();
        let steps = order.len().div_ceil(self.settings.batch);
        let (mut images, mut labels, mut sum) = (Vec::new(), Vec::new(), 0.0);
        for (step, batch) in order.chunks(self.settings.batch).enumerate() {
            images.clear();
            labels.clear();
            for &image in batch {
                images.extend_from_slice(&x[image * pixels..(image + 1) * pixels]);
                labels.push(y[image]);
            }
            let rate = self.settings.rate(epoch * steps + step, steps);
            sum += network.step(&images, &labels, rate)? * batch.len() as f64;
        }
        Ok(sum / order.len() as f64)
    }

    fn pixels(&self, x: &Images) -> Vec<f32> {
        x.values.iter().map(|&value| value as f32 / self.settings.divisor).collect()
    }
}

impl<N: Network> Model for Classifier<N> {
    fn fit(&mut self, x: &Images, y: &[u8]) -> Result<(), Failure> {
        let values = self.pixels(x);
        let mut network = N::new(&self.plan, &self.settings, self.seed)?;
        let mut random = Pcg64Mcg::new(u128::from(self.seed) << 1 | 1);
        let mut order: Vec<usize> = (0..x.rows).collect();
        order.shuffle(&mut random);
        // The held-out images select nothing here; they are only left out of training.
        order.truncate(x.rows - (x.rows as f64 * self.settings.validation) as usize);
        let (mut best, mut without) = (f64::INFINITY, 0);
        for epoch in 0..self.settings.epochs {
            order.shuffle(&mut random);
            let loss = self.epoch(&mut network, &values, y, &order, epoch)?;
            if !loss.is_finite() {
                return Err(Failure::Diverged(format!("the loss of epoch {} is {loss}", epoch + 1)));
            }
            self.losses.push(loss);
            let Some(tolerance) = self.settings.tolerance else { continue };
            without = if loss > best - tolerance { without + 1 } else { 0 };
            best = best.min(loss);
            if without > PATIENCE {
                self.converged = Some(true);
                break;
            }
            self.converged = Some(false);
        }
        self.network = Some(network);
        Ok(())
    }

    fn predict(&mut self, x: &Images) -> Result<Vec<u8>, Failure> {
        let values = self.pixels(x);
        let network = self.network.as_mut().ok_or_else(|| failed("not fitted"))?;
        let mut classes = Vec::with_capacity(x.rows);
        for images in values.chunks(PREDICTED * x.columns) {
            let scores = network.scores(images)?;
            let best =
                |scores: &[f32]| (0..scores.len()).reduce(|a, b| if scores[b] > scores[a] { b } else { a });
            classes.extend(scores.chunks(self.plan.classes).map(|scores| best(scores).unwrap_or(0) as u8));
        }
        Ok(classes)
    }

    fn converged(&self) -> Option<bool> {
        self.converged
    }

    fn facts(&self) -> Facts {
        facts(&self.losses)
    }
}
