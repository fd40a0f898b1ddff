//! Stopping a sweep by Ctrl-C or by killing it, and resuming.

use std::time::Duration;

use crate::PERCEPTRONS_AND_SGD as FAMILIES;
use crate::common::sandbox::{Run, Sandbox, predictions, processes_in, signal, status, wait_until};

/// The SGDClassifier never ends, and the Perceptrons work for a while.
const SLEEPS: &str = r#"[{"classifier": "SGDClassifier", "fault": "child_hangs"}]"#;
const WORKS: &str = r#"[{"classifier": "Perceptron", "fault": "work"}]"#;

#[test]
fn killed_supervisor_leaves_no_worker() {
    let mut sandbox = Sandbox::with_faults(FAMILIES, SLEEPS);
    let mut child = sandbox.command().args(["--jobs", "2"]).spawn().unwrap();
    let perceptron = sandbox.result_path("faults", "Perceptron,penalty=elasticnet");
    wait_until("the quick job is done", || perceptron.exists());
    // The supervisor, the worker and the worker's child.
    wait_until("the slow job runs", || processes_in(sandbox.path()).len() >= 3);
    signal(&child, "-KILL");
    child.wait().unwrap();
    wait_until("all are gone", || processes_in(sandbox.path()).is_empty());
    sandbox.faults = "[]".to_string();
    sandbox.sweep(&[]).code(0).says("1 rows run, 1 ok, 3 already done");
    assert_eq!(status(&sandbox.result("SGDClassifier")), "ok");
}

#[test]
fn ctrl_c_lets_running_jobs_finish() {
    let sandbox = Sandbox::with_faults(FAMILIES, WORKS);
    let child = sandbox.command().args(["--jobs", "1"]).spawn().unwrap();
    // The shortest job starts first: the single row; then the group of three.
    let file = sandbox.result_path("faults", "Perceptron,penalty=l1");
    wait_until("the first result is there", || file.exists());
    signal(&child, "-INT");
    let run = Run::of(child.wait_with_output().unwrap()).code(130).says("may finish and are written");
    assert!(run.stderr.contains("stopped, the same command goes on"), "{}", run.stderr);
    for id in ["l1", "l2", "elasticnet"] {
        let id =
            if id == "l2" { "Perceptron,penalty=l2".to_string() } else { format!("Perceptron,penalty={id}") };
        assert_eq!(status(&sandbox.result(&id)), "ok");
    }
}

#[test]
fn a_second_ctrl_c_kills() {
    let sandbox = Sandbox::with_faults(FAMILIES, SLEEPS);
    let child = sandbox.command().args(["--jobs", "2"]).spawn().unwrap();
    wait_until("the slow job runs", || processes_in(sandbox.path()).len() >= 3);
    signal(&child, "-TERM");
    std::thread::sleep(Duration::from_millis(300));
    assert!(processes_in(sandbox.path()).len() >= 3, "one signal must not kill");
    signal(&child, "-INT");
    Run::of(child.wait_with_output().unwrap()).code(130).says("not run");
    assert!(processes_in(sandbox.path()).is_empty());
    assert!(!sandbox.result_path("faults", "SGDClassifier").exists());
}

#[test]
fn concurrent_sweep_is_refused() {
    let sandbox = Sandbox::with_faults(FAMILIES, SLEEPS);
    let mut child = sandbox.command().spawn().unwrap();
    wait_until("the slow job runs", || processes_in(sandbox.path()).len() >= 3);
    sandbox.sweep(&[]).code(2).says("another sweep (process");
    sandbox.sweep(&["--run", "other", "-c", "Perceptron"]).code(0);
    signal(&child, "-KILL");
    child.wait().unwrap();
}

#[test]
fn damaged_results_are_set_aside() {
    let sandbox = Sandbox::new(FAMILIES);
    sandbox.sweep(&[]).code(0);
    let before = sandbox.result("Perceptron,penalty=l1");
    let path = sandbox.result_path("faults", "Perceptron,penalty=l1");
    let text = std::fs::read_to_string(&path).unwrap();
    for garbled in [&text[..text.len() / 2], "", "{}", &text.replace("\"accuracy\": 0", "\"accuracy\": 1")] {
        std::fs::write(&path, garbled).unwrap();
        sandbox.sweep(&[]).code(0).says("damaged:").says("1 rows run, 1 ok, 3 already done");
        let after = sandbox.result("Perceptron,penalty=l1");
        assert_eq!(predictions(&after, 0), predictions(&before, 0));
    }
    let aside =
        sandbox.files().iter().filter(|(path, _)| path.to_string_lossy().contains(".garbled")).count();
    assert_eq!(aside, 4);
}

#[test]
fn unwritable_results_folder_is_named() {
    let sandbox = Sandbox::new(FAMILIES);
    std::fs::write(sandbox.path().join("results"), "a file").unwrap();
    sandbox.sweep(&[]).code(2).says("results folder");
}
