//! Screening of squared Euclidean distances in f32: bounds that the exact distance cannot leave, so that f64 is
//! needed only for the few pairs that they do not decide.
//!
//! A dot product of d terms is off by at most gamma(d) |a| |b| <= gamma(d) (|a|^2 + |b|^2) / 2 (Higham, Accuracy and
//! Stability of Numerical Algorithms, 3.1).

/// The relative error bound of a sum of `d` terms in f32, each made with at most two roundings. Doubled: the margin
/// covers the roundings of the bounds themselves and the second-order terms of gamma.
pub fn relative_error(d: usize) -> f32 {
    2.0 * (d + 8) as f32 * (f32::EPSILON / 2.0)
}

/// The squared Euclidean norm of a row, summed in f64 and rounded once.
pub fn squared_norm(row: &[f32]) -> f32 {
    row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() as f32
}

/// A lower bound of |a - b|^2 and the distance from it to the middle of the interval, given |a|^2 + |b|^2 and a.b:
/// the upper bound is `lower + 2 * spread`.
#[inline(always)]
pub fn squared_distance_bounds(squared_norms: f32, dot: f32, error: f32) -> (f32, f32) {
    let spread = squared_norms * error;
    (squared_norms - 2.0 * dot - spread, spread)
}
