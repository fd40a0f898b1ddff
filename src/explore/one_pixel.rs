//! One-pixel rules for pairs of classes. `explore` computes them from the training images and writes
//! `one-pixel.json`; the report reads that file and no training image.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::stats::one_pixel::{Rule, rules};

/// The file's name in the reports folder.
pub const FILE: &str = "one-pixel.json";

/// The content of [`FILE`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnePixel {
    pub schema_version: u64,
    pub datasets: Vec<DatasetPairs>,
}

/// All pairs of one data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetPairs {
    pub dataset: String,
    pub classes: Vec<String>,
    pub pairs: Vec<PairData>,
}

/// One pair: which pixel, and how many images of the two classes it gets right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairData {
    pub first: usize,
    pub second: usize,
    pub row: usize,
    pub column: usize,
    /// The rule predicts `above` if the pixel is at least this, else the other class.
    pub threshold: u8,
    pub above: usize,
    pub train_correct: u32,
    pub train_total: u32,
    pub test_correct: u32,
    pub test_total: u32,
}

/// Computes the best rule of each pair of classes.
pub fn compute(dataset: &Dataset) -> DatasetPairs {
    let columns = dataset.train.images.columns.max(1);
    let pair = |rule: &Rule| PairData {
        first: usize::from(rule.first),
        second: usize::from(rule.second),
        row: rule.pixel / columns,
        column: rule.pixel % columns,
        threshold: rule.threshold,
        above: usize::from(rule.above),
        train_correct: rule.train.correct,
        train_total: rule.train.total,
        test_correct: rule.test.correct,
        test_total: rule.test.total,
    };
    let rules = rules(&dataset.train, &dataset.test, dataset.classes());
    DatasetPairs {
        dataset: dataset.name.clone(),
        classes: dataset.class_names.clone(),
        pairs: rules.iter().map(pair).collect(),
    }
}

impl OnePixel {
    /// The file's bytes, indented.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| error.to_string())?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// The pairs of every data set that `explore` has seen; none where it has not run.
pub fn read(reports: &Path) -> Result<Vec<DatasetPairs>, String> {
    let path = reports.join(FILE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let fault = |reason: String| format!("{}: {reason}; run `explore` again", path.display());
    let bytes = fs::read(&path).map_err(|error| fault(error.to_string()))?;
    let file: OnePixel = serde_json::from_slice(&bytes).map_err(|error| fault(error.to_string()))?;
    if file.schema_version != 1 {
        return Err(fault(format!("schema_version {} is not 1", file.schema_version)));
    }
    Ok(file.datasets)
}
