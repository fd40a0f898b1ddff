//! Histograms over byte features, the kernels of every tree family: class counts or sums of residuals a pixel
//! value with the best cut among them, and the layouts of the bytes that they read.
//!
//! A byte feature has at most 255 cuts, so counting values finds exactly the partitions that sorting finds.

pub mod classes;
pub mod columns;
pub mod few;
pub mod impurity;
mod lit;
pub mod octets;
mod present;
pub mod residuals;

pub use classes::{ClassHistogram, Cut, Sample};
pub use columns::Columns;
pub use impurity::{Entropy, Gini, Impurity};
pub use octets::Octets;
pub use residuals::{FeatureCuts, Quantised, ResidualHistogram};
