//! A network in training as the bytes of a safetensors file: everything that is needed to predict with it, or
//! to go on training as if it had never stopped. `docs/FORMAT.md` names the tensors.

use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::build;
use super::definition::{Definition, Scaling};
use super::error::NetworkError;
use super::trainer::{Best, Epoch, Trainer, TrainingSetup};

/// The key of the file's metadata that holds everything but numbers, as JSON.
const KEY: &str = "mnist-bench";
const VERSION: u64 = 1;

fn wrong(reason: impl Into<String>) -> NetworkError {
    NetworkError::Checkpoint(reason.into())
}

/// A trainer with the names of its model and classes.
pub struct Saved {
    /// The model's name.
    pub model: String,
    /// The model's table, as it was read.
    pub definition: Value,
    /// The name of each class.
    pub class_names: Vec<String>,
    /// SHA-256 of the data files, by name.
    pub digests: BTreeMap<String, String>,
    /// The network in training.
    pub trainer: Trainer,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    version: u64,
    model: String,
    definition: Value,
    class_names: Vec<String>,
    digests: BTreeMap<String, String>,
    #[serde(rename = "setting")]
    setup: TrainingSetup,
    history: Vec<Epoch>,
    optimizer_steps: u64,
    best: Option<BestHead>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BestHead {
    loss: f64,
    stalled: usize,
    restorable: bool,
}

/// A named tensor on its way into the file.
struct Tensor {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Tensor {
    fn new(name: String, shape: Vec<usize>, values: &[f32]) -> Tensor {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Tensor { name, dtype: Dtype::F32, shape, bytes }
    }

    fn double(name: &str, values: &[f64]) -> Tensor {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Tensor { name: name.into(), dtype: Dtype::F64, shape: vec![values.len()], bytes }
    }
}

impl Saved {
    /// The file's bytes; the same network gives the same bytes. Without `resumable`, the file has only what
    /// prediction needs.
    pub fn to_bytes(&self, resumable: bool) -> Result<Vec<u8>, NetworkError> {
        let trainer = &self.trainer;
        let best = trainer.best.as_ref().filter(|_| resumable);
        let head = Head {
            version: VERSION,
            model: self.model.clone(),
            definition: self.definition.clone(),
            class_names: self.class_names.clone(),
            digests: self.digests.clone(),
            setup: trainer.setup.clone(),
            history: trainer.history.clone(),
            optimizer_steps: trainer.optimizer.steps,
            best: best.map(|best| BestHead {
                loss: best.loss,
                stalled: best.stalled,
                restorable: best.weights.is_some(),
            }),
        };
        let head = serde_json::to_string(&head).map_err(|error| wrong(error.to_string()))?;
        let mut tensors = self.weights();
        if trainer.definition.scaling == Scaling::Standard {
            tensors.push(Tensor::double("scaling.offset", &trainer.scaling.offset));
            tensors.push(Tensor::double("scaling.scale", &trainer.scaling.scale));
        }
        if resumable {
            for (index, memory) in trainer.optimizer.memory.iter().enumerate() {
                for (which, values) in memory.iter().enumerate() {
                    let name = format!("optimizer.{index}.{which}");
                    tensors.push(Tensor::new(name, vec![values.len()], values));
                }
            }
            let best = best.and_then(|best| best.weights.as_ref());
            for (index, values) in best.into_iter().flatten().enumerate() {
                tensors.push(Tensor::new(format!("best.{index}"), vec![values.len()], values));
            }
        }
        let mut views = Vec::new();
        for tensor in &tensors {
            let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes);
            views.push((tensor.name.as_str(), view.map_err(|error| wrong(error.to_string()))?));
        }
        serialize(views, Some(HashMap::from([(KEY.to_string(), head)])))
            .map_err(|error| wrong(error.to_string()))
    }

    /// Whether both belong to the same training, at any epoch.
    pub fn is_of(&self, other: &Saved) -> bool {
        self.definition == other.definition
            && self.digests == other.digests
            && self.trainer.setup == other.trainer.setup
    }

    /// Parameters and statistics under the names of their layers.
    fn weights(&self) -> Vec<Tensor> {
        let network = &self.trainer.network;
        let (parameters, statistics) = names(&self.trainer);
        let parameters = parameters.into_iter().zip(network.parameters().map(|parameter| &parameter.value));
        let statistics = statistics.into_iter().zip(network.statistics());
        let all = parameters.chain(statistics);
        all.map(|((name, shape), values)| Tensor::new(name, shape, values)).collect()
    }

