//! LinearDiscriminantAnalysis and QuadraticDiscriminantAnalysis against scikit-learn: the figures of
//! benchmarks/golden/discriminant.py.

use std::sync::Arc;

use pixel_learn::linalg::Matrix;
use pixel_learn::models::discriminant::{LdaSolver, Shrinkage};
use pixel_learn::{
    Features, LinearDiscriminantAnalysis, Model, QuadraticDiscriminantAnalysis, Scaling, Training,
};
use serde_json::Value;

use crate::dataset;

const SIDE: usize = 28;
const D: usize = SIDE * SIDE;

/// The features of the case for training rows and test rows of whole images.
fn features(kind: &str, train: &[u8], test: &[u8]) -> [Features; 2] {
    let bytes = |scaling: Scaling, d: usize, parts: [Vec<u8>; 2]| {
        let scaling = Arc::new(scaling);
        parts.map(|pixels| Features::new(pixels.clone(), pixels.len() / d, d, scaling.clone()))
    };
    match kind {
        "unit" => bytes(Scaling::unit(D), D, [train.to_vec(), test.to_vec()]),
        "standard" => {
            let scaling = Scaling::standard(train, train.len() / D, D);
            bytes(scaling, D, [train.to_vec(), test.to_vec()])
        }
        "centre" => {
            let centre = |images: &[u8]| -> Vec<u8> {
                let rows =
                    images.chunks_exact(D).flat_map(|image| (9..19).map(|y| &image[y * SIDE + 9..][..10]));
                rows.flatten().copied().collect()
            };
            bytes(Scaling::unit(100), 100, [centre(train), centre(test)])
        }
        _ => [train, test].map(|images| {
            let mut sums = vec![0u32; images.len() / 16];
            for (image, sums) in images.chunks_exact(D).zip(sums.chunks_exact_mut(49)) {
                for (at, &pixel) in image.iter().enumerate() {
                    sums[at / SIDE / 4 * 7 + at % SIDE / 4] += u32::from(pixel);
                }
            }
            let values: Vec<f32> = sums.iter().map(|&sum| (f64::from(sum) / (16.0 * 255.0)) as f32).collect();
            Features::computed(Matrix::from_slice(&values, images.len() / D, 49))
        }),
    }
}

/// Whether two values agree to a tolerance, relative for large values.
fn near(got: f64, expected: f64, tolerance: f64) -> bool {
    (got - expected).abs() < tolerance * (1.0 + expected.abs())
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn coefficients_decisions_and_predictions_are_scikit_learns() {
    let text = std::fs::read_to_string("tests/fixtures/discriminant.json").unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 56);
    for case in cases {
        let name = format!(
            "{} {} {} {} {}",
            case["dataset"], case["classes"], case["classifier"], case["features"], case["parameters"]
        );
        let data = dataset::load(case["dataset"].as_str().unwrap());
        let count = |key: &str| case[key].as_u64().unwrap() as usize;
        let (n, m, classes) = (count("train"), count("test"), count("classes"));
        let chosen: Vec<usize> =
            (0..n).filter(|&row| usize::from(data.train.labels[row]) < classes).collect();
        let labels: Vec<u8> = chosen.iter().map(|&row| data.train.labels[row]).collect();
        let pixels: Vec<u8> =
            chosen.iter().flat_map(|&row| data.train.pixels[row * D..(row + 1) * D].to_vec()).collect();
        let kind = case["features"].as_str().unwrap();
        let [train, test] = features(kind, &pixels, &data.test.pixels[..m * D]);
        let training = Training { features: &train, labels: &labels, classes };
        let tolerance = 1e-6;
        let priors = serde_json::from_value(case["parameters"]["priors"].clone()).unwrap();
        let (predictions, decisions) = if case["classifier"] == "LinearDiscriminantAnalysis" {
            let model = linear(&case["parameters"], priors).fit_scores(&training).unwrap();
            check_coefficients(&case, &model.weights, &model.intercepts, train.d(), tolerance, &name);
            (model.predict(&test), model.decision_function(&test))
        } else {
            let reg_param = case["parameters"]["reg_param"].as_f64().unwrap_or(0.0);
            let classifier = QuadraticDiscriminantAnalysis { priors, reg_param, ..Default::default() };
            let model = classifier.fit_densities(&training).unwrap();
            (model.predict(&test), model.decision_function(&test))
        };
        let expected = numbers(&case["decisions"]);
        for (row, expected) in expected.chunks_exact(if classes == 2 { 1 } else { classes }).enumerate() {
            let got = &decisions[row * classes..(row + 1) * classes];
            let ok = match expected {
                // For two classes scikit-learn has one value: the difference of the two.
                [one] => near(got[1] - got[0], *one, tolerance),
                all => got.iter().zip(all).all(|(got, expected)| near(*got, *expected, tolerance)),
            };
            assert!(ok, "{name}: {got:?} {expected:?}");
        }
        let spelled: Vec<u8> = predictions.iter().map(|class| b'0' + class).collect();
        let expected = case["predictions"].as_str().unwrap().as_bytes();
        let differing = spelled.iter().zip(expected).filter(|(a, b)| a != b).count();
        assert!(spelled.len() == expected.len() && differing == 0, "{name}: {differing} differ");
    }
}

fn linear(parameters: &Value, priors: Option<Vec<f64>>) -> LinearDiscriminantAnalysis {
    LinearDiscriminantAnalysis {
        solver: if parameters["solver"] == "lsqr" { LdaSolver::Lsqr } else { LdaSolver::Svd },
        shrinkage: match &parameters["shrinkage"] {
            Value::Null => None,
            Value::String(_) => Some(Shrinkage::Auto),
            value => value.as_f64().map(Shrinkage::Value),
        },
        priors,
        tol: parameters["tol"].as_f64().unwrap_or(1e-4),
    }
}

fn check_coefficients(
    case: &Value,
    weights: &[f64],
    intercepts: &[f64],
    d: usize,
    tolerance: f64,
    name: &str,
) {
    let expected: Vec<Vec<f64>> = serde_json::from_value(case["coef"].clone()).unwrap();
    let step = case["step"].as_u64().unwrap() as usize;
    let own = |row: usize, j: usize| match expected.len() {
        1 => weights[d + j] - weights[j],
        _ => weights[row * d + j],
    };
    for (row, expected) in expected.iter().enumerate() {
        for (j, expected) in (0..d).step_by(step).zip(expected) {
            assert!(near(own(row, j), *expected, tolerance), "{name}: {} {expected}", own(row, j));
        }
    }
    let expected = numbers(&case["intercept"]);
    let got = if expected.len() == 1 { vec![intercepts[1] - intercepts[0]] } else { intercepts.to_vec() };
    assert!(got.iter().zip(&expected).all(|(a, b)| near(*a, *b, tolerance)), "{name}: {got:?} {expected:?}");
}
