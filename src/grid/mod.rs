//! Grids of configurations: what can be run, under which name.

pub mod configuration;

pub use configuration::{Configuration, Parameters};
