//! The cosine of many f32 values, within 3e-7.
//!
//! Branch-free polynomials in plain multiplications and additions (no fused ones), so the same bits come out on every
//! instruction level, and the compiler vectorises the loop.

use super::simd::for_each_level;

/// cos(x) for |x| up to 10^9: reduces x to a fraction r of a turn in f64, then takes the series of the sine
/// at a quarter turn minus |r|.
#[inline(always)]
pub fn cos(x: f32) -> f32 {
    // Adding and subtracting 1.5 * 2^52 rounds to the nearest integer.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let turns = f64::from(x) * (0.5 * std::f64::consts::FRAC_1_PI);
    let rest = (turns - ((turns + ROUND) - ROUND)) as f32;
    let u = (0.25 - rest.abs()) * std::f32::consts::TAU;
    let square = u * u;
    let mut p = -2.505_210_8e-8;
    p = p * square + 2.755_731_9e-6;
    p = p * square - 1.984_127e-4;
    p = p * square + 8.333_333e-3;
    p = p * square - 1.666_666_7e-1;
    p * square * u + u
}

for_each_level! {
    /// Replaces every value by `factor` times its [`cos`].
    pub fn scaled_cos_in_place(values: &mut [f32], factor: f32) {
        for value in values {
            *value = factor * cos(*value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosines_are_close_and_the_loop_has_their_bits() {
        let values: Vec<f32> = (0..400_000).map(|i| (i as f32 - 200_000.0) * 0.001_37).collect();
        let far = [1e4f32, -3.3e5, 7.7e8];
        for &x in values.iter().chain(&far) {
            let error = f64::from(cos(x)) - f64::from(x).cos();
            assert!(error.abs() < 3e-7, "{x}: {error}");
        }
        for size in 0..=100 {
            let mut scaled = values[..size].to_vec();
            scaled_cos_in_place(&mut scaled, 0.5);
            for (scaled, &x) in scaled.iter().zip(&values) {
                assert_eq!(scaled.to_bits(), (0.5 * cos(x)).to_bits());
            }
        }
    }
}
