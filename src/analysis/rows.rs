//! Flat rows: what a table needs of one result file, and which files make no row.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::dataset::{Outlines, Predictions};
use crate::format::round;
use crate::grid::{Configuration, Parameters};
use crate::results::verification::{Evidence, Verifications};
use crate::results::{Checked, Problem, Provenance, Record, Status, Store, load};
use crate::stats::interval::{student_t, wilson_of_share};

/// One result file as a row.
#[derive(Clone, Debug)]
pub struct Row {
    pub run: String,
    pub dataset: String,
    pub engine: String,
    pub engine_version: Option<String>,
    /// The canonical id of the configuration, which joins everything.
    pub id: String,
    /// The number of training rows when the set was cut; `None` for all of them.
    pub subset: Option<usize>,
    /// Rows trained on.
    pub train_size: usize,
    pub configuration: Configuration,
    pub classifier: String,
    /// Parameters as people read them, such as `C=10 kernel=rbf`.
    pub parameters: String,
    pub status: Status,
    pub error: Option<String>,
    /// Seconds by the forecast, where the row was not run because of one.
    pub forecast: Option<f64>,
    pub accuracy: Option<f64>,
    /// Sample standard deviation over the repeats.
    pub deviation: Option<f64>,
    /// The accuracy of each repeat.
    pub repeats: Vec<f64>,
    /// What each repeat predicted, in test order.
    pub predictions: Vec<Predictions>,
    /// Test images.
    pub test_size: usize,
    /// What the engine tells of the model of the first repeat.
    pub facts: serde_json::Map<String, serde_json::Value>,
    pub fit_seconds: Option<f64>,
    pub predict_seconds: Option<f64>,
    /// CPU seconds to fit and predict, the mean over the repeats; `None` if a repeat lacks them.
    pub cpu_seconds: Option<f64>,
    pub peak_memory_bytes: Option<u64>,
    pub threads: usize,
    pub jobs_in_flight: Option<usize>,
    pub quiet: bool,
    pub converged: Option<bool>,
    pub shared_with: Vec<String>,
    pub provenance: Option<Provenance>,
    /// The evidence for the accuracy; `None` without one.
    pub evidence: Option<Evidence>,
    /// The file, relative to the results folder, with `/` between parts.
    pub file: String,
}

impl Row {
    /// Wilson's 95 % interval of the accuracy, rounded to six decimals.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let interval = wilson_of_share(self.accuracy?, self.test_size, 0.95)?;
        Some((round(interval.low), round(interval.high)))
    }

    /// Student's 95 % interval of the mean over trainings with other seeds, on these test images. `None` for
    /// one repeat, and for equal repeats, as a deterministic method has: an interval of width 0 would claim a
    /// certainty that they do not give.
    pub fn interval_over_seeds(&self) -> Option<(f64, f64)> {
        if self.repeats.windows(2).all(|pair| pair[0] == pair[1]) {
            return None;
        }
        let interval = student_t(&self.repeats, 0.95)?;
        // With few repeats the interval can extend beyond [0, 1].
        Some((round(interval.low.max(0.0)), round(interval.high.min(1.0))))
    }
}

/// Rows of some runs, sorted by file, and the files left out.
#[derive(Debug, Default)]
pub struct Rows {
    pub rows: Vec<Row>,
    pub problems: Vec<Problem>,
}

/// Reads all results of the given runs. Where the outline of a data set is not at hand, its figures count as
/// reported.
pub fn read(results: &Path, runs: &[String], outlines: &Outlines) -> Result<Rows, String> {
    let mut read = Rows::default();
    let verifications = Verifications::read(results)?;
    for run in runs {
        let store = Store::new(results, run)?;
        let scan = load::run(&store, |name| outlines.get(name))
            .map_err(|error| format!("{}: {error}", store.root().display()))?;
        read.problems.extend(scan.problems);
        read.rows.extend(scan.records.into_iter().map(|record| row(results, run, record, &verifications)));
    }
    for problem in &mut read.problems {
        problem.file = PathBuf::from(relative(results, &problem.file));
    }
    Ok(read)
}

