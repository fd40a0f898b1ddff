//! Both commands of the README in one copy of the project: a sweep into the default folders is stopped and
//! rewrites `reports/`, and the tests of this program pass there all the same.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::browser;
use crate::common::sandbox::{Run, signal, wait_until};

/// What a sweep and the tests of this program read.
const PARTS: [&str; 6] = ["README.md", "benchmarks", "data", "docs", "reports", "results"];
/// Several jobs, one after the other, the longest first: so that some are left when the sweep is stopped.
const SWEEP: [&str; 11] = [
    "sweep",
    "--train-size",
    "1000",
    "--jobs",
    "1",
    "-e",
    "native",
    "-c",
    "DecisionTreeClassifier",
    "-c",
    "KNeighborsClassifier",
];

/// Copies a file or a folder, without hidden files and without `results/local`, which a user's sweep may have left.
fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let name = entry.unwrap().file_name();
        if !name.to_string_lossy().starts_with('.') && from.join(&name) != Path::new("results/local") {
            copy(&from.join(&name), &to.join(&name));
        }
    }
}

/// Whether there is a result file in a folder or below it.
fn has_result(folder: &Path) -> bool {
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    paths.into_iter().any(|path| path.extension().is_some_and(|end| end == "json") || has_result(&path))
}

/// Runs the tests of this program in another folder: all but this one and one of made-up results.
fn tests_pass_in(folder: &Path) {
    // Keeps other browsers away, because some of the tests measure times.
    let _turn = browser::turn();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--skip", "after_a_sweep::", "--skip", "five_thousand_rows"])
        .current_dir(folder)
        .output()
        .unwrap();
    Run::of(output).code(0).prints("test readme::").prints("test table::").prints("; 0 failed;");
}

#[test]
fn the_tests_pass_beside_a_sweep_that_was_stopped() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    for part in PARTS {
        copy(Path::new(part), &root.join(part));
    }
    let page = || fs::read(root.join("reports/benchmark.html")).unwrap();
    let committed = page();
    let mut sweep = Command::new(env!("CARGO_BIN_EXE_mnist-bench"));
    sweep.args(SWEEP).current_dir(root).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());

    let child = sweep.spawn().unwrap();
    let results = ["mnist", "fashion-mnist"].map(|name| root.join("results/local").join(name));
    wait_until("the first result is there", || results.iter().any(|folder| has_result(folder)));
    signal(&child, "-INT");
    Run::of(child.wait_with_output().unwrap()).code(130).says("stopped, the same command goes on");
    assert!(page() != committed, "the sweep wrote no page");
    tests_pass_in(root);
    // Conversely, the tests left the sweep's files as they were: the sweep resumes.
    Run::of(sweep.output().unwrap()).code(0).says("already done");
}
