//! Several train sizes of one configuration, or rising values of a parameter: the larger ones wait for the smaller, and
//! are skipped once a smaller one hit a limit.

use crate::common::sandbox::{Sandbox, TRAIN, error, status};

const SIZES: &str = "
train_sizes = [40, 80, 240]

[[family]]
classifier = \"Perceptron\"
[family.parameters]
penalty = [\"l1\", \"l2\"]
";

const L2_SLEEPS: &str =
    r#"[{"classifier": "Perceptron", "parameters": {"penalty": "l2"}, "fault": "sleep"}]"#;

#[test]
fn timeout_skips_larger_train_sizes() {
    let mut sandbox = Sandbox::with_faults(SIZES, L2_SLEEPS);
    let run = sandbox.sweep(&["--timeout", "1s"]).code(0);
    for id in ["Perceptron,penalty=l1@n=40", "Perceptron,penalty=l1@n=80", "Perceptron,penalty=l1"] {
        assert_eq!(status(&sandbox.result(id)), "ok", "{id}\n{}", run.stderr);
    }
    assert_eq!(sandbox.result("Perceptron,penalty=l1")["train_size"], TRAIN);
    let first = sandbox.result("Perceptron,penalty=l2@n=40");
    assert_eq!((status(&first), error(&first)), ("timeout", "no result after 1 s"));
    for id in ["Perceptron,penalty=l2@n=80", "Perceptron,penalty=l2"] {
        let row = sandbox.result(id);
        let reason = "not tried, because of the row Perceptron,penalty=l2@n=40: no result after 1 s";
        assert_eq!((status(&row), error(&row)), ("timeout", reason));
    }
    sandbox.run(&["validate", "results/local"]).code(0);

    // A later sweep reads it from the results: without its file the largest is still not tried.
    std::fs::remove_file(sandbox.result_path("faults", "Perceptron,penalty=l2")).unwrap();
    let again = sandbox.sweep(&["--timeout", "1s"]).code(0);
    again.says("1 rows run, 1 timeout, 5 already done");
    assert!(error(&sandbox.result("Perceptron,penalty=l2")).starts_with("not tried"));

    // A raised limit tries from the smallest on.
    sandbox.faults = "[]".to_string();
    sandbox.sweep(&["--timeout", "60s"]).code(0).says("3 rows run, 3 ok, 3 already done");
}

#[test]
fn train_size_option_leaves_one_row() {
    let sandbox = Sandbox::with_faults(SIZES, "[]");
    sandbox.sweep(&["--train-size", "60"]).code(0).says("2 rows run, 2 ok");
    assert_eq!(sandbox.result("Perceptron,penalty=l2@n=60")["train_size"], 60);
}

#[test]
fn timeout_skips_larger_rising_parameters() {
    let grid = "
[[family]]
classifier = \"KNeighborsClassifier\"
rising = [\"n_neighbors\", \"p\"]
[family.parameters]
weights = [\"uniform\", \"distance\"]
n_neighbors = [1, 2, 3]
p = [1, 2]
";
    let sleeps = r#"[{"classifier": "KNeighborsClassifier", "fault": "sleep",
        "parameters": {"weights": "distance", "n_neighbors": 2, "p": 1}}]"#;
    let sandbox = Sandbox::with_faults(grid, sleeps);
    let run = sandbox.sweep(&["--timeout", "1s"]).code(0);
    let id = |neighbors: u32, p: u32, weights: &str| {
        let p = if p == 1 { ",p=1" } else { "" };
        format!("KNeighborsClassifier,n_neighbors={neighbors}{p}{weights}")
    };
    let first = id(2, 1, ",weights=distance");
    for (neighbors, p) in [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)] {
        assert_eq!(status(&sandbox.result(&id(neighbors, p, ""))), "ok", "{neighbors} {p}\n{}", run.stderr);
        let row = sandbox.result(&id(neighbors, p, ",weights=distance"));
        // A row with a smaller value of either parameter is tried; a row with at least the same of both is not.
        match (neighbors, p) {
            (1, _) => assert_eq!(status(&row), "ok", "{p}\n{}", run.stderr),
            (2, 1) => assert_eq!((status(&row), error(&row)), ("timeout", "no result after 1 s")),
            _ => {
                let reason = format!("not tried, because of the row {first}: no result after 1 s");
                assert_eq!((status(&row), error(&row)), ("timeout", reason.as_str()));
            }
        }
    }
}

#[test]
fn crash_does_not_skip_larger_sizes() {
    let panics = L2_SLEEPS.replace("sleep", "panic");
    let sandbox = Sandbox::with_faults(SIZES, &panics);
    sandbox.sweep(&[]).code(0);
    for id in ["Perceptron,penalty=l2@n=40", "Perceptron,penalty=l2@n=80", "Perceptron,penalty=l2"] {
        let row = sandbox.result(id);
        assert_eq!(status(&row), "crashed");
        assert!(error(&row).starts_with("the worker panicked"), "{}", error(&row));
    }
}
