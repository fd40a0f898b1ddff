//! scikit-learn's classic classifiers on byte images.

// Vector kernels alone are unsafe.
#![deny(unsafe_code)]

mod features;
#[allow(unsafe_code, reason = "vector instructions, each chosen by what the machine has")]
pub mod linalg;
pub mod models;
pub mod nn;
mod scaling;

pub use features::Features;
pub use scaling::Scaling;
