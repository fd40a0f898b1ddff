//! The commands around submissions with the real program: submit, validate, verify, rank and cmp.

use std::process::Command;

use crate::common::sandbox::{Run, Sandbox, TEST, predictions};
use serde_json::{Value, json};

const FAMILIES: &str = "
[[family]]
classifier = \"GaussianNB\"
engines = [\"native\"]
[[family]]
classifier = \"RandomForestClassifier\"
engines = [\"native\"]
parameters = { n_estimators = [10, 20], max_depth = [3] }
";

fn swept() -> Sandbox {
    let sandbox = Sandbox::new(FAMILIES);
    sandbox.sweep(&["--repeats", "2"]).code(0);
    sandbox
}

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mnist-bench"));
    Run::of(command.current_dir(sandbox.path()).args(arguments).output().unwrap())
}

#[track_caller]
fn shows(run: &Run, text: &str) {
    assert!(run.stdout.contains(text), "no {text:?} in:\n{}{}", run.stdout, run.stderr);
}

#[test]
fn verify_accepts_a_rerun_and_rejects_a_changed_file() {
    let sandbox = swept();
    let all = run(&sandbox, &["verify", "results/local", "--record"]).code(0);
    shows(&all, "GaussianNB.json: reproduced, every prediction");
    shows(&all, "3 of 3 reproduced");
    let ranking = run(&sandbox, &["rank"]).code(0);
    shows(&ranking, "tiny, grid entries: 2 counted, 1 counted with them");
    shows(&ranking, "reproduced  native GaussianNB");
    shows(&ranking, "native RandomForestClassifier max_depth=3 n_estimators=20 (+1)");

    // `validate` cannot notice that a prediction and all that follows from it were changed; `verify` does.
    let path = sandbox.result_path("native", "GaussianNB");
    let mut value = sandbox.result_of("native", "GaussianNB");
    change_first_prediction(&mut value);
    std::fs::write(&path, value.to_string()).unwrap();
    run(&sandbox, &["validate"]).code(0);
    let changed = run(&sandbox, &["verify", path.to_str().unwrap()]).code(1);
    shows(&changed, "NOT REPRODUCED: 2 of 120 predictions, the first for image 0 in repeat 0");
    shows(&changed, "0 of 1 reproduced");
    let ranking = run(&sandbox, &["rank"]).code(0);
    shows(&ranking, "recomputed  native GaussianNB");
}

#[test]
fn verify_names_another_seed_only_where_the_predictions_differ() {
    let sandbox = swept();
    let path = sandbox.result_path("native", "GaussianNB");
    let verify = || run(&sandbox, &["verify", path.to_str().unwrap()]);
    let mut value = sandbox.result_of("native", "GaussianNB");
    let seed = value["repeats"][0]["seed"].as_u64().unwrap();
    value["repeats"][0]["seed"] = json!(seed ^ 1);
    std::fs::write(&path, value.to_string()).unwrap();
    // Gaussian naive Bayes draws no random numbers.
    shows(&verify().code(0), "GaussianNB.json: reproduced, every prediction");

    change_first_prediction(&mut value);
    std::fs::write(&path, value.to_string()).unwrap();
    let text = format!("2 of 120 predictions; repeat 0 had the seed {}, and has {seed} now", seed ^ 1);
    shows(&verify().code(1), &text);
}

/// Changes one prediction of every repeat and the accuracies that follow from it.
fn change_first_prediction(value: &mut Value) {
    let mut predictions = predictions(value, 0).to_string();
    let labels: Vec<usize> = (0..TEST).map(|row| row % 4).collect();
    let other = if predictions.starts_with('0') { "1" } else { "0" };
    predictions.replace_range(0..1, other);
    let right = predictions.bytes().zip(&labels).filter(|(a, b)| usize::from(a - b'0') == **b).count();
    let accuracy = right as f64 / TEST as f64;
    for repeat in value["repeats"].as_array_mut().unwrap() {
        repeat["predictions"] = json!(predictions);
        repeat["accuracy"] = json!(accuracy);
    }
    value["accuracy"] = json!(accuracy);
}

#[test]
fn verify_draws_the_same_sample_again() {
    let sandbox = swept();
    let sample =
        || run(&sandbox, &["verify", "results/local", "--sample", "1", "--seed", "7"]).code(0).stdout;
    let first = sample();
    assert!(first.contains("1 of 1 reproduced"), "{first}");
    assert_eq!(first, sample());
    run(&sandbox, &["verify", "results/local", "-c", "SVC"]).code(2).says("no result to verify");
    // No result trains and predicts within a tenth of a microsecond.
    run(&sandbox, &["verify", "results/local", "--at-most", "0.0000001s"])
        .code(2)
        .says("no result to verify");
    run(&sandbox, &["verify", "results/local", "--sample", "1", "--at-most", "1h"]).code(0);
}

#[test]
fn submit_validate_and_rank_work_together() {
    let sandbox = swept();
    let numbers: Vec<String> =
        (0..TEST).map(|row| (if row < 6 { (row + 1) % 4 } else { row % 4 }).to_string()).collect();
    std::fs::write(sandbox.path().join("p.txt"), numbers.join("\n")).unwrap();
    let own = ["submit", "p.txt", "--name", "jane", "--dataset", "tiny", "--classifier", "Guess"];
    let made = run(&sandbox, &[&own[..], &["--description", "By eye."]].concat()).code(0);
    shows(&made, "results/submitted/jane/tiny/Guess.json (accuracy 0.9)");
    let found = run(&sandbox, &["validate"]).code(0);
    shows(&found, "4 files: 0 errors");
    run(&sandbox, &[&own[..], &["--description", "By eye."]].concat()).code(2).says("--force replaces it");
    run(&sandbox, &own).code(2).says("a method of your own needs --description");
    let ranking = run(&sandbox, &["rank"]).code(0);
    shows(&ranking, "tiny, own methods: 1 counted");
    shows(&ranking, "0.9000");
    shows(&ranking, "recomputed  submitted by jane: Guess");
    let submission = "results/submitted/jane/tiny/Guess.json";
    run(&sandbox, &["verify", submission]).code(2).says("cannot be retrained");
    let result = "results/local/tiny/native/GaussianNB.json";
    let compared = run(&sandbox, &["cmp", submission, result]).code(0);
    shows(&compared, "only first");
    shows(&compared, "first: 95 % interval");

    std::fs::write(sandbox.path().join("short.txt"), "1 2 3").unwrap();
    let short = ["submit", "short.txt", "--name", "jane", "--dataset", "tiny", "--classifier", "GaussianNB"];
    run(&sandbox, &short).code(2).says("short.txt: 3 predictions for 60 test images");
    let bad = ["submit", "p.txt", "--name", "../x", "--dataset", "tiny", "--classifier", "GaussianNB"];
    run(&sandbox, &bad).code(2).says("cannot be used as a folder name");
    sandbox.sweep(&["--run", "submitted"]).code(2).says("is reserved for submissions");
    let none = ["submit", "p.txt", "--name", "x", "--dataset", "tinny", "--classifier", "GaussianNB"];
    run(&sandbox, &none).code(2).says("did you mean tiny?");
}

#[test]
fn the_report_shows_evidence_of_a_submission() {
    let sandbox = swept();
    std::fs::write(sandbox.path().join("p.txt"), "0123".repeat(TEST / 4)).unwrap();
    let own = ["submit", "p.txt", "--name", "jane", "--dataset", "tiny", "--classifier", "Guess"];
    run(&sandbox, &[&own[..], &["--description", "By eye."]].concat()).code(0);
    run(&sandbox, &["report"]).code(0);
    let text = std::fs::read_to_string(sandbox.path().join("reports/submitted.md")).unwrap();
    assert!(text.contains("| Guess |") && text.contains("| checked from predictions | jane |"), "{text}");
    run(&sandbox, &["report", "--check"]).code(0);
}

#[test]
fn cmp_uses_rows_that_both_engines_have() {
    let sandbox = swept();
    let alone = run(&sandbox, &["cmp", "native", "linfa"]).code(2);
    alone.says("\"linfa\" is neither a file nor an engine with results");
    let same = run(&sandbox, &["cmp", "native", "native"]).code(0);
    shows(&same, "0 better in the first, 0 in the second, 3 not told apart");
}