fn row(results: &Path, run: &str, record: Checked<Record>, verifications: &Verifications) -> Row {
    let file = relative(results, record.path());
    let subset = record.subset().map(|_| record.train_size);
    let predictions = record.repeats.iter().map(|repeat| &repeat.predictions[..]);
    let evidence = match record.status {
        Status::Reported => Some(Evidence::Reported),
        _ if record.repeats.is_empty() => None,
        _ if !record.is_scored() => Some(Evidence::Reported),
        _ => Some(verifications.evidence(&file, predictions)),
    };
    let record = record.into_inner();
    Row {
        run: run.to_string(),
        accuracy: record.accuracy(),
        deviation: record.accuracy_deviation(),
        repeats: record.repeats.iter().map(|repeat| repeat.accuracy).collect(),
        train_size: record.train_size,
        test_size: record.test_size,
        facts: record.repeats.first().map(|repeat| repeat.facts.clone()).unwrap_or_default(),
        fit_seconds: record.fit_seconds(),
        predict_seconds: record.predict_seconds(),
        cpu_seconds: record.cpu_seconds(),
        converged: record.converged(),
        predictions: record.repeats.into_iter().map(|repeat| repeat.predictions).collect(),
        dataset: record.dataset,
        engine: record.engine,
        engine_version: record.engine_version,
        id: record.configuration.id(),
        subset,
        parameters: described(&record.configuration),
        classifier: record.configuration.classifier.clone(),
        configuration: record.configuration,
        status: record.status,
        error: record.error,
        forecast: record.forecast.map(|forecast| forecast.seconds),
        peak_memory_bytes: record.peak_memory_bytes,
        threads: record.threads,
        jobs_in_flight: record.jobs_in_flight,
        quiet: record.quiet,
        shared_with: record.shared_with,
        provenance: record.provenance,
        evidence,
        file,
    }
}

/// A path below `base` with `/` between its parts on every system.
pub fn relative(base: &Path, path: &Path) -> String {
    let below = path.strip_prefix(base).unwrap_or(path);
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// Parameters and the steps before the model as people read them.
fn described(configuration: &Configuration) -> String {
    let parameters = readable(&configuration.parameters);
    match &configuration.preprocessing {
        steps if steps.is_default() => parameters,
        steps => format!("{parameters} preprocessing={}", steps.short()).trim_start().to_string(),
    }
}

/// Parameters as people read them: sorted, whole numbers without `.0`, equal list entries counted.
pub fn readable(parameters: &Parameters) -> String {
    // A network's definition is too long to show; the parameter `model` names it.
    let sorted: BTreeMap<_, _> = parameters.iter().filter(|(_, value)| !value.is_object()).collect();
    let spelled: Vec<String> = sorted.iter().map(|(key, value)| format!("{key}={}", spell(value))).collect();
    spelled.join(" ")
}

fn spell(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Null => "None".to_string(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            // Display of a whole f64 has no ".0", of others the shortest digits.
            Some(float) if number.is_f64() => float.to_string(),
            _ => number.to_string(),
        },
        Value::Array(entries) if entries.len() > 3 && entries.iter().all(|entry| *entry == entries[0]) => {
            format!("{}×{}", entries.len(), spell(&entries[0]))
        }
        Value::Array(entries) => {
            let spelled: Vec<String> = entries.iter().map(spell).collect();
            format!("({})", spelled.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_read_well() {
        let parameters = |value: serde_json::Value| readable(value.as_object().unwrap());
        assert_eq!(parameters(json!({"kernel": "rbf", "C": 10.0})), "C=10 kernel=rbf");
        assert_eq!(parameters(json!({"priors": [0.1, 0.1, 0.1, 0.1]})), "priors=4×0.1");
        assert_eq!(parameters(json!({"hidden_layer_sizes": [100, 10]})), "hidden_layer_sizes=(100, 10)");
        assert_eq!(parameters(json!({})), "");
    }
}
