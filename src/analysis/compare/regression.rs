//! What got worse from one run to another: accuracy that fell, results that are gone, times that grew.

use serde::Serialize;

use super::{Comparison, Pair};
use crate::format::{accuracy, difference, seconds};
use crate::results::Status;

/// What counts as worse.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Limits {
    /// The largest fall of an accuracy that is not a regression.
    pub accuracy_drop: f64,
    /// The largest factor by which a time may grow.
    pub time_ratio: f64,
    /// Times below this many seconds on both sides are not judged: they are mostly noise.
    pub least_seconds: f64,
}

/// A run judged against an earlier one.
#[derive(Serialize)]
pub struct Verdict {
    pub first: String,
    pub second: String,
    pub limits: Limits,
    pub regressions: Vec<Regression>,
    pub rows: usize,
    pub judged_accuracy: usize,
    pub judged_time: usize,
    pub only_first: Vec<String>,
    pub only_second: Vec<String>,
}

/// Something that got worse.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Regression {
    pub name: String,
    pub kind: Kind,
    pub what: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// There was a result, and now there is none.
    Failed,
    Accuracy,
    Time,
}

/// Judges the second side of a comparison of runs. Times count only if both were measured with nothing else
/// running, with as many threads on the same kind of processor. Rows that only one side has are listed, and
/// are no regression.
pub fn judge(comparison: Comparison, limits: Limits) -> Verdict {
    let pairs = &comparison.pairs;
    Verdict {
        regressions: pairs.iter().flat_map(|pair| worse(pair, &limits)).collect(),
        rows: pairs.len(),
        judged_accuracy: pairs.iter().filter(|pair| pair.accuracy_difference.is_some()).count(),
        judged_time: pairs.iter().filter(|pair| time(pair, &limits).is_some()).count(),
        limits,
        first: comparison.first,
        second: comparison.second,
        only_first: comparison.only_first,
        only_second: comparison.only_second,
    }
}

/// The ratio of times of a pair; `None` unless the pair is judged by time.
fn time(pair: &Pair, limits: &Limits) -> Option<f64> {
    let (first, second) = (pair.first.seconds()?, pair.second.seconds()?);
    pair.time_ratio.filter(|_| pair.times_quiet && first.max(second) >= limits.least_seconds)
}

fn worse(pair: &Pair, limits: &Limits) -> Vec<Regression> {
    let regression =
        |kind, what| Regression { name: format!("{} {}", pair.name(), pair.second.engine), kind, what };
    let mut found = Vec::new();
    if pair.first.status == Status::Ok && pair.second.status != Status::Ok {
        let status = pair.second.status.name().replace('_', " ");
        found.push(regression(Kind::Failed, format!("was ok, is {status}")));
    }
    // A drop of exactly the limit is no regression; the slack covers the rounding of decimals.
    if let (Some(change), Some(before), Some(after)) =
        (pair.accuracy_difference, pair.first.accuracy, pair.second.accuracy)
        && -change > limits.accuracy_drop + 1e-9
    {
        let what = format!("accuracy {} to {} ({})", accuracy(before), accuracy(after), difference(change));
        found.push(regression(Kind::Accuracy, what));
    }
    if let (Some(ratio), Some(before), Some(after)) =
        (time(pair, limits), pair.first.seconds(), pair.second.seconds())
        && ratio > limits.time_ratio
    {
        let what = format!("{} s to {} s ({ratio:.2} times)", seconds(before), seconds(after));
        found.push(regression(Kind::Time, what));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{Figures, Processor, Summary};
    use super::*;

    const LIMITS: Limits = Limits { accuracy_drop: 0.005, time_ratio: 1.25, least_seconds: 0.1 };

    fn figures(status: Status, accuracy: Option<f64>, fit: Option<f64>, quiet: bool) -> Figures {
        Figures {
            engine: "native".into(),
            status,
            accuracy,
            fit_seconds: fit,
            predict_seconds: fit.map(|_| 0.0),
            quiet,
            threads: 1,
            repeats: 1,
            processor: Some(Processor { model: "one".into(), features: "avx512".into() }),
        }
    }

    fn kinds(first: Figures, second: Figures) -> Vec<Kind> {
        let comparison = Comparison {
            first: "a".into(),
            second: "b".into(),
            pairs: vec![Pair::new("mnist".into(), "SVC".into(), first, second)],
            only_first: Vec::new(),
            only_second: Vec::new(),
            summary: Summary::default(),
        };
        judge(comparison, LIMITS).regressions.into_iter().map(|one| one.kind).collect()
    }

    #[test]
    fn a_drop_past_the_limit_counts_and_one_at_the_limit_does_not() {
        let at = |accuracy| figures(Status::Ok, Some(accuracy), None, false);
        assert_eq!(kinds(at(0.98), at(0.975)), []);
        assert_eq!(kinds(at(0.98), at(0.9749)), [Kind::Accuracy]);
        assert_eq!(kinds(at(0.9), at(0.98)), []);
    }

    #[test]
    fn times_count_only_where_both_are_quiet_and_long_enough() {
        let at = |fit, quiet| figures(Status::Ok, Some(0.9), Some(fit), quiet);
        assert_eq!(kinds(at(1.0, true), at(1.3, true)), [Kind::Time]);
        assert_eq!(kinds(at(1.0, true), at(1.3, false)), []);
        assert_eq!(kinds(at(1.0, true), at(1.2, true)), []);
        assert_eq!(kinds(at(0.01, true), at(0.09, true)), []);
        assert_eq!(kinds(at(0.01, true), at(0.2, true)), [Kind::Time]);
    }

    #[test]
    fn times_of_two_machines_or_numbers_of_threads_are_not_judged() {
        let at = |fit, model: &str| Figures {
            processor: Some(Processor { model: model.into(), features: "avx512".into() }),
            ..figures(Status::Ok, Some(0.9), Some(fit), true)
        };
        assert_eq!(kinds(at(1.0, "one"), at(3.0, "one")), [Kind::Time]);
        assert_eq!(kinds(at(1.0, "one"), at(3.0, "another")), []);
        let threads = |fit, threads| Figures { threads, ..at(fit, "one") };
        assert_eq!(kinds(threads(1.0, 2), threads(3.0, 2)), [Kind::Time]);
        assert_eq!(kinds(threads(1.0, 2), threads(3.0, 1)), [], "two threads against one");
        let unknown = Figures { processor: None, ..at(3.0, "one") };
        assert_eq!(kinds(at(1.0, "one"), unknown.clone()), []);
        assert_eq!(kinds(unknown.clone(), Figures { fit_seconds: Some(9.0), ..unknown }), []);
    }

    #[test]
    fn a_result_that_is_gone_counts() {
        let ok = || figures(Status::Ok, Some(0.9), Some(1.0), true);
        let gone = || figures(Status::Timeout, None, None, true);
        assert_eq!(kinds(ok(), gone()), [Kind::Failed]);
        assert_eq!(kinds(gone(), ok()), []);
        assert_eq!(kinds(gone(), gone()), []);
    }
}
