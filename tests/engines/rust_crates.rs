//! linfa, smartcore and libsvm-rs as engines: sane models on easy data, reasons for what cannot be expressed, and no
//! panic from bad data.

use std::sync::Arc;

use mnist_bench::engines::{BUILT_IN, Engine, Failure, Outcome, Shape, Work};
use mnist_bench::grid::{Benchmarks, Configuration};
use pixel_learn::models::Training;
use pixel_learn::{Features, Scaling};

const FEATURES: usize = 16;
const CLASSES: usize = 3;

fn crates() -> impl Iterator<Item = &'static Engine> {
    BUILT_IN.iter().copied().filter(|engine| engine.name != "native")
}

/// `n` rows of three well separated blobs, no two rows equal and no feature constant within a class.
fn blobs(n: usize) -> (Vec<u8>, Vec<u8>) {
    let labels: Vec<u8> = (0..n).map(|i| (i % CLASSES) as u8).collect();
    let pixels = (0..n)
        .flat_map(|i| {
            (0..FEATURES).map(move |j| {
                let noise = ((i as u32).wrapping_mul(2654435761).wrapping_add(j as u32 * 40503) >> 7) % 60;
                let centre = if j % CLASSES == i % CLASSES { 160 } else { 40 };
                (centre + noise) as u8
            })
        })
        .collect();
    (pixels, labels)
}

fn parse(parameters: &str) -> serde_json::Map<String, serde_json::Value> {
    serde_json::from_str(parameters).unwrap()
}

/// Runs one configuration on standardised blobs with these training labels.
fn run(engine: &Engine, classifier: &str, parameters: &str, labels: &[u8]) -> Result<Outcome, Failure> {
    let (pixels, _) = blobs(labels.len());
    run_scaled(engine, classifier, parameters, labels, Scaling::standard(&pixels, labels.len(), FEATURES))
}

/// Like [`run`], on bytes that are not scaled.
fn run_raw(engine: &Engine, classifier: &str, parameters: &str, labels: &[u8]) -> Result<Outcome, Failure> {
    let raw = Scaling { offset: vec![0.0; FEATURES], scale: vec![1.0; FEATURES] };
    run_scaled(engine, classifier, parameters, labels, raw)
}

fn run_scaled(
    engine: &Engine,
    classifier: &str,
    parameters: &str,
    labels: &[u8],
    scaling: Scaling,
) -> Result<Outcome, Failure> {
    let (pixels, _) = blobs(labels.len());
    let (test_pixels, _) = blobs(90);
    let scaling = Arc::new(scaling);
    let train = Features::new(pixels, labels.len(), FEATURES, scaling.clone());
    let test = Features::new(test_pixels, 90, FEATURES, scaling);
    let configurations = [Configuration::new(classifier, parse(parameters))];
    let training = Training { features: &train, labels, classes: CLASSES };
    let work = Work {
        configurations: &configurations,
        training,
        test: &test,
        dataset: "digits",
        image: [1, FEATURES],
        seed: 1,
    };
    let mut result = None;
    let family = engine.family(classifier).expect("a family of that name");
    family.run(&work, &mut |index, outcome| {
        assert_eq!(index, 0);
        assert!(result.replace(outcome).is_none(), "each configuration is emitted once");
    });
    result.expect("each configuration is emitted")
}

