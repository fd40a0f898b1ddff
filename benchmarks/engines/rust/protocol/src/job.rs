//! The job: one line of JSON on standard input.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

/// The version of the protocol that this package speaks.
pub const PROTOCOL: u32 = 1;

/// What the harness asks for.
#[derive(Debug, Deserialize)]
pub struct Job {
    pub protocol: u32,
    /// Where the replies go.
    pub results: PathBuf,
    #[serde(rename = "X_train")]
    pub x_train: PathBuf,
    pub y_train: PathBuf,
    #[serde(rename = "X_test")]
    pub x_test: PathBuf,
    pub dataset: String,
    pub features: usize,
    pub classes: usize,
    /// Height and width of an image.
    pub image: [usize; 2],
    /// scikit-learn's name of the classifier.
    pub classifier: String,
    /// The configurations, in order.
    pub parameters: Vec<Map<String, Value>>,
    /// Source of all randomness.
    pub seed: u64,
    pub threads: usize,
}

impl Job {
    /// Reads the line; the error says what is wrong with it.
    pub fn parse(line: &str) -> Result<Job, String> {
        let job: Job =
            serde_json::from_str(line).map_err(|error| format!("the job is unreadable: {error}"))?;
        if job.protocol == PROTOCOL {
            Ok(job)
        } else {
            Err(format!("this engine speaks protocol {PROTOCOL}, the harness {}", job.protocol))
        }
    }

    /// A job without arrays, for the tests of engines.
    pub fn example(classifier: &str, classes: usize, threads: usize) -> Job {
        Job {
            protocol: PROTOCOL,
            results: PathBuf::new(),
            x_train: PathBuf::new(),
            y_train: PathBuf::new(),
            x_test: PathBuf::new(),
            dataset: "example".into(),
            features: 2,
            classes,
            image: [1, 2],
            classifier: classifier.into(),
            parameters: Vec::new(),
            seed: 1,
            threads,
        }
    }
}
