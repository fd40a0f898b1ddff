//! The job of an external engine's program. The format is public: `docs/FORMAT.md` has it key by key.

use std::path::Path;

use serde::Serialize;

use crate::grid::{Parameters, Preprocessing};

/// The version of the messages to and from external engines.
pub const PROTOCOL: u32 = 1;

/// The line on the program's standard input.
#[derive(Debug, Serialize)]
pub struct EngineJob<'a> {
    pub protocol: u32,
    /// The path that the program opens to write its replies.
    pub results: String,
    #[serde(rename = "X_train")]
    pub x_train: &'a Path,
    pub y_train: &'a Path,
    #[serde(rename = "X_test")]
    pub x_test: &'a Path,
    pub dataset: &'a str,
    pub train_size: usize,
    pub test_size: usize,
    pub features: usize,
    pub classes: usize,
    /// Rows and columns of an image.
    pub image: [usize; 2],
    pub classifier: &'a str,
    /// The configurations to run, in order, with the names and meanings of scikit-learn 0.19. Parameters at
    /// their default may be absent.
    pub parameters: Vec<&'a Parameters>,
    /// The steps that the program runs itself, on the features that it is handed; absent where there are
    /// none.
    #[serde(skip_serializing_if = "Preprocessing::is_default")]
    pub preprocessing: &'a Preprocessing,
    /// The seed of all randomness.
    pub seed: u64,
    /// The low 31 bits of the seed, for generators that take no more: R's `set.seed` takes 31, NumPy 32.
    pub seed_31: u32,
    pub threads: usize,
}
