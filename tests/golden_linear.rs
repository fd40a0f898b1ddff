//! The linear models against scikit-learn's figures (`benchmarks/golden/linear.py`), through the public API.

use std::sync::Arc;

use mnist_bench::dataset::{self, Features, Scaling};
use mnist_bench::models::Training;
use mnist_bench::models::linear::sgd::{Loss, Penalty};
use mnist_bench::models::linear::{LinearModel, PassiveAggressiveClassifier, Perceptron, SGDClassifier};
use serde_json::Value;

/// The first rows of MNIST, as the script has them.
struct Data {
    golden: Value,
    train: Features,
    labels: Vec<u8>,
    test: Features,
}

impl Data {
    fn load() -> Data {
        let golden: Value =
            serde_json::from_str(&std::fs::read_to_string("tests/fixtures/linear.json").unwrap()).unwrap();
        let size = |name: &str| golden[name].as_u64().unwrap() as usize;
        let (n, shown) = (size("train_size"), size("test_size"));
        let dataset = dataset::load("mnist").unwrap();
        let pixels = dataset.train.images.pixels[..n * 784].to_vec();
        let scaling = Arc::new(Scaling::standard(&pixels, n, 784));
        let train = Features::new(pixels, n, 784, scaling.clone());
        let test = Features::new(dataset.test.images.pixels[..shown * 784].to_vec(), shown, 784, scaling);
        Data { golden, train, labels: dataset.train.labels[..n].to_vec(), test }
    }

    fn training(&self) -> Training<'_> {
        Training { features: &self.train, labels: &self.labels, classes: 10 }
    }
}

fn penalty(name: &Value) -> Penalty {
    match name.as_str() {
        Some("l2") => Penalty::L2,
        Some("l1") => Penalty::L1,
        Some("elasticnet") => Penalty::ElasticNet,
        other => panic!("{other:?}"),
    }
}

fn loss(name: &Value) -> Loss {
    match name.as_str() {
        Some("hinge") => Loss::Hinge,
        Some("squared_hinge") => Loss::SquaredHinge,
        Some("perceptron") => Loss::Perceptron,
        Some("log") => Loss::Log,
        Some("modified_huber") => Loss::ModifiedHuber,
        other => panic!("{other:?}"),
    }
}

/// The same rows in the same order must give the same updates.
#[test]
fn stochastic_models_make_the_updates_of_scikit_learn() {
    let data = Data::load();
    let rows = data.golden["stochastic"].as_array().unwrap();
    assert_eq!(rows.len(), 20);
    let mut failures = Vec::new();
    for row in rows {
        let parameters = &row["parameters"];
        let training = data.training();
        let model: LinearModel = match row["classifier"].as_str().unwrap() {
            "SGDClassifier" => SGDClassifier {
                loss: loss(&parameters["loss"]),
                penalty: penalty(&parameters["penalty"]),
                shuffle: false,
                ..Default::default()
            }
            .fit_linear(&training, 1),
            "Perceptron" => {
                Perceptron { penalty: penalty(&parameters["penalty"]), shuffle: false, ..Default::default() }
                    .fit_linear(&training, 1)
            }
            _ => PassiveAggressiveClassifier {
                c: parameters["C"].as_f64().unwrap(),
                shuffle: false,
                ..Default::default()
            }
            .fit_linear(&training, 1),
        }
        .unwrap();
        let golden: Vec<f64> = row["scores"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|scores| scores.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()))
            .collect();
        let scores = model.decision_function(&data.test);
        assert_eq!(scores.len(), golden.len());
        let size = golden.iter().fold(0.0f64, |size, v| size.max(v.abs()));
        let worst = scores.iter().zip(&golden).fold(0.0f64, |worst, (a, b)| worst.max((a - b).abs() / size));
        if worst > 1e-6 {
            failures.push(format!("{} {parameters}: off by {worst:e}", row["classifier"]));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
