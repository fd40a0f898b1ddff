//! Intervals, paired test and correction against SciPy and statsmodels (`benchmarks/golden/stats.py`).

use mnist_bench::stats::paired::Discordant;
use mnist_bench::stats::{equivalence, holm, interval};
use serde_json::Value;

fn golden(part: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../fixtures/stats.json")).unwrap();
    let cases = all[part].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

fn number(case: &Value, key: &str) -> f64 {
    case[key].as_f64().unwrap_or_else(|| panic!("no {key} in {case}"))
}

fn numbers(case: &Value, key: &str) -> Vec<f64> {
    case[key].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[track_caller]
fn near(ours: f64, theirs: f64, case: &Value) {
    assert!((ours - theirs).abs() <= 1e-12, "{ours} for {theirs} in {case}");
}

#[test]
fn wilson_is_that_of_statsmodels() {
    for case in golden("wilson") {
        let (correct, total) = (number(&case, "correct") as usize, number(&case, "total") as usize);
        let ours = interval::wilson(correct, total, number(&case, "confidence")).unwrap();
        near(ours.low, number(&case, "low"), &case);
        near(ours.high, number(&case, "high"), &case);
    }
}

#[test]
fn students_interval_is_that_of_scipy() {
    for case in golden("student_t") {
        let ours = interval::student_t(&numbers(&case, "samples"), number(&case, "confidence")).unwrap();
        near(ours.low, number(&case, "low"), &case);
        near(ours.high, number(&case, "high"), &case);
    }
}

#[test]
fn welchs_interval_is_that_of_scipy_and_decides_as_two_one_sided_tests_do() {
    for case in golden("welch") {
        let confidence = number(&case, "confidence");
        let ours =
            equivalence::welch(&numbers(&case, "first"), &numbers(&case, "second"), confidence).unwrap();
        near(ours.low, number(&case, "low"), &case);
        near(ours.high, number(&case, "high"), &case);
        // statsmodels, at a margin just beyond the interval and at one just within it.
        let level = (1.0 - confidence) / 2.0;
        assert!(number(&case, "p_within") < level && number(&case, "p_beyond") > level, "{case}");
    }
}

#[test]
fn the_exact_mcnemar_test_is_that_of_both() {
    for case in golden("paired") {
        let counts = Discordant {
            only_first: number(&case, "only_first") as u64,
            only_second: number(&case, "only_second") as u64,
        };
        let ours = counts.p_value();
        for key in ["p", "p_scipy"] {
            // A relative tolerance: with an absolute one every tiny p-value would pass for 1e-60.
            let theirs = number(&case, key);
            assert!((ours - theirs).abs() <= 1e-9 * theirs, "{ours:e} for {key} {theirs:e} in {case}");
        }
    }
}

#[test]
fn holm_is_that_of_statsmodels() {
    for case in golden("holm") {
        for (ours, theirs) in holm::adjust(&numbers(&case, "p")).iter().zip(numbers(&case, "adjusted")) {
            near(*ours, theirs, &case);
        }
    }
}
