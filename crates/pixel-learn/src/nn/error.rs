//! Errors of networks; each message is one line.

/// Why a network could not be defined, trained, saved or read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NetworkError {
    /// The definition cannot be used, with any data or with these. The text names the layer at fault, if
    /// there is one.
    #[error("{0}")]
    Definition(String),
    /// The training loss is not a finite number.
    #[error("the training loss of epoch {epoch} is {loss}: lower the learning rate")]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The loss.
        loss: f64,
    },
    /// The bytes are not those of a saved network, or contradict themselves.
    #[error("{0}")]
    Checkpoint(String),
}
