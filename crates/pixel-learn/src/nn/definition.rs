//! A model as data: layers, optimiser and how to train them, read from the `[model.NAME]` tables of a TOML file
//! (`docs/FORMAT.md` has them key by key). [`super::build`] checks the shapes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::augment::Augmentation;
use super::error::NetworkError;
use super::optimizer::Rule;
use super::schedule::Schedule;

/// A network and its training.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Wire")]
pub struct Definition {
    /// One line: what the network is and where it comes from.
    pub description: String,
    /// The scaling of the pixels before the first layer.
    pub scaling: Scaling,
    /// The layers, first to last.
    pub layers: Vec<Layer>,
    /// The rule of the optimiser.
    pub rule: Rule,
    /// The learning rate before the schedule, above 0.
    pub learning_rate: f64,
    /// The schedule of the learning rate.
    pub schedule: Schedule,
    /// Epochs unless the configuration says otherwise.
    pub epochs: usize,
    /// Training rows per step (mini-batch size).
    pub batch: usize,
    /// The L2 penalty: l2 / 2 times the sum of squared weights is added to the loss.
    pub l2: f64,
    /// The share of the training rows that is held out to watch the training, below 1.
    pub validation: f64,
    /// The rule for stopping before the last epoch.
    pub early_stopping: Option<EarlyStopping>,
    augmentation: Augmentation,
    /// Settings that differ on one data set, by its name.
    overrides: BTreeMap<String, DatasetOverrides>,
}

/// The scaling of the pixels before the first layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// pixel / 255.
    #[default]
    Unit,
    /// Zero mean and unit variance of every pixel position.
    Standard,
}

/// The rule for stopping before the last epoch.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping {
    /// Training stops after more than this many epochs in a row without improvement of the validation loss.
    pub patience: usize,
    /// The decrease of the validation loss above which an epoch is an improvement.
    #[serde(default)]
    pub min_delta: f64,
    /// Whether the weights of the best epoch are kept instead of the last's.
    #[serde(default = "yes")]
    pub restore_best: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct DatasetOverrides {
    augmentation: Option<Augmentation>,
}

/// One element of `layers`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Layer {
    /// Convolution with a bias.
    Conv {
        /// Output channels.
        filters: usize,
        /// Size of the kernel.
        kernel: Kernel,
        /// The padding at the border.
        #[serde(default)]
        padding: Padding,
        /// The activation after the layer.
        #[serde(default)]
        activation: Activation,
    },
    /// Maximum over squares that do not overlap.
    MaxPool {
        /// The side of a square.
        size: usize,
    },
    /// Batch normalisation of each channel.
    BatchNorm {
        /// The share of the running statistics that is kept at each batch.
        #[serde(default = "ninety_nine")]
        momentum: f64,
        /// Added to the variance.
        #[serde(default = "thousandth")]
        epsilon: f64,
    },
    /// Dropout.
    Dropout {
        /// The share of values that is dropped, below 1.
        rate: f64,
    },
    /// Turns an image into a row of values.
    Flatten {},
    /// A dense layer with a bias.
    Dense {
        /// Output values.
        units: Units,
        /// The activation after the layer.
        #[serde(default)]
        activation: Activation,
    },
    /// An activation alone.
    Activation {
        /// The function.
        function: Activation,
    },
}

impl Layer {
    /// The name of the layer's type in the file.
    pub fn name(&self) -> &'static str {
        match self {
            Layer::Conv { .. } => "conv",
            Layer::MaxPool { .. } => "max_pool",
            Layer::BatchNorm { .. } => "batch_norm",
            Layer::Dropout { .. } => "dropout",
            Layer::Flatten {} => "flatten",
            Layer::Dense { .. } => "dense",
            Layer::Activation { .. } => "activation",
        }
    }
}

/// A kernel's size: one number for a square, or height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Kernel {
    /// The side of a square.
    Square(usize),
    /// Height and width.
    Sides([usize; 2]),
}

impl Kernel {
    /// Height and width.
    pub fn sides(self) -> [usize; 2] {
        match self {
            Kernel::Square(side) => [side, side],
            Kernel::Sides(sides) => sides,
        }
    }
}

/// The padding of a convolution at the border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// No padding; the output is smaller than the input.
    #[default]
    Valid,
    /// Zeros around the image; the output is as large as the input.
    Same,
}

/// An activation function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// f(x) = x.
    #[default]
    Linear,
    /// f(x) = max(0, x).
    Relu,
    /// f(x) = tanh x.
    Tanh,
    /// Softmax, after the last layer only.
    Softmax,
}

/// A number of units, or as many as the data set has classes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Units {
    /// A number.
    Count(usize),
    /// `classes`: as many as there are classes.
    Named(String),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Optimizer {
    Sgd {
        learning_rate: f64,
        #[serde(default)]
        momentum: f64,
        #[serde(default)]
        nesterov: bool,
    },
    Adam {
        learning_rate: f64,
        #[serde(default = "nine_tenths")]
        beta_1: f64,
        #[serde(default = "nearly_one")]
        beta_2: f64,
        #[serde(default = "ten_millionth")]
        epsilon: f64,
    },
    Adamw {
        learning_rate: f64,
        weight_decay: f64,
        #[serde(default = "nine_tenths")]
        beta_1: f64,
        #[serde(default = "nearly_one")]
        beta_2: f64,
        #[serde(default = "ten_millionth")]
        epsilon: f64,
    },
}

