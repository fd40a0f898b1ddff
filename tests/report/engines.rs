//! Engines are compared where they ran the same configuration on as many training rows, and nowhere else.

use std::path::Path;

use mnist_bench::results::Record;
use mnist_bench::results::record::file_stem;
use serde_json::{Value, json};

use super::{data, make, page, put, record};

fn by(mut record: Record, engine: &str, rows: Option<usize>) -> Record {
    record.engine = engine.into();
    record.train_size = rows.unwrap_or(60_000);
    record.id = file_stem(&record.configuration.id(), rows);
    record
}

/// Four trees on MNIST by an engine; each `step` more accurate than the one before it.
fn trees(results: &Path, engine: &str, rows: Option<usize>, first: f64) {
    for (index, depth) in [3, 5, 7, 9].into_iter().enumerate() {
        let accuracy = first + 0.02 * index as f64;
        let tree = record("mnist", "DecisionTreeClassifier", json!({"max_depth": depth}), &[accuracy]);
        put(results, "r", &by(tree, engine, rows));
    }
}

fn names(data: &Value) -> Vec<&str> {
    let charts = data["charts"].as_array().unwrap();
    let names = charts.iter().map(|chart| chart["name"].as_str().unwrap());
    names.filter(|name| name.starts_with("engines-")).collect()
}

#[test]
fn a_mark_compares_one_size_only() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    trees(&results, "native", None, 0.80);
    trees(&results, "linfa", Some(5000), 0.70);
    assert!(names(&data(page(&make(folder.path(), "r")))).is_empty(), "no two engines at one size");
    trees(&results, "smartcore", Some(5000), 0.69);
    let report = make(folder.path(), "r");
    let found = data(page(&report));
    assert_eq!(names(&found), ["engines-accuracy-mnist-5000", "engines-time-mnist-5000"]);
    let svg = std::str::from_utf8(&report.files["engines-accuracy-mnist-5000.svg"]).unwrap();
    assert!(
        svg.contains("<title>MNIST, 5000 training images: others are more accurate in 0 of 4</title>"),
        "{svg}"
    );
    assert!(
        svg.contains("Against linfa: smartcore: 4 configurations, -0.0100 on average."),
        "linfa and smartcore share as many rows, so the first by name is across: {svg}"
    );
    assert!(svg.contains("The native engine was not run at this size."));
    assert!(report.files["engines-time-mnist-5000.png"].starts_with(b"\x89PNG"));
    // Native of that size is what others are held against as soon as it is there.
    trees(&results, "native", Some(5000), 0.75);
    let report = make(folder.path(), "r");
    let svg = std::str::from_utf8(&report.files["engines-accuracy-mnist-5000.svg"]).unwrap();
    assert!(
        svg.contains("Against native: linfa: 4 configurations, -0.0500 on average; smartcore: "),
        "{svg}"
    );
    assert!(!svg.contains("was not run"));
    let found = data(page(&report));
    let chart = found["charts"].as_array().unwrap().iter().find(|chart| chart["name"] == names(&found)[0]);
    let marks = chart.unwrap()["marks"].as_array().unwrap();
    assert_eq!(marks.len(), 8);
    for mark in marks {
        let line = &found["lines"][mark[2].as_u64().unwrap() as usize];
        assert_eq!(line["size"], "5000");
        assert_ne!(line["engine"], "native", "a mark leads to the engine that it is about");
    }
}

#[test]
fn the_whole_set_comes_first_and_two_points_are_no_picture() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    for rows in [None, Some(1000), Some(5000)] {
        trees(&results, "native", rows, 0.80);
        trees(&results, "scikit-learn", rows, 0.81);
    }
    trees(&results, "linfa", Some(5000), 0.70);
    for index in 0..2 {
        let bayes = record("fashion-mnist", "GaussianNB", json!({"var_smoothing": index}), &[0.5]);
        put(&results, "r", &by(bayes.clone(), "native", None));
        put(&results, "r", &by(bayes, "scikit-learn", None));
    }
    let found = data(page(&make(folder.path(), "r")));
    assert_eq!(
        names(&found),
        [
            "engines-accuracy-mnist",
            "engines-time-mnist",
            "engines-accuracy-mnist-5000",
            "engines-time-mnist-5000"
        ]
    );
}
