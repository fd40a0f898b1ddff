//! The job of a worker process.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::engines::external::Start;
use crate::grid::{Configuration, Parameters, Preprocessing};

/// Everything a worker needs to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerJob {
    /// The descriptor, open in the worker, that takes the replies.
    pub results_descriptor: i32,
    pub data_dir: PathBuf,
    pub dataset: String,
    /// SHA-256 of the content of the data set's files, by name: the worker must load what the sweep read.
    pub digests: BTreeMap<String, String>,
    /// Number of stratified training images; all of them when absent.
    pub train_size: Option<usize>,
    /// Number of test images, the first ones, where the job is only timed; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_size: Option<usize>,
    pub engine: String,
    /// How to start the engine, where it is a program of its own.
    pub external: Option<Start>,
    pub classifier: String,
    /// The configurations to run, all of one sharing group.
    pub parameters: Vec<Parameters>,
    /// The steps that make the features; absent for standardising.
    #[serde(default, skip_serializing_if = "Preprocessing::is_default")]
    pub preprocessing: Preprocessing,
    /// Chooses the subset of training images.
    pub subset_seed: u64,
    /// Orders the training images.
    pub shuffle_seed: u64,
    /// The seed of all randomness of the model.
    pub model_seed: u64,
    /// Size of the thread pool.
    pub threads: usize,
}

impl WorkerJob {
    pub fn configurations(&self) -> Vec<Configuration> {
        let one = |parameters: &Parameters| {
            Configuration::new(&self.classifier, parameters.clone())
                .with_preprocessing(self.preprocessing.clone())
        };
        self.parameters.iter().map(one).collect()
    }
}
