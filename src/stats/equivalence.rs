//! Equivalence of two means of accuracies: two one-sided tests.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::interval::Interval;

/// Welch's confidence interval of the difference of two means, `first` less `second`, at a confidence such as 0.9. The
/// variances need not be equal.
///
/// Two one-sided t tests at level (1 - confidence) / 2 find the means equivalent within a margin if and only if the
/// interval lies within it. Schuirmann (1987), "A comparison of the two one-sided tests procedure and the power
/// approach", Journal of Pharmacokinetics and Biopharmaceutics 15:657-680; Welch (1947), Biometrika 34:28-35. `None`
/// where a side has fewer than two samples, which have no variance.
pub fn welch(first: &[f64], second: &[f64], confidence: f64) -> Option<Interval> {
    let (first, second) = (Sample::of(first)?, Sample::of(second)?);
    let difference = first.mean - second.mean;
    let variance = first.of_mean + second.of_mean;
    if variance == 0.0 {
        return Some(Interval { low: difference, high: difference });
    }
    // The degrees of freedom of Welch and Satterthwaite.
    let freedom = variance * variance
        / (first.of_mean * first.of_mean / first.freedom + second.of_mean * second.of_mean / second.freedom);
    let t = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(0.5 + confidence / 2.0);
    let half = t * variance.sqrt();
    Some(Interval { low: difference - half, high: difference + half })
}

/// How many samples a side the two one-sided tests need to find two equal means equivalent within `margin` with a
/// probability of `power`, by the normal approximation and the variances seen here. Julious (2004), "Sample sizes for
/// clinical trials with Normal data", Statistics in Medicine 23:1921-1986, equation 26. `None` like [`welch`].
pub fn samples_needed(
    first: &[f64],
    second: &[f64],
    margin: f64,
    confidence: f64,
    power: f64,
) -> Option<usize> {
    let variance = |values: &[f64]| Some(Sample::of(values)?.of_mean * values.len() as f64);
    let variances = variance(first)? + variance(second)?;
    let standard = Normal::new(0.0, 1.0).ok()?;
    // Either of the two tests can fail, so each gets half of what the power leaves.
    let quantiles = standard.inverse_cdf(0.5 + confidence / 2.0) + standard.inverse_cdf(0.5 + power / 2.0);
    Some((variances * (quantiles / margin).powi(2)).ceil() as usize)
}

/// What two samples need of each other.
struct Sample {
    mean: f64,
    /// The variance of the mean.
    of_mean: f64,
    /// Degrees of freedom.
    freedom: f64,
}

impl Sample {
    fn of(values: &[f64]) -> Option<Sample> {
        let n = values.len();
        if n < 2 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let freedom = (n - 1) as f64;
        Some(Sample { mean, of_mean: squares / freedom / n as f64, freedom })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sample_has_no_variance() {
        assert_eq!(welch(&[0.9], &[0.9, 0.91], 0.9), None);
        assert_eq!(welch(&[0.9, 0.91], &[], 0.9), None);
        assert_eq!(welch(&[0.9, 0.9], &[0.5, 0.5], 0.9), Some(Interval { low: 0.4, high: 0.4 }));
    }

    #[test]
    fn the_samples_needed_grow_with_the_variances() {
        // Variances of 1e-4 each, a margin of one standard deviation, (1.6449 + 1.2816)^2 = 8.564.
        let side = [0.89, 0.9, 0.91];
        assert_eq!(samples_needed(&side, &side, 0.01, 0.9, 0.8), Some(18));
        assert_eq!(samples_needed(&side, &side, 0.005, 0.9, 0.8), Some(69));
        assert_eq!(samples_needed(&side, &[0.9], 0.005, 0.9, 0.8), None);
    }

    #[test]
    fn a_side_without_spread_leaves_the_interval_of_the_other() {
        let values = [0.91, 0.92, 0.905, 0.915];
        let alone = super::super::interval::student_t(&values, 0.9).unwrap();
        let both = welch(&values, &[0.9; 30], 0.9).unwrap();
        assert!((both.low - (alone.low - 0.9)).abs() < 1e-9 && (both.high - (alone.high - 0.9)).abs() < 1e-9);
    }
}
