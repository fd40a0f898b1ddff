//! How a cost grows with the number of rows: the exponent of a power law, by least squares in logarithms.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::interval::Interval;

/// A power law `cost = factor * rows^exponent`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    pub exponent: f64,
    pub factor: f64,
    /// The number of points of the fit.
    pub points: usize,
    /// Student's 95 % interval of the exponent, valid if the residuals in logarithms are random. For a cost
    /// that is no power law, such as a constant followed by growth, it means little: look at the chart.
    pub interval: Interval,
}

/// The fewest points of a fit: a line through two points has no residuals.
pub const FEWEST: usize = 3;

/// Fits a power law to pairs of (rows, cost). Pairs without a logarithm are skipped. `None` with fewer than
/// [`FEWEST`] different numbers of rows.
pub fn fit(pairs: &[(f64, f64)]) -> Option<Growth> {
    let logs: Vec<(f64, f64)> = pairs
        .iter()
        .filter(|(rows, cost)| *rows > 0.0 && *cost > 0.0 && rows.is_finite() && cost.is_finite())
        .map(|(rows, cost)| (rows.ln(), cost.ln()))
        .collect();
    let mut sizes: Vec<f64> = logs.iter().map(|(x, _)| *x).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    if sizes.len() < FEWEST {
        return None;
    }
    let n = logs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / n;
    let (middle_x, middle_y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = logs.iter().map(|(x, _)| (x - middle_x).powi(2)).sum();
    let together: f64 = logs.iter().map(|(x, y)| (x - middle_x) * (y - middle_y)).sum();
    let exponent = together / spread;
    let left: f64 = logs.iter().map(|(x, y)| (y - middle_y - exponent * (x - middle_x)).powi(2)).sum();
    let error = (left / (n - 2.0) / spread).sqrt();
    let quantile = StudentsT::new(0.0, 1.0, n - 2.0).ok()?.inverse_cdf(0.975);
    Some(Growth {
        exponent,
        factor: (middle_y - exponent * middle_x).exp(),
        points: logs.len(),
        interval: Interval { low: exponent - quantile * error, high: exponent + quantile * error },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_law_is_found_again() {
        let pairs: Vec<(f64, f64)> =
            [1e3, 2e3, 5e3, 1e4].iter().map(|&n: &f64| (n, 3e-5 * n.powf(1.7))).collect();
        let growth = fit(&pairs).unwrap();
        assert!((growth.exponent - 1.7).abs() < 1e-12, "{growth:?}");
        assert!((growth.factor / 3e-5 - 1.0).abs() < 1e-9, "{growth:?}");
        assert_eq!(growth.points, 4);
        assert!(growth.interval.high - growth.interval.low < 1e-6, "{growth:?}");
    }

    /// By the textbook's formulas with the quantile of two degrees of freedom, 4.302652729911.
    #[test]
    fn scatter_widens_the_interval() {
        let growth = fit(&[(1.0, 1.0), (2.0, 3.0), (4.0, 4.0), (8.0, 9.0)]).unwrap();
        assert!((growth.exponent - 0.992_481_250_360_578).abs() < 1e-12, "{growth:?}");
        assert!((growth.interval.low - 0.342_354_565_855).abs() < 1e-9, "{growth:?}");
        assert!((growth.interval.high - 1.642_607_934_866).abs() < 1e-9, "{growth:?}");
    }

    #[test]
    fn two_sizes_and_what_has_no_logarithm_make_no_line() {
        assert_eq!(fit(&[(1.0, 1.0), (2.0, 2.0)]), None);
        assert_eq!(fit(&[(1.0, 1.0), (2.0, 2.0), (2.0, 2.5)]), None);
        assert_eq!(fit(&[(1.0, 1.0), (2.0, 2.0), (4.0, 0.0)]), None);
        assert_eq!(fit(&[]), None);
    }
}
