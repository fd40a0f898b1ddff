//! What the engines for networks share: the definition of a network as the job has it, and the order of its training.
//!
//! A framework gives a [`Network`]: layers from a plan, a step of the optimiser, and scores. Images, batches, learning
//! rates and the stopping rule are here, so that they are the same for every framework.

mod classifier;
mod definition;
mod plan;
mod settings;

pub use classifier::Classifier;
pub use definition::read as definition;
pub use plan::{Activation, Layer, Plan};
pub use settings::{Adam, Settings};

use protocol::{Facts, Failure, Job, Model, Parameters, unsupported};

/// A network of a framework, on its CPU back end.
pub trait Network: Sized {
    /// Weights are to be drawn uniformly as Glorot and Bengio do, biases as the plan says, everything from the seed.
    fn new(plan: &Plan, settings: &Settings, seed: u64) -> Result<Self, Failure>;

    /// One step of Adam on a batch of images, channels first; gives the loss before the step, with the penalty.
    fn step(&mut self, images: &[f32], labels: &[u8], rate: f64) -> Result<f64, Failure>;

    /// One score a class for each image, image after image.
    fn scores(&mut self, images: &[f32]) -> Result<Vec<f32>, Failure>;
}

/// The model of a job for `Network` or `MLPClassifier`.
pub fn model<N: Network + 'static>(job: &Job, parameters: &Parameters) -> Result<Box<dyn Model>, Failure> {
    let (plan, settings) = match job.classifier.as_str() {
        "Network" => definition(job, parameters)?,
        "MLPClassifier" => definition::perceptron(job, parameters)?,
        other => return unsupported(format!("{other}: expected Network or MLPClassifier")),
    };
    Ok(Box::new(Classifier::<N>::new(plan, settings, job)))
}

/// Facts of a training: epochs and the loss of each.
fn facts(losses: &[f64]) -> Facts {
    let history: Vec<serde_json::Value> = losses.iter().map(|&loss| loss.into()).collect();
    Facts::from_iter([("epochs".to_string(), losses.len().into()), ("losses".to_string(), history.into())])
}
