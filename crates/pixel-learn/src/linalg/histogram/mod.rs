//! Histograms over byte features for the split search of all tree families: class counts, weights, residuals
//! or gradients for each pixel value, the best cut among them, and the layouts of the bytes.
//!
//! A cut is a threshold between two values of a feature. A byte feature has at most 255 cuts, so a histogram
//! finds exactly the partitions that sorting finds. Both kinds of gradient boosting sum their cells in
//! [`BinSums`], from the lists of [`BinnedRows`].

mod bin_sums;
mod binned_rows;
mod bins;
mod byte_set;
pub mod byte_words;
pub mod class_counts;
pub mod columns;
pub mod gradient_histogram;
pub mod impurity;
mod nonzero;
pub mod residual_histogram;
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
pub use impurity::{Criterion, Entropy, Gini, Impurity};
pub use residual_histogram::{FeatureCuts, QuantisedResiduals, ResidualHistogram};
pub use sample::Sample;
pub use weighted_counts::WeightHistogram;
