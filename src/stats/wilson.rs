//! The interval of a share, such as an accuracy.
//!
//! Reference: Edwin B. Wilson (1927), "Probable inference, the law of succession, and statistical inference",
//! Journal of the American Statistical Association 22, 209-212. Unlike the usual `p ± 1.96 s` it stays between
//! 0 and 1 and holds its level near both ends.

/// The normal quantile of a two-sided 95 % interval.
const Z95: f64 = 1.959963984540054;

/// The 95 % interval of a share seen in `count` trials; `None` without trials.
pub fn interval95(share: f64, count: usize) -> Option<(f64, f64)> {
    if count == 0 {
        return None;
    }
    let n = count as f64;
    let z2 = Z95 * Z95;
    let scale = 1.0 + z2 / n;
    let centre = (share + z2 / (2.0 * n)) / scale;
    let half = Z95 / scale * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    Some(((centre - half).max(0.0), (centre + half).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_wilsons() {
        // R: binom::binom.wilson(8986, 10000) and (0, 10), (10, 10).
        let (low, high) = interval95(0.8986, 10_000).unwrap();
        assert!((low - 0.892_533).abs() < 1e-4 && (high - 0.904_366).abs() < 1e-4, "{low} {high}");
        let (low, high) = interval95(0.0, 10).unwrap();
        assert!(low.abs() < 1e-12 && (high - 0.277_533).abs() < 1e-5, "{low} {high}");
        let (low, high) = interval95(1.0, 10).unwrap();
        assert!((low - 0.722_467).abs() < 1e-5 && (high - 1.0).abs() < 1e-12, "{low} {high}");
        assert_eq!(interval95(0.5, 0), None);
    }
}
