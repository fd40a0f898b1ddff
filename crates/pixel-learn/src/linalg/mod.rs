//! The kernels that the models share. Each has a scalar path, which is its definition, and
//! vectorised paths chosen at run time by [`simd::level`]; tests compare them.

pub mod adam;
pub mod argmax;
pub mod base_delta;
pub mod byte_gram;
pub mod byte_pairs;
pub mod cholesky;
pub mod correlate;
pub mod cos;
pub mod dense_gemm;
pub mod dot;
pub mod dot_f32_f64;
pub mod exp;
pub mod gemm;
pub mod gram;
pub mod histogram;
pub mod huge_pages;
pub mod matrix;
pub mod pairwise;
pub mod pixel_groups;
pub mod prefetch;
pub mod screen;
pub mod simd;
pub mod sparse_bytes;
pub mod symmetric_eigen;
pub mod tanh;
pub mod tiny;
pub mod truncated_l1;
pub mod word_pairs;

pub use argmax::argmax;
pub use matrix::Matrix;
