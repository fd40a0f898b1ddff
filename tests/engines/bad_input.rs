//! The native families with bad parameters, and with data that have little or nothing to learn, through the
//! interface that a sweep uses: each gives a clear refusal or a sane model, never a panic.

use std::sync::Arc;

use mnist_bench::engines::native::NATIVE;
use mnist_bench::engines::{Failure, Outcome, Shape, Work};
use mnist_bench::grid::{Configuration, Parameters};
use pixel_learn::models::Training;
use pixel_learn::{Features, Scaling};

/// Parameters that each family must refuse, by naming what is wrong with them.
const REFUSED: &[(&str, &[&str])] = &[
    (
        "DecisionTreeClassifier",
        &[
            r#"{"max_depth": 0}"#,
            r#"{"max_depth": -1}"#,
            r#"{"max_depth": 2.5}"#,
            r#"{"max_depth": "ten"}"#,
            r#"{"criterion": "ginny"}"#,
            r#"{"splitter": 1}"#,
            r#"{"max_features": 0}"#,
        ],
    ),
    (
        "ExtraTreeClassifier",
        &[r#"{"max_depth": 0}"#, r#"{"max_depth": -1}"#, r#"{"criterion": null, "splitter": "worst"}"#],
    ),
    (
        "RandomForestClassifier",
        &[
            r#"{"n_estimators": 0}"#,
            r#"{"n_estimators": -10}"#,
            r#"{"max_depth": 0}"#,
            r#"{"bootstrap": "yes"}"#,
        ],
    ),
    (
        "GradientBoostingClassifier",
        &[
            r#"{"n_estimators": 0}"#,
            r#"{"max_depth": 0}"#,
            r#"{"learning_rate": 0}"#,
            r#"{"learning_rate": -0.1}"#,
            r#"{"loss": "exponential"}"#,
        ],
    ),
    (
        "KNeighborsClassifier",
        &[
            r#"{"n_neighbors": 0}"#,
            r#"{"n_neighbors": -5}"#,
            r#"{"n_neighbors": 1000000}"#,
            r#"{"p": 0}"#,
            r#"{"p": 3}"#,
            r#"{"weights": "near"}"#,
        ],
    ),
    (
        "GaussianNB",
        &[
            r#"{"priors": [0.5, 0.5]}"#,
            r#"{"priors": [-0.2, 0.6, 0.6]}"#,
            r#"{"priors": [0.1, 0.1, 0.1]}"#,
            r#"{"priors": "even"}"#,
        ],
    ),
    (
        "GaussianProcessClassifier",
        &[
            r#"{"inducing": 0}"#,
            r#"{"inducing": 1000000}"#,
            r#"{"length_scale": 0, "inducing": 5}"#,
            r#"{"length_scale": 2.0}"#,
            r#"{"max_iter_predict": 0}"#,
            r#"{"multi_class": "ovr"}"#,
        ],
    ),
    (
        "MLPClassifier",
        &[
            r#"{"hidden_layer_sizes": [0]}"#,
            r#"{"hidden_layer_sizes": [-10]}"#,
            r#"{"alpha": -1}"#,
            r#"{"batch_size": 0}"#,
            r#"{"learning_rate_init": 0}"#,
            r#"{"max_iter": 0}"#,
            r#"{"activation": "step"}"#,
            r#"{"beta_1": 1.5}"#,
        ],
    ),
    (
        "SVC",
        &[
            r#"{"C": 0}"#,
            r#"{"C": -1}"#,
            r#"{"kernel": "rfb"}"#,
            r#"{"gamma": -1}"#,
            r#"{"degree": -1}"#,
            r#"{"tol": 0}"#,
        ],
    ),
    (
        "SGDClassifier",
        &[
            r#"{"alpha": 0}"#,
            r#"{"alpha": -1}"#,
            r#"{"max_iter": 0}"#,
            r#"{"l1_ratio": 2}"#,
            r#"{"penalty": "l3"}"#,
        ],
    ),
    ("Perceptron", &[r#"{"alpha": -1}"#, r#"{"eta0": 0}"#, r#"{"max_iter": 0}"#, r#"{"penalty": "l3"}"#]),
    (
        "PassiveAggressiveClassifier",
        &[r#"{"C": 0}"#, r#"{"C": -1}"#, r#"{"C": "large"}"#, r#"{"max_iter": 0}"#],
    ),
    ("LinearSVC", &[r#"{"C": 0}"#, r#"{"C": -1}"#, r#"{"penalty": "l3"}"#]),
    ("Network", &[r#"{"epochs": 0}"#, r#"{"model": "dense-128"}"#, r#"{"definition": {"layers": []}}"#]),
    ("LogisticRegression", &[r#"{"C": 0}"#, r#"{"C": -1}"#, r#"{"penalty": "l3"}"#]),
    ("AdaBoostClassifier", &[r#"{"n_estimators": 0}"#, r#"{"learning_rate": 0}"#, r#"{"max_depth": 0}"#]),
    ("BaggingClassifier", &[r#"{"n_estimators": 0}"#, r#"{"max_samples": 0}"#, r#"{"bootstrap": 1}"#]),
    ("BernoulliNB", &[r#"{"alpha": -1}"#, r#"{"binarize": "x"}"#, r#"{"fit_prior": 1}"#]),
    ("ComplementNB", &[r#"{"alpha": -1}"#, r#"{"norm": "l1"}"#]),
    ("ExtraTreesClassifier", &[r#"{"n_estimators": 0}"#, r#"{"criterion": "mse"}"#, r#"{"max_depth": 0}"#]),
    (
        "HistGradientBoostingClassifier",
        &[
            r#"{"max_iter": 0}"#,
            r#"{"learning_rate": 0}"#,
            r#"{"max_leaf_nodes": 1}"#,
            r#"{"early_stopping": "yes"}"#,
        ],
    ),
    ("LinearDiscriminantAnalysis", &[r#"{"solver": "eigen"}"#, r#"{"shrinkage": "some"}"#]),
    ("MultinomialNB", &[r#"{"alpha": -1}"#, r#"{"class_prior": "flat"}"#]),
    ("NearestCentroid", &[r#"{"metric": "cosine"}"#, r#"{"shrink_threshold": 0}"#]),
    ("NuSVC", &[r#"{"nu": 0}"#, r#"{"kernel": "none"}"#, r#"{"gamma": "rule"}"#]),
    ("QuadraticDiscriminantAnalysis", &[r#"{"priors": 1}"#, r#"{"reg_param": "x"}"#]),
    ("RidgeClassifier", &[r#"{"alpha": -1}"#, r#"{"fit_intercept": 1}"#]),
];

/// Parameters that make a fit short enough for a test, for the families whose default is slow.
fn quick(classifier: &str) -> Parameters {
    let json = match classifier {
        "GradientBoostingClassifier" => r#"{"n_estimators": 3}"#,
        "MLPClassifier" => r#"{"hidden_layer_sizes": [4], "learning_rate_init": 0.1}"#,
        "KNeighborsClassifier" => r#"{"n_neighbors": 1}"#,
        "QuadraticDiscriminantAnalysis" => r#"{"reg_param": 0.1}"#,
        "Network" => {
            r#"{"definition": {
                "layers": [{"type": "flatten"}, {"type": "dense", "units": "classes", "activation": "softmax"}],
                "optimizer": {"type": "adam", "learning_rate": 0.1}, "epochs": 60, "batch": 10
            }}"#
        }
        _ => "{}",
    };
    serde_json::from_str(json).unwrap()
}

fn features(pixels: Vec<u8>, n: usize, d: usize) -> Features {
    let scaling = Arc::new(Scaling::standard(&pixels, n, d));
    Features::new(pixels, n, d, scaling)
}

/// Three classes that differ in every feature.
fn three_classes(n: usize, d: usize) -> (Features, Vec<u8>) {
    let labels: Vec<u8> = (0..n).map(|i| (i % 3) as u8).collect();
    let pixels = (0..n * d).map(|at| (at / d % 3 * 100 + at * 7919 % 23) as u8).collect();
    (features(pixels, n, d), labels)
}

/// One configuration run alone, whether the family's check would have let it pass or not.
fn run(
    classifier: &str,
    parameters: &Parameters,
    x: &Features,
    labels: &[u8],
    test: &Features,
) -> Result<Outcome, Failure> {
    let family = NATIVE.family(classifier).expect("a native family");
    let configurations = [Configuration::new(classifier, parameters.clone())];
    // The naive Bayes models of counts refuse negative values, so they get raw pixels.
    let raw = |x: &Features| {
        let scaling = Scaling { offset: vec![0.0; x.d()], scale: vec![1.0; x.d()] };
        Features::new(x.pixels().to_vec(), x.n(), x.d(), Arc::new(scaling))
    };
    let counted = [raw(x), raw(test)];
    let [x, test] = match classifier {
        "ComplementNB" | "MultinomialNB" => [&counted[0], &counted[1]],
        _ => [x, test],
    };
    let training = Training { features: x, labels, classes: 3 };
    let mut outcomes = Vec::new();
    family.run(
        &Work { configurations: &configurations, training, test, dataset: "odd", image: [1, x.d()], seed: 1 },
        &mut |index, outcome| {
            assert_eq!(index, 0);
            outcomes.push(outcome);
        },
    );
    assert_eq!(outcomes.len(), 1, "{classifier}: one outcome a configuration");
    outcomes.remove(0)
}

/// Runs every native family in its quick form.
fn every_family(
    x: &Features,
    labels: &[u8],
    test: &Features,
) -> Vec<(&'static str, Result<Outcome, Failure>)> {
    let names = NATIVE.families.iter().map(|family| family.classifier());
    names.map(|name| (name, run(name, &quick(name), x, labels, test))).collect()
}

#[test]
fn bad_parameters_are_refused() {
    let (x, labels) = three_classes(30, 4);
    let shape = Shape { train_size: 30, test_size: 30, features: 4, image: [2, 2], classes: 3 };
    for family in NATIVE.families {
        let name = family.classifier();
        let (_, refused) = REFUSED
            .iter()
            .find(|(listed, _)| *listed == name)
            .unwrap_or_else(|| panic!("{name}: list what it refuses"));
        for json in refused.iter().chain(&[r#"{"no_such_parameter": 1}"#]) {
            let parameters: Parameters = serde_json::from_str(json).unwrap();
            let reason = family.check(&parameters, &shape).expect_err(&format!("{name} {json}"));
            assert!(!reason.is_empty() && !reason.contains('\n'), "{name} {json}: {reason:?}");
            assert!(parameters.keys().any(|key| reason.contains(key.as_str())), "{name} {json}: {reason}");
            // A sweep checks first. Without the check a bad parameter must still give an error and no panic; only
            // too few training rows for a valid parameter may give predictions.
            let outcome = run(name, &parameters, &x, &labels, &x);
            assert!(outcome.is_err() || reason.contains("training rows"), "{name} {json}: ran");
        }
    }
}

#[test]
fn without_training_rows_there_is_an_error() {
    let (empty, (test, _)) = (features(Vec::new(), 0, 4), three_classes(6, 4));
    for (name, outcome) in every_family(&empty, &[], &test) {
        assert!(outcome.is_err(), "{name}");
    }
}

#[test]
fn without_test_rows_there_are_no_predictions() {
    let ((x, labels), empty) = (three_classes(30, 4), features(Vec::new(), 0, 4));
    for (name, outcome) in every_family(&x, &labels, &empty) {
        match outcome {
            Ok(outcome) => assert!(outcome.predictions.is_empty(), "{name}"),
            Err(failure) => panic!("{name}: {failure:?}"),
        }
    }
}

#[test]
fn one_class_is_predicted_or_refused() {
    let (x, _) = three_classes(30, 4);
    for (name, outcome) in every_family(&x, &[2; 30], &x) {
        match outcome {
            Ok(outcome) => assert_eq!(outcome.predictions, [2; 30], "{name}"),
            Err(Failure::Failed(reason) | Failure::Unsupported(reason)) => {
                assert!(reason.contains("class"), "{name}: {reason}")
            }
            Err(Failure::Diverged(reason) | Failure::OutOfMemory(reason)) => panic!("{name}: {reason}"),
        }
    }
}

#[test]
fn one_training_row_is_enough_or_refused() {
    let (x, labels) = three_classes(1, 4);
    for (name, outcome) in every_family(&x, &labels, &x) {
        if let Ok(outcome) = outcome {
            assert_eq!(outcome.predictions, [0], "{name}");
        }
    }
}

#[test]
fn constant_features_predict_a_known_class() {
    let x = features(vec![77; 30 * 4], 30, 4);
    let labels: Vec<u8> = (0..30).map(|i| if i % 5 == 0 { 2 } else { 1 }).collect();
    for (name, outcome) in every_family(&x, &labels, &x) {
        if let Ok(outcome) = outcome {
            let first = outcome.predictions[0];
            assert!(first == 1 || first == 2, "{name} predicts {first}");
            assert_eq!(outcome.predictions, [first; 30], "{name}: equal rows, different classes");
        }
    }
}

#[test]
fn no_features_do_not_panic() {
    let x = features(Vec::new(), 0, 0);
    for (name, outcome) in every_family(&x, &[], &x) {
        assert!(outcome.is_err(), "{name}");
    }
}

#[test]
fn extreme_parameters_do_not_panic() {
    let (x, labels) = three_classes(30, 4);
    let extreme = [
        ("SVC", r#"{"C": 1e300}"#),
        ("SVC", r#"{"C": 1e-300}"#),
        ("SVC", r#"{"gamma": 1e300}"#),
        ("SVC", r#"{"kernel": "poly", "degree": 1000, "coef0": 1e100}"#),
        ("SGDClassifier", r#"{"alpha": 1e300}"#),
        ("SGDClassifier", r#"{"alpha": 1e-300}"#),
        ("SGDClassifier", r#"{"loss": "squared_hinge", "alpha": 1e-12, "penalty": "l1"}"#),
        ("Perceptron", r#"{"eta0": 1e300}"#),
        ("Perceptron", r#"{"alpha": 1e300, "penalty": "l1"}"#),
        ("PassiveAggressiveClassifier", r#"{"C": 1e300}"#),
        ("PassiveAggressiveClassifier", r#"{"C": 1e-300}"#),
        ("MLPClassifier", r#"{"max_iter": 3, "hidden_layer_sizes": [3], "learning_rate_init": 1e300}"#),
        ("MLPClassifier", r#"{"max_iter": 3, "hidden_layer_sizes": [3], "alpha": 1e300}"#),
        ("GradientBoostingClassifier", r#"{"n_estimators": 3, "learning_rate": 1e300}"#),
        ("DecisionTreeClassifier", r#"{"max_depth": 1000000000}"#),
        ("GaussianProcessClassifier", r#"{"inducing": 30, "length_scale": 1e-300}"#),
        ("GaussianProcessClassifier", r#"{"inducing": 30, "length_scale": 1e300}"#),
        ("GaussianProcessClassifier", r#"{"inducing": 30, "constant_value": 1e300}"#),
    ];
    for (name, json) in extreme {
        if let Ok(outcome) = run(name, &serde_json::from_str(json).unwrap(), &x, &labels, &x) {
            assert_eq!(outcome.predictions.len(), 30, "{name} {json}");
            assert!(outcome.predictions.iter().all(|&class| class < 3), "{name} {json}");
        }
    }
}
