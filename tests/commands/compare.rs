//! `cmp` and `diff`: runs, engines and files side by side, in every format, and an exit code for what got worse.

use crate::common::files::copy_folder;
use crate::common::sandbox::{Run, Sandbox};
use serde_json::{Value, json};

const FAMILIES: &str = "
[[family]]
classifier = \"GaussianNB\"
engines = [\"native\", \"faults\"]
[[family]]
classifier = \"Perceptron\"
engines = [\"native\", \"faults\"]
";

/// Run `local`, and a copy of it called `later`.
fn two_runs() -> Sandbox {
    let sandbox = Sandbox::new(FAMILIES);
    sandbox.sweep(&["--quiet-pass"]).code(0);
    copy_folder(&sandbox.path().join("results/local"), &sandbox.path().join("results/later"));
    sandbox
}

/// Changes a result of run `later`.
fn change(sandbox: &Sandbox, engine: &str, id: &str, change: impl Fn(&mut Value)) {
    let path = sandbox.path().join("results/later/tiny").join(engine).join(format!("{id}.json"));
    let mut value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    std::fs::write(path, value.to_string()).unwrap();
}

fn as_json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stdout))
}

#[test]
fn cmp_compares_engines_within_and_across_runs() {
    let sandbox = two_runs();
    let text = sandbox.run(&["cmp", "native", "faults"]).code(0).stdout;
    assert!(text.contains("first: native of run local\nsecond: faults of run local\n"), "{text}");
    assert!(text.contains("Times, second over first"), "{text}");
    let across = as_json(&sandbox.run(&["cmp", "local/native", "later/native", "--format", "json"]).code(0));
    assert_eq!(across["pairs"].as_array().unwrap().len(), 2);
    let pair = &across["pairs"][0];
    assert_eq!((&pair["dataset"], &pair["id"]), (&json!("tiny"), &json!("GaussianNB")));
    assert_eq!((&pair["accuracy_difference"], &pair["time_ratio"]), (&json!(0.0), &json!(1.0)));
    assert_eq!((&pair["times_quiet"], &pair["paired"]["p"]), (&json!(true), &json!(1.0)));
    assert_eq!(across["summary"]["not_told_apart"], json!(2));
}

#[test]
fn runs_join_engine_by_engine() {
    let sandbox = two_runs();
    std::fs::remove_file(sandbox.path().join("results/later/tiny/faults/GaussianNB.json")).unwrap();
    let runs = as_json(&sandbox.run(&["cmp", "local", "later", "--format", "json"]).code(0));
    assert_eq!(runs["pairs"].as_array().unwrap().len(), 3);
    assert_eq!(runs["only_first"], json!(["tiny faults GaussianNB"]));
    let markdown = sandbox.run(&["cmp", "local", "later", "--format", "markdown"]).code(0).stdout;
    assert!(markdown.contains("| data set | entry | first | second | difference |"), "{markdown}");
    assert!(markdown.contains("1 more in the first alone."), "{markdown}");
    sandbox.run(&["cmp", "local/native", "later"]).code(2).says("name two of a kind");
    sandbox.run(&["cmp", "local", "nowhere"]).code(2).says("(there: later, local)");
    let file = "results/local/tiny/native/GaussianNB.json";
    sandbox.run(&["cmp", file, "native"]).code(2).says("\"native\" is not a file, but the other side is");
    let missing = "results/later/tiny/native/GausianNB.json";
    sandbox.run(&["cmp", file, missing]).code(2).says("GausianNB.json: no such file");
}

#[test]
fn diff_of_equal_runs_reports_nothing() {
    let sandbox = two_runs();
    let same = sandbox.run(&["diff", "local", "later"]).code(0).stdout;
    assert!(same.starts_with("0 regressions in 4 rows that both have (4 compared in accuracy"), "{same}");
    sandbox.run(&["diff", "local", "latr"]).code(2).says("no run \"latr\"");
    sandbox.run(&["diff", "local", "later", "--accuracy=-1"]).code(2).says("at least 0");
}

#[test]
fn diff_exits_with_1_on_a_regression() {
    let sandbox = two_runs();
    // All of class 0: 15 of 60 right.
    change(&sandbox, "native", "GaussianNB", |value| {
        value["repeats"][0]["predictions"] = json!("0".repeat(60));
        value["repeats"][0]["accuracy"] = json!(0.25);
        value["accuracy"] = json!(0.25);
    });
    change(&sandbox, "native", "Perceptron", |value| {
        value["repeats"][0]["fit_seconds"] = json!(30.0);
        value["fit_seconds"] = json!(30.0);
    });
    change(&sandbox, "faults", "Perceptron", |value| {
        value["status"] = json!("timeout");
        value["error"] = json!("no result after 1 s");
        value["repeats"] = json!([]);
        for key in ["accuracy", "fit_seconds", "predict_seconds"] {
            value.as_object_mut().unwrap().remove(key);
        }
    });
    let worse = sandbox.run(&["diff", "local", "later"]).code(1).stdout;
    assert!(worse.contains("tiny GaussianNB native: accuracy "), "{worse}");
    assert!(worse.contains("tiny Perceptron native: ") && worse.contains(" to 30.0 s ("), "{worse}");
    assert!(worse.contains("tiny Perceptron faults: was ok, is timeout"), "{worse}");
    let verdict = as_json(&sandbox.run(&["diff", "local", "later", "--format", "json"]).code(1));
    let kinds: Vec<&Value> =
        verdict["regressions"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, [&json!("failed"), &json!("accuracy"), &json!("time")]);

    // A reader that closes the pipe early does not turn the failure into a success.
    let mut command = sandbox.program();
    let mut child = command.args(["diff", "local", "later"]).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));

    // Times that were measured among other jobs prove nothing.
    change(&sandbox, "native", "Perceptron", |value| value["quiet"] = json!(false));
    let markdown = sandbox.run(&["diff", "local", "later", "--format", "markdown"]).code(1).stdout;
    assert!(markdown.starts_with("- tiny Perceptron faults: ") && !markdown.contains("30.0 s"), "{markdown}");
    // An improvement is not a regression.
    sandbox.run(&["diff", "later", "local", "--time", "1000000"]).code(0);
}
