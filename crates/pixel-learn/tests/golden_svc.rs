//! SVC against scikit-learn (LIBSVM): the figures of benchmarks/golden/svc.py.

use std::sync::Arc;

use pixel_learn::models::Training;
use pixel_learn::models::svm::{Gamma, Kernel, SVC, fit_all, predict_all};
use pixel_learn::{Features, Scaling};
use serde_json::Value;

use crate::dataset;

const D: usize = 784;
/// Four kernels at three C.
const CASES: usize = 12;

fn svc(case: &Value, tol: f64) -> SVC {
    SVC {
        c: case["C"].as_f64().unwrap(),
        kernel: match case["kernel"].as_str().unwrap() {
            "linear" => Kernel::Linear,
            "rbf" => Kernel::Rbf,
            "poly" => Kernel::Poly,
            _ => Kernel::Sigmoid,
        },
        gamma: if case["gamma"] == "scale" { Gamma::Scale } else { Gamma::Auto },
        tol,
        ..SVC::default()
    }
}

fn support(starts: &[usize]) -> Vec<i64> {
    starts.windows(2).map(|ends| (ends[1] - ends[0]) as i64).collect()
}

fn integers(value: &Value) -> Vec<i64> {
    serde_json::from_value(value.clone()).unwrap()
}

/// The training rows of the fixture with their labels, and the test rows.
fn data(set: &Value) -> (Features, Vec<u8>, Features) {
    let data = dataset::load(set["dataset"].as_str().unwrap());
    let rows: Vec<usize> = serde_json::from_value(set["rows"].clone()).unwrap();
    let pixels: Vec<u8> =
        rows.iter().flat_map(|&row| data.train.pixels[row * D..(row + 1) * D].to_vec()).collect();
    let labels: Vec<u8> = rows.iter().map(|&row| data.train.labels[row] / 2).collect();
    let scaling = Arc::new(Scaling::standard(&pixels, rows.len(), D));
    let test = set["test"].as_u64().unwrap() as usize;
    let test = Features::new(data.test.pixels[..test * D].to_vec(), test, D, scaling.clone());
    (Features::new(pixels, rows.len(), D, scaling), labels, test)
}

#[test]
fn decision_values_support_vectors_and_predictions() {
    let text = std::fs::read_to_string("tests/fixtures/svc.json").unwrap();
    let sets: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(sets.len(), 2);
    for set in &sets {
        let (train, labels, test) = data(set);
        let training = Training { features: &train, labels: &labels, classes: 4 };
        let cases = set["cases"].as_array().unwrap();
        assert_eq!(cases.len(), CASES);
        let tight: Vec<SVC> = cases.iter().map(|case| svc(case, 1e-6)).collect();
        let usual: Vec<SVC> = cases.iter().map(|case| svc(case, 1e-3)).collect();
        let tight = fit_all(&tight, &training).unwrap().models;
        let usual = fit_all(&usual, &training).unwrap().models;
        let models: Vec<_> = tight.iter().chain(&usual).collect();
        let predicted = predict_all(&models, train.scaled(), test.scaled());
        for (k, case) in cases.iter().enumerate() {
            let name = format!("{} {} C={}", set["dataset"], case["kernel"], case["C"]);
            assert!(tight[k].converged() && usual[k].converged(), "{name}");
            let expected: Vec<Vec<f64>> = serde_json::from_value(case["decisions"].clone()).unwrap();
            let expected: Vec<f64> = expected.concat();
            assert_eq!(predicted[k].decisions.len(), expected.len(), "{name}");
            for (got, expected) in predicted[k].decisions.iter().zip(expected) {
                // Written so that NaN fails.
                assert!(
                    (got - expected).abs() < 5e-4 * (1.0 + expected.abs()),
                    "{name}: {got} for {expected}"
                );
            }
            // At both tolerances the counts were exactly equal when this was written. Rounding on another path
            // may move a row whose coefficient is nearly 0.
            for (model, key) in [(&tight[k], "support_at_1e-6"), (&usual[k], "support_at_1e-3")] {
                let (got, expected) = (support(&model.starts), integers(&case[key]));
                assert_eq!(got.len(), expected.len(), "{name} {key}");
                for (got, expected) in got.into_iter().zip(expected) {
                    assert!((got - expected).abs() <= 1, "{name} {key}: {got} {expected}");
                }
            }
            let classes: Vec<i64> =
                predicted[cases.len() + k].classes.iter().map(|&c| i64::from(c)).collect();
            assert_eq!(classes, integers(&case["predictions"]), "{name}");
        }
    }
}
