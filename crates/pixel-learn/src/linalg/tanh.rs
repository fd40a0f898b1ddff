//! The hyperbolic tangent of many values at once.
//!
//! The same plain arithmetic on every path (no fused multiply-add), so all paths give the same bits.

use super::simd::{Level, level};

/// Replaces every value by its hyperbolic tangent, with a relative error below 5e-7. NaN stays NaN.
pub fn tanh(values: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    match level() {
        // SAFETY: `level` found these instructions on this machine.
        Level::Avx512 => return unsafe { tanh_avx512(values) },
        // SAFETY: as above.
        Level::Avx2 => return unsafe { tanh_avx2(values) },
        Level::Scalar => {}
    }
    tanh_scalar(values);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn tanh_avx512(values: &mut [f32]) {
    tanh_scalar(values);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn tanh_avx2(values: &mut [f32]) {
    tanh_scalar(values);
}

#[inline(always)]
fn tanh_scalar(values: &mut [f32]) {
    for value in values {
        *value = tanh_one(*value);
    }
}

/// tanh |x| = -e / (2 + e) with e = exp(-2|x|) - 1, which keeps its relative precision near zero.
#[inline(always)]
fn tanh_one(x: f32) -> f32 {
    // ln 2 in two parts, the first with zeros at its end, so that n * LN2_HIGH is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Adding 1.5 * 2^23 rounds to a whole number, which is then in the low bits.
    const MAGIC: f32 = 12_582_912.0;
    let size = x.abs();
    let z = -2.0 * if size > 10.0 { 10.0 } else { size };
    let shifted = z * std::f32::consts::LOG2_E + MAGIC;
    let n = shifted - MAGIC;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    let r = (z - n * LN2_HIGH) - n * LN2_LOW;
    // exp(r) - 1 for |r| <= ln(2) / 2 by its Taylor series; the first term left out is below 6e-9 r.
    let series = 1.0 / 5040.0;
    let series = series * r + 1.0 / 720.0;
    let series = series * r + 1.0 / 120.0;
    let series = series * r + 1.0 / 24.0;
    let series = series * r + 1.0 / 6.0;
    let series = series * r + 0.5;
    let e = power * (series * r * r + r) + (power - 1.0);
    (-e / (2.0 + e)).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_double_precision() {
        let mut worst = 0.0f64;
        for i in -200_000..=200_000 {
            let x = i as f32 * 1e-4 + 1e-7;
            let exact = f64::from(x).tanh();
            worst = worst.max(((f64::from(tanh_one(x)) - exact) / exact).abs());
        }
        assert!(worst < 5e-7, "relative error {worst:e}");
        assert_eq!(tanh_one(0.0), 0.0);
        assert_eq!(tanh_one(f32::INFINITY), 1.0);
        assert_eq!(tanh_one(-50.0), -1.0);
        assert!(tanh_one(f32::NAN).is_nan());
    }

    #[test]
    fn all_paths_give_the_same_bits_at_all_lengths() {
        for length in 0..200 {
            let values: Vec<f32> = (0..length).map(|i| ((i * 37) % 101) as f32 * 0.1 - 5.0).collect();
            let mut scalar = values.clone();
            tanh_scalar(&mut scalar);
            let mut dispatched = values;
            tanh(&mut dispatched);
            assert_eq!(scalar, dispatched);
        }
    }
}
