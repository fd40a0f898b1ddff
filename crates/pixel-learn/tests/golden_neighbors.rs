//! KNeighborsClassifier against scikit-learn: the figures of benchmarks/golden/neighbors.py.

use std::sync::Arc;

use pixel_learn::models::neighbors::{Index, KNeighborsClassifier, Metric, Weights};
use pixel_learn::models::{Classifier, Training};
use pixel_learn::{Features, Scaling};
use serde_json::Value;

use crate::dataset;

fn fixture() -> Vec<Value> {
    let text = std::fs::read_to_string("tests/fixtures/neighbors.json").unwrap();
    serde_json::from_str(&text).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::from_value(value.clone()).unwrap()
}

fn classifier(case: &Value) -> KNeighborsClassifier {
    KNeighborsClassifier {
        n_neighbors: case["n_neighbors"].as_u64().unwrap() as usize,
        weights: if case["weights"] == "uniform" { Weights::Uniform } else { Weights::Distance },
        metric: if case["p"] == 1 { Metric::Manhattan } else { Metric::Euclidean },
    }
}

#[test]
fn neighbours_distances_and_predictions_on_images() {
    for set in fixture().iter().filter(|set| set["cases"].is_array() && set["dataset"] != "grid") {
        let data = dataset::load(set["dataset"].as_str().unwrap());
        let (n, m, d) =
            (set["train"].as_u64().unwrap() as usize, set["test"].as_u64().unwrap() as usize, 784);
        let pixels = data.train.pixels[..n * d].to_vec();
        let scaling = Arc::new(Scaling::standard(&pixels, n, d));
        let train = Features::new(pixels, n, d, scaling.clone());
        let test = Features::new(data.test.pixels[..m * d].to_vec(), m, d, scaling);
        let training = Training { features: &train, labels: &data.train.labels[..n], classes: 10 };
        for case in set["cases"].as_array().unwrap() {
            let classifier = classifier(case);
            let predictions = classifier.fit(&training, 0).unwrap().predict(&test);
            assert_eq!(predictions, bytes(&case["predictions"]), "{classifier:?}");
            if case.get("indices").is_none() {
                continue;
            }
            let neighbors = Index::new(&train, classifier.metric, 9).unwrap().search(&test, 9);
            for row in 0..m {
                for (rank, neighbor) in neighbors.row(row).iter().enumerate() {
                    assert_eq!(case["indices"][row][rank], neighbor.index, "{classifier:?} row {row}");
                    let expected = case["distances"][row][rank].as_f64().unwrap();
                    // Our scaled values may differ from scikit-learn's in the last bit of f32.
                    assert!((neighbor.distance - expected).abs() < 1e-5, "{} {expected}", neighbor.distance);
                }
            }
        }
    }
}

#[test]
fn bytes_and_other_metrics() {
    let mut settled = 0;
    for set in fixture().iter().filter(|set| set["scaled_cases"].is_array()) {
        let data = dataset::load(set["dataset"].as_str().unwrap());
        let count = |key: &str| set[key].as_u64().unwrap() as usize;
        let (n, m, d) = (count("train"), count("test"), 784);
        let pixels = data.train.pixels[..n * d].to_vec();
        for case in set["scaled_cases"].as_array().unwrap() {
            let scaling = Arc::new(match case["scaling"].as_str().unwrap() {
                "raw" => Scaling { offset: vec![0.0; d], scale: vec![1.0; d] },
                "unit" => Scaling::unit(d),
                _ => Scaling::standard(&pixels, n, d),
            });
            let train = Features::new(pixels.clone(), n, d, scaling.clone());
            let test = Features::new(data.test.pixels[..m * d].to_vec(), m, d, scaling);
            let metric = match case["metric"].as_str().unwrap() {
                "euclidean" => Metric::Euclidean,
                "manhattan" => Metric::Manhattan,
                "cosine" => Metric::Cosine,
                _ => Metric::Chebyshev,
            };
            let classifier = KNeighborsClassifier { metric, ..classifier(case) };
            let k = classifier.n_neighbors;
            let neighbors = Index::new(&train, metric, k).unwrap().search(&test, k);
            let predictions = classifier.vote(&neighbors, &data.train.labels[..n], 10);
            for (row, expected) in case["predictions"].as_array().unwrap().iter().enumerate() {
                if let Some(expected) = expected.as_u64() {
                    assert_eq!(u64::from(predictions[row]), expected, "{case} row {row}");
                    settled += 1;
                }
            }
            for (row, distances) in case["distances"].as_array().into_iter().flatten().enumerate() {
                for (neighbor, expected) in neighbors.row(row).iter().zip(distances.as_array().unwrap()) {
                    let expected = expected.as_f64().unwrap();
                    let error = (neighbor.distance - expected).abs();
                    assert!(error < 2e-6 * (1.0 + expected), "{} {expected}", neighbor.distance);
                }
            }
        }
    }
    assert!(settled > 1500, "only {settled} predictions have settled neighbours");
}

#[test]
fn predictions_among_ties_and_duplicates() {
    let fixture = fixture();
    let grid = fixture.iter().find(|set| set["dataset"] == "grid").unwrap();
    let flat = |key: &str| -> Vec<u8> { grid[key].as_array().unwrap().iter().flat_map(bytes).collect() };
    let scaling = Arc::new(Scaling { offset: vec![0.0; 2], scale: vec![1.0; 2] });
    let (rows, queries, labels) = (flat("rows"), flat("queries"), bytes(&grid["classes"]));
    let train = Features::new(rows, labels.len(), 2, scaling.clone());
    let test = Features::new(queries.clone(), queries.len() / 2, 2, scaling);
    let training = Training { features: &train, labels: &labels, classes: 4 };
    let mut settled = 0;
    for case in grid["cases"].as_array().unwrap() {
        let classifier = classifier(case);
        let predictions = classifier.fit(&training, 0).unwrap().predict(&test);
        for (query, expected) in case["predictions"].as_array().unwrap().iter().enumerate() {
            if let Some(expected) = expected.as_u64() {
                assert_eq!(u64::from(predictions[query]), expected, "{classifier:?} query {query}");
                settled += 1;
            }
        }
    }
    assert!(settled > 150, "only {settled} predictions have settled neighbours");
}
