//! How a worker starts the program of an external engine.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a worker must know to start an engine's program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    pub name: String,
    pub version: String,
    pub command: Vec<String>,
    pub classifiers: Vec<String>,
    /// Steps before a model that the program runs itself, by name.
    #[serde(default)]
    pub preprocessing: Vec<String>,
    /// Variables of its environment beside those that every engine has.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Takes the prepared arrays, which jobs share, and the programs' working directories.
    pub scratch: PathBuf,
}
