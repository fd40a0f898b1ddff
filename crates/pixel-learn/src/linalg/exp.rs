//! The exponential of many f32 values, within two units in the last place.
//!
//! Branch-free polynomials in plain multiplications and additions (no fused ones), so the same bits come
//! out on every instruction level, and the compiler vectorises the loops.

use super::simd::for_each_level;

/// Below this exp is taken as 0 (the smallest normal f32 is exp(-87.33)).
const LOWEST: f32 = -87.33;
/// Above this exp is infinite in f32.
const HIGHEST: f32 = 88.72;

/// exp(x) by Cody and Waite's reduction x = n ln 2 + r, |r| <= ln 2 / 2, and a polynomial in r with the
/// coefficients of Cephes' expf.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // ln 2 as a short number and a rest, so that n * HIGH is exact.
    const HIGH: f32 = 0.693_359_4;
    const REST: f32 = -2.121_944_4e-4;
    // Adding and subtracting 1.5 * 2^23 rounds to the nearest integer.
    const ROUND: f32 = 12_582_912.0;
    let clamped = x.clamp(LOWEST, HIGHEST);
    let n = (clamped * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = (clamped - n * HIGH) - n * REST;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 5.0e-1;
    let y = p * (r * r) + r + 1.0;
    // 2^n as two factors, because 2^128 overflows f32.
    let half = (n * 0.5 + ROUND) - ROUND;
    let scaled = y * power_of_two(half) * power_of_two(n - half);
    let low = if x < LOWEST { 0.0 } else { scaled };
    let high = if x > HIGHEST { f32::INFINITY } else { low };
    if x.is_nan() { x } else { high }
}

/// 2^n for a whole number n from -126 to 127.
#[inline(always)]
fn power_of_two(n: f32) -> f32 {
    // Adding 1.5 * 2^23 leaves n in the low bits of the mantissa.
    let bits = (n + 12_582_912.0).to_bits().wrapping_sub(12_582_912.0f32.to_bits());
    f32::from_bits(bits.wrapping_add(127) << 23)
}

for_each_level! {
    /// Replaces every value by its [`exp`].
    pub fn exp_in_place(values: &mut [f32]) {
        for value in values {
            *value = exp(*value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distance from the true value in units of the last place of the true value.
    fn ulps(got: f32, truth: f64) -> f64 {
        let unit = f64::from(f32::EPSILON) * 2f64.powi(truth.abs().log2().floor() as i32);
        (f64::from(got) - truth).abs() / unit
    }

    #[test]
    fn exp_is_within_two_units_and_ends_well() {
        let mut worst = 0.0f64;
        for i in 0..2_000_000 {
            let x = -87.3 + i as f32 * (176.0 / 2_000_000.0);
            worst = worst.max(ulps(exp(x), f64::from(x).exp()));
        }
        assert!(worst < 2.0, "{worst}");
        assert_eq!(exp(0.0), 1.0);
        assert_eq!((exp(-100.0), exp(f32::NEG_INFINITY)), (0.0, 0.0));
        assert_eq!((exp(89.0), exp(f32::INFINITY)), (f32::INFINITY, f32::INFINITY));
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn the_vectorised_loop_gives_the_bits_of_the_function_at_every_size() {
        for size in 0..=200 {
            let values: Vec<f32> = (0..size).map(|i| (i as f32 - 100.0) * 1.07).collect();
            let mut e = values.clone();
            exp_in_place(&mut e);
            for (i, &x) in values.iter().enumerate() {
                assert_eq!(e[i].to_bits(), exp(x).to_bits());
            }
        }
    }
}
