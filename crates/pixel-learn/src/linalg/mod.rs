//! The kernels that the models share. Each has a scalar path, which is its definition, and
//! vectorised paths chosen at run time by [`simd::level`]; tests compare them.

pub mod adam;
pub mod byte_blocks;
pub mod byte_gram;
pub mod bytes;
pub mod cholesky;
pub mod correlate;
pub mod dot;
pub mod exp;
pub mod gemm;
pub mod histogram;
pub mod matrix;
pub mod mixed;
pub mod pages;
pub mod panels;
pub mod pixel_groups;
pub mod products;
pub mod simd;
pub mod sparse;
pub mod tanh;

pub use matrix::Matrix;
