//! The suite `today`: steps before the model, compared with the same model without them.

use mnist_bench::grid::Preprocessing;
use serde_json::{Value, json};

use super::{make, put, record, sample};
use mnist_bench::results::record::file_stem;
use mnist_bench::results::{Provenance, Record};

/// A result behind these steps.
fn behind(steps: Value, record: Record) -> Record {
    let configuration =
        record.configuration.clone().with_preprocessing(Preprocessing::parse(&steps).unwrap());
    Record { id: file_stem(&configuration.id(), None), configuration, ..record }
}

#[test]
fn a_step_stands_beside_the_same_model_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    sample(&results);
    assert!(!make(folder.path(), "reference").files.contains_key("today.md"));
    for (k, accuracies) in
        [(1, [0.97, 0.85, 0.98, 0.84]), (3, [0.96, 0.86, 0.97, 0.83]), (5, [0.96, 0.86, 0.95, 0.87])]
    {
        let row = |dataset, accuracy| {
            record(dataset, "KNeighborsClassifier", json!({"n_neighbors": k}), &[accuracy])
        };
        put(&results, "today", &behind(json!(["raw"]), row("mnist", accuracies[0])));
        put(&results, "today", &behind(json!(["raw"]), row("fashion-mnist", accuracies[1])));
        put(&results, "today", &behind(json!(["deskew"]), row("mnist", accuracies[2])));
        put(&results, "today", &behind(json!(["deskew"]), row("fashion-mnist", accuracies[3])));
    }
    // The standardised pixels of the published grid: one row, on one data set.
    put(&results, "today", &record("mnist", "KNeighborsClassifier", json!({"n_neighbors": 1}), &[0.94]));
    // The counterpart of one of LeCun's rows.
    let ridge = record("mnist", "RidgeClassifier", json!({}), &[0.8604]);
    put(&results, "today", &behind(json!(["unit"]), ridge));
    let report = make(folder.path(), "reference");
    let text = std::str::from_utf8(&report.files["today.md"]).unwrap();
    for line in [
        "- MNIST: 7 of 8 configurations with newer classifiers and other features reach 90 %; the best is \
         KNeighborsClassifier (n_neighbors=1 preprocessing=deskew) with 0.9800.",
        "- `deskew` helps 2 of 3 models on MNIST (median +0.0100) and hurts 2 of 3 on Fashion-MNIST (median -0.0100).",
        "| `deskew` | 3 | 2 | 1 | +0.0100 | 3 | 1 | 2 | -0.0100 |",
        "| `standard` | 1 | 0 | 1 | -0.0300 |  |  |  |  |",
        "| `deskew` | KNeighborsClassifier | n_neighbors=3 |  | 0.9600 | 0.9700 | +0.0100 | 0.8600 | 0.8300 | -0.0300 |",
        "| KNeighborsClassifier | 7 | 0.9800 | n_neighbors=1 preprocessing=deskew | 0.8700 | n_neighbors=5 preprocessing=deskew |",
        "| linear classifier (1-layer NN) | none | 0.880 | RidgeClassifier,preprocessing=unit | 0.8604 |  | his is trained \
         by gradient descent, ours is the exact least-squares solution |",
    ] {
        assert!(text.lines().any(|found| found == line), "no {line:?} in:\n{text}");
    }
    let families = std::str::from_utf8(&report.files["families.md"]).unwrap();
    let (own, beyond) = families.split_once("## [Beyond 2017](today.md)").unwrap();
    assert!(
        !own.contains("RidgeClassifier") && beyond.contains("| RidgeClassifier | 1 | 0.8604 |"),
        "{families}"
    );
    assert_eq!(report.files, make(folder.path(), "reference").files);
    // The suite's own report has no card about what the suite adds.
    let findings = make(folder.path(), "today");
    let findings = std::str::from_utf8(&findings.files["findings.md"]).unwrap();
    assert!(!findings.contains("What does the grid of 2017 lack?"), "{findings}");
}

#[test]
fn steps_that_an_engine_was_spared_are_taken_off_our_time() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let timed = |engine: &str, seconds: f64, spared: Option<f64>| {
        let mut row = behind(json!(["deskew", "unit"]), record("mnist", "GaussianNB", json!({}), &[0.75]));
        let repeat = &mut row.repeats[0];
        (repeat.fit_cpu_seconds, repeat.predict_cpu_seconds) = (Some(seconds - 1.0), Some(1.0));
        if let Some(spared) = spared {
            repeat.facts.insert("uncounted_preprocessing_cpu_seconds".into(), spared.into());
        }
        let provenance = Some(Provenance { cpu_model: "some".into(), ..Provenance::default() });
        Record { engine: engine.into(), provenance, quiet: true, ..row }
    };
    put(&results, "today", &timed("native", 10.0, None));
    put(&results, "peers", &timed("scikit-learn", 20.0, Some(5.0)));
    let report = make(folder.path(), "today");
    let text = std::str::from_utf8(&report.files["peers.md"]).unwrap();
    assert!(text.contains("4.0 x"), "{text}");
}
