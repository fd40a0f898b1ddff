//! Dot products and additions of an `f32` row with `f64` weight vectors: what stochastic descent does to
//! every row. Several weight vectors at once, so that a row is loaded and widened once for all classes.
//!
//! The levels add up in different orders, so their last bits differ.

use super::simd::{self, Level};

/// Weight vectors taken together: five, twice unrolled, keep two fused units busy.
#[cfg(target_arch = "x86_64")]
const TOGETHER: usize = 5;

/// `out[k] = x . weights[k]` for the `out.len()` rows of row-major `weights`, each as long as `x`.
/// Panics when the lengths do not fit. O(len(x) * len(out)).
pub fn dots(x: &[f32], weights: &[f64], out: &mut [f64]) {
    dots_at(simd::level(), x, weights, out);
}

/// `x . w`. Panics when the lengths differ.
pub fn dot(x: &[f32], w: &[f64]) -> f64 {
    dot_at(simd::level(), x, w)
}

/// `y += a x`. Panics when the lengths differ.
pub fn axpy(a: f64, x: &[f32], y: &mut [f64]) {
    axpy_at(simd::level(), a, x, y);
}

/// The squared norm of `x`, summed in `f64`.
pub fn squared_norm(x: &[f32]) -> f64 {
    let square = |v: f32| f64::from(v) * f64::from(v);
    let (chunks, rest) = x.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for chunk in chunks {
        for (sum, &v) in sums.iter_mut().zip(chunk) {
            *sum += square(v);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|&v| square(v)).sum::<f64>()
}

/// What [`add_and_truncate`] needs to know besides weights and debts.
#[derive(Clone, Copy, Debug)]
pub struct Truncation {
    /// The total penalty that a weight could have received so far.
    pub u: f64,
    /// The scale that the stored weights stand for: true weight = `scale` * stored weight; above zero.
    pub scale: f64,
}

/// `w += a x`, then Tsuruoka's cumulative penalty: every non-zero weight moves towards zero by what it
/// still owes of `u`, and stops there; `paid` keeps what each weight has received.
/// Panics when the lengths differ.
pub fn add_and_truncate(a: f64, x: &[f32], w: &mut [f64], paid: &mut [f64], truncation: Truncation) {
    add_and_truncate_at(simd::level(), a, x, w, paid, truncation);
}

/// [`dots`] at a given level, lowered to what the machine supports.
pub fn dots_at(level: Level, x: &[f32], weights: &[f64], out: &mut [f64]) {
    assert_eq!(weights.len(), x.len() * out.len(), "weights are not len(out) rows of len(x)");
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level, so it has the instructions that the function was compiled with.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::dots_avx512(x, weights, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::dots_avx2(x, weights, out) },
        _ => dots_scalar(x, weights, out),
    }
}

/// [`dot`] at a given level, lowered to what the machine supports.
pub fn dot_at(level: Level, x: &[f32], w: &[f64]) -> f64 {
    assert_eq!(x.len(), w.len(), "lengths differ");
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level, so it has the instructions that the function was compiled with.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::block_avx512::<1, 4>(x, w)[0] },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::block_avx2::<1, 4>(x, w)[0] },
        _ => dot_scalar(x, w),
    }
}

/// [`axpy`] at a given level, lowered to what the machine supports.
pub fn axpy_at(level: Level, a: f64, x: &[f32], y: &mut [f64]) {
    assert_eq!(x.len(), y.len(), "lengths differ");
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level, so it has the instructions that the function was compiled with.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::axpy_avx512(a, x, y) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::axpy_avx2(a, x, y) },
        _ => axpy_body(a, x, y, |a, b, c| a * b + c),
    }
}

/// [`add_and_truncate`] at a given level, lowered to what the machine supports.
pub fn add_and_truncate_at(
    level: Level,
    a: f64,
    x: &[f32],
    w: &mut [f64],
    paid: &mut [f64],
    truncation: Truncation,
) {
    assert!(x.len() == w.len() && x.len() == paid.len(), "lengths differ");
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level, so it has the instructions that the function was compiled with.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::add_and_truncate_avx512(a, x, w, paid, truncation) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::add_and_truncate_avx2(a, x, w, paid, truncation) },
        _ => add_and_truncate_body(a, x, w, paid, truncation, |a, b, c| a * b + c),
    }
}

fn dot_scalar(x: &[f32], w: &[f64]) -> f64 {
    x.iter().zip(w).map(|(&x, w)| f64::from(x) * w).sum()
}

fn dots_scalar(x: &[f32], weights: &[f64], out: &mut [f64]) {
    for (k, out) in out.iter_mut().enumerate() {
        *out = dot_scalar(x, &weights[k * x.len()..(k + 1) * x.len()]);
    }
}

/// `multiply_add(a, b, c)` is a * b + c, fused where the instructions are there.
#[inline(always)]
fn axpy_body(a: f64, x: &[f32], y: &mut [f64], multiply_add: impl Fn(f64, f64, f64) -> f64 + Copy) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = multiply_add(a, f64::from(x), *y);
    }
}

