//! What the program knows of a run of one configuration: its settings, how it ended, its repeats.
//!
//! Whatever follows from the repeats (means, spread) is computed here and stored nowhere else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Provenance;
use super::forecast::Forecast;
use crate::dataset::Predictions;
use crate::engines::protocol::Answer;
use crate::grid::Configuration;

/// Key of a fact: CPU seconds of the steps before the model that the harness ran for an external engine. The
/// engine's times do not include them.
pub const UNCOUNTED_STEPS: &str = "uncounted_preprocessing_cpu_seconds";
/// Start of the reason of a row that was not run because a cheaper row hit its limit.
pub const NOT_TRIED: &str = "not tried, because of the row ";

/// How a run ended. Everything but [`Status::Ok`] and [`Status::Reported`] is a failure with a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All repeats asked for are there.
    Ok,
    /// Stopped at the time limit, or not run because of a forecast.
    Timeout,
    /// Stopped at the memory limit, or the system had none left.
    OutOfMemory,
    /// The worker died, or its reply could not be read.
    Crashed,
    /// The engine or the data set cannot express the configuration.
    Unsupported,
    /// The method ran and did not arrive at a model.
    Diverged,
    /// A figure from elsewhere, without predictions.
    Reported,
}

impl Status {
    /// All of them, in the order of the documentation.
    pub const ALL: [Status; 7] = [
        Status::Ok,
        Status::Timeout,
        Status::OutOfMemory,
        Status::Crashed,
        Status::Unsupported,
        Status::Diverged,
        Status::Reported,
    ];

    /// As it stands in the file.
    pub fn name(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Timeout => "timeout",
            Status::OutOfMemory => "out_of_memory",
            Status::Crashed => "crashed",
            Status::Unsupported => "unsupported",
            Status::Diverged => "diverged",
            Status::Reported => "reported",
        }
    }

    /// Whether the run gave no complete result.
    pub fn is_failure(self) -> bool {
        !matches!(self, Status::Ok | Status::Reported)
    }
}

/// One run of one configuration on one data set by one engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The name of its file without `.json`: the canonical id of the configuration, and `@n=5000` behind it
    /// when the training set was cut to 5000 rows.
    pub id: String,
    pub status: Status,
    /// Reason of a failure on the first line, the last lines of the worker's log below.
    pub error: Option<String>,
    /// Only for a [`Status::Timeout`] that was not run to its limit.
    pub forecast: Option<Forecast>,
    pub engine: String,
    pub engine_version: Option<String>,
    pub configuration: Configuration,
    pub dataset: String,
    /// Rows trained on.
    pub train_size: usize,
    /// Rows predicted.
    pub test_size: usize,
    /// Threads given to the job.
    pub threads: usize,
    /// Jobs that ran at the same time, this one included (the most there were); `None` when unknown.
    pub jobs_in_flight: Option<usize>,
    /// The times were measured with nothing else running.
    pub quiet: bool,
    /// Peak resident memory in bytes, of the worker or of the external program that it started, whichever is
    /// larger.
    pub peak_memory_bytes: Option<u64>,
    /// Ids of the configurations whose work this one's times share.
    pub shared_with: Vec<String>,
    /// The repeats that completed, in order.
    pub repeats: Vec<Repeat>,
    /// Only for [`Status::Reported`].
    pub reported: Option<Reported>,
    pub provenance: Option<Provenance>,
}

/// One completed repeat.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeat {
    pub seed: u64,
    pub predictions: Predictions,
    /// Share of predictions that are right.
    pub accuracy: f64,
    /// Wall-clock seconds that fitting this configuration alone takes.
    pub fit_seconds: f64,
    /// Wall-clock seconds that predicting the whole test set takes.
    pub predict_seconds: f64,
    /// CPU seconds of all threads, where measured.
    pub fit_cpu_seconds: Option<f64>,
    pub predict_cpu_seconds: Option<f64>,
    /// Whether an iterative method met its tolerance; `None` for a method without one.
    pub converged: Option<bool>,
    /// What the engine tells of the model: support vectors, nodes, iterations.
    pub facts: serde_json::Map<String, serde_json::Value>,
}

/// Figures from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reported {
    pub accuracy: f64,
    pub fit_seconds: Option<f64>,
    pub predict_seconds: Option<f64>,
}

