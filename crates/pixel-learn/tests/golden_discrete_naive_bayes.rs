//! BernoulliNB, MultinomialNB and ComplementNB against scikit-learn: the figures of
//! benchmarks/golden/discrete_naive_bayes.py.

use std::sync::Arc;

use pixel_learn::models::linear_scores::LinearScores;
use pixel_learn::{BernoulliNB, ComplementNB, Features, Model, MultinomialNB, Scaling, Training};
use serde_json::Value;

use crate::dataset;

const D: usize = 784;

#[test]
fn parameters_and_predictions_are_scikit_learns() {
    let text = std::fs::read_to_string("tests/fixtures/discrete_naive_bayes.json").unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 18);
    for case in &cases {
        let name = format!("{} {} {}", case["dataset"], case["classifier"], case["parameters"]);
        let data = dataset::load(case["dataset"].as_str().unwrap());
        let count = |key: &str| case[key].as_u64().unwrap() as usize;
        let (n, m) = (count("train"), count("test"));
        let raw = Arc::new(Scaling { offset: vec![0.0; D], scale: vec![1.0; D] });
        let features = |pixels: &[u8], n: usize| Features::new(pixels[..n * D].to_vec(), n, D, raw.clone());
        let (train, test) = (features(&data.train.pixels, n), features(&data.test.pixels, m));
        // The same values without the bytes must have the same answers.
        for (train, test) in [
            (&train, &test),
            (&Features::computed(train.scaled().clone()), &Features::computed(test.scaled().clone())),
        ] {
            let training = Training { features: train, labels: &data.train.labels[..n], classes: 10 };
            let (predictions, scores) = fit(case, &training, test);
            let spelled: String = predictions.iter().map(|class| char::from(b'0' + class)).collect();
            assert_eq!(spelled, case["predictions"], "{name}");
            check(case, &scores, count("step"), &name);
        }
    }
}

fn fit(case: &Value, training: &Training, test: &Features) -> (Vec<u8>, LinearScores) {
    let parameters = &case["parameters"];
    let alpha = parameters["alpha"].as_f64().unwrap_or(1.0);
    let fit_prior = parameters["fit_prior"].as_bool().unwrap_or(true);
    let class_prior = serde_json::from_value(parameters["class_prior"].clone()).unwrap();
    match case["classifier"].as_str().unwrap() {
        "BernoulliNB" => {
            let binarize = Some(parameters["binarize"].as_f64().unwrap_or(0.0));
            let model = BernoulliNB { alpha, binarize, fit_prior, class_prior }.fit_scores(training).unwrap();
            (model.predict(test), model.scores)
        }
        "MultinomialNB" => {
            let model = MultinomialNB { alpha, fit_prior, class_prior }.fit_scores(training).unwrap();
            (model.predict(test), model)
        }
        _ => {
            let norm = parameters["norm"].as_bool().unwrap_or(false);
            let model = ComplementNB { alpha, norm, fit_prior, class_prior }.fit_scores(training).unwrap();
            (model.predict(test), model)
        }
    }
}

/// Weights and intercepts follow from scikit-learn's `feature_log_prob_` and `class_log_prior_`.
fn check(case: &Value, scores: &LinearScores, step: usize, name: &str) {
    let expected: Vec<Vec<f64>> = serde_json::from_value(case["feature_log_prob"].clone()).unwrap();
    let priors: Vec<f64> = serde_json::from_value(case["class_log_prior"].clone()).unwrap();
    let bernoulli = case["classifier"] == "BernoulliNB";
    for (class, (expected, prior)) in expected.iter().zip(priors).enumerate() {
        for (weight, log_prob) in scores.weights[class * D..].iter().step_by(step).zip(expected) {
            // A feature that is on has log p, one that is off log(1 - p).
            let expected = if bernoulli { log_prob - (-log_prob.exp()).ln_1p() } else { *log_prob };
            assert!((weight - expected).abs() < 1e-6, "{name}: {weight} {expected}");
        }
        if case["classifier"] == "MultinomialNB" {
            assert!((scores.intercepts[class] - prior).abs() < 1e-6, "{name}");
        }
    }
}