#[inline(always)]
fn add_and_truncate_body(
    a: f64,
    x: &[f32],
    w: &mut [f64],
    paid: &mut [f64],
    Truncation { u, scale }: Truncation,
    multiply_add: impl Fn(f64, f64, f64) -> f64 + Copy,
) {
    let inverse = 1.0 / scale;
    for ((w, paid), &x) in w.iter_mut().zip(paid).zip(x) {
        let z = multiply_add(a, f64::from(x), *w);
        // Selections instead of branches, so that the loop stays one of vectors.
        let down = z - (u + *paid) * inverse;
        let up = z + (u - *paid) * inverse;
        let positive = if down > 0.0 { down } else { 0.0 };
        let negative = if up < 0.0 { up } else { 0.0 };
        let truncated = if z > 0.0 {
            positive
        } else if z < 0.0 {
            negative
        } else {
            z
        };
        *paid = multiply_add(scale, truncated - z, *paid);
        *w = truncated;
    }
}

/// Dot products by hand (their sums are reordered, which the compiler must not do), the other loops
/// compiled for wider registers.
#[cfg(target_arch = "x86_64")]
#[allow(clippy::needless_range_loop)] // Registers by index: K and U are unrolled.
mod x86 {
    use std::arch::x86_64::*;

    use super::{TOGETHER, Truncation, add_and_truncate_body, axpy_body};

