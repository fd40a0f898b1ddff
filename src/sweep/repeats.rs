//! When a configuration has been repeated often enough.

use super::Options;
use crate::results::Repeat;

/// Whether another repeat is to be run after these.
///
/// Two repeats differ in the seed and in the order of the training rows. When both predicted exactly the
/// same, nothing random decides, and further repeats would say the same again.
pub fn wants_more(repeats: &[Repeat], options: &Options) -> bool {
    match repeats {
        [] => true,
        [first, second, ..] if first.predictions == second.predictions => false,
        [_, further @ ..] => repeats.len() < options.repeats && fits_budget(repeats, further, options),
    }
}

/// Whether the time spent on repeats after the first, and one more like those so far, fit the budget.
fn fits_budget(repeats: &[Repeat], further: &[Repeat], options: &Options) -> bool {
    let Some(budget) = options.repeat_budget else { return true };
    let seconds = |repeats: &[Repeat]| -> f64 {
        repeats.iter().map(|repeat| repeat.fit_seconds + repeat.predict_seconds).sum()
    };
    let next = seconds(repeats) / repeats.len() as f64;
    seconds(further) + next <= budget.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn repeat(predictions: &[u8], seconds: f64) -> Repeat {
        Repeat {
            seed: 1,
            predictions: predictions.to_vec().try_into().unwrap(),
            accuracy: 0.5,
            fit_seconds: seconds,
            predict_seconds: 0.0,
            fit_cpu_seconds: None,
            predict_cpu_seconds: None,
            converged: None,
            facts: Default::default(),
        }
    }

    #[test]
    fn equal_predictions_end_it() {
        let options = Options { repeats: 5, ..Options::default() };
        assert!(wants_more(&[], &options));
        assert!(wants_more(&[repeat(&[1, 2], 1.0)], &options));
        assert!(!wants_more(&[repeat(&[1, 2], 1.0), repeat(&[1, 2], 1.0)], &options));
        assert!(wants_more(&[repeat(&[1, 2], 1.0), repeat(&[1, 3], 1.0)], &options));
        let five: Vec<Repeat> = (0..5).map(|i| repeat(&[i], 1.0)).collect();
        assert!(!wants_more(&five, &options));
    }

    #[test]
    fn the_budget_bounds_what_comes_after_the_first() {
        let budget = Some(Duration::from_secs(20));
        let options = Options { repeats: 5, repeat_budget: budget, ..Options::default() };
        let take = |n: u8| -> Vec<Repeat> { (0..n).map(|i| repeat(&[i], 8.0)).collect() };
        assert!(wants_more(&take(1), &options));
        assert!(wants_more(&take(2), &options));
        assert!(!wants_more(&take(3), &options));
        assert!(!wants_more(&[repeat(&[1], 21.0)], &options));
    }
}
