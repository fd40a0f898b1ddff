//! Scaling curves in the report: which run they come from, what they show, and that a report without curves does not
//! mention them.

use std::path::Path;

use mnist_bench::grid::Benchmarks;
use mnist_bench::report::{Report, Request};
use mnist_bench::results::record::file_stem;
use mnist_bench::results::{Record, Status};
use serde_json::json;

use crate::common::records::{self, failed, record};

/// A result whose time grows as rows^`power`, or its failure.
fn put(folder: &Path, run: &str, engine: &str, rows: usize, power: Option<f64>) {
    let accuracy = 0.5 + rows as f64 / 200_000.0;
    let row = record("mnist", "GaussianNB", json!({}), &[accuracy], |_| vec![0; 4]);
    let id = file_stem(&row.configuration.id(), (rows < 60_000).then_some(rows));
    let mut row = Record { id, engine: engine.into(), train_size: rows, peak_memory_bytes: None, ..row };
    match power {
        Some(power) => row.repeats[0].fit_seconds = 1e-6 * (rows as f64).powf(power),
        None => row = failed(row, Status::Timeout, "no result after 600 s"),
    }
    records::put(&folder.join("results"), run, &row);
}

fn report(folder: &Path) -> Report {
    let (results, reports) = (folder.join("results"), folder.join("reports"));
    // Results with four made-up predictions fit no data set: with the real data the report would leave them out.
    let data = folder.join("none");
    let request = Request {
        results: &results,
        data: &data,
        reports: &reports,
        run: "reference",
        subset: None,
        repository: "",
        draft: false,
    };
    Report::make(&request).unwrap()
}

fn text<'a>(report: &'a Report, name: &str) -> &'a str {
    std::str::from_utf8(&report.files[name]).unwrap()
}

#[test]
fn curves_come_from_the_run_that_has_them() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "reference", "native", 60_000, Some(1.0));
    put(folder.path(), "local", "native", 1000, Some(1.0));
    let before = report(folder.path());
    assert!(before.files.keys().all(|name| !name.starts_with("scaling")));
    for rows in [1000, 2000, 10_000, 60_000] {
        put(folder.path(), "scaling", "native", rows, Some(1.0));
        put(folder.path(), "scaling", "linfa", rows, (rows < 10_000).then_some(2.0));
    }
    // The report's own run has one curve only; the run with the most curves is taken.
    for rows in [1000, 2000] {
        put(folder.path(), "reference", "native", rows, Some(1.0));
    }
    let report = report(folder.path());
    let markdown = text(&report, "scaling.md");
    assert!(markdown.starts_with("# Scaling: run scaling\n"), "{markdown}");
    insta::assert_snapshot!("scaling", crate::tables(&report, "scaling.md"));
    assert!(!markdown.contains("Fashion"), "a data set without results has no table");
    let name = "scaling-time-mnist-GaussianNB";
    let svg = text(&report, &format!("{name}.svg"));
    assert!(svg.contains("role=\"img\"") && svg.contains("mnist-bench 0.251 s at 1000 images"), "{svg}");
    // A curve is labelled with its library, and with the reason where it ends early.
    assert!(svg.contains("linfa: 10 min") && svg.contains("1 of 1 other libraries stop early"), "{svg}");
    assert!(report.files.contains_key(&format!("{name}.png")));
    assert!(text(&report, "benchmark.html").contains(&format!("data-chart=\"{name}\"")));
    assert!(
        markdown.contains("- 1 of 1 curves of other libraries end at a failure (10 min: 1).\n"),
        "{markdown}"
    );
    assert!(!report.files.contains_key("scaling-time-fashion-mnist-GaussianNB.svg"));
}

#[test]
fn the_suite_names_its_sizes_and_is_asked_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks");
    let suite = Benchmarks::Folder(folder).suites(&["scaling".to_string()]).unwrap().remove(0);
    assert!(!suite.default);
    let plan = suite.expand(&[]);
    for engine in ["native", "linfa", "smartcore", "libsvm-rs", "scikit-learn"] {
        assert!(plan.iter().any(|row| row.engine == engine), "{engine}");
    }
    for row in plan {
        let before = [1000, 2000, 5000, 10_000, 20_000, 60_000];
        let place = before.iter().position(|&size| Some(size) == row.train_size).unwrap();
        let smaller: Vec<_> = row.after.iter().map(|smaller| smaller.train_size).collect();
        let expected: Vec<_> = place.checked_sub(1).map(|place| Some(before[place])).into_iter().collect();
        assert_eq!(smaller, expected);
        assert_eq!(row.timeout, Some(std::time::Duration::from_secs(600)));
    }
}
