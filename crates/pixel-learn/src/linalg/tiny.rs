//! Tiny values count as zero, because operations on subnormal numbers (in f32 those below 1.2e-38) take over a
//! hundred cycles on Intel's processors. Two places meet many of them: a softmax with large scores has
//! probabilities of any size, and the running means of a gradient that stays 0 decay until they are
//! subnormal, and stay there.

/// The least size of a value that does not count as zero. Its products with pixels, and with the rates of an
/// optimiser, are normal numbers; added to anything that matters, a smaller value changes nothing.
const LEAST: f32 = 1e-30;

/// `value`, or 0 if it is tiny.
#[inline(always)]
pub fn zero_if_tiny(value: f32) -> f32 {
    if value.abs() < LEAST { 0.0 } else { value }
}

/// The square of `value`, or 0 if that would be tiny.
#[inline(always)]
pub fn square(value: f32) -> f32 {
    const LEAST_ROOT: f32 = 1e-15;
    if value.abs() < LEAST_ROOT { 0.0 } else { value * value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tiny_values_become_zero() {
        for value in [0.0, 1e-29, -1e-29, 1.0, f32::INFINITY] {
            assert_eq!(zero_if_tiny(value), value);
        }
        for value in [1e-31, -1e-31, f32::from_bits(1), f32::MIN_POSITIVE] {
            assert_eq!(zero_if_tiny(value), 0.0);
        }
        assert!(zero_if_tiny(f32::NAN).is_nan() && square(f32::NAN).is_nan());
        assert_eq!((square(-3.0), square(2e-15) > 0.0, square(-5e-16)), (9.0, true, 0.0));
    }
}
