//! Histograms over byte features, the kernels of every tree family: class counts a pixel value with the best
//! cut among them, and the transposition that makes a feature's bytes contiguous.
//!
//! A byte feature has at most 255 cuts, so counting values finds exactly the partitions that sorting finds.

pub mod classes;
pub mod columns;

pub use classes::{ClassHistogram, Cut, Entropy, Gini, Impurity, Sample};
pub use columns::Columns;
