//! Forecasts: a row that is expected to exceed its time limit is first tried on few images. It is not run on
//! all if the times on few show that it cannot end within the limit.
//!
//! A row is tried so only if recorded results, or the table of costs, expect it to exceed its limit. Each
//! size runs in a worker like any other job, under the same limits; its predictions are thrown away. A row
//! that an earlier run of the same version did not end within twice the limit is not tried at all.

mod growth;

use std::time::Duration;

use growth::Whole;

use super::progress::human;
use super::supervise::{End, Limits, Surroundings, supervise};
use crate::engines::protocol::{Answer, Expected, Reply, WorkerJob};
use crate::results::forecast::{Forecast, Measured};
use crate::results::record::microseconds;

/// The denominators of the parts of the images that are tried: 1/90, 1/30 and 1/10.
const ONE_IN: [usize; 3] = [90, 30, 10];
/// The least training images of a class in a part; with fewer, the time says nothing.
const IMAGES_A_CLASS: usize = 5;
/// The least ratio of a row's forecast to its time limit at which the row is not run.
const MARGIN: f64 = 2.0;
/// The least time limit of a part, in seconds: to start a process and to wait for a processor takes time too.
const SHORTEST: f64 = 1.0;
/// Typical time of a forecast, as a share of the row's time limit.
pub const LIKELY_SHARE: f64 = 0.15;

/// Tries the job, which is of one configuration, on parts of its `train_size` images. `None` where it is to
/// be run on all of them: it may end in time, or a part gave no result.
pub fn forecast(
    surroundings: &Surroundings,
    job: &WorkerJob,
    expected: Expected,
    limits: Limits,
    train_size: usize,
) -> Option<Forecast> {
    let (whole, limit) = (Whole { train_size }, limits.timeout.as_secs_f64());
    let sizes = sizes(train_size, expected.classes);
    let mut measured: Vec<Measured> = Vec::new();
    for &size in &sizes {
        let enough = whole.enough(&measured, size, MARGIN * limit);
        let stop = enough.map_or(limit, |enough| enough.max(SHORTEST).min(limit));
        let test_size = (expected.test_size * size).div_ceil(train_size);
        let job = WorkerJob { train_size: Some(size), test_size: Some(test_size), ..job.clone() };
        let expected = Expected { test_size, ..expected };
        let limits = Limits { timeout: Duration::from_secs_f64(stop), ..limits };
        let (seconds, stopped) = time(surroundings, &job, expected, limits)?;
        let seconds = microseconds(seconds);
        measured.push(Measured { train_size: size, test_size, seconds, stopped });
        // What takes the whole limit on a part takes more on all images.
        let needed = if stopped { limit } else { MARGIN * limit };
        if let Some(forecast) = whole.forecast(&measured, needed, measured.len() == sizes.len()) {
            return Some(forecast);
        }
    }
    None
}

fn sizes(train_size: usize, classes: usize) -> Vec<usize> {
    let parts = ONE_IN.iter().map(|parts| train_size / parts);
    parts.filter(|&size| size >= IMAGES_A_CLASS * classes).collect()
}

/// Seconds to fit and predict a part, and whether its limit stopped it. `None` if the worker gave no result
/// for another reason, or was stopped while loading.
fn time(
    surroundings: &Surroundings,
    job: &WorkerJob,
    expected: Expected,
    limits: Limits,
) -> Option<(f64, bool)> {
    let (mut is_ready, mut answer) = (false, None);
    let ended = supervise(surroundings, job, expected, limits, |reply| match reply {
        Reply::Ready {} => is_ready = true,
        Reply::Ok(one) => answer = Some(one),
        Reply::Failed { .. } => {}
    });
    match (answer, ended.end) {
        (Some(answer), _) => Some((least_seconds(&answer), false)),
        (None, End::Timeout(_)) if is_ready => Some((limits.timeout.as_secs_f64(), true)),
        _ => None,
    }
}

