//! NearestCentroid against scikit-learn: the figures of benchmarks/golden/nearest_centroid.py.

use std::sync::Arc;

use pixel_learn::models::nearest_centroid::CentroidMetric;
use pixel_learn::{Features, Model, NearestCentroid, Scaling, Training};
use serde_json::Value;

use crate::dataset;

const D: usize = 784;

#[test]
fn centroids_and_predictions_are_scikit_learns() {
    let text = std::fs::read_to_string("tests/fixtures/nearest_centroid.json").unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 24);
    for case in cases {
        let name = format!(
            "{} {} {} {}",
            case["dataset"], case["scaling"], case["metric"], case["shrink_threshold"]
        );
        let data = dataset::load(case["dataset"].as_str().unwrap());
        let count = |key: &str| case[key].as_u64().unwrap() as usize;
        let (n, m) = (count("train"), count("test"));
        let pixels = &data.train.pixels[..n * D];
        let scaling = match case["scaling"].as_str().unwrap() {
            "unit" => Scaling::unit(D),
            _ => Scaling::standard(pixels, n, D),
        };
        let scaling = Arc::new(scaling);
        let train = Features::new(pixels.to_vec(), n, D, scaling.clone());
        let test = Features::new(data.test.pixels[..m * D].to_vec(), m, D, scaling);
        let metric = match case["metric"].as_str().unwrap() {
            "euclidean" => CentroidMetric::Euclidean,
            _ => CentroidMetric::Manhattan,
        };
        let classifier = NearestCentroid { metric, shrink_threshold: case["shrink_threshold"].as_f64() };
        let expected: Vec<Vec<f64>> = serde_json::from_value(case["centroids"].clone()).unwrap();
        // The same values without the bytes must have the same answers.
        for (train, test) in [
            (&train, &test),
            (&Features::computed(train.scaled().clone()), &Features::computed(test.scaled().clone())),
        ] {
            let training = Training { features: train, labels: &data.train.labels[..n], classes: 10 };
            let model = classifier.fit_centroids(&training).unwrap();
            for (centroid, expected) in model.centroids.chunks_exact(D).zip(&expected) {
                for (got, expected) in centroid.iter().step_by(count("step")).zip(expected) {
                    assert!((got - expected).abs() < 1e-6, "{name}: {got} {expected}");
                }
            }
            let spelled: String = model.predict(test).iter().map(|class| char::from(b'0' + class)).collect();
            assert_eq!(spelled, case["predictions"], "{name}");
        }
    }
}
