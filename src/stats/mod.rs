//! Statistics of data and results: pure functions over labels, pixels and figures.

pub mod one_pixel;
