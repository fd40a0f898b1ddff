//! Steps before a model against scikit-learn and scikit-image: the figures of benchmarks/golden/preprocessing.py.

use pixel_learn::Features;
use pixel_learn::preprocessing::{Step, fit};
use serde_json::Value;

use crate::dataset;

fn step(value: &Value) -> Step {
    let count = |name: &str| value[name].as_u64().unwrap() as usize;
    match value["step"].as_str().unwrap() {
        "unit" => Step::Unit,
        "standard" => Step::Standard,
        "binarize" => Step::Binarize { threshold: count("threshold") as u8 },
        "pca" => {
            Step::Pca { n_components: count("n_components"), whiten: value["whiten"].as_bool().unwrap() }
        }
        "hog" => Step::Hog {
            orientations: count("orientations"),
            pixels_per_cell: count("pixels_per_cell"),
            cells_per_block: count("cells_per_block"),
        },
        other => panic!("unknown step {other}"),
    }
}

#[test]
fn chains_have_the_values_of_scikit_learn_and_scikit_image() {
    let text = std::fs::read_to_string("tests/fixtures/preprocessing.json").unwrap();
    let sets: Vec<Value> = serde_json::from_str(&text).unwrap();
    for set in &sets {
        let data = dataset::load(set["dataset"].as_str().unwrap());
        let rows = set["train"].as_u64().unwrap() as usize;
        let train = Features::standardised(&data.train.pixels[..rows * 784], 784).unwrap();
        for case in set["cases"].as_array().unwrap() {
            let steps: Vec<Step> = case["steps"].as_array().unwrap().iter().map(step).collect();
            let expected: Vec<Vec<f64>> = serde_json::from_value(case["values"].clone()).unwrap();
            let test = train.transform(&data.test.pixels[..expected.len() * 784]).unwrap();
            let (chain, _) = fit(&steps, &train, [28, 28], 1).unwrap();
            let got = chain.transform(&test);
            assert_eq!(got.d(), expected[0].len(), "{steps:?}");
            // Values of hog alone have one rounding to f32; components are sums of hundreds of f32 products.
            let alone = matches!(steps.as_slice(), [Step::Hog { .. }]);
            for (row, expected) in expected.iter().enumerate() {
                let size = expected.iter().fold(0.0f64, |most, value| most.max(value.abs()));
                let allowed = if alone { 1e-6 } else { 2e-5 * size };
                for (&got, &expected) in got.scaled().row(row).iter().zip(expected) {
                    let error = (f64::from(got) - expected).abs();
                    assert!(error < allowed, "{steps:?} row {row}: {got} for {expected}");
                }
            }
        }
    }
}

#[test]
fn random_steps_approximate_the_kernel_as_well_as_scikit_learn() {
    let text = std::fs::read_to_string("tests/fixtures/preprocessing.json").unwrap();
    let sets: Vec<Value> = serde_json::from_str(&text).unwrap();
    for set in &sets {
        let data = dataset::load(set["dataset"].as_str().unwrap());
        let kernels = &set["kernels"];
        let count = |name: &str| kernels[name].as_u64().unwrap() as usize;
        let (n, m, gamma) = (count("train"), count("test"), kernels["gamma"].as_f64().unwrap());
        let train = Features::standardised(&data.train.pixels[..n * 784], 784).unwrap();
        let test = train.transform(&data.test.pixels[..m * 784]).unwrap();
        let images: Vec<&[u8]> = test.pixels().chunks_exact(784).collect();
        let distance = |a: &[u8], b: &[u8]| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| ((f64::from(a) - f64::from(b)) / 255.0).powi(2)).sum()
        };
        let pairs: Vec<(usize, usize)> = (0..m * m).map(|at| (at / m, at % m)).collect();
        let kernel: Vec<f64> =
            pairs.iter().map(|&(i, j)| (-gamma * distance(images[i], images[j])).exp()).collect();
        for (name, expected) in kernels["errors"].as_object().unwrap() {
            let (step, n_components) = name.split_once(' ').unwrap();
            let (n_components, gamma) = (n_components.parse().unwrap(), Some(gamma));
            let step = match step {
                "nystroem" => Step::Nystroem { n_components, gamma },
                _ => Step::RbfSampler { n_components, gamma },
            };
            let mut error = 0.0;
            for seed in 0..10 {
                let (chain, _) = fit(&[Step::Unit, step.clone()], &train, [28, 28], seed).unwrap();
                let features = chain.transform(&test);
                let rows = features.scaled();
                let product = |i: usize, j: usize| -> f64 {
                    rows.row(i).iter().zip(rows.row(j)).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
                };
                let errors = pairs.iter().zip(&kernel).map(|(&(i, j), k)| (product(i, j) - k).abs());
                error += errors.sum::<f64>() / pairs.len() as f64 / 10.0;
            }
            let ratio = error / expected.as_f64().unwrap();
            assert!((ratio - 1.0).abs() < 0.12, "{name}: {error} for {expected}");
        }
    }
}
