//! Cost estimates from recorded results: the same configuration at the nearest train size, rescaled by the
//! family's power law; otherwise the built-in table times the family's median error.

use std::collections::HashMap;

use super::{Basis, Expected, table};
use crate::grid::Configuration;
use crate::results::costs::Recorded;

/// The configuration of which the cost is estimated.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    pub dataset: &'a str,
    pub engine: &'a str,
    pub configuration: &'a Configuration,
    pub train_size: usize,
}

/// All recorded costs.
#[derive(Clone, Debug, Default)]
pub struct History {
    known: Vec<Known>,
    /// Places in `known` by engine and id, and by engine and classifier.
    same: HashMap<(String, String), Vec<usize>>,
    family: HashMap<(String, String), Vec<usize>>,
    /// Median ratios of each family, computed once: thousands of rows ask for them.
    factors: HashMap<(String, String), Factors>,
}

/// Median ratios of recorded costs to those of the table, over the results of a family.
#[derive(Clone, Copy, Debug, Default)]
struct Factors {
    seconds: Option<f64>,
    bytes: Option<f64>,
}

#[derive(Clone, Debug)]
pub(super) struct Known {
    pub recorded: Recorded,
    pub id: String,
    /// The table's estimate for this result.
    table_estimate: Expected,
}

/// Another data set counts as much as a train size that differs by this factor.
const OTHER_DATASET: f64 = 1.6;

impl History {
    pub fn add(&mut self, recorded: Vec<Recorded>) {
        for one in recorded {
            let id = one.configuration.id();
            let table_estimate = table::expected(&one.engine, &one.configuration, one.train_size);
            let place = self.known.len();
            let family = (one.engine.clone(), one.configuration.classifier.clone());
            self.same.entry((one.engine.clone(), id.clone())).or_default().push(place);
            self.family.entry(family).or_default().push(place);
            self.known.push(Known { recorded: one, id, table_estimate });
        }
        let families: Vec<_> = self.family.keys().cloned().collect();
        self.factors = families
            .into_iter()
            .map(|family| (family.clone(), self.factors_of(&family, &|_| false)))
            .collect();
    }

    /// The estimated cost of a configuration.
    pub fn expected(&self, query: &Query) -> Expected {
        let known = self.factors.get(&name(query.engine, &query.configuration.classifier));
        self.estimate(query, &|_| false, || known.copied().unwrap_or_default())
    }

    /// The most seconds after which a limit stopped earlier runs of the same row by the same engine version.
    /// `None` if one of these runs ended with a result, or there was none.
    pub fn stopped_after(&self, query: &Query, engine_version: &str) -> Option<f64> {
        let places = self.same.get(&name(query.engine, &query.configuration.id()));
        let all = places.into_iter().flatten().map(|&place| &self.known[place].recorded);
        let same = all.filter(|one| {
            (one.dataset == query.dataset, one.train_size) == (true, query.train_size)
                && one.engine_version.as_deref() == Some(engine_version)
                && one.was_run
        });
        let seconds: Option<Vec<f64>> = same.map(|one| one.at_least.then_some(one.seconds)).collect();
        seconds?.into_iter().reduce(f64::max)
    }

    pub(super) fn known(&self) -> &[Known] {
        &self.known
    }

    /// [`History::expected`] without the results that `left_out` selects.
    pub(super) fn expected_without(&self, query: &Query, left_out: &dyn Fn(&Known) -> bool) -> Expected {
        let family = name(query.engine, &query.configuration.classifier);
        self.estimate(query, left_out, || self.factors_of(&family, left_out))
    }

    fn estimate(
        &self,
        query: &Query,
        left_out: &dyn Fn(&Known) -> bool,
        family: impl FnOnce() -> Factors,
    ) -> Expected {
        let table_estimate = table::expected(query.engine, query.configuration, query.train_size);
        let places = self.same.get(&name(query.engine, &query.configuration.id()));
        // Of equally near results, the one added last.
        let same = places.into_iter().flatten().rev().map(|&place| &self.known[place]);
        let nearest = same
            .filter(|known| !left_out(known))
            .min_by(|a, b| distance(a, query).total_cmp(&distance(b, query)));
        if let Some(nearest) = nearest {
            return rescale(nearest, query, table_estimate);
        }
        match family() {
            Factors { seconds: None, bytes: None } => table_estimate,
            Factors { seconds, bytes } => Expected {
                seconds: table_estimate.seconds * seconds.unwrap_or(1.0),
                bytes: (table_estimate.bytes as f64 * bytes.unwrap_or(1.0)) as u64,
                basis: Basis::Family,
            },
        }
    }

    /// Median ratios of a family. Runs that a limit stopped say nothing of the time, but count for the
    /// memory.
    fn factors_of(&self, family: &(String, String), left_out: &dyn Fn(&Known) -> bool) -> Factors {
        let places = self.family.get(family).into_iter().flatten();
        let known: Vec<&Known> =
            places.map(|&place| &self.known[place]).filter(|known| !left_out(known)).collect();
        let ended = known.iter().filter(|known| !known.recorded.at_least);
        let slower = ended.map(|known| known.recorded.seconds / known.table_estimate.seconds);
        let larger = known
            .iter()
            .filter_map(|known| Some(known.recorded.bytes? as f64 / known.table_estimate.bytes as f64));
        Factors { seconds: median(slower.collect()), bytes: median(larger.collect()) }
    }
}

