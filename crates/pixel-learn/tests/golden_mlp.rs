//! MLPClassifier against scikit-learn: the figures of benchmarks/golden/mlp.py, and what must hold besides.

use std::sync::Arc;

use pixel_learn::models::mlp::{Activation, MLPClassifier};
use pixel_learn::models::{Classifier, Model, Training};
use pixel_learn::nn::Network;
use pixel_learn::{Features, Scaling};
use rand::SeedableRng;
use rand_pcg::Pcg64;
use serde_json::Value;

use crate::dataset;

/// Training and test features and training labels of the first images of a data set.
fn first(name: &str, n: usize, m: usize) -> (Features, Features, Vec<u8>) {
    let data = dataset::load(name);
    let pixels = data.train.pixels[..n * 784].to_vec();
    let scaling = Arc::new(Scaling::standard(&pixels, n, 784));
    let train = Features::new(pixels, n, 784, scaling.clone());
    let test = Features::new(data.test.pixels[..m * 784].to_vec(), m, 784, scaling);
    (train, test, data.train.labels[..n].to_vec())
}

/// The initial weights that the script gives scikit-learn: one formula for weights and biases of a layer.
fn start_from_formula(network: &mut Network) {
    let parameters: Vec<_> = network.parameters_mut().collect();
    let mut fan_in = 784;
    for (index, parameter) in parameters.into_iter().enumerate() {
        let count = parameter.value.len();
        // Weights come before the biases of their layer.
        let fan_out = if index % 2 == 0 { count / fan_in } else { count };
        let bound = (6.0 / (fan_in + fan_out) as f64).sqrt();
        for (i, value) in parameter.value.iter_mut().enumerate() {
            *value = ((((i * 7919) % 2003) as f64 / 2003.0 - 0.5) * 2.0 * bound) as f32;
        }
        if index % 2 == 1 {
            fan_in = fan_out;
        }
    }
}

#[test]
fn loss_curves_and_predictions_are_scikit_learns() {
    let text = std::fs::read_to_string("tests/fixtures/mlp.json").unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 8);
    for case in cases {
        let count = |key: &str| case[key].as_u64().unwrap() as usize;
        let (train, test, labels) = first(case["dataset"].as_str().unwrap(), count("train"), count("test"));
        let classifier = MLPClassifier {
            hidden_layer_sizes: serde_json::from_value(case["hidden_layer_sizes"].clone()).unwrap(),
            activation: if case["activation"] == "relu" { Activation::Relu } else { Activation::Tanh },
            max_iter: count("max_iter"),
            tol: case["tol"].as_f64().unwrap(),
            shuffle: false,
            ..MLPClassifier::default()
        };
        let mut network = classifier.network(784, 10, &mut Pcg64::seed_from_u64(0)).unwrap();
        start_from_formula(&mut network);
        let training = Training { features: &train, labels: &labels, classes: 10 };
        let model = classifier.fit_network(network, &training, 0).unwrap();
        let expected: Vec<f64> = serde_json::from_value(case["loss_curve"].clone()).unwrap();
        // The same number of epochs: the stopping rule is the same.
        assert_eq!(model.loss_curve.len(), expected.len(), "{classifier:?}");
        for (epoch, (ours, theirs)) in model.loss_curve.iter().zip(&expected).enumerate() {
            assert!((ours - theirs).abs() < 2e-5 * theirs, "{classifier:?}, {epoch}: {ours} {theirs}");
        }
        let theirs = case["predictions"].as_str().unwrap().bytes();
        let differing = model.predict(&test).iter().zip(theirs).filter(|(a, b)| **a != b - b'0').count();
        assert!(differing <= 1, "{classifier:?}: {differing} predictions differ");
    }
}

#[test]
fn the_same_bits_with_one_and_with_two_threads() {
    let (train, test, labels) = first("fashion-mnist", 1000, 200);
    let training = Training { features: &train, labels: &labels, classes: 10 };
    let run = |threads: usize, hidden_layer_sizes: Vec<usize>| {
        let classifier = MLPClassifier { hidden_layer_sizes, max_iter: 3, ..MLPClassifier::default() };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let model = classifier.fit(&training, 5).unwrap();
            (model.predict(&test), model.facts())
        })
    };
    for sizes in [vec![100], vec![100, 10], vec![10]] {
        assert!(run(1, sizes.clone()) == run(2, sizes));
    }
}

#[test]
fn bad_parameters_and_data_are_errors_and_odd_data_give_a_model() {
    let (train, _, labels) = first("mnist", 60, 1);
    let training = Training { features: &train, labels: &labels, classes: 10 };
    let bad = |change: fn(&mut MLPClassifier)| {
        let mut classifier = MLPClassifier::default();
        change(&mut classifier);
        assert!(classifier.fit(&training, 0).is_err(), "{classifier:?}");
    };
    bad(|c| c.hidden_layer_sizes = vec![0]);
    bad(|c| c.learning_rate_init = 0.0);
    bad(|c| c.learning_rate_init = 1e30);
    bad(|c| c.batch_size = 0);
    bad(|c| c.max_iter = 0);
    bad(|c| c.alpha = -1.0);
    bad(|c| c.tol = f64::NAN);
    bad(|c| c.beta_1 = 1.0);
    let empty = Features::new(Vec::new(), 0, 784, train.scaling().clone());
    let none = Training { features: &empty, labels: &[], classes: 10 };
    assert!(MLPClassifier::default().fit(&none, 0).is_err());
    // One class only; constant features; no hidden layer; a batch larger than the data.
    let short = MLPClassifier { max_iter: 200, batch_size: 1000, ..MLPClassifier::default() };
    let ones = vec![1; 60];
    let one_class = Training { labels: &ones, ..training };
    assert_eq!(short.fit(&one_class, 0).unwrap().predict(&train), ones);
    let constant = Features::new(vec![7; 60 * 4], 60, 4, Arc::new(Scaling::standard(&[7; 240], 60, 4)));
    let flat = Training { features: &constant, ..one_class };
    assert_eq!(short.fit(&flat, 0).unwrap().predict(&constant), ones);
    let linear = MLPClassifier { hidden_layer_sizes: Vec::new(), ..short };
    assert_eq!(linear.fit(&one_class, 0).unwrap().predict(&train), ones);
}
