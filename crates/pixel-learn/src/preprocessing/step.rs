//! The steps by name, with their parameters.

/// One step before the model, with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The pixels as they are, 0 to 255.
    Raw,
    /// Pixels divided by 255.
    Unit,
    /// Zero mean and unit variance for each feature of the training rows: scikit-learn's `StandardScaler`.
    Standard,
    /// 1 where a pixel is above the threshold, else 0: scikit-learn's `Binarizer`.
    Binarize {
        /// The largest pixel that becomes 0.
        threshold: u8,
    },
    /// Images moved and sheared so that their mass is centred and upright, see [`deskew`](super::deskew).
    Deskew,
}

impl Step {
    /// The name, as grids and messages have it.
    pub fn name(&self) -> &'static str {
        match self {
            Step::Raw => "raw",
            Step::Unit => "unit",
            Step::Standard => "standard",
            Step::Binarize { .. } => "binarize",
            Step::Deskew => "deskew",
        }
    }
}
