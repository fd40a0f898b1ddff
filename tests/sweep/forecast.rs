//! Forecasts: a row is not run if runs on few images show that it cannot end within its time limit; its file says why.
//! The engine is a program (`tests/engines/grows.pl`) whose time grows with the images.

use std::path::PathBuf;

use crate::common::files::idx;
use crate::common::sandbox::{Run, Sandbox, TEST, error, signal, status, wait_until};

/// Training images, enough for the smallest part of them.
const IMAGES: usize = 3600;
const SIDE: usize = 6;

/// A grid of these learning rates. The engine takes 100 s times the learning rate on all images.
fn boosting(learning_rates: &str) -> String {
    format!(
        "[[family]]\nclassifier = \"GradientBoostingClassifier\"\n[family.parameters]\n\
         learning_rate = [{learning_rates}]\n"
    )
}

fn id(learning_rate: &str) -> String {
    format!("GradientBoostingClassifier,learning_rate={learning_rate}")
}

struct Bed {
    sandbox: Sandbox,
    log: PathBuf,
}

impl Bed {
    fn new(learning_rates: &str, power: &str) -> Bed {
        let sandbox = Sandbox::new(&boosting(learning_rates));
        let data = sandbox.path().join("data/tiny");
        let labels: Vec<u8> = (0..IMAGES).map(|row| (row % 4) as u8).collect();
        let pixels: Vec<u8> = (0..IMAGES * SIDE * SIDE).map(|place| (place * 7 % 251) as u8).collect();
        std::fs::write(data.join("train-images-idx3-ubyte"), idx(&[IMAGES, SIDE, SIDE], &pixels)).unwrap();
        std::fs::write(data.join("train-labels-idx1-ubyte"), idx(&[IMAGES], &labels)).unwrap();
        let log = sandbox.path().join("jobs.log");
        let engine = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engines/grows.pl");
        let text = format!(
            "[[engine]]\nname = \"mine\"\ncommand = [\"perl\", {engine:?}, \"{IMAGES}\", \"{power}\", {log:?}]\n\
             classifiers = [\"GradientBoostingClassifier\"]\ninstall = \"make mine\"\n"
        );
        std::fs::write(sandbox.path().join("engines.toml"), text).unwrap();
        Bed { sandbox, log }
    }

    fn arguments<'a>(&self, timeout: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["--engines", "engines.toml", "-e", "mine", "--timeout", timeout], more].concat()
    }

    fn sweep(&self, more: &[&str]) -> Run {
        self.sandbox.sweep(&self.arguments("6s", more))
    }

    /// The jobs that the engine was given since the last time: learning rate, training and test images.
    fn jobs(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let _ = std::fs::remove_file(&self.log);
        text.lines().map(String::from).collect()
    }
}

#[test]
fn row_that_cannot_end_in_time_is_not_run() {
    // A second and 80 seconds on all images, growing with their square.
    let bed = Bed::new("0.01, 0.8", "2");
    bed.sweep(&["--dry-run"]).code(0).prints("run, on few images first");
    bed.sweep(&["--jobs", "1"]).code(0).says("2 rows run, 1 ok, 1 timeout");
    let quick = bed.sandbox.result_of("mine", &id("0.01"));
    assert_eq!((status(&quick), &quick["fit_seconds"]), ("ok", &1.0.into()));
    assert_eq!(quick["repeats"][0]["predictions"].as_str().unwrap().len(), TEST);
    assert!(quick.get("forecast").is_none());
    let row = bed.sandbox.result_of("mine", &id("0.8"));
    assert_eq!(
        (status(&row), error(&row)),
        (
            "timeout",
            "not run: forecast 1 min 20 s, the limit is 6 s (0.01 s on 40 training and 1 test images, 0.09 s on 120 \
             training and 2 test images, 0.80 s on 360 training and 6 test images, growing with the number of images \
             to the power 2.0)"
        )
    );
    let seconds = row["forecast"]["seconds"].as_f64().unwrap();
    assert!((seconds - 80.0).abs() < 0.01 && row["forecast"]["exponent"] == 2.0, "{row}");
    let mut jobs = bed.jobs();
    jobs.sort();
    let parts = ["120 2", "360 6", "3600 60", "40 1"].map(|size| format!("0.01: {size}"));
    assert_eq!(jobs[..4], parts);
    assert_eq!(jobs[4..], ["0.8: 120 2", "0.8: 360 6", "0.8: 40 1"]);
    bed.sandbox.run(&["validate", "results/local"]).code(0);

    // The row is a timeout: a later sweep does not run it unless the limit is raised or --retry-failed asks for it.
    bed.sweep(&[]).code(0).says("0 rows run, 2 already done (1 failed; --retry-failed runs those again)");
    assert_eq!(bed.jobs(), [""; 0]);
    bed.sweep(&["--retry-failed"]).code(0).says("1 rows run, 1 timeout");
    assert_eq!(bed.jobs().len(), 3);
    let run = bed.sweep(&["--retry-failed", "--no-forecast"]).code(0);
    run.says("timeout: no result after 6 s");
    assert_eq!(bed.jobs(), ["0.8: 3600 60"]);
    assert!(bed.sandbox.result_of("mine", &id("0.8")).get("forecast").is_none());
}

