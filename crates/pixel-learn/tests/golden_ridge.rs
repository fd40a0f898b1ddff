//! RidgeClassifier against scikit-learn: the figures of benchmarks/golden/ridge.py.

use std::sync::Arc;

use pixel_learn::{Features, Model, RidgeClassifier, Scaling, Training};
use serde_json::Value;

use crate::dataset;

const D: usize = 784;

#[test]
fn coefficients_and_predictions_are_scikit_learns() {
    let text = std::fs::read_to_string("tests/fixtures/ridge.json").unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 24);
    for case in cases {
        let data = dataset::load(case["dataset"].as_str().unwrap());
        let count = |key: &str| case[key].as_u64().unwrap() as usize;
        let (n, m, classes) = (count("train"), count("test"), count("classes"));
        let pixels = &data.train.pixels[..n * D];
        let scaling = match case["scaling"].as_str().unwrap() {
            "unit" => Scaling::unit(D),
            _ => Scaling::standard(pixels, n, D),
        };
        let scaling = Arc::new(scaling);
        let rows = || (0..n).filter(|&row| usize::from(data.train.labels[row]) < classes);
        let labels: Vec<u8> = rows().map(|row| data.train.labels[row]).collect();
        let chosen: Vec<u8> = rows().flat_map(|row| pixels[row * D..(row + 1) * D].to_vec()).collect();
        let train = Features::new(chosen, labels.len(), D, scaling.clone());
        let test = Features::new(data.test.pixels[..m * D].to_vec(), m, D, scaling);
        let (alpha, fit_intercept) = (case["alpha"].as_f64().unwrap(), case["fit_intercept"] == true);
        let model = RidgeClassifier { alpha, fit_intercept };
        // The same values without their bytes: stored as f32 and summed in f32.
        let computed = [&train, &test].map(|x| Features::computed(x.scaled().clone()));
        for (train, test, tolerance, others) in
            [(&train, &test, 1e-6, 0), (&computed[0], &computed[1], 1e-3, 2)]
        {
            let name = format!("{} {} {} {tolerance}", case["dataset"], case["scaling"], case["alpha"]);
            let training = Training { features: train, labels: &labels, classes: 10 };
            let fitted = model.fit_scores(&training).unwrap();
            let expected: Vec<Vec<f64>> = serde_json::from_value(case["coef"].clone()).unwrap();
            let intercepts: Vec<f64> = serde_json::from_value(case["intercept"].clone()).unwrap();
            // For two classes scikit-learn has the coefficients of the second only.
            let first = fitted.classes.len() - expected.len();
            for (k, expected) in expected.iter().enumerate() {
                let weights = fitted.weights[(first + k) * D..].iter().step_by(count("step"));
                for (weight, expected) in weights.zip(expected) {
                    assert!((weight - expected).abs() < tolerance, "{name}: {weight} {expected}");
                }
                if fit_intercept {
                    let (got, expected) = (fitted.intercepts[first + k], intercepts[k]);
                    assert!((got - expected).abs() < tolerance, "{name}: {got} {expected}");
                }
            }
            let spelled: Vec<u8> = fitted.predict(test).iter().map(|class| b'0' + class).collect();
            let expected = case["predictions"].as_str().unwrap().as_bytes();
            let differing = spelled.iter().zip(expected).filter(|(a, b)| a != b).count();
            assert!(spelled.len() == expected.len() && differing <= others, "{name}: {differing} differ");
        }
    }
}
