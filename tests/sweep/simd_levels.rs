//! The scalar fallback: whole models trained without vector instructions predict almost the same as with those of the
//! machine. (Each kernel is compared in `pixel_learn::linalg`, on every size from 0 to 200.)

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Test images of 10,000 that may come out otherwise: sums in another order decide near ties of iterative models
/// the other way. The same figure stands in docs/RELIABILITY.md.
const MOST: usize = 50;

/// Families that use different kernels.
const FAMILIES: [&str; 5] =
    ["GaussianNB", "KNeighborsClassifier", "LinearSVC", "MLPClassifier", "Perceptron"];

/// Predictions by file name, and what the results say of the instructions.
fn sweep(folder: &Path, level: Option<&str>) -> (BTreeMap<String, String>, String) {
    let results = folder.join(level.unwrap_or("machine"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_mnist-bench"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["sweep", "--suite", "classic", "--engine", "native", "-d", "mnist", "--train-size", "200"])
        .args(FAMILIES.iter().flat_map(|family| ["-c", family]))
        .arg("--results-dir")
        .arg(&results)
        .arg("--reports-dir")
        .arg(folder.join("reports"))
        .env_remove("MNIST_BENCH_SIMD");
    command.envs(level.map(|level| ("MNIST_BENCH_SIMD", level)));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut found, mut features) = (BTreeMap::new(), String::new());
    for entry in fs::read_dir(results.join("local/mnist/native")).unwrap().flatten() {
        let file: Value = serde_json::from_slice(&fs::read(entry.path()).unwrap()).unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let predictions =
            file["repeats"][0]["predictions"].as_str().unwrap_or_else(|| panic!("{name}: {file:#}"));
        found.insert(name, predictions.to_string());
        features = file["provenance"]["cpu_features"].as_str().unwrap().to_string();
    }
    (found, features)
}

#[test]
fn models_predict_the_same_without_vector_instructions() {
    let folder = tempfile::tempdir().unwrap();
    let (machine, level) = sweep(folder.path(), None);
    let (scalar, none) = sweep(folder.path(), Some("scalar"));
    assert_eq!(none, "scalar");
    assert!(
        machine.len() > 10 && machine.keys().eq(scalar.keys()),
        "{} and {} rows",
        machine.len(),
        scalar.len()
    );
    let (mut same, mut worst) = (0, (0, ""));
    for ((name, one), other) in machine.iter().zip(scalar.values()) {
        let differing = one.bytes().zip(other.bytes()).filter(|(a, b)| a != b).count();
        same += usize::from(differing == 0);
        worst = worst.max((differing, name));
    }
    eprintln!(
        "{same} of {} rows alike by scalar and {level}; at most {} of 10,000 differ, in {}",
        machine.len(),
        worst.0,
        worst.1
    );
    assert!(worst.0 <= MOST, "{} of 10,000 differ in {}", worst.0, worst.1);
}