impl Repeat {
    /// A repeat from an engine's answer, whose predictions have been checked: as many as `labels`.
    pub fn new(seed: u64, answer: Answer, labels: &[u8]) -> Repeat {
        Repeat {
            seed,
            accuracy: accuracy(&answer.predictions, labels),
            predictions: answer.predictions,
            fit_seconds: microseconds(answer.fit_seconds),
            predict_seconds: microseconds(answer.predict_seconds),
            fit_cpu_seconds: Some(microseconds(answer.fit_cpu_seconds)),
            predict_cpu_seconds: Some(microseconds(answer.predict_cpu_seconds)),
            converged: answer.converged,
            facts: answer.facts,
        }
    }
}

impl Record {
    /// Mean accuracy over the repeats, or the reported one.
    pub fn accuracy(&self) -> Option<f64> {
        self.mean(|repeat| repeat.accuracy).or(self.reported.map(|reported| reported.accuracy))
    }

    /// First line of the error: why the run failed, without the log. Empty if it did not fail.
    pub fn reason(&self) -> &str {
        self.error.as_deref().and_then(|error| error.lines().next()).unwrap_or_default()
    }

    /// Mean CPU seconds to fit and predict; `None` without repeats, or if one lacks them.
    pub fn cpu_seconds(&self) -> Option<f64> {
        let all: Option<Vec<f64>> = self
            .repeats
            .iter()
            .map(|repeat| Some(repeat.fit_cpu_seconds? + repeat.predict_cpu_seconds?))
            .collect();
        let all = all.filter(|all| !all.is_empty())?;
        Some(microseconds(all.iter().sum::<f64>() / all.len() as f64))
    }

    /// Mean seconds to fit, wall clock.
    pub fn fit_seconds(&self) -> Option<f64> {
        let mean = self.mean(|repeat| repeat.fit_seconds).map(microseconds);
        mean.or(self.reported.and_then(|reported| reported.fit_seconds))
    }

    /// Mean seconds to predict the test set, wall clock.
    pub fn predict_seconds(&self) -> Option<f64> {
        let mean = self.mean(|repeat| repeat.predict_seconds).map(microseconds);
        mean.or(self.reported.and_then(|reported| reported.predict_seconds))
    }

    /// Sample standard deviation (n - 1) of the accuracy over the repeats; `None` below two.
    pub fn accuracy_deviation(&self) -> Option<f64> {
        if self.repeats.len() < 2 {
            return None;
        }
        let mean = self.mean(|repeat| repeat.accuracy)?;
        let squares: f64 = self.repeats.iter().map(|repeat| (repeat.accuracy - mean).powi(2)).sum();
        Some((squares / (self.repeats.len() - 1) as f64).sqrt())
    }

    /// Whether every repeat converged; `None` when no repeat says anything about it.
    pub fn converged(&self) -> Option<bool> {
        let said: Vec<bool> = self.repeats.iter().filter_map(|repeat| repeat.converged).collect();
        (!said.is_empty()).then(|| said.iter().all(|&converged| converged))
    }

    /// The train size in the id's `@n=`, or `None` for the full training set.
    pub fn subset(&self) -> Option<&str> {
        self.id.rsplit_once("@n=").map(|(_, size)| size)
    }

    /// The canonical id of the configuration, without the train size.
    pub fn configuration_id(&self) -> &str {
        self.id.rsplit_once("@n=").map_or(&self.id, |(id, _)| id)
    }

    fn mean(&self, of: impl Fn(&Repeat) -> f64) -> Option<f64> {
        let n = self.repeats.len();
        (n > 0).then(|| self.repeats.iter().map(of).sum::<f64>() / n as f64)
    }
}

/// The name of a result file without `.json`.
pub fn file_stem(configuration_id: &str, subset: Option<usize>) -> String {
    match subset {
        Some(size) => format!("{configuration_id}@n={size}"),
        None => configuration_id.to_string(),
    }
}

/// Share of `predictions` that equal `labels`; both have the same length. 0 without labels.
pub fn accuracy(predictions: &[u8], labels: &[u8]) -> f64 {
    let correct = predictions.iter().zip(labels).filter(|(prediction, label)| prediction == label).count();
    if labels.is_empty() { 0.0 } else { correct as f64 / labels.len() as f64 }
}

/// The accuracy of `predictions`, if it differs from `said` by more than 1e-9 (the rounding of a decimal
/// number). `None` if they agree.
pub fn contradicted(said: f64, predictions: &[u8], labels: &[u8]) -> Option<f64> {
    let made = accuracy(predictions, labels);
    ((made - said).abs() > 1e-9).then_some(made)
}

/// Seconds rounded to the microsecond, to keep the figures short.
pub fn microseconds(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}
