//! When a configuration has been repeated often enough.

use super::Options;
use super::options::Repeats;
use crate::results::Repeat;
use crate::stats::interval::student_t;

/// Half the width of the confidence interval at which [`Repeats::Auto`] ends.
const MARGIN: f64 = 0.001;
const CONFIDENCE: f64 = 0.95;
/// The fewest repeats before `Auto` may end. Two accuracies of standard deviation 0.002 have so narrow an
/// interval by luck in one case of twenty.
const LEAST_AUTO: usize = 3;

/// Whether another repeat is to be run after these.
///
/// Two repeats differ in the seed and in the order of the training rows. When both predicted exactly the
/// same, nothing random decides, and further repeats would say the same again.
pub fn wants_more(repeats: &[Repeat], options: &Options) -> bool {
    match repeats {
        [] => true,
        [first, second, ..] if first.predictions == second.predictions => false,
        [_, further @ ..] => {
            repeats.len() < options.repeats.most()
                && !(options.repeats == Repeats::Auto && is_known(repeats))
                && fits_budget(repeats, further, options)
        }
    }
}

/// Whether Student's confidence interval of the mean accuracy is within the margin.
fn is_known(repeats: &[Repeat]) -> bool {
    let accuracies: Vec<f64> = repeats.iter().map(|repeat| repeat.accuracy).collect();
    repeats.len() >= LEAST_AUTO
        && student_t(&accuracies, CONFIDENCE)
            .is_some_and(|interval| interval.high - interval.low <= 2.0 * MARGIN)
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
        let options = Options { repeats: Repeats::Times(5), ..Options::default() };
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
        let options = Options { repeats: Repeats::Times(5), repeat_budget: budget, ..Options::default() };
        let take = |n: u8| -> Vec<Repeat> { (0..n).map(|i| repeat(&[i], 8.0)).collect() };
        assert!(wants_more(&take(1), &options));
        assert!(wants_more(&take(2), &options));
        assert!(!wants_more(&take(3), &options));
        assert!(!wants_more(&[repeat(&[1], 21.0)], &options));
    }

    #[test]
    fn auto_ends_when_the_mean_is_known_to_a_thousandth() {
        let options = Options { repeats: Repeats::Auto, ..Options::default() };
        let with = |accuracies: &[f64]| -> Vec<Repeat> {
            let one = |(at, &accuracy)| Repeat { accuracy, ..repeat(&[at as u8], 1.0) };
            accuracies.iter().enumerate().map(one).collect()
        };
        assert!(wants_more(&with(&[0.9, 0.9]), &options), "two can agree by chance");
        // s = 0.0004, t = 4.303, half the width 0.00099; then s = 0.000405, 0.00101.
        assert!(!wants_more(&with(&[0.9, 0.9004, 0.8996]), &options));
        assert!(wants_more(&with(&[0.9, 0.900405, 0.899595]), &options));
        // s = 0.01 at most: never known within thirty, and thirty end it.
        let wide = |n: usize| with(&(0..n).map(|at| 0.9 + 0.01 * (at % 2) as f64).collect::<Vec<_>>());
        assert!(wants_more(&wide(29), &options));
        assert!(!wants_more(&wide(30), &options));
        let budget = Some(Duration::from_secs(10));
        assert!(!wants_more(&wide(12), &Options { repeat_budget: budget, ..options }));
    }
}
