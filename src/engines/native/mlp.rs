//! `MLPClassifier`: nothing is shared, every configuration trains a network of its own.

use super::unshared::{Scaled, Unshared};
use super::unshared_key;
use crate::engines::params::ParamReader;
use crate::grid::Parameters;
use pixel_learn::models::mlp::{Activation, MLPClassifier};

pub static FAMILY: Unshared<MLPClassifier> = Unshared {
    classifier: "MLPClassifier",
    read,
    sharing_key: |parameters| unshared_key("MLPClassifier", parameters),
    scaled: Scaled::Test,
};

/// The last five belong to other solvers or to early stopping: scikit-learn's Adam ignores them too.
const KNOWN: [&str; 18] = [
    "hidden_layer_sizes",
    "activation",
    "solver",
    "alpha",
    "batch_size",
    "learning_rate_init",
    "max_iter",
    "tol",
    "shuffle",
    "beta_1",
    "beta_2",
    "epsilon",
    "early_stopping",
    "validation_fraction",
    "learning_rate",
    "power_t",
    "momentum",
    "nesterovs_momentum",
];

fn read(parameters: &Parameters) -> Result<MLPClassifier, String> {
    let reader = ParamReader::new(parameters, &KNOWN)?;
    let defaults = MLPClassifier::default();
    let activation = match reader.choice("activation", "relu", &["identity", "relu", "tanh"])? {
        "identity" => Activation::Identity,
        "tanh" => Activation::Tanh,
        _ => Activation::Relu,
    };
    reader.choice("solver", "adam", &["adam"])?;
    if reader.boolean("early_stopping", false)? {
        return Err("early_stopping=true: training stops by the training loss only".into());
    }
    let not_negative = |name: &str, default: f64| match reader.number(name, default)? {
        number if number < 0.0 => Err(format!("{name}={number}: must not be negative")),
        number => Ok(number),
    };
    let decay = |name: &str, default: f64| match not_negative(name, default)? {
        number if number >= 1.0 => Err(format!("{name}={number}: must be below 1")),
        number => Ok(number),
    };
    let batch_size = match reader.value("batch_size").and_then(|value| value.as_str()) {
        Some("auto") => defaults.batch_size,
        _ => reader.integer("batch_size", defaults.batch_size, 1)?,
    };
    // scikit-learn reads a number as a list of one.
    let hidden_layer_sizes = match reader.value("hidden_layer_sizes") {
        Some(value) if value.is_number() => vec![reader.integer("hidden_layer_sizes", 100, 1)?],
        _ => reader.integers("hidden_layer_sizes", 1)?.unwrap_or(defaults.hidden_layer_sizes),
    };
    Ok(MLPClassifier {
        hidden_layer_sizes,
        activation,
        alpha: not_negative("alpha", defaults.alpha)?,
        batch_size,
        learning_rate_init: reader.positive("learning_rate_init", defaults.learning_rate_init)?,
        max_iter: reader.integer("max_iter", defaults.max_iter, 1)?,
        tol: not_negative("tol", defaults.tol)?,
        shuffle: reader.boolean("shuffle", defaults.shuffle)?,
        beta_1: decay("beta_1", defaults.beta_1)?,
        beta_2: decay("beta_2", defaults.beta_2)?,
        epsilon: reader.positive("epsilon", defaults.epsilon)?,
    })
}
