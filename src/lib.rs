//! mnist-bench reruns the classic-classifier sweep on MNIST and Fashion-MNIST.
//!
//! Data flows one way:
//! `cli -> sweep -> (worker process: engines -> pixel_learn) -> results -> stats -> analysis -> report`.
//! `sweep` on one side, `analysis` and `report` on the other do not import each other: result files connect
//! them.
//!
//! The models are a crate of their own, [`pixel_learn`]; of this one, [`dataset`] (one call loads either data
//! set) is useful on its own.

pub mod analysis;
pub mod check;
pub mod cli;
#[cfg(test)]
mod code_digest;
pub mod dataset;
pub mod drawing;
pub mod engines;
pub mod explore;
pub mod file_name;
pub mod file_systems;
pub mod format;
pub mod grid;
mod hex;
pub mod nearest;
pub mod plain_text;
pub mod prediction_file;
pub mod report;
pub mod results;
pub mod stats;
pub mod sweep;
