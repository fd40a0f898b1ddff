//! What supervisor and worker say to each other: one job as a line of JSON on the worker's standard input,
//! and one line of JSON a result on the descriptor that the job names.
//!
//! The supervisor does not trust the worker: lines are bounded, unknown keys and bad values are errors.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::engines::{Cost, Failure, Outcome, external};
use crate::grid::{Configuration, Parameters};
use crate::results::limits::LONGEST_SECONDS;
use crate::results::{shape, wire};

/// Everything a worker needs to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The descriptor, open in the worker, that takes the replies.
    pub results_descriptor: i32,
    pub data_dir: PathBuf,
    pub dataset: String,
    /// SHA-256 of the content of its files, by name: what the worker loads must be what the sweep saw.
    pub digests: BTreeMap<String, String>,
    /// Number of stratified training rows; all of them when absent.
    pub train_size: Option<usize>,
    pub engine: String,
    /// How to start the engine, where it is a program of its own.
    pub external: Option<external::Start>,
    pub classifier: String,
    /// The configurations to run, all of one sharing group.
    pub parameters: Vec<Parameters>,
    /// Chooses the subset of training rows.
    pub subset_seed: u64,
    /// Orders the training rows.
    pub shuffle_seed: u64,
    /// All randomness of the model.
    pub model_seed: u64,
    /// Size of the thread pool.
    pub threads: usize,
}

impl Job {
    pub fn configurations(&self) -> Vec<Configuration> {
        let classifier = &self.classifier;
        let one = |parameters: &Parameters| Configuration {
            classifier: classifier.clone(),
            parameters: parameters.clone(),
        };
        self.parameters.iter().map(one).collect()
    }
}

/// One line from the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// Data are loaded, the first configuration starts now.
    Ready {
        /// Training rows in use.
        train_size: usize,
    },
    /// A configuration has predicted.
    Ok {
        /// Which of the job's configurations.
        index: usize,
        /// One character a test image.
        predictions: String,
        fit: Seconds,
        predict: Seconds,
        converged: Option<bool>,
        facts: Parameters,
        /// The highest resident memory so far: the worker's, or that of the program that it started.
        peak_memory_bytes: u64,
    },
    /// A configuration gave no predictions, for a reason that the engine knows.
    Failed { index: usize, kind: FailureKind, reason: String },
}

/// A cost in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seconds {
    pub wall: f64,
    pub cpu: f64,
}

/// What kind of failure an engine reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    Unsupported,
    Diverged,
    OutOfMemory,
    Failed,
}

impl From<Cost> for Seconds {
    fn from(cost: Cost) -> Seconds {
        Seconds { wall: cost.wall_seconds, cpu: cost.cpu_seconds }
    }
}

impl Reply {
    /// What a family's result becomes on the line.
    pub fn new(index: usize, result: Result<Outcome, Failure>) -> Reply {
        let failed = |kind, reason| Reply::Failed { index, kind, reason };
        match result {
            Ok(outcome) => Reply::Ok {
                index,
                predictions: wire::encode(&outcome.predictions),
                fit: outcome.fit.into(),
                predict: outcome.predict.into(),
                converged: outcome.converged,
                facts: outcome.facts,
                peak_memory_bytes: super::memory::own_peak().max(external::peak_memory_bytes()),
            },
            Err(Failure::Unsupported(reason)) => failed(FailureKind::Unsupported, reason),
            Err(Failure::Diverged(reason)) => failed(FailureKind::Diverged, reason),
            Err(Failure::OutOfMemory(reason)) => failed(FailureKind::OutOfMemory, reason),
            Err(Failure::Failed(reason)) => failed(FailureKind::Failed, reason),
        }
    }
}

/// What the replies to a job must satisfy.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    pub configurations: usize,
    pub test_size: usize,
    pub classes: usize,
}

impl Expected {
    /// The longest line that is still read: predictions with room for facts and a reason.
    pub fn longest_line(&self) -> usize {
        self.test_size + 64 * 1024
    }