/// The table as it stands in the file. Layers are read one by one, so that an error can name its layer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default)]
    description: String,
    #[serde(default)]
    scaling: Scaling,
    layers: Vec<Value>,
    optimizer: Optimizer,
    #[serde(default)]
    schedule: Schedule,
    epochs: usize,
    batch: usize,
    #[serde(default)]
    l2: f64,
    #[serde(default)]
    validation: f64,
    early_stopping: Option<EarlyStopping>,
    #[serde(default)]
    augmentation: Augmentation,
    #[serde(default, rename = "on")]
    overrides: BTreeMap<String, DatasetOverrides>,
}

impl Definition {
    /// Reads a model's table. `Err` says what does not fit, naming the layer where it is in one.
    pub fn from_json(value: &Value) -> Result<Definition, NetworkError> {
        serde_json::from_value(value.clone()).map_err(|error| NetworkError::Definition(error.to_string()))
    }

    /// The augmentation of training images for a data set.
    pub fn augmentation(&self, dataset: &str) -> Augmentation {
        self.overrides.get(dataset).and_then(|own| own.augmentation).unwrap_or(self.augmentation)
    }
}

impl TryFrom<Wire> for Definition {
    type Error = NetworkError;

    fn try_from(wire: Wire) -> Result<Definition, NetworkError> {
        let mut layers = Vec::new();
        for (index, value) in wire.layers.into_iter().enumerate() {
            let name = value.get("type").and_then(Value::as_str).unwrap_or("without type").to_string();
            let layer: Result<Layer, serde_json::Error> = serde_json::from_value(value);
            let wrong = |error| NetworkError::Definition(format!("layer {} ({name}): {error}", index + 1));
            layers.push(layer.map_err(wrong)?);
        }
        let (rule, learning_rate) = match wire.optimizer {
            Optimizer::Sgd { learning_rate, momentum, nesterov } => {
                (Rule::Sgd { momentum, nesterov }, learning_rate)
            }
            Optimizer::Adam { learning_rate, beta_1, beta_2, epsilon } => {
                (Rule::Adam { beta_1, beta_2, epsilon, weight_decay: 0.0 }, learning_rate)
            }
            Optimizer::Adamw { learning_rate, weight_decay, beta_1, beta_2, epsilon } => {
                (Rule::Adam { beta_1, beta_2, epsilon, weight_decay }, learning_rate)
            }
        };
        let definition = Definition {
            description: wire.description,
            scaling: wire.scaling,
            layers,
            rule,
            learning_rate,
            schedule: wire.schedule,
            epochs: wire.epochs,
            batch: wire.batch,
            l2: wire.l2,
            validation: wire.validation,
            early_stopping: wire.early_stopping,
            augmentation: wire.augmentation,
            overrides: wire.overrides,
        };
        definition.check()?;
        Ok(definition)
    }
}

impl Definition {
    fn check(&self) -> Result<(), NetworkError> {
        let require = |holds: bool, message: &str| match holds {
            true => Ok(()),
            false => Err(NetworkError::Definition(message.to_string())),
        };
        let share = |value: f64| (0.0..1.0).contains(&value);
        require(self.learning_rate > 0.0, "optimizer: learning_rate must be greater than 0")?;
        require(self.epochs > 0, "epochs must be at least 1")?;
        require(self.batch > 0, "batch must be at least 1")?;
        require(self.l2 >= 0.0, "l2 must not be negative")?;
        require(
            share(self.validation),
            "validation: expected a fraction of the training images, at least 0 and below 1",
        )?;
        require(
            self.early_stopping.is_none() || self.validation > 0.0,
            "early_stopping watches the validation loss: set validation, such as 0.1",
        )?;
        match self.rule {
            Rule::Sgd { momentum, .. } => {
                require(share(momentum), "optimizer: momentum must be at least 0 and below 1")?;
            }
            Rule::Adam { beta_1, beta_2, epsilon, weight_decay } => {
                require(share(beta_1) && share(beta_2), "optimizer: betas must be at least 0 and below 1")?;
                require(epsilon > 0.0, "optimizer: epsilon must be greater than 0")?;
                require(weight_decay >= 0.0, "optimizer: weight_decay must not be negative")?;
            }
        }
        self.schedule.check()?;
        let changes = self.overrides.values().filter_map(|own| own.augmentation).chain([self.augmentation]);
        changes.into_iter().try_for_each(|augmentation| augmentation.check())
    }
}

fn yes() -> bool {
    true
}

fn nine_tenths() -> f64 {
    0.9
}

fn nearly_one() -> f64 {
    0.999
}

fn ten_millionth() -> f64 {
    1e-7
}

fn ninety_nine() -> f64 {
    0.99
}

fn thousandth() -> f64 {
    1e-3
}
