//! GaussianNB against scikit-learn: the figures of benchmarks/golden/naive_bayes.py.

use std::sync::Arc;

use pixel_learn::models::naive_bayes::GaussianNB;
use pixel_learn::models::{Classifier, Training};
use pixel_learn::{Features, Scaling};
use serde_json::Value;

use crate::dataset;

#[test]
fn predictions_are_scikit_learns() {
    let text = std::fs::read_to_string("tests/fixtures/naive_bayes.json").unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let data = dataset::load(case["dataset"].as_str().unwrap());
        let count = |key: &str| case[key].as_u64().unwrap() as usize;
        let (n, m, d) = (count("train"), count("test"), 784);
        let pixels = data.train.pixels[..n * d].to_vec();
        let scaling = Arc::new(Scaling::standard(&pixels, n, d));
        let train = Features::new(pixels, n, d, scaling.clone());
        let test = Features::new(data.test.pixels[..m * d].to_vec(), m, d, scaling);
        let training = Training { features: &train, labels: &data.train.labels[..n], classes: 10 };
        let priors: Option<Vec<f64>> = serde_json::from_value(case["priors"].clone()).unwrap();
        let predictions = GaussianNB { priors }.fit(&training, 0).unwrap().predict(&test);
        let spelled: String = predictions.iter().map(|class| char::from(b'0' + class)).collect();
        assert_eq!(spelled, case["predictions"], "{}, priors {}", case["dataset"], case["priors"]);
    }
}