    /// Reads one line. The error says what is wrong with it.
    pub fn parse(&self, line: &[u8]) -> Result<Reply, String> {
        let reply: Reply = serde_json::from_slice(line).map_err(|error| {
            let start = String::from_utf8_lossy(&line[..line.len().min(60)]).into_owned();
            format!("a line that is no result ({error}): {start:?}")
        })?;
        match &reply {
            Reply::Ready { .. } => {}
            Reply::Failed { index, .. } => self.check_index(*index)?,
            Reply::Ok { index, predictions, fit, predict, facts, .. } => {
                self.check_index(*index)?;
                for (name, seconds) in [("fit", fit), ("predict", predict)] {
                    let valid = |value: f64| (0.0..=LONGEST_SECONDS).contains(&value);
                    if !valid(seconds.wall) || !valid(seconds.cpu) {
                        let Seconds { wall, cpu } = seconds;
                        return Err(format!("a {name} time that is no time: {wall} s, {cpu} s of CPU"));
                    }
                }
                if let Some((place, message)) = shape::hidden("/facts", &facts.clone().into()) {
                    return Err(format!("facts of which {place} {message}"));
                }
                let count = predictions.chars().count();
                if count != self.test_size {
                    return Err(format!("{count} predictions for {} test images", self.test_size));
                }
                let class =
                    wire::decode(predictions)?.into_iter().find(|&class| usize::from(class) >= self.classes);
                if let Some(class) = class {
                    return Err(format!("class {class} of {} classes", self.classes));
                }
            }
        }
        Ok(reply)
    }

    fn check_index(&self, index: usize) -> Result<(), String> {
        if index < self.configurations {
            return Ok(());
        }
        Err(format!("a result for configuration {index} of {}", self.configurations))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: Expected = Expected { configurations: 2, test_size: 3, classes: 10 };

    fn outcome(predictions: &[u8]) -> Outcome {
        Outcome {
            predictions: predictions.to_vec(),
            fit: Cost { wall_seconds: 1.5, cpu_seconds: 1.25 },
            predict: Cost::default(),
            converged: Some(true),
            facts: Parameters::new(),
        }
    }

    fn line(reply: &Reply) -> Vec<u8> {
        serde_json::to_vec(reply).unwrap()
    }

    #[test]
    fn a_reply_survives_the_way() {
        let reply = Reply::new(1, Ok(outcome(&[0, 9, 5])));
        assert_eq!(EXPECTED.parse(&line(&reply)).unwrap(), reply);
        let reply = Reply::new(0, Err(Failure::Diverged("NaN".into())));
        assert_eq!(EXPECTED.parse(&line(&reply)).unwrap(), reply);
    }

    #[test]
    fn what_does_not_fit_the_job_is_refused() {
        let refused = |reply: Reply| EXPECTED.parse(&line(&reply)).unwrap_err();
        assert_eq!(refused(Reply::new(0, Ok(outcome(&[1, 2])))), "2 predictions for 3 test images");
        assert!(refused(Reply::new(0, Ok(outcome(&[1, 2, 10])))).contains("class 10 of 10"));
        assert!(refused(Reply::new(0, Ok(outcome(&[1, 2, 200])))).contains("'?'"));
        assert!(refused(Reply::new(2, Ok(outcome(&[1, 2, 3])))).contains("configuration 2 of 2"));
        assert!(refused(Reply::new(7, Err(Failure::Failed(String::new())))).contains("configuration 7"));
        let mut negative = outcome(&[1, 2, 3]);
        negative.fit.wall_seconds = -1.0;
        assert!(refused(Reply::new(0, Ok(negative))).contains("no time"));
    }

    #[test]
    fn rubbish_is_quoted_but_not_at_length() {
        let message = EXPECTED.parse(&[b'x'; 5000]).unwrap_err();
        assert!(message.contains("no result") && message.len() < 300, "{message}");
        assert!(EXPECTED.parse(b"\xff\xfe").is_err());
        assert!(EXPECTED.parse(br#"{"reply":"ready","train_size":5,"extra":1}"#).is_err());
        assert!(EXPECTED.parse(br#"{"reply":"ready","train_size":1e400}"#).is_err());
    }
}