const SANE: &[(&str, &str)] = &[
    ("GaussianNB", r#"{"priors": "uniform"}"#),
    ("DecisionTreeClassifier", r#"{"criterion": "entropy", "max_depth": 10}"#),
    ("RandomForestClassifier", r#"{"n_estimators": 10, "max_depth": 10}"#),
    ("KNeighborsClassifier", r#"{"n_neighbors": 5, "p": 1, "weights": "distance"}"#),
    ("KNeighborsClassifier", r#"{"n_neighbors": 1, "p": 2, "algorithm": "brute"}"#),
    ("LogisticRegression", r#"{"C": 1, "multi_class": "multinomial"}"#),
    ("AdaBoostClassifier", r#"{"n_estimators": 20, "max_depth": 2}"#),
    ("BaggingClassifier", r#"{"n_estimators": 10, "bootstrap_features": true, "max_features": 0.9}"#),
    ("BernoulliNB", r#"{"alpha": 1.0}"#),
    ("NuSVC", r#"{"nu": 0.2}"#),
    ("NuSVC", r#"{"nu": 0.2, "kernel": "poly", "gamma": "auto"}"#),
    ("RidgeClassifier", r#"{"alpha": 1}"#),
    ("RidgeClassifier", r#"{"alpha": 1, "fit_intercept": false}"#),
    ("SVC", r#"{"C": 10, "kernel": "rbf", "gamma": "scale"}"#),
    ("SVC", r#"{"C": 10, "kernel": "rbf"}"#),
    ("SVC", r#"{"C": 10, "kernel": "poly"}"#),
    ("SVC", r#"{"C": 1, "kernel": "linear"}"#),
];

#[test]
fn easy_data_are_learned() {
    let (_, labels) = blobs(150);
    let (_, truth) = blobs(90);
    for engine in crates() {
        for (classifier, parameters) in SANE {
            if engine.family(classifier).is_none() {
                continue;
            }
            let outcome = run(engine, classifier, parameters, &labels).unwrap();
            let right = outcome.predictions.iter().zip(&truth).filter(|(a, b)| a == b).count();
            assert_eq!(outcome.predictions.len(), 90);
            assert!(right >= 85, "{} {classifier} {parameters}: {right} of 90", engine.name);
        }
    }
}

#[test]
fn every_svm_kernel_learns_easy_data() {
    let (_, labels) = blobs(150);
    let (_, truth) = blobs(90);
    for engine in crates() {
        let kernels: &[&str] = match engine.name {
            "linfa" => &["linear", "poly", "rbf"],
            _ => &["linear", "poly", "rbf", "sigmoid"],
        };
        for kernel in kernels {
            let parameters = format!(r#"{{"C": 1, "kernel": "{kernel}"}}"#);
            let outcome = run(engine, "SVC", &parameters, &labels).unwrap();
            let right = outcome.predictions.iter().zip(&truth).filter(|(a, b)| a == b).count();
            assert!(right >= 85, "{} {kernel}: {right} of 90", engine.name);
        }
    }
}

#[test]
fn knn_indexes_agree_with_linear_search() {
    let (_, labels) = blobs(150);
    for engine in crates() {
        let indexes: &[&str] = match engine.name {
            "linfa" => &["kd_tree", "ball_tree", "auto"],
            "smartcore" => &["cover_tree", "auto"],
            _ => continue,
        };
        for p in [1, 2] {
            let of = |index: &str| {
                let parameters = format!(r#"{{"n_neighbors": 3, "p": {p}, "algorithm": "{index}"}}"#);
                run(engine, "KNeighborsClassifier", &parameters, &labels).unwrap().predictions
            };
            let linear = of("brute");
            for index in indexes {
                assert_eq!(of(index), linear, "{} {index} p={p}", engine.name);
            }
        }
    }
}

/// Labels of which a tenth is wrong.
fn noisy(n: usize) -> Vec<u8> {
    (0..n).map(|i| if i % 10 == 7 { ((i + 1) % CLASSES) as u8 } else { (i % CLASSES) as u8 }).collect()
}

/// Models without randomness that the libraries and ours define alike.
#[test]
fn closed_forms_answer_as_ours() {
    for (classifier, parameters) in [
        ("BernoulliNB", r#"{"alpha": 0.5, "binarize": 100}"#),
        ("BernoulliNB", r#"{"binarize": 70.5}"#),
        ("MultinomialNB", r#"{"alpha": 0.5}"#),
        ("MultinomialNB", "{}"),
        ("RidgeClassifier", r#"{"alpha": 10}"#),
        ("RidgeClassifier", r#"{"alpha": 1, "fit_intercept": false}"#),
    ] {
        let of = |engine: &Engine| run_raw(engine, classifier, parameters, &noisy(150)).unwrap().predictions;
        let ours = of(&mnist_bench::engines::native::NATIVE);
        for engine in crates().filter(|engine| engine.family(classifier).is_some()) {
            assert_eq!(of(engine), ours, "{} {classifier} {parameters}", engine.name);
        }
    }
}

#[test]
fn counts_are_not_negative() {
    for engine in crates().filter(|engine| engine.family("MultinomialNB").is_some()) {
        let result = run(engine, "MultinomialNB", "{}", &noisy(150));
        let Err(Failure::Unsupported(reason)) = result else { panic!("{}: {result:?}", engine.name) };
        assert!(reason.contains("add the step raw, unit or binarize before it"), "{reason}");
    }
}

#[test]
#[cfg(feature = "smartcore")]
fn smartcore_counts_whole_numbers() {
    let halves = Scaling { offset: vec![0.0; FEATURES], scale: vec![2.0; FEATURES] };
    let smartcore = &mnist_bench::engines::smartcore::SMARTCORE;
    let result = run_scaled(smartcore, "MultinomialNB", "{}", &noisy(150), halves);
    let Err(Failure::Unsupported(reason)) = result else { panic!("{result:?}") };
    assert!(reason.contains("whole numbers"), "{reason}");
}

#[test]
fn a_nu_that_two_classes_cannot_meet_is_told() {
    let lopsided: Vec<u8> = (0..150).map(|i| u8::from(i % 10 == 0)).collect();
    for engine in crates().filter(|engine| engine.family("NuSVC").is_some()) {
        let result = run(engine, "NuSVC", r#"{"nu": 0.9}"#, &lopsided);
        let Err(Failure::Unsupported(reason) | Failure::Failed(reason)) = result else {
            panic!("{result:?}")
        };
        assert!(reason.contains("infeasible"), "{}: {reason}", engine.name);
    }
}

#[test]
#[cfg(feature = "libsvm")]
fn libsvm_rs_and_native_nu_svc_agree() {
    let labels: Vec<u8> = noisy(200).iter().map(|&label| u8::from(label == 0)).collect();
    for kernel in ["linear", "poly", "rbf"] {
        let parameters = format!(r#"{{"nu": 0.4, "kernel": "{kernel}", "tol": 1e-5}}"#);
        let of = |engine: &Engine| run(engine, "NuSVC", &parameters, &labels).unwrap().predictions;
        let (ours, theirs) =
            (of(&mnist_bench::engines::native::NATIVE), of(&mnist_bench::engines::libsvm::LIBSVM));
        assert_eq!(ours, theirs, "{kernel}");
    }
}

#[test]
#[cfg(feature = "libsvm")]
fn libsvm_rs_and_native_svc_agree() {
    // A tenth of the labels wrong, so that there are bounded support vectors; two classes, so that no votes tie.
    let labels: Vec<u8> =
        (0..200).map(|i| if i % 10 == 7 { (i % 2) as u8 } else { u8::from(i % CLASSES == 0) }).collect();
    for kernel in ["linear", "poly", "rbf", "sigmoid"] {
        let parameters = format!(r#"{{"C": 10, "kernel": "{kernel}", "tol": 1e-5}}"#);
        let of = |engine: &Engine| run(engine, "SVC", &parameters, &labels).unwrap().predictions;
        let (ours, theirs) =
            (of(&mnist_bench::engines::native::NATIVE), of(&mnist_bench::engines::libsvm::LIBSVM));
        assert_eq!(ours, theirs, "{kernel}");
    }
}

#[test]
#[cfg(feature = "linfa")]
fn linfa_one_vs_rest_learns_easy_data() {
    let (_, labels) = blobs(150);
    let (_, truth) = blobs(90);
    let outcome = run(&mnist_bench::engines::linfa::LINFA, "LogisticRegression", "{}", &labels).unwrap();
    assert_eq!(outcome.predictions, truth);
}

#[test]
fn unsupported_parameters_have_a_reason() {
    let shape =
        Shape { train_size: 100, test_size: 90, features: FEATURES, image: [1, FEATURES], classes: CLASSES };
    let refused = [
        ("DecisionTreeClassifier", r#"{"splitter": "random"}"#, "best splitter only"),
        ("DecisionTreeClassifier", r#"{"max_depth": 0}"#, "at least 1"),
        ("KNeighborsClassifier", r#"{"n_neighbors": 101}"#, "100 training rows"),
        ("KNeighborsClassifier", r#"{"n_neighbours": 5}"#, "did you mean \"n_neighbors\""),
        ("LogisticRegression", r#"{"penalty": "l1"}"#, "l2 penalty only"),
        ("AdaBoostClassifier", r#"{"learning_rate": 0}"#, "greater than 0"),
        ("BaggingClassifier", r#"{"bootstrap_features": false}"#, "with replacement"),
        ("BaggingClassifier", r#"{"bootstrap_features": true, "max_samples": 101}"#, "there are 100"),
        ("BernoulliNB", r#"{"alpha": -1}"#, "at least 0"),
        ("MultinomialNB", r#"{"alpha": -1}"#, "at least 0"),
        ("NuSVC", r#"{"nu": 0}"#, "greater than 0"),
        ("RidgeClassifier", r#"{"alpha": -1}"#, "at least 0"),
        ("SVC", r#"{"C": -1}"#, "greater than 0"),
        ("GaussianNB", r#"{"priors": [0.5, 0.5]}"#, "each of 3 classes"),
    ];
    for engine in crates() {
        for (classifier, parameters, reason) in refused {
            // Not every library has every family.
            let Some(family) = engine.family(classifier) else { continue };
            let error = family.check(&parse(parameters), &shape).unwrap_err();
            assert!(error.contains(reason), "{} {classifier} {parameters}: {error}", engine.name);
            assert!(!error.contains('\n'));
        }
    }
}

#[test]
#[cfg(feature = "linfa")]
fn linfa_refuses_sigmoid_kernel_and_priors() {
    let shape =
        Shape { train_size: 100, test_size: 90, features: FEATURES, image: [1, FEATURES], classes: CLASSES };
    let linfa = &mnist_bench::engines::linfa::LINFA;
    let check = |classifier: &str, parameters: &str| {
        linfa.family(classifier).unwrap().check(&parse(parameters), &shape).unwrap_err()
    };
    assert!(check("SVC", r#"{"kernel": "sigmoid"}"#).contains("no sigmoid"));
    assert!(check("GaussianNB", r#"{"priors": [0.5, 0.25, 0.25]}"#).contains("cannot be given priors"));
    assert!(check("MultinomialNB", r#"{"fit_prior": false}"#).contains("estimates the priors"));
    let forest = |parameters: &str| check("RandomForestClassifier", parameters);
    assert!(forest(r#"{"bootstrap": false}"#).contains("always draws the rows"));
    assert!(forest(r#"{"max_features": 17}"#).contains("more than the 16 features"));
}

#[test]
#[cfg(feature = "linfa")]
fn other_priors_are_unsupported() {
    let lopsided: Vec<u8> = (0..150).map(|i| if i < 120 { 0 } else { (1 + i % 2) as u8 }).collect();
    let linfa = &mnist_bench::engines::linfa::LINFA;
    let result = run(linfa, "GaussianNB", r#"{"priors": "uniform"}"#, &lopsided);
    assert!(matches!(result, Err(Failure::Unsupported(reason)) if reason.contains("estimates priors")));
}

#[test]
fn one_class_does_not_panic() {
    let labels = vec![1u8; 60];
    for engine in crates() {
        for (classifier, parameters) in SANE {
            if engine.family(classifier).is_none() {
                continue;
            }
            match run(engine, classifier, parameters, &labels) {
                Ok(outcome) => assert!(outcome.predictions.iter().all(|&class| class == 1)),
                Err(Failure::Failed(reason) | Failure::Unsupported(reason)) => {
                    assert!(!reason.is_empty() && !reason.contains('\n'));
                }
                Err(Failure::Diverged(reason) | Failure::OutOfMemory(reason)) => {
                    panic!("{} {classifier}: {reason}", engine.name)
                }
            }
        }
    }
}

#[test]
fn suite_crates_is_supported() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks");
    let suite = Benchmarks::Folder(folder).suites(&["crates".to_string()]).unwrap().remove(0);
    assert!(suite.default);
    let shape = Shape { train_size: 5000, test_size: 10_000, features: 784, image: [28, 28], classes: 10 };
    for planned in suite.expand(&[]) {
        let rows = match planned.engine.as_str() {
            "libsvm-rs" => vec![2000],
            // The native engine runs the rows of all three libraries.
            "native" => vec![2000, 5000],
            _ => vec![5000],
        };
        assert!(planned.train_size.is_some_and(|size| rows.contains(&size)), "{planned:?}");
        assert_eq!(planned.timeout, Some(std::time::Duration::from_secs(30)));
        let Some(engine) = BUILT_IN.iter().find(|engine| engine.name == planned.engine) else {
            continue; // built without that feature
        };
        let configuration = &planned.configuration;
        let family = engine.family(&configuration.classifier).expect("the engine has the family");
        assert_eq!(family.check(&configuration.parameters, &shape), Ok(()), "{configuration:?}");
    }
}
