//! Statistics of data and results: pure functions over labels, pixels and figures.
//!
//! [`interval`] says how sure one figure is, [`paired`] compares two models on the same images, [`holm`] corrects
//! for many comparisons, [`ties`] puts what cannot be told apart into groups, [`ensemble`] looks at what many
//! models say of each image, [`growth`] how a cost grows with the rows.

pub mod classification;
pub mod confusion;
pub mod ensemble;
pub mod growth;
pub mod holm;
pub mod interval;
pub mod one_pixel;
pub mod paired;
pub mod pca;
pub mod ties;
pub mod tsne;
