//! The layers and optimisers against Keras: the figures of benchmarks/golden/network_layers.py.

use pixel_learn::nn::build;
use pixel_learn::nn::definition::Definition;
use pixel_learn::nn::loss::{softmax, softmax_cross_entropy};
use pixel_learn::nn::schedule::{Progress, Schedule};
use pixel_learn::nn::{
    BatchNorm, Conv2D, Convolution, Dense, Image, Layer, MaxPool, Optimizer, Padding, Relu, Rule, Tanh,
};
use serde_json::{Value, json};

/// The script's formula.
fn values(n: usize, salt: usize) -> Vec<f32> {
    (0..n).map(|i| (((i + salt) * 7919 % 10_007) as f64 / 10_007.0 * 2.0 - 1.0) as f32).collect()
}

fn fixture() -> Value {
    let text = std::fs::read_to_string("tests/fixtures/network_layers.json").unwrap();
    serde_json::from_str(&text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

#[track_caller]
fn close(what: &str, ours: &[f32], theirs: &Value, tolerance: f64) {
    let theirs = numbers(theirs);
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (at, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        let difference = (f64::from(*ours) - theirs).abs();
        assert!(difference < tolerance * (1.0 + theirs.abs()), "{what}, {at}: {ours} {theirs}");
    }
}

fn layer(case: &Value) -> Box<dyn Layer> {
    let settings = &case["settings"];
    let count = |key: &str| settings[key].as_u64().unwrap() as usize;
    let shape: Vec<usize> = serde_json::from_value(case["input"].clone()).unwrap();
    let width = shape.iter().product();
    let image = || Image { height: shape[0], width: shape[1], channels: shape[2] };
    match case["name"].as_str().unwrap() {
        "conv" => {
            let kernel = serde_json::from_value(settings["kernel"].clone()).unwrap();
            let padding = if settings["padding"] == "same" { Padding::Same } else { Padding::Valid };
            let (filters, relu) = (count("filters"), settings["relu"] == true);
            let [height, width]: [usize; 2] = kernel;
            let weights = values(height * width * shape[2] * filters, 100);
            let settings = Convolution { input: image(), filters, kernel, padding, relu };
            Box::new(Conv2D::new(settings, weights, values(filters, 101)))
        }
        "max_pool" => Box::new(MaxPool::new(image(), count("size"))),
        "batch_norm" => {
            let channels = shape[shape.len() - 1];
            let mut layer = BatchNorm::new(width, channels, 0.99, 1e-3);
            layer.parameters_mut()[0].value = values(channels, 100);
            layer.parameters_mut()[1].value = values(channels, 101);
            Box::new(layer)
        }
        "dense" => {
            let units = count("units");
            Box::new(Dense::new(width, units, values(width * units, 100), values(units, 101)))
        }
        "tanh" => Box::new(Tanh { width }),
        "relu" => Box::new(Relu { width }),
        other => panic!("no layer {other}"),
    }
}

#[test]
fn forward_and_backward_of_every_layer_are_those_of_keras() {
    let fixture = fixture();
    let cases = fixture["layers"].as_array().unwrap();
    assert_eq!(cases.len(), 12);
    for case in cases {
        let name = format!("{} {}", case["name"], case["settings"]);
        let mut layer = layer(case);
        let input = values(3 * layer.input_width(), 5);
        let mut output = vec![0.0; 3 * layer.output_width()];
        layer.forward(&input, &mut output);
        close(&format!("{name} output"), &output, &case["output"], 2e-6);
        let weights = values(output.len(), 77);
        let mut gradient = vec![0.0; input.len()];
        layer.backward(&input, &output, &weights, Some(&mut gradient));
        close(&format!("{name} input gradient"), &gradient, &case["input_gradient"], 5e-6);
        for (which, parameter) in layer.parameters().iter().enumerate() {
            close(&format!("{name} gradient {which}"), &parameter.gradient, &case["gradients"][which], 5e-6);
        }
        for (which, statistic) in layer.statistics().iter().enumerate() {
            close(&format!("{name} statistic {which}"), statistic, &case["statistics"][which], 2e-6);
        }
        if !layer.statistics().is_empty() {
            layer.infer(&input, &mut output);
            close(&format!("{name} inferred"), &output, &case["inferred"], 2e-6);
        }
    }
}

#[test]
fn a_small_network_is_trained_as_keras_trains_it() {
    let definition = json!({
        "layers": [
            {"type": "conv", "filters": 4, "kernel": 3, "padding": "same", "activation": "relu"},
            {"type": "batch_norm"},
            {"type": "max_pool", "size": 2},
            {"type": "conv", "filters": 5, "kernel": 2, "activation": "tanh"},
            {"type": "flatten"},
            {"type": "dense", "units": 6, "activation": "relu"},
            {"type": "dense", "units": "classes", "activation": "softmax"},
        ],
        "optimizer": {"type": "sgd", "learning_rate": 0.05}, "epochs": 1, "batch": 10,
    });
    let steps = build::steps(&Definition::from_json(&definition).unwrap(), [8, 7], 3).unwrap();
    let pixels: Vec<u8> = (0..40 * 56).map(|i| ((i * 7919 + 13) % 251) as u8).collect();
    let input: Vec<f32> = pixels.iter().map(|&pixel| (f64::from(pixel) / 255.0) as f32).collect();
    let labels: Vec<u8> = (0..40).map(|i| (i * 7 % 3) as u8).collect();
    let adam = |weight_decay| Rule::Adam { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, weight_decay };
    let sgd = |momentum, nesterov| Rule::Sgd { momentum, nesterov };
    let inverse = Schedule::Inverse { decay: 0.1 };
    let fixture = fixture();
    let cases = fixture["trainings"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (rule, rate, schedule) = match name {
            "sgd" => (sgd(0.0, false), 0.05, Schedule::Constant),
            "momentum" => (sgd(0.9, false), 0.05, Schedule::Constant),
            "nesterov" => (sgd(0.9, true), 0.05, Schedule::Constant),
            "inverse" => (sgd(0.9, false), 0.05, inverse),
            "adam" => (adam(0.0), 0.01, Schedule::Constant),
            _ => (adam(0.1), 0.01, Schedule::Constant),
        };
        let mut network = build::network(&steps, 1);
        for (index, parameter) in network.parameters_mut().enumerate() {
            let factor = if index.is_multiple_of(2) && index != 2 { 0.7f32 } else { 1.0 };
            parameter.value = values(parameter.value.len(), 200 + index).iter().map(|v| v * factor).collect();
        }
        let mut optimizer = Optimizer::new(rule, &network);
        let mut losses = Vec::new();
        for step in 0..12 {
            let rows = step % 4 * 10..step % 4 * 10 + 10;
            let batch = &input[rows.start * 56..rows.end * 56];
            let progress = Progress { step: step as u64, steps_an_epoch: 4, epochs: 3 };
            losses.push(softmax_cross_entropy(network.forward(batch), 3, &labels[rows]) as f32);
            network.backward(batch);
            optimizer.step(&mut network, rate * schedule.factor(progress), 0.0);
        }
        // Rounding grows from step to step.
        close(&format!("{name} losses"), &losses, &case["losses"], 2e-4);
        let mut scores = network.infer(&input);
        scores.chunks_exact_mut(3).for_each(softmax);
        close(&format!("{name} softmax"), &scores, &case["softmax"], 2e-3);
    }
}
