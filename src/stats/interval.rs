//! Intervals: of an accuracy counted on test images, and of a mean over seeds.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// A lower and an upper bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Wilson's score interval for a share of `correct` in `total`, with the given confidence such as 0.95.
///
/// It says how far the accuracy on other images of the same kind may lie; not how far another training would
/// lead. Unlike the textbook interval it stays between 0 and 1 and holds its level near 0 and 1.
/// Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22:209-212;
/// Brown, Cai and DasGupta (2001), Statistical Science 16:101-133. `None` for no images at all.
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

/// The same for a share such as the mean accuracy of several repeats on the same images.
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
/// It speaks of training variance on these test images. Student (1908), "The probable error of a mean",
/// Biometrika 6:1-25. `None` below two samples, which say nothing about their spread.
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
