//! NuSVC against scikit-learn (LIBSVM): the figures of benchmarks/golden/nu_svc.py.

use std::sync::Arc;

use pixel_learn::models::svm::{Gamma, Kernel, predict_all};
use pixel_learn::{Classifier, Features, NuSVC, Scaling, Training};
use serde_json::Value;

use crate::dataset;

const D: usize = 784;

fn svc(parameters: &Value, tol: f64) -> NuSVC {
    NuSVC {
        nu: parameters["nu"].as_f64().unwrap_or(0.5),
        kernel: match parameters["kernel"].as_str() {
            Some("linear") => Kernel::Linear,
            Some("poly") => Kernel::Poly,
            Some("sigmoid") => Kernel::Sigmoid,
            _ => Kernel::Rbf,
        },
        gamma: match &parameters["gamma"] {
            Value::String(_) => Gamma::Auto,
            value => value.as_f64().map_or(Gamma::Scale, Gamma::Value),
        },
        degree: parameters["degree"].as_u64().unwrap_or(3) as u32,
        coef0: parameters["coef0"].as_f64().unwrap_or(0.0),
        tol,
    }
}

#[test]
fn decision_values_support_vectors_and_predictions() {
    let text = std::fs::read_to_string("tests/fixtures/nu_svc.json").unwrap();
    let sets: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(sets.len(), 2);
    for set in &sets {
        let data = dataset::load(set["dataset"].as_str().unwrap());
        let rows: Vec<usize> = serde_json::from_value(set["rows"].clone()).unwrap();
        let pixels: Vec<u8> =
            rows.iter().flat_map(|&row| data.train.pixels[row * D..(row + 1) * D].to_vec()).collect();
        let labels: Vec<u8> = rows.iter().map(|&row| data.train.labels[row] / 2).collect();
        let unit = Arc::new(Scaling::unit(D));
        let m = set["test"].as_u64().unwrap() as usize;
        let train = Features::new(pixels, rows.len(), D, unit.clone());
        let test = Features::new(data.test.pixels[..m * D].to_vec(), m, D, unit);
        let training = Training { features: &train, labels: &labels, classes: 4 };
        let cases = set["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 6);
        for case in cases {
            let name = format!("{} {}", set["dataset"], case["parameters"]);
            let tight = svc(&case["parameters"], 1e-6).fit_model(&training).unwrap();
            let expected: Vec<Vec<f64>> = serde_json::from_value(case["decisions"].clone()).unwrap();
            let got = predict_all(&[&tight], train.scaled(), test.scaled()).remove(0).decisions;
            assert_eq!(got.len(), 6 * m, "{name}");
            for (got, expected) in got.iter().zip(expected.concat()) {
                let difference = (got - expected).abs();
                assert!(difference < 5e-4 * (1.0 + expected.abs()), "{name}: {got} {expected}");
            }
            let support: Vec<i64> = serde_json::from_value(case["support_at_1e-6"].clone()).unwrap();
            for (got, expected) in tight.starts.windows(2).map(|ends| ends[1] - ends[0]).zip(support) {
                // Rounding on another path may move a row whose coefficient is nearly 0.
                assert!((got as i64 - expected).abs() <= 1, "{name}: {got} {expected}");
            }
            let usual = svc(&case["parameters"], 1e-3).fit(&training, 0).unwrap();
            assert_eq!(usual.converged(), Some(true), "{name}");
            let classes: Vec<u8> = serde_json::from_value(case["predictions"].clone()).unwrap();
            assert_eq!(usual.predict(&test), classes, "{name}");
        }
    }
}
