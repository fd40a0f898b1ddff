//! Errors of the cost estimates, by leave-one-out: each recorded result against its estimate without that
//! result.

use super::history::{History, Known, Query, median};
use super::{Expected, table};

/// Recorded costs against their estimates, each made without some of the results.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors {
    /// What each estimate was made without.
    pub without: &'static str,
    pub results: usize,
    /// Factor between expected and recorded seconds, at least 1: its median, and its 90th percentile.
    pub seconds_median: f64,
    pub seconds_p90: f64,
    pub bytes_median: f64,
    pub bytes_p90: f64,
    /// Sums over all.
    pub expected_seconds: f64,
    pub recorded_seconds: f64,
    /// The result furthest off in time.
    pub worst: Worst,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Worst {
    pub name: String,
    pub expected_seconds: f64,
    pub recorded_seconds: f64,
}

/// The estimate for a recorded result.
type Expect<'a> = &'a dyn Fn(&Known) -> Expected;

/// Errors of estimates without the result itself, without its configuration, and from the table alone.
/// Results that a limit stopped are left out: their full cost is unknown. Empty if no other results are left.
pub fn errors(past: &History) -> Vec<Errors> {
    let itself = |known: &Known, other: &Known| {
        let (a, b) = (&known.recorded, &other.recorded);
        other.id == known.id && a.dataset == b.dataset && a.train_size == b.train_size
    };
    let by =
        |known: &Known, left_out: &dyn Fn(&Known) -> bool| past.expected_without(&query(known), left_out);
    let kinds: [(&'static str, Expect); 3] = [
        ("itself", &|known| by(known, &|other| itself(known, other))),
        ("its configuration", &|known| by(known, &|other| other.id == known.id)),
        ("any result", &|known| {
            let recorded = &known.recorded;
            table::expected(&recorded.engine, &recorded.configuration, recorded.train_size)
        }),
    ];
    kinds.into_iter().filter_map(|(without, expected)| of_kind(without, past, expected)).collect()
}

fn query(known: &Known) -> Query<'_> {
    let recorded = &known.recorded;
    Query {
        dataset: &recorded.dataset,
        engine: &recorded.engine,
        configuration: &recorded.configuration,
        train_size: recorded.train_size,
    }
}

fn of_kind(without: &'static str, past: &History, expect: Expect) -> Option<Errors> {
    let (mut seconds, mut bytes) = (Vec::new(), Vec::new());
    let (mut expected_seconds, mut recorded_seconds) = (0.0, 0.0);
    let (mut worst, mut furthest) = (Worst::default(), 0.0);
    for known in past.known().iter().filter(|known| !known.recorded.at_least) {
        let recorded = &known.recorded;
        let expected = expect(known);
        let off = factor(expected.seconds, recorded.seconds);
        seconds.push(off);
        bytes.extend(recorded.bytes.map(|bytes| factor(expected.bytes as f64, bytes as f64)));
        expected_seconds += expected.seconds;
        recorded_seconds += recorded.seconds;
        if off > furthest {
            furthest = off;
            worst = Worst {
                name: format!("{} {} {}", recorded.dataset, recorded.engine, known.id),
                expected_seconds: expected.seconds,
                recorded_seconds: recorded.seconds,
            };
        }
    }
    Some(Errors {
        without,
        results: seconds.len(),
        seconds_p90: nine_in_ten(&mut seconds),
        seconds_median: median(seconds)?,
        bytes_p90: nine_in_ten(&mut bytes),
        bytes_median: median(bytes).unwrap_or(1.0),
        expected_seconds,
        recorded_seconds,
        worst,
    })
}

/// Ratio of the larger to the smaller value, at least 1.
fn factor(a: f64, b: f64) -> f64 {
    let ratio = a.max(f64::MIN_POSITIVE) / b.max(f64::MIN_POSITIVE);
    ratio.max(ratio.recip())
}

/// The 90th percentile: the smallest value that nine in ten do not exceed; 1 without values.
fn nine_in_ten(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() * 9).div_ceil(10).saturating_sub(1);
    values.get(place).copied().unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::results::costs;

    #[test]
    fn factors_and_quantiles() {
        assert_eq!((factor(2.0, 1.0), factor(1.0, 4.0)), (2.0, 4.0));
        assert_eq!(nine_in_ten(&mut (1..=10).map(f64::from).collect::<Vec<_>>()), 9.0);
        assert_eq!(nine_in_ten(&mut [3.0]), 3.0);
        assert_eq!(nine_in_ten(&mut []), 1.0);
        assert!(errors(&History::default()).is_empty());
    }

    #[test]
    fn the_committed_run_foretells_itself() {
        let mut past = History::default();
        past.add(costs::read_run(Path::new("results/reference")).unwrap());
        let errors = errors(&past);
        let found: Vec<_> = errors.iter().map(|one| (one.without, one.seconds_median)).collect();
        // What a sweep needs for its order: within a factor of two for half the rows, however little is
        // known.
        assert!(errors.len() == 3 && errors.iter().all(|one| one.seconds_median < 2.0), "{found:?}");
        assert!(errors[0].seconds_median <= errors[2].seconds_median, "{found:?}");
    }
}