    /// `weights` must be `out.len()` rows of `x.len()`.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    pub fn dots_avx512(x: &[f32], weights: &[f64], out: &mut [f64]) {
        let n = x.len();
        let mut k = 0;
        while k + TOGETHER <= out.len() {
            let sums = block_avx512::<TOGETHER, 2>(x, &weights[k * n..(k + TOGETHER) * n]);
            out[k..k + TOGETHER].copy_from_slice(&sums);
            k += TOGETHER;
        }
        for k in k..out.len() {
            out[k] = block_avx512::<1, 4>(x, &weights[k * n..(k + 1) * n])[0];
        }
    }

    /// K dot products of one row, each in U interleaved sums.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    pub fn block_avx512<const K: usize, const U: usize>(x: &[f32], weights: &[f64]) -> [f64; K] {
        let n = x.len();
        assert_eq!(weights.len(), K * n);
        let mut sums = [[_mm512_setzero_pd(); U]; K];
        let end = n - n % (8 * U);
        let (x_at, w_at) = (x.as_ptr(), weights.as_ptr());
        for at in (0..end).step_by(8 * U) {
            for u in 0..U {
                let at = at + 8 * u;
                // SAFETY: at + 8 <= n, and row k of the weights starts at k * n, so all loads stay inside.
                unsafe {
                    let x = _mm512_cvtps_pd(_mm256_loadu_ps(x_at.add(at)));
                    for k in 0..K {
                        let w = _mm512_loadu_pd(w_at.add(k * n + at));
                        sums[k][u] = _mm512_fmadd_pd(x, w, sums[k][u]);
                    }
                }
            }
        }
        std::array::from_fn(|k| {
            let total = sums[k].iter().fold(_mm512_setzero_pd(), |a, &b| _mm512_add_pd(a, b));
            let sum = _mm512_reduce_add_pd(total);
            (end..n).fold(sum, |sum, j| f64::from(x[j]).mul_add(weights[k * n + j], sum))
        })
    }

    /// `weights` must be `out.len()` rows of `x.len()`.
    #[target_feature(enable = "avx2,fma")]
    pub fn dots_avx2(x: &[f32], weights: &[f64], out: &mut [f64]) {
        let n = x.len();
        let mut k = 0;
        while k + TOGETHER <= out.len() {
            let sums = block_avx2::<TOGETHER, 2>(x, &weights[k * n..(k + TOGETHER) * n]);
            out[k..k + TOGETHER].copy_from_slice(&sums);
            k += TOGETHER;
        }
        for k in k..out.len() {
            out[k] = block_avx2::<1, 4>(x, &weights[k * n..(k + 1) * n])[0];
        }
    }

    /// K dot products of one row, each in U interleaved sums.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub fn block_avx2<const K: usize, const U: usize>(x: &[f32], weights: &[f64]) -> [f64; K] {
        let n = x.len();
        assert_eq!(weights.len(), K * n);
        let mut sums = [[_mm256_setzero_pd(); U]; K];
        let end = n - n % (4 * U);
        let (x_at, w_at) = (x.as_ptr(), weights.as_ptr());
        for at in (0..end).step_by(4 * U) {
            for u in 0..U {
                let at = at + 4 * u;
                // SAFETY: at + 4 <= n, and row k of the weights starts at k * n, so all loads stay inside.
                unsafe {
                    let x = _mm256_cvtps_pd(_mm_loadu_ps(x_at.add(at)));
                    for k in 0..K {
                        let w = _mm256_loadu_pd(w_at.add(k * n + at));
                        sums[k][u] = _mm256_fmadd_pd(x, w, sums[k][u]);
                    }
                }
            }
        }
        std::array::from_fn(|k| {
            let total = sums[k].iter().fold(_mm256_setzero_pd(), |a, &b| _mm256_add_pd(a, b));
            let mut lanes = [0.0; 4];
            // SAFETY: four f64 are stored where four stand.
            unsafe { _mm256_storeu_pd(lanes.as_mut_ptr(), total) };
            let sum = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
            (end..n).fold(sum, |sum, j| f64::from(x[j]).mul_add(weights[k * n + j], sum))
        })
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma")]
    pub fn axpy_avx512(a: f64, x: &[f32], y: &mut [f64]) {
        axpy_body(a, x, y, f64::mul_add);
    }

    #[target_feature(enable = "avx2,fma")]
    pub fn axpy_avx2(a: f64, x: &[f32], y: &mut [f64]) {
        axpy_body(a, x, y, f64::mul_add);
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma")]
    pub fn add_and_truncate_avx512(a: f64, x: &[f32], w: &mut [f64], paid: &mut [f64], t: Truncation) {
        add_and_truncate_body(a, x, w, paid, t, f64::mul_add);
    }

    #[target_feature(enable = "avx2,fma")]
    pub fn add_and_truncate_avx2(a: f64, x: &[f32], w: &mut [f64], paid: &mut [f64], t: Truncation) {
        add_and_truncate_body(a, x, w, paid, t, f64::mul_add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of both signs and very different sizes, from a formula.
    fn values(n: usize, salt: f64) -> Vec<f64> {
        (0..n).map(|i| ((i as f64 + salt) * 1.7).sin() * 3f64.powi(i as i32 % 5)).collect()
    }

    fn row(n: usize) -> Vec<f32> {
        values(n, 0.3).into_iter().map(|v| v as f32).collect()
    }

    const LEVELS: [Level; 2] = [Level::Avx2, Level::Avx512];

    #[test]
    fn dots_agree_at_every_level_and_size() {
        for n in 0..=200 {
            let x = row(n);
            for k in [0, 1, 4, 5, 6, 10, 13] {
                let weights = values(n * k, 0.9);
                let mut scalar = vec![0.0; k];
                dots_at(Level::Scalar, &x, &weights, &mut scalar);
                for (k, &dot) in scalar.iter().enumerate() {
                    let plain: f64 = (0..n).map(|j| f64::from(x[j]) * weights[k * n + j]).sum();
                    assert!((dot - plain).abs() < 1e-9, "n={n} k={k}");
                }
                for level in LEVELS {
                    for (k, dot) in scalar.iter().enumerate() {
                        assert!((dot_at(level, &x, &weights[k * n..(k + 1) * n]) - dot).abs() < 1e-9);
                    }
                    let mut out = vec![f64::NAN; k];
                    dots_at(level, &x, &weights, &mut out);
                    for (a, b) in out.iter().zip(&scalar) {
                        assert!((a - b).abs() < 1e-9, "n={n} {level:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn axpy_agrees_at_every_level_and_size() {
        for n in 0..=200 {
            let x = row(n);
            let mut scalar = values(n, 0.5);
            let start = scalar.clone();
            axpy_at(Level::Scalar, -0.37, &x, &mut scalar);
            for level in LEVELS {
                let mut y = start.clone();
                axpy_at(level, -0.37, &x, &mut y);
                assert!(y.iter().zip(&scalar).all(|(a, b)| (a - b).abs() < 1e-12), "n={n} {level:?}");
            }
        }
    }

    #[test]
    fn truncation_agrees_at_every_level_and_size() {
        for n in 0..=200 {
            let x = row(n);
            let run = |level| {
                let (mut w, mut paid) = (values(n, 0.5), vec![0.0; n]);
                // A zero weight must stay as it is and owe nothing.
                w.iter_mut().step_by(7).for_each(|w| *w = 0.0);
                for step in 1..4 {
                    let truncation = Truncation { u: 0.4 * f64::from(step), scale: 0.5 };
                    add_and_truncate_at(level, 0.1, &x, &mut w, &mut paid, truncation);
                }
                (w, paid)
            };
            let (w, paid) = run(Level::Scalar);
            for level in LEVELS {
                let (w2, paid2) = run(level);
                assert!(w.iter().zip(&w2).all(|(a, b)| (a - b).abs() < 1e-12), "n={n} {level:?}");
                assert!(paid.iter().zip(&paid2).all(|(a, b)| (a - b).abs() < 1e-12), "n={n} {level:?}");
            }
        }
    }

    #[test]
    fn truncation_stops_at_zero_and_remembers_what_was_paid() {
        let (mut w, mut paid) = (vec![1.0, -0.2, 0.0], vec![0.0; 3]);
        let truncation = Truncation { u: 0.5, scale: 1.0 };
        add_and_truncate(0.0, &[1.0; 3], &mut w, &mut paid, truncation);
        assert_eq!(w, [0.5, 0.0, 0.0]);
        assert_eq!(paid, [-0.5, 0.2, 0.0]);
        // Nothing new is owed.
        add_and_truncate(0.0, &[1.0; 3], &mut w, &mut paid, truncation);
        assert_eq!(w, [0.5, 0.0, 0.0]);
    }
}
