//! GaussianProcessClassifier against scikit-learn: the figures of benchmarks/golden/gaussian_process.py.

use std::sync::Arc;

use pixel_learn::models::gaussian_process::{GaussianProcessClassifier, MultiClass};
use pixel_learn::models::{Classifier, Training};
use pixel_learn::{Features, Scaling};
use serde_json::Value;

use crate::dataset;

fn fixture() -> Vec<Value> {
    let text = std::fs::read_to_string("tests/fixtures/gaussian_process.json").unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 4);
    cases
}

/// How many predictions differ from scikit-learn's, for one way of making binary problems.
fn differing(training: &Training, test: &Features, case: &Value, multi_class: &str) -> usize {
    let classifier = GaussianProcessClassifier {
        multi_class: match multi_class {
            "one_vs_one" => MultiClass::OneVsOne,
            _ => MultiClass::OneVsRest,
        },
        ..GaussianProcessClassifier::default()
    };
    let predictions = classifier.fit(training, 0).unwrap().predict(test);
    let expected = case["predictions"][multi_class].as_str().unwrap();
    assert_eq!(predictions.len(), expected.len());
    predictions.iter().zip(expected.bytes()).filter(|(a, b)| **a + b'0' != *b).count()
}

#[test]
fn predictions_on_images_are_scikit_learns() {
    for case in &fixture()[..2] {
        let data = dataset::load(case["dataset"].as_str().unwrap());
        let count = |key: &str| case[key].as_u64().unwrap() as usize;
        let (n, m, d) = (count("train"), count("test"), 784);
        let pixels = data.train.pixels[..n * d].to_vec();
        let scaling = Arc::new(Scaling::standard(&pixels, n, d));
        let train = Features::new(pixels, n, d, scaling.clone());
        let test = Features::new(data.test.pixels[..m * d].to_vec(), m, d, scaling);
        let training = Training { features: &train, labels: &data.train.labels[..n], classes: 10 };
        for multi_class in ["one_vs_one", "one_vs_rest"] {
            let differing = differing(&training, &test, case, multi_class);
            assert_eq!(differing, 0, "{} {multi_class}: {differing} of {m} differ", case["dataset"]);
        }
    }
}

/// On small images the kernel couples all rows, so that modes, variances and confidences matter.
#[test]
fn predictions_on_small_images_are_scikit_learns() {
    for case in &fixture()[2..] {
        let digits = |text: &Value| -> Vec<u8> {
            let digit = |c: char| c.to_digit(16).unwrap() as u8;
            text.as_str().unwrap().chars().map(digit).collect()
        };
        let rows = |key: &str| -> Vec<u8> { case[key].as_array().unwrap().iter().flat_map(digits).collect() };
        let scaling = Arc::new(Scaling { offset: vec![0.0; 16], scale: vec![4.0; 16] });
        let (pixels, queries, labels) = (rows("rows"), rows("queries"), digits(&case["labels"]));
        let train = Features::new(pixels, labels.len(), 16, scaling.clone());
        let test = Features::new(queries.clone(), queries.len() / 16, 16, scaling);
        let training = Training { features: &train, labels: &labels, classes: 10 };
        for multi_class in ["one_vs_one", "one_vs_rest"] {
            assert_eq!(
                differing(&training, &test, case, multi_class),
                0,
                "{} {multi_class}",
                case["dataset"]
            );
        }
    }
}
