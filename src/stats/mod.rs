//! Statistics of data and results: pure functions over labels, pixels and figures.
//!
//! [`interval`]: confidence intervals; [`equivalence`]: two one-sided tests of two means; [`paired`]:
//! McNemar's test of two models; [`holm`]: correction for multiple tests; [`ties`]: groups of models that the
//! test does not separate; [`ensemble`]: all models on each image; [`growth`]: the power law of a cost.

pub mod classification;
pub mod confusion;
pub mod ensemble;
pub mod equivalence;
pub mod growth;
pub mod holm;
pub mod interval;
pub mod median;
pub mod one_pixel;
pub mod paired;
pub mod pca;
pub mod spearman;
pub mod ties;
pub mod tsne;
