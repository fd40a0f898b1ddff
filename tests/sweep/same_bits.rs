//! Seeds, sharing, threads and repeats: what a sweep promises about the bits of its results.

use crate::common::sandbox::{Sandbox, predictions};
use serde_json::Value;

const FAMILIES: &str = "
[[family]]
classifier = \"Perceptron\"
[family.parameters]
penalty = [\"l1\", \"l2\", \"elasticnet\"]
[[family]]
classifier = \"KNeighborsClassifier\"
[family.parameters]
n_neighbors = [1, 9]
";

/// Families of our own models that share work, draw random numbers, or use threads.
const NATIVE: &str = "
[[family]]
classifier = \"GaussianNB\"
engines = [\"native\"]
[[family]]
classifier = \"KNeighborsClassifier\"
engines = [\"native\"]
[family.parameters]
n_neighbors = [1, 5]
weights = [\"uniform\", \"distance\"]
[[family]]
classifier = \"DecisionTreeClassifier\"
engines = [\"native\"]
[family.parameters]
splitter = [\"best\", \"random\"]
max_depth = [3, 10]
[[family]]
classifier = \"RandomForestClassifier\"
engines = [\"native\"]
[family.parameters]
n_estimators = [3, 5]
";

/// Everything in result files that must not depend on how they were made.
fn bits(sandbox: &Sandbox) -> Vec<(String, Vec<Value>)> {
    let of = |(path, bytes): (std::path::PathBuf, Vec<u8>)| {
        let file: Value = serde_json::from_slice(&bytes).ok()?;
        let repeats = file["repeats"].as_array()?.iter();
        let name = path.strip_prefix(sandbox.path()).unwrap().display().to_string();
        Some((
            name,
            repeats.map(|r| serde_json::json!([r["seed"], r["predictions"], r["accuracy"]])).collect(),
        ))
    };
    let bits: Vec<_> = sandbox.files().into_iter().filter_map(of).collect();
    assert!(!bits.is_empty());
    bits
}

#[test]
fn threads_and_sharing_change_no_bit() {
    for families in [FAMILIES, NATIVE] {
        let together = Sandbox::new(families);
        together.sweep(&["--jobs", "1", "--threads", "1"]).code(0);
        for arguments in [&["--no-sharing"][..], &["--threads", "2", "--jobs", "1"], &["--quiet-pass"]] {
            let other = Sandbox::new(families);
            other.sweep(arguments).code(0);
            assert_eq!(bits(&together), bits(&other), "{arguments:?}");
        }
    }
}

#[test]
fn the_base_seed_changes_everything_random() {
    let (one, two) = (Sandbox::new(FAMILIES), Sandbox::new(FAMILIES));
    one.sweep(&[]).code(0);
    two.sweep(&["--seed", "2"]).code(0);
    let id = "Perceptron,penalty=l1";
    assert_ne!(predictions(&one.result(id), 0), predictions(&two.result(id), 0));
    one.sweep(&["--seed", "2"]).code(0).says("5 rows run again: made with another --seed");
    assert_eq!(bits(&one), bits(&two));
}

#[test]
fn repeats_stop_after_two_equal_ones() {
    let sandbox = Sandbox::new(FAMILIES);
    sandbox.sweep(&[]).code(0);
    let first = predictions(&sandbox.result("Perceptron,penalty=l1"), 0).to_string();
    sandbox.sweep(&["--repeats", "3"]).code(0).says("5 rows run, 5 ok");
    let row = sandbox.result("Perceptron,penalty=l1");
    assert_eq!(row["repeats"].as_array().unwrap().len(), 3);
    assert_eq!(predictions(&row, 0), first);
    assert_ne!(predictions(&row, 0), predictions(&row, 1));
    let row = sandbox.result("KNeighborsClassifier,n_neighbors=1");
    assert_eq!(row["repeats"].as_array().unwrap().len(), 2);
    sandbox.sweep(&["--repeats", "3"]).code(0).says("0 rows run, 5 already done");
    // All repeats in one sweep give the same.
    let other = Sandbox::new(FAMILIES);
    other.sweep(&["--repeats", "3"]).code(0);
    assert_eq!(bits(&sandbox), bits(&other));
}

#[test]
fn a_budget_bounds_the_repeats() {
    // The fault `work` takes 0.2 s.
    let works = r#"[{"classifier": "Perceptron", "fault": "work"}]"#;
    let sandbox = Sandbox::with_faults(FAMILIES, works);
    let repeats = |budget: &str| {
        sandbox.sweep(&["--repeats", "5", "--repeat-budget", budget, "-c", "Perceptron", "--force"]).code(0);
        sandbox.result("Perceptron,penalty=l1")["repeats"].as_array().unwrap().len()
    };
    assert_eq!(repeats("50ms"), 1);
    assert_eq!(repeats("1h"), 5);
}

#[test]
fn auto_repeats_until_the_mean_is_known() {
    let sandbox = Sandbox::new(FAMILIES);
    let auto = ["--repeats", "auto", "-c", "Perceptron", "-c", "KNeighborsClassifier"];
    sandbox.sweep(&auto).code(0);
    // With 60 test images the mean is never known to 0.001, so all 30 repeats run; a deterministic model needs two.
    assert_eq!(sandbox.result("Perceptron,penalty=l1")["repeats"].as_array().unwrap().len(), 30);
    assert_eq!(sandbox.result("KNeighborsClassifier,n_neighbors=1")["repeats"].as_array().unwrap().len(), 2);
    sandbox.sweep(&auto).code(0).says("0 rows run, ");
    sandbox.sweep(&["--repeats", "often"]).code(2).says("expected a number from 1 to 1000, or auto");
}

#[test]
fn a_train_size_is_another_row() {
    let sandbox = Sandbox::new(FAMILIES);
    sandbox.sweep(&["--train-size", "100", "-c", "Perceptron"]).code(0);
    assert_eq!(sandbox.result("Perceptron,penalty=l1@n=100")["train_size"], 100);
    sandbox.sweep(&["--train-size", "240", "-c", "Perceptron"]).code(0);
    assert_eq!(sandbox.result("Perceptron,penalty=l1")["train_size"], 240);
}

#[test]
fn quiet_pass_updates_times_only() {
    let sandbox = Sandbox::new(FAMILIES);
    sandbox.sweep(&["--repeats", "3", "--jobs", "2"]).code(0);
    let before = bits(&sandbox);
    assert_eq!(sandbox.result("Perceptron,penalty=l1")["quiet"], false);
    sandbox.sweep(&["--quiet-pass"]).code(0).says("5 rows run, 5 ok");
    assert_eq!(bits(&sandbox), before);
    let row = sandbox.result("Perceptron,penalty=l1");
    assert_eq!((&row["quiet"], &row["jobs_in_flight"]), (&Value::from(true), &Value::from(1)));
    assert!(row.get("shared_with").is_none());
    sandbox.sweep(&["--quiet-pass"]).code(0).says("0 rows run, 5 already done");
    // A later plain sweep leaves quiet rows alone.
    sandbox.sweep(&["--repeats", "3"]).code(0).says("0 rows run, 5 already done");
}

#[test]
fn a_dry_run_writes_nothing() {
    let sandbox = Sandbox::new(FAMILIES);
    let run = sandbox.sweep(&["--dry-run"]).code(0);
    assert!(run.stdout.contains("tiny faults Perceptron,penalty=l1"), "{}", run.stdout);
    assert!(run.stdout.contains("5 rows, 5 to run in 2 jobs"), "{}", run.stdout);
    assert!(sandbox.files().is_empty());
}
