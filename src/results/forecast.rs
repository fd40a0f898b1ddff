//! Why a row was not run: how long it took on few images, and what follows for all of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::optional::present;

/// The forecast by which a row is a timeout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Forecast {
    /// Seconds that fitting and predicting all images would take; a lower bound if `exponent` is absent.
    pub seconds: f64,
    /// The time grows with the number of images to this power. Absent where growth in proportion is enough.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub exponent: Option<f64>,
    /// What was run, by rising size.
    pub measured: Vec<Measured>,
}

/// A configuration on a part of the images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    pub train_size: usize,
    pub test_size: usize,
    /// Fitting and predicting.
    pub seconds: f64,
    /// It was stopped after this time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
}