/// CPU or wall seconds, whichever is less: other programs lengthen the wall time, several threads add up CPU
/// time.
fn least_seconds(answer: &Answer) -> f64 {
    let wall = answer.fit_seconds + answer.predict_seconds;
    let processors = answer.fit_cpu_seconds + answer.predict_cpu_seconds;
    if processors > 0.0 { wall.min(processors) } else { wall }
}

/// What follows from an earlier run of the whole row by the same version of its engine, on one thread, that
/// was stopped after `seconds`. `None` where a faster machine may end it within the `limit`.
pub fn by_earlier_run(seconds: f64, limit: f64, train_size: usize, test_size: usize) -> Option<Forecast> {
    let measured = vec![Measured { train_size, test_size, seconds, stopped: true }];
    (seconds >= MARGIN * limit).then_some(Forecast { seconds, exponent: None, measured })
}

/// The reason in the file of a row that an earlier run forecasts.
pub fn earlier_reason(forecast: &Forecast, limit: f64) -> String {
    let took = human(forecast.seconds);
    format!("not run: an earlier run by this version took more than {took}, the limit is {limit} s")
}

/// The reason in the file of a row that parts of the images forecast.
pub fn reason(forecast: &Forecast, limit: f64) -> String {
    let least = if forecast.exponent.is_none() { "at least " } else { "" };
    let power = forecast.exponent.map_or(String::new(), |power| {
        format!(", growing with the number of images to the power {power:.1}")
    });
    let measured: Vec<String> = forecast
        .measured
        .iter()
        .map(|one| {
            let more = if one.stopped { "more than " } else { "" };
            format!(
                "{more}{:.2} s on {} training and {} test images",
                one.seconds, one.train_size, one.test_size
            )
        })
        .collect();
    format!(
        "not run: forecast {least}{}, the limit is {limit} s ({}{power})",
        human(forecast.seconds),
        measured.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_says_what_was_measured() {
        let one = |train_size, seconds, stopped| Measured {
            train_size,
            test_size: 2 * train_size,
            seconds,
            stopped,
        };
        let measured = vec![one(55, 0.02, false), one(166, 0.155, false), one(500, 1.4, false)];
        let grown = Forecast { seconds: 141.9, exponent: Some(1.98), measured };
        assert_eq!(
            reason(&grown, 30.0),
            "not run: forecast 2 min 21 s, the limit is 30 s (0.02 s on 55 training and 110 test images, 0.15 s on 166 \
             training and 332 test images, 1.40 s on 500 training and 1000 test images, growing with the number of \
             images to the power 2.0)"
        );
        let measured = vec![one(55, 2.0, false), one(166, 4.0, true)];
        let least = Forecast { seconds: 90.0, exponent: None, measured };
        assert_eq!(
            reason(&least, 0.5),
            "not run: forecast at least 1 min 30 s, the limit is 0.5 s (2.00 s on 55 training and 110 test images, \
             more than 4.00 s on 166 training and 332 test images)"
        );
    }

    #[test]
    fn an_earlier_run_must_have_had_twice_the_limit() {
        assert_eq!(by_earlier_run(89.9, 45.0, 5000, 10_000), None);
        let forecast = by_earlier_run(90.0, 45.0, 5000, 10_000).unwrap();
        assert_eq!((forecast.seconds, forecast.exponent), (90.0, None));
        assert_eq!(
            earlier_reason(&forecast, 45.0),
            "not run: an earlier run by this version took more than 1 min 30 s, the limit is 45 s"
        );
    }

    #[test]
    fn too_few_images_of_a_class_are_not_tried() {
        assert_eq!(sizes(5000, 10), [55, 166, 500]);
        assert_eq!(sizes(2000, 10), [66, 200]);
        assert_eq!(sizes(240, 4), [24]);
        assert_eq!(sizes(400, 10), [0usize; 0]);
    }
}
