//! Errors of data sets, each in one line: the file, the problem, and what to do about it.

use std::path::{Path, PathBuf};

/// A data set that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}: {advice}", .path.display())]
pub struct DatasetError {
    /// The file or folder that it is about.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub advice: String,
}

impl DatasetError {
    pub fn new(path: &Path, problem: impl Into<String>, advice: impl Into<String>) -> DatasetError {
        DatasetError { path: path.into(), problem: problem.into(), advice: advice.into() }
    }
}
