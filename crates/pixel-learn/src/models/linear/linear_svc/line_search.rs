//! Exact line search along a direction on which the objective is convex and piecewise quadratic.

/// A derivative below this multiple of the one at the start counts as zero.
const FLAT: f64 = 1e-2;
/// Maximum number of evaluations of the derivative.
const MOST_EVALUATIONS: usize = 60;
/// The largest factor from one step length to the next, while no upper end of the bracket is known.
const EXPANSION: f64 = 10.0;

/// The step length where `derivative` is zero, by Newton's method within a bracket. `derivative` returns the
/// first and the second derivative of the objective at a step length; the first is increasing and piecewise
/// linear. Returns 0 if the first derivative at 0 is not negative.
pub fn minimum_along(derivative: impl Fn(f64) -> (f64, f64)) -> f64 {
    let start = derivative(0.0).0;
    if start.is_nan() || start >= 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, None);
    let mut t = 1.0;
    for _ in 0..MOST_EVALUATIONS {
        let (value, slope) = derivative(t);
        if value.abs() <= FLAT * start.abs() {
            break;
        }
        if value > 0.0 {
            high = Some(t)
        } else {
            low = t
        }
        let newton = if slope > 0.0 { t - value / slope } else { 2.0 * t };
        let next = match high {
            None => newton.min(EXPANSION * t),
            Some(high) if low < newton && newton < high => newton,
            Some(high) => 0.5 * (low + high),
        };
        if next == t {
            break;
        }
        t = next;
    }
    t
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_a_piecewise_linear_function_is_found() {
        // Kinks at 0.5 and 3; the root is at 4.
        let derivative = |t: f64| match t {
            t if t < 0.5 => (-10.0 + t, 1.0),
            t if t < 3.0 => (-9.5 + 0.1 * (t - 0.5), 0.1),
            _ => (-9.25 + 9.25 * (t - 3.0), 9.25),
        };
        assert!((minimum_along(derivative) - 4.0).abs() < 0.02);
    }

    #[test]
    fn a_direction_that_does_not_descend_is_not_taken() {
        assert_eq!(minimum_along(|t| (t, 1.0)), 0.0);
        assert_eq!(minimum_along(|_| (f64::NAN, 1.0)), 0.0);
    }
}
