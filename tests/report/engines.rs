//! Libraries are compared where they ran the same configuration on as many training images, and nowhere else.

use std::path::Path;

use mnist_bench::results::record::file_stem;
use mnist_bench::results::{Provenance, Record};
use serde_json::{Value, json};

use super::{data, make, page, put, record};

fn by(mut record: Record, engine: &str, rows: Option<usize>) -> Record {
    record.engine = engine.into();
    record.train_size = rows.unwrap_or(60_000);
    record.id = file_stem(&record.configuration.id(), rows);
    record
}

/// Results of four trees on MNIST by an engine, each of which takes `seconds`; `quiet`: measured alone.
fn trees(results: &Path, engine: &str, rows: Option<usize>, seconds: f64, quiet: bool) {
    for depth in [3, 5, 7, 9] {
        let tree = record("mnist", "DecisionTreeClassifier", json!({"max_depth": depth}), &[0.8]);
        let mut tree = by(tree, engine, rows);
        (tree.repeats[0].fit_seconds, tree.repeats[0].predict_seconds) = (seconds, 0.0);
        tree.quiet = quiet;
        tree.provenance = Some(Provenance { cpu_model: "some".into(), ..Provenance::default() });
        put(results, "r", &tree);
    }
}

fn chart(data: &Value) -> Option<&Value> {
    data["charts"].as_array().unwrap().iter().find(|chart| chart["name"] == "library-times")
}

#[test]
fn a_mark_compares_one_size_only_and_times_measured_alone_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    trees(&results, "native", None, 1.0, true);
    trees(&results, "linfa", Some(5000), 2.0, true);
    assert!(chart(&data(page(&make(folder.path(), "r")))).is_none(), "no two libraries at one size");
    trees(&results, "native", Some(5000), 1.0, true);
    trees(&results, "smartcore", Some(5000), 0.5, true);
    // Times that were not measured alone count only where a library and classifier have no better pair.
    trees(&results, "scikit-learn", None, 4.0, false);
    let report = make(folder.path(), "r");
    let svg = std::str::from_utf8(&report.files["library-times.svg"]).unwrap();
    assert!(svg.contains("<title>Others take longer in 8 of 12 results</title>"), "{svg}");
    for told in [
        "DecisionTreeClassifier of linfa on 5000 images 2.00 times (4 results)",
        "DecisionTreeClassifier of smartcore on 5000 images 0.50 times (4 results)",
        "DecisionTreeClassifier of scikit-learn on 60000 images 4.00 times (4 results)",
        "4 pale marks were not measured alone.",
    ] {
        assert!(svg.contains(told), "{told}: {svg}");
    }
    assert!(report.files["library-times.png"].starts_with(b"\x89PNG"));
    let found = data(page(&report));
    let marks = chart(&found).unwrap()["marks"].as_array().unwrap();
    assert_eq!(marks.len(), 12);
    for mark in marks {
        let line = &found["lines"][mark[2].as_u64().unwrap() as usize];
        assert_ne!(line["engine"], "native", "a mark leads to the library that it is about");
    }
    // The largest training set counts, even where only a smaller one was measured alone.
    trees(&results, "linfa", None, 3.0, false);
    trees(&results, "linfa", Some(20_000), 3.0, true);
    trees(&results, "native", Some(20_000), 1.0, true);
    let report = make(folder.path(), "r");
    let svg = std::str::from_utf8(&report.files["library-times.svg"]).unwrap();
    assert!(svg.contains("linfa on 60000 images 3.00 times"), "the largest that both finished: {svg}");
}

/// A library built for the processor at hand is not another library: it is compared only with its default build.
#[test]
fn a_build_for_the_processor_stands_beside_the_default_build() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    for (engine, seconds) in
        [("native", 1.0), ("rafor", 8.0), ("rafor-native-cpu", 6.0), ("burn-native-cpu", 1.0)]
    {
        for dataset in ["mnist", "fashion-mnist"] {
            let tree = record(dataset, "DecisionTreeClassifier", json!({"max_depth": 3}), &[0.8]);
            let mut tree = by(tree, engine, None);
            (tree.repeats[0].fit_cpu_seconds, tree.repeats[0].predict_cpu_seconds) =
                (Some(seconds), Some(0.0));
            tree.provenance = Some(Provenance { cpu_model: "some".into(), ..Provenance::default() });
            put(&results, "r", &tree);
        }
    }
    let report = make(folder.path(), "r");
    let text = std::str::from_utf8(&report.files["rust.md"]).unwrap();
    let (libraries, builds) = text.split_once("## Built for the processor at hand").unwrap();
    assert!(libraries.contains("rafor") && !libraries.contains("native-cpu"), "{libraries}");
    let (builds, _) = builds.split_once("\n## ").unwrap();
    let lines: Vec<&str> = builds.lines().filter(|line| line.starts_with("| rafor")).collect();
    assert!(
        lines.len() == 1 && lines[0].contains("| 0.8000, 0.8000 | 0.8000, 0.8000 | 0.75 | 2 |"),
        "{builds}"
    );
    assert!(
        !builds.contains("burn"),
        "nothing is said of a build whose default build has no results: {builds}"
    );
}

#[test]
fn two_points_are_no_picture() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    for index in 0..2 {
        let bayes = record("fashion-mnist", "GaussianNB", json!({"var_smoothing": index}), &[0.5]);
        put(&results, "r", &by(bayes.clone(), "native", None));
        put(&results, "r", &by(bayes, "scikit-learn", None));
    }
    assert!(chart(&data(page(&make(folder.path(), "r")))).is_none());
}
