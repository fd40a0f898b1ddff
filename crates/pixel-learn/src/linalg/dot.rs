//! Dot products of an `f32` row with several `f64` weight vectors at once, so that the row is loaded and
//! widened once for all classes. Linear models predict with these products.
//!
//! The levels add up in different orders, so their last bits differ.

use super::simd::{self, Level};

/// Weight vectors taken together: five, unrolled twice, keep two FMA units busy.
#[cfg(target_arch = "x86_64")]
const TOGETHER: usize = 5;

/// The dot product of two vectors, summed in their order. The same bits at every level.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `out[k] = x . weights[k]` for the `out.len()` rows of row-major `weights`, each as long as `x`.
/// Panics when the lengths do not fit. O(len(x) * len(out)).
pub fn dots(x: &[f32], weights: &[f64], out: &mut [f64]) {
    dots_at(simd::level(), x, weights, out);
}

/// [`dots`] at a given level, lowered to what the machine supports.
pub fn dots_at(level: Level, x: &[f32], weights: &[f64], out: &mut [f64]) {
    assert_eq!(weights.len(), x.len() * out.len(), "weights are not len(out) rows of len(x)");
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level, so it has the instructions that the function was compiled
        // with.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::dots_avx512(x, weights, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::dots_avx2(x, weights, out) },
        _ => dots_scalar(x, weights, out),
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

/// Written by hand, because the compiler must not reorder sums.
#[cfg(target_arch = "x86_64")]
#[allow(clippy::needless_range_loop)] // Registers by index: K and U are unrolled.
mod x86 {
    use std::arch::x86_64::*;

    use super::TOGETHER;

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
    fn block_avx512<const K: usize, const U: usize>(x: &[f32], weights: &[f64]) -> [f64; K] {
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
    fn block_avx2<const K: usize, const U: usize>(x: &[f32], weights: &[f64]) -> [f64; K] {
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
                    let mut out = vec![f64::NAN; k];
                    dots_at(level, &x, &weights, &mut out);
                    for (a, b) in out.iter().zip(&scalar) {
                        assert!((a - b).abs() < 1e-9, "n={n} {level:?}");
                    }
                }
            }
        }
    }
}
