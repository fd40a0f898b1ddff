//! Confidence intervals: of an accuracy on test images (Wilson), and of a mean over seeds (Student).

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// A lower and an upper bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Wilson's score interval for the proportion `correct / total`, at a confidence such as 0.95.
///
/// It covers the accuracy on other test images of the same distribution, not the variance of training. Unlike
/// the normal approximation it stays within [0, 1] and keeps its level near both ends. Wilson (1927),
/// "Probable inference, the law of succession, and statistical inference", JASA 22:209-212; Brown, Cai and
/// DasGupta (2001), Statistical Science 16:101-133. `None` when `total` is 0.
pub fn wilson(correct: usize, total: usize, confidence: f64) -> Option<Interval> {
    if correct > total {
        return None;
    }
    let interval = wilson_of_share(correct as f64 / total.max(1) as f64, total, confidence)?;
    // At the ends the bound is exact, and rounding would miss it.
    Some(Interval {
        low: if correct == 0 { 0.0 } else { interval.low },
        high: if correct == total { 1.0 } else { interval.high },
    })
}

/// Wilson's interval for a proportion that is no ratio of counts, such as the mean accuracy of several
/// repeats.
pub fn wilson_of_share(p: f64, total: usize, confidence: f64) -> Option<Interval> {
    if total == 0 || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let z = Normal::standard().inverse_cdf(0.5 + confidence / 2.0);
    let n = total as f64;
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    Some(Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) })
}

/// Student's t-interval for the mean of samples, such as the accuracies of one method over its seeds.
///
/// It covers the variance of training on these test images. Student (1908), "The probable error of a mean",
/// Biometrika 6:1-25. `None` below two samples, which have no variance.
pub fn student_t(samples: &[f64], confidence: f64) -> Option<Interval> {
    let n = samples.len();
    if n < 2 || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let mean = samples.iter().sum::<f64>() / n as f64;
    let squares: f64 = samples.iter().map(|sample| (sample - mean).powi(2)).sum();
    let error = (squares / (n - 1) as f64 / n as f64).sqrt();
    let t = StudentsT::new(0.0, 1.0, (n - 1) as f64).ok()?.inverse_cdf(0.5 + confidence / 2.0);
    Some(Interval { low: mean - t * error, high: mean + t * error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_of_nothing() {
        assert_eq!(wilson(0, 0, 0.95), None);
        assert_eq!(wilson(2, 1, 0.95), None);
        assert_eq!(wilson(1, 1, 1.0), None);
        assert_eq!(student_t(&[0.9], 0.95), None);
        assert_eq!(student_t(&[0.9, 0.9], 0.95), Some(Interval { low: 0.9, high: 0.9 }));
    }

    #[test]
    fn the_ends_are_exact() {
        assert_eq!(wilson(0, 10_000, 0.95).unwrap().low, 0.0);
        assert_eq!(wilson(10_000, 10_000, 0.95).unwrap().high, 1.0);
    }
}
