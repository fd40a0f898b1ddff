//! `Network`: a model defined as data (`benchmarks/neural.toml`), trained with [`pixel_learn::nn`]. Nothing
//! is shared. The configuration contains the whole definition, so that a result documents what was trained.

use super::unshared_key;
use crate::engines::params::ParamReader;
use crate::engines::stopwatch::timed;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::nn::build;
use pixel_learn::nn::trainer::{Images, Trainer, TrainingSetup};
use pixel_learn::nn::{Definition, NetworkError};

pub struct Family;

const KNOWN: [&str; 3] = ["model", "epochs", "definition"];

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "Network"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        let (definition, _) = read(parameters)?;
        build::steps(&definition, shape.image, shape.classes).map(drop).map_err(|error| error.to_string())
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(self.classifier(), parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        for (index, configuration) in work.configurations.iter().enumerate() {
            emit(index, run(work, &configuration.parameters));
        }
    }
}

/// The definition and the number of epochs.
fn read(parameters: &Parameters) -> Result<(Definition, usize), String> {
    let reader = ParamReader::new(parameters, &KNOWN)?;
    // An absent parameter means the definition's own number of epochs.
    let epochs = reader.integer("epochs", usize::MAX, 1)?;
    let definition =
        reader.value("definition").ok_or("no definition: name a model that a grid file defines")?;
    let definition = Definition::from_json(definition).map_err(|reason| format!("definition: {reason}"))?;
    let epochs = if epochs == usize::MAX { definition.epochs } else { epochs };
    Ok((definition, epochs))
}

fn run(work: &Work, parameters: &Parameters) -> Result<Outcome, Failure> {
    let (definition, epochs) = read(parameters).map_err(Failure::Unsupported)?;
    let (features, labels) = (work.training.features, work.training.labels);
    if labels.is_empty() {
        return Err(Failure::Failed("there are no training rows".into()));
    }
    let setting = TrainingSetup {
        dataset: work.dataset.to_string(),
        image: work.image,
        classes: work.training.classes,
        epochs,
        seed: work.seed,
    };
    let trainer = Trainer::new(definition, setting, features.pixels())
        .map_err(|error| Failure::Unsupported(error.to_string()))?;
    let (trainer, fit) = timed(|| -> Result<Trainer, NetworkError> {
        let mut trainer = trainer;
        let images = Images { pixels: features.pixels(), labels };
        while !trainer.finished() {
            trainer.epoch(images, &mut |_| {})?;
        }
        Ok(trainer)
    });
    let trainer = trainer.map_err(|error| Failure::Diverged(error.to_string()))?;
    let (predictions, predict) = timed(|| trainer.predict(work.test.pixels()));
    let mut facts = serde_json::Map::new();
    let parameters: usize = trainer.steps.iter().map(|step| step.parameters).sum();
    facts.insert("parameters".into(), parameters.into());
    facts.insert("epochs".into(), trainer.history.len().into());
    let history = serde_json::to_value(&trainer.history);
    facts.insert("history".into(), history.map_err(|error| Failure::Failed(error.to_string()))?);
    Ok(Outcome { predictions, fit, predict, converged: None, facts })
}
