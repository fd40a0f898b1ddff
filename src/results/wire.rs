//! The result file as it stands on disk, key by key. `docs/FORMAT.md` describes each.
//!
//! Unknown, missing, duplicate or null keys and values of another type are errors, which [`super::load`]
//! names. Writing is stable: the same record gives the same bytes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer, ser};

use super::Provenance;
use super::forecast::Forecast;
use super::optional::present;
use super::record::{Record, Repeat, Reported, Status};
use crate::dataset::predictions::{self, Predictions, PredictionsError};
use crate::grid::{Configuration, Parameters, Preprocessing};

/// The version of the format that this program reads and writes.
pub const SCHEMA_VERSION: u64 = 1;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Result")]
pub struct WireRecord {
    pub schema_version: u64,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub status: Status,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
    pub engine: String,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub engine_version: Option<String>,
    pub classifier: String,
    pub parameters: Parameters,
    /// The steps before the model; without the key pixels are standardised.
    #[serde(default, skip_serializing_if = "Preprocessing::is_default")]
    #[schemars(with = "Vec<serde_json::Value>")]
    pub preprocessing: Preprocessing,
    pub dataset: String,
    pub train_size: usize,
    pub test_size: usize,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub fit_seconds: Option<f64>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub predict_seconds: Option<f64>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub converged: Option<bool>,
    pub threads: usize,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub jobs_in_flight: Option<usize>,
    #[serde(default)]
    pub quiet: bool,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared_with: Vec<String>,
    pub repeats: Vec<WireRepeat>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
}

/// One element of `repeats`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WireRepeat {
    pub seed: u64,
    pub accuracy: f64,
    pub fit_seconds: f64,
    pub predict_seconds: f64,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub fit_cpu_seconds: Option<f64>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub predict_cpu_seconds: Option<f64>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub converged: Option<bool>,
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub facts: serde_json::Map<String, serde_json::Value>,
    /// One character a test image: `0`-`9`, then `a`-`z` for classes 10 to 35.
    #[serde(deserialize_with = "predictions::parsed", serialize_with = "written")]
    #[schemars(with = "String")]
    pub predictions: Parsed,
}

/// Predictions of a file, or why they are invalid: one wrong character must not hide the other problems.
pub type Parsed = Result<Predictions, PredictionsError>;

/// Writes predictions. Fails for those that could not be read.
pub(super) fn written<S: Serializer>(predictions: &Parsed, serializer: S) -> Result<S::Ok, S::Error> {
    match predictions {
        Ok(predictions) => predictions.serialize(serializer),
        Err(error) => Err(ser::Error::custom(error)),
    }
}

impl WireRecord {
    /// The file's bytes: indented by two spaces, each repeat's predictions on one line, a newline at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, finite numbers and maps with string keys: nothing here that serde_json refuses.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

impl From<&Record> for WireRecord {
    fn from(record: &Record) -> WireRecord {
        WireRecord {
            schema_version: SCHEMA_VERSION,
            id: Some(record.id.clone()),
            status: record.status,
            error: record.error.clone(),
            forecast: record.forecast.clone(),
            engine: record.engine.clone(),
            engine_version: record.engine_version.clone(),
            classifier: record.configuration.classifier.clone(),
            parameters: record.configuration.parameters.clone(),
            preprocessing: record.configuration.preprocessing.clone(),
            dataset: record.dataset.clone(),
            train_size: record.train_size,
            test_size: record.test_size,
            accuracy: record.accuracy(),
            fit_seconds: record.fit_seconds(),
            predict_seconds: record.predict_seconds(),
            converged: record.converged(),
            threads: record.threads,
            jobs_in_flight: record.jobs_in_flight,
            quiet: record.quiet,
            peak_memory_bytes: record.peak_memory_bytes,
            shared_with: record.shared_with.clone(),
            repeats: record.repeats.iter().map(WireRepeat::from).collect(),
            provenance: record.provenance.clone(),
        }
    }
}

impl From<&Repeat> for WireRepeat {
    fn from(repeat: &Repeat) -> WireRepeat {
        WireRepeat {
            seed: repeat.seed,
            accuracy: repeat.accuracy,
            fit_seconds: repeat.fit_seconds,
            predict_seconds: repeat.predict_seconds,
            fit_cpu_seconds: repeat.fit_cpu_seconds,
            predict_cpu_seconds: repeat.predict_cpu_seconds,
            converged: repeat.converged,
            facts: repeat.facts.clone(),
            predictions: Ok(repeat.predictions.clone()),
        }
    }
}

impl WireRecord {
    /// The program's view of the file. `stem` is the file's name without `.json`, for a file without `id`.
    /// `Err` where the predictions of a repeat could not be read.
    pub fn into_record(self, stem: &str) -> Result<Record, PredictionsError> {
        let mut repeats = Vec::with_capacity(self.repeats.len());
        for repeat in self.repeats {
            repeats.push(Repeat {
                seed: repeat.seed,
                predictions: repeat.predictions?,
                accuracy: repeat.accuracy,
                fit_seconds: repeat.fit_seconds,
                predict_seconds: repeat.predict_seconds,
                fit_cpu_seconds: repeat.fit_cpu_seconds,
                predict_cpu_seconds: repeat.predict_cpu_seconds,
                converged: repeat.converged,
                facts: repeat.facts,
            });
        }
        let reported = match (self.status, self.accuracy) {
            (Status::Reported, Some(accuracy)) => Some(Reported {
                accuracy,
                fit_seconds: self.fit_seconds,
                predict_seconds: self.predict_seconds,
            }),
            _ => None,
        };
        Ok(Record {
            id: self.id.unwrap_or_else(|| stem.to_string()),
            status: self.status,
            error: self.error,
            forecast: self.forecast,
            engine: self.engine,
            engine_version: self.engine_version,
            configuration: Configuration::new(self.classifier, self.parameters)
                .with_preprocessing(self.preprocessing),
            dataset: self.dataset,
            train_size: self.train_size,
            test_size: self.test_size,
            threads: self.threads,
            jobs_in_flight: self.jobs_in_flight,
            quiet: self.quiet,
            peak_memory_bytes: self.peak_memory_bytes,
            shared_with: self.shared_with,
            repeats,
            reported,
            provenance: self.provenance,
        })
    }
}
