//! The report's Markdown files.

pub mod best_per_family;
pub mod fidelity;
pub mod findings;
pub mod peers;
pub mod scaling;
pub mod submitted;
pub mod today;
