//! Statistics of data and results: pure functions over labels, pixels and figures.

pub mod confusion;
pub mod one_pixel;
pub mod pca;
pub mod tsne;
pub mod wilson;
