//! Histograms over byte features, the kernels of every tree family: class counts, weights, residuals or gradients a pixel
//! value with the best cut among them, and the layouts of the bytes that they read.
//!
//! A byte feature has at most 255 cuts, so counting values finds exactly the partitions that sorting finds. Both kinds of
//! gradient boosting add up their cells in [`BinSums`], from the lists of [`BinnedRows`].

mod bin_sums;
mod binned_rows;
mod bins;
mod byte_set;
pub mod byte_words;
pub mod class_counts;
pub mod columns;
pub mod gradient_histogram;
pub mod gradient_sums;
pub mod impurity;
mod nonzero;
mod sample;
pub mod small_node;
pub mod weighted_counts;

pub use bin_sums::{BinSums, Sums};
pub use binned_rows::BinnedRows;
pub use bins::Bins;
pub use byte_words::ByteWords;
pub use class_counts::{ClassHistogram, Cut};
pub use columns::Columns;
pub use gradient_histogram::{GradientHistogram, QuantisedGradients};
pub use gradient_sums::{FeatureCuts, Quantised, ResidualHistogram};
pub use impurity::{Entropy, Gini, Impurity};
pub use sample::Sample;
pub use weighted_counts::{WeightHistogram, WeightedImpurity};
