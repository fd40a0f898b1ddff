//! Reads `Network` (benchmarks/neural.toml) and `MLPClassifier` as the job has them.

use protocol::{Failure, Job, Parameters, unsupported};
use serde::Deserialize;

use crate::plan::{Activation, Layer, Plan, Shape};
use crate::settings::{Adam, Settings};

/// A network as data, as docs/FORMAT.md has it; what is not here is refused by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default, rename = "description")]
    _description: String,
    #[serde(default = "unit")]
    scaling: String,
    layers: Vec<WireLayer>,
    optimizer: WireOptimizer,
    #[serde(default)]
    schedule: Option<WireSchedule>,
    epochs: usize,
    batch: usize,
    #[serde(default)]
    validation: f64,
}

fn unit() -> String {
    "unit".into()
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum WireLayer {
    Conv {
        filters: usize,
        kernel: usize,
        #[serde(default)]
        padding: Option<String>,
        #[serde(default)]
        activation: Option<String>,
    },
    MaxPool {
        size: usize,
    },
    Dropout {
        rate: f64,
    },
    Flatten,
    Dense {
        units: serde_json::Value,
        #[serde(default)]
        activation: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum WireOptimizer {
    Adam {
        learning_rate: f64,
        #[serde(default = "beta_1")]
        beta_1: f64,
        #[serde(default = "beta_2")]
        beta_2: f64,
        #[serde(default = "epsilon")]
        epsilon: f64,
    },
}

fn beta_1() -> f64 {
    0.9
}

fn beta_2() -> f64 {
    0.999
}

fn epsilon() -> f64 {
    1e-7
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum WireSchedule {
    Cosine {
        #[serde(default)]
        warmup: f64,
    },
}

/// The plan and the settings of a `Network`.
pub fn read(job: &Job, parameters: &Parameters) -> Result<(Plan, Settings), Failure> {
    parameters.value("model");
    let Some(definition) = parameters.value("definition") else {
        return unsupported("definition: is missing");
    };
    let wire: Wire = serde_json::from_value(definition.clone())
        .map_err(|error| Failure::Unsupported(format!("definition: {error}")))?;
    if wire.scaling != "unit" {
        return unsupported(format!("scaling={}: only unit", wire.scaling));
    }
    let mut shape = Shape::of_image(job.image);
    let mut layers = Vec::new();
    let count = wire.layers.len();
    for (index, layer) in wire.layers.into_iter().enumerate() {
        layers.push(match layer {
            WireLayer::Conv { filters, kernel, padding, activation } => {
                let same = match padding.as_deref() {
                    None | Some("valid") => false,
                    Some("same") => true,
                    Some(other) => return unsupported(format!("padding={other}: expected valid or same")),
                };
                shape.conv(filters, kernel, same, function(activation.as_deref())?)?
            }
            WireLayer::MaxPool { size } => shape.max_pool(size)?,
            WireLayer::Dropout { rate } => Layer::Dropout { rate },
            WireLayer::Flatten => shape.flatten(),
            // The softmax of the last layer is part of the loss.
            WireLayer::Dense { activation: Some(softmax), .. }
                if softmax == "softmax" && index + 1 == count =>
            {
                shape.dense(job.classes, Activation::Linear)?
            }
            WireLayer::Dense { units, activation } => {
                let Some(units) = units.as_u64() else {
                    return unsupported(format!("units={units}: not a number"));
                };
                shape.dense(units as usize, function(activation.as_deref())?)?
            }
        });
    }
    let WireOptimizer::Adam { learning_rate, beta_1, beta_2, epsilon } = wire.optimizer;
    let settings = Settings {
        adam: Adam { beta_1, beta_2, epsilon },
        learning_rate,
        cosine_warmup: wire.schedule.map(|WireSchedule::Cosine { warmup }| warmup),
        epochs: parameters.whole("epochs")?.unwrap_or(wire.epochs),
        batch: wire.batch,
        divisor: 255.0,
        validation: wire.validation,
        alpha: 0.0,
        tolerance: None,
    };
    Ok((Plan { layers, image: job.image, classes: job.classes, drawn_biases: false }, settings))
}

/// The plan and the settings of an `MLPClassifier`: scikit-learn 0.19's defaults.
pub fn perceptron(job: &Job, parameters: &Parameters) -> Result<(Plan, Settings), Failure> {
    parameters.only("solver", "adam", "the only solver here")?;
    let activation = match parameters.text("activation", "relu")?.as_str() {
        "relu" => Activation::Relu,
        "tanh" => Activation::Tanh,
        other => return unsupported(format!("activation={other}: expected relu or tanh")),
    };
    let sizes: Vec<usize> = match parameters.value("hidden_layer_sizes") {
        None => vec![100],
        Some(value) => match value.as_u64() {
            Some(size) => vec![size as usize],
            None => serde_json::from_value(value.clone())
                .map_err(|error| Failure::Unsupported(format!("hidden_layer_sizes={value}: {error}")))?,
        },
    };
    let mut shape = Shape::of_image(job.image);
    let mut layers = vec![shape.flatten()];
    for size in sizes {
        layers.push(shape.dense(size, activation)?);
    }
    layers.push(shape.dense(job.classes, Activation::Linear)?);
    let settings = Settings {
        adam: Adam {
            beta_1: parameters.number("beta_1", 0.9)?,
            beta_2: parameters.number("beta_2", 0.999)?,
            epsilon: parameters.number("epsilon", 1e-8)?,
        },
        learning_rate: parameters.number("learning_rate_init", 1e-3)?,
        cosine_warmup: None,
        epochs: parameters.whole("max_iter")?.unwrap_or(200),
        batch: 200,
        divisor: 1.0,
        validation: 0.0,
        alpha: parameters.number("alpha", 1e-4)?,
        tolerance: Some(parameters.number("tol", 1e-4)?),
    };
    Ok((Plan { layers, image: job.image, classes: job.classes, drawn_biases: true }, settings))
}

fn function(name: Option<&str>) -> Result<Activation, Failure> {
    match name {
        None | Some("linear") => Ok(Activation::Linear),
        Some("relu") => Ok(Activation::Relu),
        Some("tanh") => Ok(Activation::Tanh),
        Some(other) => unsupported(format!("activation={other}: expected linear, relu or tanh")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_has_its_sizes_resolved() {
        let mut job = Job::example("Network", 10, 1);
        job.image = [28, 28];
        let small = r#"{"definition": {"layers": [
            {"type": "conv", "filters": 16, "kernel": 3, "padding": "same", "activation": "relu"},
            {"type": "max_pool", "size": 2}, {"type": "flatten"},
            {"type": "dense", "units": "classes", "activation": "softmax"}],
            "optimizer": {"type": "adam", "learning_rate": 0.001}, "schedule": {"type": "cosine"},
            "epochs": 5, "batch": 64}, "epochs": 2, "model": "small"}"#;
        let (plan, settings) = read(&job, &Parameters::example(small)).unwrap();
        let relu = Activation::Relu;
        assert_eq!(
            plan.layers[0],
            Layer::Conv { inputs: 1, filters: 16, kernel: 3, padding: 1, activation: relu }
        );
        assert_eq!(plan.layers[3], Layer::Dense { inputs: 3136, units: 10, activation: Activation::Linear });
        assert_eq!((settings.epochs, settings.batch), (2, 64));
        assert!(settings.rate(0, 10) < 1e-3 && settings.rate(19, 10) < 1e-12);
        let other = small.replace("\"max_pool\", \"size\": 2", "\"batch_norm\"");
        let refused = read(&job, &Parameters::example(&other)).unwrap_err();
        assert!(matches!(refused, Failure::Unsupported(reason) if reason.contains("batch_norm")));
    }

    #[test]
    fn a_perceptron_has_the_layers_it_names() {
        let parameters = Parameters::example(r#"{"hidden_layer_sizes": [100, 10], "activation": "tanh"}"#);
        let (plan, settings) = perceptron(&Job::example("MLPClassifier", 3, 1), &parameters).unwrap();
        assert_eq!(plan.layers.len(), 4);
        assert_eq!(plan.layers[1], Layer::Dense { inputs: 2, units: 100, activation: Activation::Tanh });
        assert_eq!((settings.batch, settings.tolerance), (200, Some(1e-4)));
    }
}
