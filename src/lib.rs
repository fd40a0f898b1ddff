//! mnist-bench reruns the classic-classifier sweep on MNIST and Fashion-MNIST.
//!
//! Data flows one way through these modules, and nothing below knows what is above it:
//! `cli -> sweep -> (worker process: engines -> models) -> results -> stats -> report`.
//! The parts that are useful on their own are [`dataset`] (one call loads either data set) and
//! [`models`] (scikit-learn's classic classifiers on images).

// Only where it says so: vector kernels, the supervision of processes, and one clock.
#![deny(unsafe_code)]

pub mod check;
pub mod cli;
pub mod dataset;
pub mod engines;
pub mod grid;
#[allow(unsafe_code, reason = "vector instructions, each chosen by what the machine has")]
pub mod linalg;
pub mod models;
pub mod nearest;
pub mod nn;
pub mod report;
pub mod results;
pub mod stats;
pub mod sweep;
