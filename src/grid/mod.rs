//! Grids of configurations: what can be run, under which name.
//!
//! [`schema`] knows the classifiers and their parameters, [`Configuration::id`] names each configuration
//! canonically.

pub mod configuration;
mod id;
pub mod nearest;
pub mod schema;

pub use configuration::{Configuration, Parameters};

/// What is wrong with a grid, a filter or a configuration, in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GridError(String);

impl GridError {
    pub fn new(message: impl Into<String>) -> GridError {
        GridError(message.into())
    }
}
