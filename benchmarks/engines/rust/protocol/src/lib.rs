//! The protocol for an engine written in Rust: reads the job, loads the arrays, measures times, and replies.
//!
//! docs/FORMAT.md has the protocol key by key. An engine gives [`serve`] the library's name and a function for a
//! model; this package knows no library.

mod job;
mod npy;
mod parameters;
mod serve;
mod version;

pub use job::Job;
pub use npy::Images;
pub use parameters::Parameters;
pub use serve::serve;

/// Facts about a fitted model that are worth keeping, by name.
pub type Facts = serde_json::Map<String, serde_json::Value>;

/// One configuration of the library's method.
pub trait Model {
    /// Trains on one image a row of `x`, with one label each in `y`.
    fn fit(&mut self, x: &Images, y: &[u8]) -> Result<(), Failure>;

    /// The class of each image.
    fn predict(&mut self, x: &Images) -> Result<Vec<u8>, Failure>;

    /// Whether an iterative method met its tolerance; `None` where there is nothing to meet.
    fn converged(&self) -> Option<bool> {
        None
    }

    fn facts(&self) -> Facts {
        Facts::new()
    }
}

/// Why a configuration gave no predictions.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The library cannot express the configuration.
    Unsupported(String),
    /// The method ran and did not arrive at a model.
    Diverged(String),
    /// Anything else that the library reports.
    Failed(String),
}

/// The library's own error.
pub fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Failed(error.to_string())
}

/// What the library cannot express.
pub fn unsupported<T>(reason: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Unsupported(reason.into()))
}

/// The class with the highest score for each of `rows` images, the lowest class in a tie; `scores` has a list a class.
pub fn highest(rows: usize, scores: &[Vec<f64>]) -> Vec<u8> {
    let best = |row: usize| {
        (0..scores.len())
            .reduce(|best, class| if scores[class][row] > scores[best][row] { class } else { best })
    };
    (0..rows).map(|row| best(row).unwrap_or(0) as u8).collect()
}