#[test]
fn row_that_was_expected_to_end_is_not_tried_on_few_images() {
    let bed = Bed::new("0.01", "2");
    bed.sandbox.sweep(&bed.arguments("1h", &[])).code(0).says("1 rows run, 1 ok");
    assert_eq!(bed.jobs(), ["0.01: 3600 60"]);
    // Now the row's own result says that it ends in time.
    bed.sweep(&["--force"]).code(0).says("1 rows run, 1 ok");
    assert_eq!(bed.jobs(), ["0.01: 3600 60"]);
}

#[test]
fn what_an_earlier_run_did_not_end_in_twice_the_limit_is_not_tried() {
    let bed = Bed::new("0.8", "2");
    let earlier = ["--run", "earlier", "--no-forecast"];
    bed.sandbox.sweep(&bed.arguments("2s", &earlier)).code(0).says("no result after 2 s");
    assert_eq!(bed.jobs(), ["0.8: 3600 60"]);
    let costs = |more: &[&'static str]| [&["--costs", "results/earlier"], more].concat();
    let sweep = |timeout, more: &[&'static str]| bed.sandbox.sweep(&bed.arguments(timeout, &costs(more)));
    let reason = "not run: an earlier run by this version took more than 2 s, the limit is 1 s";
    sweep("1s", &["--dry-run"]).code(0).prints(reason).prints("1 rows, 0 to run in 0 jobs");
    sweep("1s", &[]).code(0).says("1 rows run, 1 timeout");
    assert_eq!(bed.jobs(), [""; 0]);
    let row = bed.sandbox.result_of("mine", &id("0.8"));
    assert_eq!((status(&row), error(&row)), ("timeout", reason));
    assert_eq!(row["forecast"]["measured"][0]["train_size"], IMAGES);
    bed.sandbox.run(&["validate", "results/local"]).code(0);

    // The earlier timeout does not count for a higher limit, for more threads, or with --no-forecast.
    for (timeout, more) in [
        ("1100ms", &["--force"][..]),
        ("1s", &["--force", "--threads", "2"]),
        ("1s", &["--force", "--no-forecast"]),
    ] {
        sweep(timeout, more).code(0).says("1 rows run, 1 timeout");
        assert_ne!(bed.jobs(), [""; 0], "{timeout} {more:?}");
    }
}

#[test]
fn two_sizes_are_enough_where_growth_in_proportion_is_too_much() {
    // 90 seconds on all images: one on the smallest part, three on the next.
    let bed = Bed::new("0.9", "1");
    bed.sweep(&[]).code(0).says("1 rows run, 1 timeout");
    let row = bed.sandbox.result_of("mine", &id("0.9"));
    assert!(error(&row).starts_with("not run: forecast at least "), "{}", error(&row));
    let measured = row["forecast"]["measured"].as_array().unwrap();
    assert_eq!((measured.len(), &measured[1]["stopped"], bed.jobs().len()), (2, &true.into(), 2));
    assert!(row["forecast"].get("exponent").is_none());
    bed.sandbox.run(&["validate", "results/local"]).code(0);
}

#[test]
fn interrupted_forecast_is_made_anew() {
    let bed = Bed::new("9", "1");
    let child = bed.sandbox.command().args(bed.arguments("20s", &[])).spawn().unwrap();
    wait_until("the smallest part runs", || bed.log.exists());
    signal(&child, "-INT");
    std::thread::sleep(std::time::Duration::from_millis(200));
    signal(&child, "-INT");
    Run::of(child.wait_with_output().unwrap()).code(130).says("1 not run");
    assert!(!bed.sandbox.result_path("mine", &id("9")).exists());
    bed.jobs();
    bed.sweep(&[]).code(0).says("1 rows run, 1 timeout");
    let row = bed.sandbox.result_of("mine", &id("9"));
    assert_eq!(
        error(&row),
        "not run: forecast at least 6 s, the limit is 6 s (more than 6.00 s on 40 training and 1 test images)"
    );
    bed.sandbox.run(&["validate", "results/local"]).code(0);
}
