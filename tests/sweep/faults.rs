//! Every fault of a worker becomes a row with the right status, and harms no other row.

use std::time::{Duration, Instant};

use crate::common::sandbox::{Sandbox, error, processes_in, status};

/// Three rows that run as one job.
const PERCEPTRONS: &str = "
[[family]]
classifier = \"Perceptron\"
[family.parameters]
penalty = [\"l1\", \"l2\", \"elasticnet\"]
";

/// The fault list that makes the middle one of the three rows fail.
fn l2(fault: &str) -> String {
    format!(r#"[{{"classifier": "Perceptron", "parameters": {{"penalty": "l2"}}, "fault": "{fault}"}}]"#)
}

/// Sweeps the three rows; the first and the last must be unharmed. Gives the result of the middle one.
#[track_caller]
fn middle(fault: &str, arguments: &[&str]) -> serde_json::Value {
    let sandbox = Sandbox::with_faults(PERCEPTRONS, &l2(fault));
    let run = sandbox.sweep(arguments).code(0);
    for id in ["Perceptron,penalty=l1", "Perceptron,penalty=elasticnet"] {
        assert_eq!(status(&sandbox.result(id)), "ok", "{id}\n{}", run.stderr);
    }
    let left = processes_in(sandbox.path());
    assert!(left.is_empty(), "{left:?} still run");
    sandbox.result("Perceptron,penalty=l2")
}

#[test]
fn a_worker_that_is_killed_has_crashed() {
    let row = middle("kill", &[]);
    assert_eq!(status(&row), "crashed");
    assert!(error(&row).contains("SIGKILL"), "{}", error(&row));
}

#[test]
fn a_worker_that_aborts_has_crashed() {
    let row = middle("abort", &[]);
    assert_eq!(status(&row), "crashed");
    assert!(error(&row).contains("SIGABRT"), "{}", error(&row));
}

#[test]
fn a_panic_is_in_the_row_with_its_message() {
    let row = middle("panic", &[]);
    assert_eq!(status(&row), "crashed");
    assert!(error(&row).starts_with("the worker panicked\n"), "{}", error(&row));
    assert!(error(&row).contains("a fault on purpose"), "{}", error(&row));
}

#[test]
fn silent_exit_is_a_crash() {
    let row = middle("vanish", &[]);
    assert_eq!(status(&row), "crashed");
    assert!(error(&row).contains("without giving a result"), "{}", error(&row));
}

#[test]
fn sleeping_worker_times_out() {
    let row = middle("sleep", &["--timeout", "1s"]);
    assert_eq!(status(&row), "timeout");
    assert_eq!(error(&row), "no result after 1 s");
    assert!(row.get("accuracy").is_none());
}

#[test]
fn worker_that_ignores_sigterm_is_killed() {
    let row = middle("ignore_terminate", &["--timeout", "1s"]);
    assert_eq!(status(&row), "timeout");
}

#[test]
fn hanging_child_dies_with_its_group() {
    let row = middle("child_hangs", &["--timeout", "1s"]);
    assert_eq!(status(&row), "timeout");
}

#[test]
fn leftover_child_is_killed_and_the_result_kept() {
    let begin = Instant::now();
    let row = middle("child_lives", &[]);
    assert_eq!(status(&row), "ok");
    assert!(begin.elapsed() < Duration::from_secs(60));
}

#[test]
fn memory_limit_ends_the_job() {
    let row = middle("allocate", &["--memory-limit", "300MiB"]);
    assert_eq!(status(&row), "out_of_memory");
    assert!(error(&row).contains("the limit is 300 MiB"), "{}", error(&row));
}

#[test]
fn failed_allocation_is_out_of_memory() {
    let row = middle("allocate_too_much", &[]);
    assert_eq!(status(&row), "out_of_memory");
    assert!(error(&row).contains("memory allocation of"), "{}", error(&row));
}

#[test]
fn binary_log_is_harmless() {
    assert_eq!(status(&middle("noisy_log", &[])), "ok");
}

#[test]
fn binary_reply_is_a_crash() {
    let row = middle("garbage", &[]);
    assert_eq!(status(&row), "crashed");
    assert!(error(&row).contains("invalid reply") && error(&row).contains("garbage"), "{}", error(&row));
}

#[test]
fn endless_reply_is_a_crash() {
    let row = middle("endless_line", &[]);
    assert_eq!(status(&row), "crashed");
    assert!(error(&row).contains("a line of more than"), "{}", error(&row));
}

#[test]
fn a_flood_in_the_log_is_bounded() {
    let row = middle("flood_log", &["--timeout", "2s"]);
    assert_eq!(status(&row), "timeout");
    assert!(error(&row).len() < 5000, "{} characters", error(&row).len());
}

#[test]
fn invalid_predictions_are_refused() {
    let row = middle("wrong_length", &[]);
    assert_eq!(status(&row), "crashed");
    assert!(error(&row).contains("found 59 predictions; expected 60"), "{}", error(&row));
    let row = middle("out_of_range", &[]);
    assert_eq!(status(&row), "crashed");
    assert!(error(&row).contains("class 99 at position 0 does not exist"), "{}", error(&row));
}

#[test]
fn reported_failure_keeps_its_status() {
    let row = middle("diverge", &[]);
    assert_eq!((status(&row), error(&row)), ("diverged", "a fault on purpose"));
    let row = middle("unsupported", &[]);
    assert_eq!((status(&row), error(&row)), ("unsupported", "a fault on purpose"));
}

#[test]
fn failure_is_retried_after_a_change_only() {
    let mut sandbox = Sandbox::with_faults(PERCEPTRONS, &l2("sleep"));
    sandbox.sweep(&["--timeout", "1s"]).code(0);
    sandbox.sweep(&["--timeout", "1s"]).code(0).says("0 rows run, 3 already done (1 failed;");
    sandbox
        .sweep(&["--timeout", "1s", "--retry-failed"])
        .code(0)
        .says("1 rows run, 1 timeout, 2 already done");
    sandbox.faults = "[]".to_string();
    sandbox.sweep(&["--timeout", "30s"]).code(0).says("1 rows run again: failed at a lower --timeout");
    assert_eq!(status(&sandbox.result("Perceptron,penalty=l2")), "ok");
}

#[test]
fn failed_native_row_exits_with_1() {
    let sandbox = Sandbox::new("[[family]]\nclassifier = \"GaussianNB\"\nengines = [\"native\"]\n");
    sandbox.sweep(&[]).code(0);
    let mut value = sandbox.result_of("native", "GaussianNB");
    value["status"] = "timeout".into();
    value["error"] = "no result after 3600 s".into();
    value["repeats"] = serde_json::json!([]);
    for key in ["accuracy", "fit_seconds", "predict_seconds", "converged"] {
        value.as_object_mut().unwrap().remove(key);
    }
    std::fs::write(sandbox.result_path("native", "GaussianNB"), value.to_string()).unwrap();
    sandbox.sweep(&[]).code(1).says("0 rows run, 1 already done (1 failed;");
    sandbox.sweep(&["--retry-failed"]).code(0);
    sandbox.sweep(&[]).code(0).says("0 rows run, 1 already done");
}

#[test]
fn absurd_recorded_time_is_ignored() {
    let sandbox = Sandbox::new("[[family]]\nclassifier = \"GaussianNB\"\n");
    sandbox.sweep(&[]).code(0);
    let path = sandbox.result_path("faults", "GaussianNB");
    let mut value = sandbox.result("GaussianNB");
    value["repeats"][0]["fit_seconds"] = 1e300.into();
    value["repeats"][0].as_object_mut().unwrap().remove("fit_cpu_seconds");
    std::fs::write(&path, value.to_string()).unwrap();
    let costs = ["--costs", "results/local", "--grid", "grid.toml"];
    sandbox.run(&[&["plan", "--check"][..], &costs].concat()).code(0);
    sandbox.sweep(&["--force", "--costs", "results/local"]).code(0).says("1 rows run");
}