    /// Reads a file. `Err` says what is wrong with it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Saved, NetworkError> {
        let unreadable = |error: safetensors::SafeTensorError| wrong(format!("no safetensors file: {error}"));
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(unreadable)?;
        let head = metadata.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
        let head =
            head.ok_or_else(|| wrong("no model of this program: train one with `train MODEL --save FILE`"))?;
        let head: Head =
            serde_json::from_str(head).map_err(|error| wrong(format!("its metadata: {error}")))?;
        if head.version != VERSION {
            return Err(wrong(format!("is of version {}; this program reads {VERSION}", head.version)));
        }
        let file = File(SafeTensors::deserialize(bytes).map_err(unreadable)?);
        let definition = Definition::from_json(&head.definition)?;
        let [rows, columns] = head.setup.image;
        if rows.saturating_mul(columns) > 1 << 20 || head.class_names.len() != head.setup.classes {
            return Err(wrong("its metadata: sizes that cannot be"));
        }
        let steps = build::steps(&definition, head.setup.image, head.setup.classes)?;
        let scaling = match definition.scaling {
            Scaling::Unit => crate::Scaling::unit(rows * columns),
            Scaling::Standard => crate::Scaling {
                offset: file.doubles("scaling.offset", rows * columns)?,
                scale: file.doubles("scaling.scale", rows * columns)?,
            },
        };
        let mut trainer = Trainer::untrained(definition, head.setup, steps, scaling);
        let (parameters, statistics) = names(&trainer);
        for (parameter, (name, _)) in trainer.network.parameters_mut().zip(parameters) {
            parameter.value = file.values(&name, parameter.value.len())?;
        }
        for (statistic, (name, _)) in trainer.network.statistics_mut().zip(statistics) {
            *statistic = file.values(&name, statistic.len())?;
        }
        if file.has("optimizer.0.0") {
            for (index, memory) in trainer.optimizer.memory.iter_mut().enumerate() {
                for (which, values) in memory.iter_mut().enumerate() {
                    *values = file.values(&format!("optimizer.{index}.{which}"), values.len())?;
                }
            }
        }
        trainer.optimizer.steps = head.optimizer_steps;
        trainer.history = head.history;
        if let Some(BestHead { loss, stalled, restorable }) = head.best {
            let lengths: Vec<usize> = (trainer.network.parameters().map(|parameter| parameter.value.len()))
                .chain(trainer.network.statistics().map(Vec::len))
                .collect();
            let read = |(index, &length)| file.values(&format!("best.{index}"), length);
            let weights = restorable.then(|| lengths.iter().enumerate().map(read).collect()).transpose()?;
            trainer.best = Some(Best { loss, stalled, weights });
        }
        let Head { model, definition, class_names, digests, .. } = head;
        Ok(Saved { model, definition, class_names, digests, trainer })
    }
}

type Named = Vec<(String, Vec<usize>)>;

/// Names and shapes of all parameters and of all statistics, such as `1.conv.weights`.
fn names(trainer: &Trainer) -> (Named, Named) {
    let (mut parameters, mut statistics) = (Vec::new(), Vec::new());
    for step in &trainer.steps {
        let layer = step.name.replace(' ', ".");
        let mut shapes = step.tensor_shapes().into_iter();
        let (own, gathered) = step.tensors();
        let mut named = |names: &[&str]| -> Named {
            names.iter().map(|name| (format!("{layer}.{name}"), shapes.next().unwrap_or_default())).collect()
        };
        parameters.extend(named(own));
        statistics.extend(named(gathered));
    }
    (parameters, statistics)
}

/// A file with the tensors looked up by name.
struct File<'a>(SafeTensors<'a>);

impl File<'_> {
    fn has(&self, name: &str) -> bool {
        self.0.tensor(name).is_ok()
    }

    fn bytes(&self, name: &str, dtype: Dtype, length: usize) -> Result<&[u8], NetworkError> {
        let tensor = self.0.tensor(name).map_err(|_| wrong(format!("has no tensor {name}")))?;
        if tensor.dtype() != dtype || tensor.shape().iter().product::<usize>() != length {
            return Err(wrong(format!("tensor {name} is not {length} values of type {dtype:?}")));
        }
        Ok(tensor.data())
    }

    fn values(&self, name: &str, length: usize) -> Result<Vec<f32>, NetworkError> {
        let (chunks, _) = self.bytes(name, Dtype::F32, length)?.as_chunks::<4>();
        Ok(chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    fn doubles(&self, name: &str, length: usize) -> Result<Vec<f64>, NetworkError> {
        let (chunks, _) = self.bytes(name, Dtype::F64, length)?.as_chunks::<8>();
        Ok(chunks.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
    }
}
