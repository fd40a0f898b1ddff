//! Made-up results.

use std::fs;
use std::path::Path;

use mnist_bench::grid::Configuration;
use mnist_bench::results::record::file_stem;
use mnist_bench::results::wire::WireRecord;
use mnist_bench::results::{Record, Repeat, Status};
use serde_json::Value;

/// A result of the native engine with one repeat for each accuracy. `predict` turns an accuracy into predictions; the
/// length of `predict(0.0)` is the number of test images.
pub fn record(
    dataset: &str,
    classifier: &str,
    parameters: Value,
    accuracies: &[f64],
    predict: impl Fn(f64) -> Vec<u8>,
) -> Record {
    let parameters = parameters.as_object().cloned().unwrap_or_default();
    let configuration = Configuration::new(classifier, parameters);
    let repeat = |(seed, &accuracy): (usize, &f64)| Repeat {
        seed: seed as u64,
        predictions: predict(accuracy).try_into().unwrap(),
        accuracy,
        fit_seconds: 1.5,
        predict_seconds: 0.25,
        fit_cpu_seconds: None,
        predict_cpu_seconds: None,
        converged: None,
        facts: Default::default(),
    };
    Record {
        id: file_stem(&configuration.id(), None),
        status: Status::Ok,
        error: None,
        forecast: None,
        engine: "native".into(),
        engine_version: Some("1".into()),
        configuration,
        dataset: dataset.into(),
        train_size: 60_000,
        test_size: predict(0.0).len(),
        threads: 1,
        jobs_in_flight: Some(1),
        quiet: true,
        peak_memory_bytes: Some(1_000_000),
        shared_with: Vec::new(),
        repeats: accuracies.iter().enumerate().map(repeat).collect(),
        reported: None,
        provenance: None,
    }
}

/// The result as a failure.
pub fn failed(mut record: Record, status: Status, error: &str) -> Record {
    record.repeats.clear();
    record.status = status;
    record.error = Some(error.into());
    record
}

/// Writes a result as the store does, without `fsync`, and also under names that the store refuses.
pub fn put(results: &Path, run: &str, record: &Record) {
    let folder = results.join(run).join(&record.dataset).join(&record.engine);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{}.json", record.id)), WireRecord::from(record).to_bytes()).unwrap();
}
