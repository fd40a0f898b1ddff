//! How the time of a configuration grows with the images, and what follows for all of them.
//!
//! A configuration that trains on the share `f` of the training images and predicts the same share of the
//! test images takes `t(f) = c + k f^p` seconds. The constant `c` (compiling, starting threads) drops out of
//! differences. Fitting and predicting take at least in proportion to the images, so that `p` is at least 1:
//! two sizes give a lower bound. Three sizes, each three times the one before, give `p` from the ratio of the
//! two differences.

use crate::results::forecast::{Forecast, Measured};

/// The largest power that is believed. Kernel machines have about 2; more is noise in short times.
const STEEPEST: f64 = 2.5;
/// A run is stopped only after it has taken this much longer than the forecast needs: the clock on the wall
/// sees other programs too.
const PATIENCE: f64 = 2.0;

/// All training images of a row; a run uses a share of them.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    pub train_size: usize,
}

impl Whole {
    fn share(self, of: &Measured) -> f64 {
        of.train_size as f64 / self.train_size as f64
    }

    /// Lower bound of the seconds for all images: linear in the two largest sizes; with one size, the seconds
    /// of that size.
    pub fn at_least(self, measured: &[Measured]) -> f64 {
        match measured {
            [.., before, last] => {
                let (f, g) = (self.share(before), self.share(last));
                last.seconds + (last.seconds - before.seconds).max(0.0) / (g - f) * (1.0 - g)
            }
            [only] => only.seconds,
            [] => 0.0,
        }
    }

    /// Seconds for all images and the power `p`, from the three largest sizes. `None` with fewer, or if the
    /// time does not grow.
    pub fn extrapolated(self, measured: &[Measured]) -> Option<(f64, f64)> {
        let [.., first, before, last] = measured else { return None };
        let (slow, fast) = (before.seconds - first.seconds, last.seconds - before.seconds);
        if slow <= 0.0 || fast <= 0.0 {
            return None;
        }
        let (f, g) = (self.share(before), self.share(last));
        let power = ((fast / slow).ln() / (g / f).ln()).clamp(1.0, STEEPEST);
        let seconds = last.seconds + fast * (1.0 - g.powf(power)) / (g.powf(power) - f.powf(power));
        Some((seconds, power))
    }

    /// A forecast, if the measured sizes show that all images take at least `seconds`: by the lower bound, or
    /// by the power law once all sizes are measured (`complete`).
    pub fn forecast(self, measured: &[Measured], seconds: f64, complete: bool) -> Option<Forecast> {
        let least = self.at_least(measured);
        if least >= seconds {
            let measured = measured.to_vec();
            return Some(Forecast { seconds: rounded(least, 1e3), exponent: None, measured });
        }
        let (likely, power) =
            self.extrapolated(measured).filter(|(likely, _)| complete && *likely >= seconds)?;
        let (seconds, exponent) = (rounded(likely, 1e3), Some(rounded(power, 1e2)));
        Some(Forecast { seconds, exponent, measured: measured.to_vec() })
    }

    /// Seconds after which a run on `train_size` images, the next size, shows that all images take `seconds`,
    /// by the lower bound. `None` if nothing has been measured.
    pub fn enough(self, measured: &[Measured], train_size: usize, seconds: f64) -> Option<f64> {
        let last = measured.last()?;
        let (f, g) = (self.share(last), train_size as f64 / self.train_size as f64);
        // From `t + (t - last) (1 - g) / (g - f) = seconds`.
        let more = (seconds - last.seconds).max(0.0) * (g - f) / (1.0 - f);
        Some(last.seconds + PATIENCE * more)
    }
}

/// `value` rounded to a multiple of 1 / `parts`.
fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Whole = Whole { train_size: 5000 };

    fn measured(seconds: impl Fn(f64) -> f64, sizes: &[usize]) -> Vec<Measured> {
        let one = |&train_size: &usize| Measured {
            train_size,
            test_size: 2 * train_size,
            seconds: seconds(train_size as f64 / 5000.0),
            stopped: false,
        };
        sizes.iter().map(one).collect()
    }

    #[test]
    fn power_laws_are_carried_to_all_images() {
        for (power, constant) in [(1.0, 0.0), (1.4, 0.0), (2.0, 0.0), (2.0, 5.0), (2.4, 0.3)] {
            let took = measured(|f| constant + 100.0 * f.powf(power), &[55, 166, 500]);
            let (seconds, found) = WHOLE.extrapolated(&took).unwrap();
            assert!((found - power).abs() < 0.02, "{power}: {found}");
            assert!((seconds / (constant + 100.0) - 1.0).abs() < 0.05, "{power}: {seconds}");
            let least = WHOLE.at_least(&took);
            assert!(least <= 1.001 * (constant + 100.0), "{power}: {least}");
        }
    }

    #[test]
    fn a_forecast_needs_what_the_limit_asks_for() {
        let square = measured(|f| 140.0 * f * f, &[55, 166, 500]);
        assert_eq!(WHOLE.forecast(&square[..2], 60.0, false), None);
        assert_eq!(WHOLE.forecast(&square, 60.0, false), None);
        let forecast = WHOLE.forecast(&square, 60.0, true).unwrap();
        assert!((forecast.seconds - 140.0).abs() < 5.0 && forecast.measured.len() == 3);
        assert_eq!(WHOLE.forecast(&square, 160.0, true), None);
        let linear = measured(|f| 2.0 + 140.0 * f, &[55, 166]);
        let forecast = WHOLE.forecast(&linear, 60.0, false).unwrap();
        assert!((forecast.seconds - 142.0).abs() < 1e-9 && forecast.exponent.is_none());
        // What takes the same at each size is constant, whatever it takes.
        assert_eq!(WHOLE.forecast(&measured(|_| 20.0, &[55, 166, 500]), 60.0, true), None);
        // And what takes less of more images says nothing.
        assert_eq!(WHOLE.forecast(&measured(|f| 20.0 - f, &[55, 166, 500]), 60.0, true), None);
        assert_eq!(WHOLE.forecast(&[], 60.0, true), None);
    }

    #[test]
    fn noise_in_short_times_makes_no_steep_power() {
        let steep = measured(|f| 1000.0 * f.powi(6), &[55, 166, 500]);
        let (seconds, power) = WHOLE.extrapolated(&steep).unwrap();
        assert!(power == STEEPEST && seconds < 1.0, "{seconds}");
    }

    #[test]
    fn a_run_is_stopped_once_it_says_enough() {
        let first = measured(|_| 1.0, &[55]);
        let stop = WHOLE.enough(&first, 166, 60.0).unwrap();
        let stopped = Measured { train_size: 166, test_size: 332, seconds: stop, stopped: true };
        let least = WHOLE.at_least(&[first[0].clone(), stopped]);
        assert!(stop < 4.0 && least >= 60.0, "{stop} {least}");
        assert_eq!(WHOLE.enough(&[], 55, 60.0), None);
    }
}
