//! Grids of configurations.
//!
//! A grid file ([`toml`], or upstream's JSON in [`baselines`]) becomes a [`Grid`], whose families expand to
//! [`Planned`] configurations in the order of the file; [`Filters`] select among them. [`schema`] knows the
//! classifiers and their parameters, [`Configuration::id`] names each configuration canonically.

pub mod baselines;
pub mod benchmarks;
pub mod configuration;
mod digest;
pub mod duration;
pub mod file;
pub mod filter;
mod id;
pub mod models;
pub mod preprocessing;
pub mod renamed;
pub mod schema;
pub mod spelling;
pub mod suite;
pub mod toml;

pub use benchmarks::Benchmarks;
pub use configuration::{Configuration, Parameters};
pub use duration::parse_duration;
pub use filter::Filters;
pub use preprocessing::Preprocessing;
pub use suite::{Grid, Planned, Smaller};

/// What is wrong with a grid, a filter or a configuration, in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GridError(String);

impl GridError {
    pub fn new(message: impl Into<String>) -> GridError {
        GridError(message.into())
    }
}
