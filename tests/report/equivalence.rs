//! Our rows beside scikit-learn's of this harness: equivalent, different, or not shown.

use serde_json::json;

use mnist_bench::results::Record;

use super::{make, put, record, tables};

#[test]
fn verdicts_come_from_seeds_or_from_the_answers_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let ours = |run: &str, classifier: &str, accuracies: &[f64]| {
        put(&results, run, &record("mnist", classifier, json!({}), accuracies));
    };
    let theirs = |run: &str, classifier: &str, accuracies: &[f64]| {
        let row = record("mnist", classifier, json!({}), accuracies);
        put(&results, run, &Record { engine: "scikit-learn".into(), ..row });
    };
    // Deterministic models: the difference is exact. 0.005 is within the margin, one image more is not.
    ours("reference", "SVC", &[0.9]);
    theirs("peers", "SVC", &[0.905]);
    ours("reference", "GaussianNB", &[0.6]);
    theirs("peers", "GaussianNB", &[0.6051]);
    // On each side the run with the most repeats counts.
    ours("reference", "SGDClassifier", &[0.9]);
    ours("seeds", "SGDClassifier", &[0.91, 0.912, 0.911, 0.913]);
    theirs("peers", "SGDClassifier", &[0.8]);
    theirs("seeds", "SGDClassifier", &[0.911, 0.9115, 0.912, 0.9105]);
    ours("reference", "Perceptron", &[0.86, 0.87, 0.88]);
    theirs("peers", "Perceptron", &[0.861, 0.869, 0.882]);
    ours("reference", "ExtraTreeClassifier", &[0.80, 0.801, 0.802]);
    theirs("peers", "ExtraTreeClassifier", &[0.78, 0.781, 0.782]);
    ours("reference", "PassiveAggressiveClassifier", &[0.88, 0.88]);
    theirs("peers", "PassiveAggressiveClassifier", &[0.88]);
    let report = make(folder.path(), "reference");
    let text = std::str::from_utf8(&report.files["fidelity.md"]).unwrap();
    let opening = "# Fidelity\n\n**MNIST: 2 of 6 rows equivalent to scikit-learn's within 0.005, 2 different, 2 \
                   not shown.**";
    assert!(text.starts_with(opening), "{text}");
    assert!(
        text.contains("Rows without chance answer 19,899 of 20,000 images as scikit-learn's do."),
        "{text}"
    );
    insta::assert_snapshot!("equivalence", tables(&report, "fidelity.md"));
}