fn name(engine: &str, of: &str) -> (String, String) {
    (engine.to_string(), of.to_string())
}

/// Distance of a result from a query: the logarithm of the ratio of their train sizes, plus that of
/// [`OTHER_DATASET`] for another data set.
fn distance(known: &Known, query: &Query) -> f64 {
    let sizes = (known.recorded.train_size as f64 / query.train_size.max(1) as f64).ln().abs();
    sizes + if known.recorded.dataset == query.dataset { 0.0 } else { OTHER_DATASET.ln() }
}

/// A result of the same configuration, rescaled to the train size of `query` by the table's ratio.
fn rescale(known: &Known, query: &Query, table_estimate: Expected) -> Expected {
    let recorded = &known.recorded;
    let seconds = recorded.seconds * (table_estimate.seconds / known.table_estimate.seconds);
    let bytes = recorded
        .bytes
        .map(|bytes| bytes as f64 * (table_estimate.bytes as f64 / known.table_estimate.bytes as f64));
    let basis = match (recorded.dataset == query.dataset, recorded.train_size == query.train_size) {
        (true, true) => Basis::Same,
        (true, false) => Basis::Size,
        (false, _) => Basis::Dataset,
    };
    Expected {
        // The full time of a stopped run is unknown: twice the time it was stopped after is a guess.
        seconds: if recorded.at_least { table_estimate.seconds.max(2.0 * seconds) } else { seconds },
        bytes: bytes.map_or(table_estimate.bytes, |bytes| bytes as u64),
        basis,
    }
}

/// The median; the lower of the two middle values if their number is even. `None` without values.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forest(n: usize) -> Configuration {
        let parameters = serde_json::from_str(&format!(r#"{{"n_estimators": {n}}}"#)).unwrap();
        Configuration::new("RandomForestClassifier", parameters)
    }

    fn recorded(dataset: &str, n: usize, train_size: usize, seconds: f64) -> Recorded {
        Recorded {
            dataset: dataset.into(),
            engine: "native".into(),
            engine_version: Some("1.0".into()),
            configuration: forest(n),
            train_size,
            seconds,
            at_least: false,
            was_run: true,
            bytes: Some(1 << 30),
        }
    }

    fn query<'a>(dataset: &'a str, configuration: &'a Configuration, train_size: usize) -> Query<'a> {
        Query { dataset, engine: "native", configuration, train_size }
    }

    #[test]
    fn the_nearest_result_says_it() {
        let mut past = History::default();
        let ten = forest(10);
        assert_eq!(past.expected(&query("mnist", &ten, 60_000)).basis, Basis::Guess);
        past.add(vec![recorded("mnist", 10, 60_000, 7.0), recorded("mnist", 10, 5_000, 0.9)]);
        let same = past.expected(&query("mnist", &ten, 60_000));
        assert_eq!((same.seconds, same.bytes, same.basis), (7.0, 1 << 30, Basis::Same));
        let half = past.expected(&query("mnist", &ten, 30_000));
        assert!(half.basis == Basis::Size && half.seconds > 3.0 && half.seconds < 4.0, "{half:?}");
        let other = past.expected(&query("fashion-mnist", &ten, 5_000));
        assert_eq!((other.seconds, other.basis), (0.9, Basis::Dataset));
    }

    #[test]
    fn a_family_says_how_far_off_the_table_is() {
        let mut past = History::default();
        let table_estimate = |n| table::expected("native", &forest(n), 60_000).seconds;
        past.add(vec![recorded("mnist", 10, 60_000, 3.0 * table_estimate(10))]);
        let hundred = forest(100);
        let expected = past.expected(&query("mnist", &hundred, 60_000));
        assert_eq!(expected.basis, Basis::Family);
        assert!((expected.seconds / table_estimate(100) - 3.0).abs() < 1e-9);
        let foreign = Query { engine: "linfa", ..query("mnist", &hundred, 60_000) };
        assert_eq!(past.expected(&foreign).basis, Basis::Guess);
    }

    #[test]
    fn what_was_stopped_takes_longer() {
        let mut past = History::default();
        past.add(vec![Recorded { at_least: true, bytes: None, ..recorded("mnist", 10, 60_000, 30.0) }]);
        assert!(past.expected(&query("mnist", &forest(10), 60_000)).seconds >= 60.0);
    }

    #[test]
    fn a_stop_counts_for_the_same_row_and_version_that_never_ended() {
        let stopped = |seconds| Recorded { at_least: true, ..recorded("mnist", 10, 5000, seconds) };
        let (ten, hundred) = (forest(10), forest(100));
        let asked = query("mnist", &ten, 5000);
        let mut past = History::default();
        past.add(vec![Recorded { was_run: false, ..stopped(600.0) }]);
        assert_eq!(past.stopped_after(&asked, "1.0"), None);
        past.add(vec![stopped(60.0), stopped(30.0)]);
        assert_eq!(past.stopped_after(&asked, "1.0"), Some(60.0));
        assert_eq!(past.stopped_after(&asked, "1.1"), None);
        for other in
            [query("mnist", &ten, 6000), query("fashion-mnist", &ten, 5000), query("mnist", &hundred, 5000)]
        {
            assert_eq!(past.stopped_after(&other, "1.0"), None);
        }
        past.add(vec![recorded("mnist", 10, 5000, 29.0)]);
        assert_eq!(past.stopped_after(&asked, "1.0"), None);
    }

    #[test]
    fn the_middle() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![2.0, 1.0]), Some(1.0));
    }
}
