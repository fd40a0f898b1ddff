//! The figures of one result in a comparison.

use serde::Serialize;

use crate::results::{Provenance, Status};

/// One side of a pair.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    pub engine: String,
    pub status: Status,
    pub accuracy: Option<f64>,
    pub fit_seconds: Option<f64>,
    pub predict_seconds: Option<f64>,
    pub quiet: bool,
    pub threads: usize,
    pub repeats: usize,
    /// The kind of processor that timed it, where the file says.
    pub processor: Option<Processor>,
}

/// The kind of a processor: only times of equal kinds are a fair comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Processor {
    pub model: String,
    /// The vector instructions in use: `scalar`, `avx2` or `avx512`.
    pub features: String,
}

impl Processor {
    pub fn of(made: &Provenance) -> Processor {
        Processor { model: made.cpu_model.clone(), features: made.cpu_features.clone() }
    }

    /// Whether the two differ at most in their generation, which stands after the comma: `AMD EPYC, Zen 5`.
    /// Their times differ by less than a factor of two, and are no fair comparison.
    pub fn resembles(&self, other: &Processor) -> bool {
        let name = |one: &Processor| one.model.split(',').next().map(str::to_string);
        self.features == other.features && name(self) == name(other)
    }
}
