//! Our engine beside every other, family by family: differences of accuracy, ratios of time, and the rows in
//! which the other engine is ahead.
//!
//! A pair is one configuration that both trained on the same rows of the same data set, in whatever runs.
//! Times are compared only if the two processors differ at most in their generation. Pairs that were measured
//! alone on both sides, on equal processors, are kept apart from the others. Times are CPU seconds of fitting
//! and predicting if both sides have them: outside a quiet pass other work ran beside most rows, which
//! changes CPU time least.

use std::collections::BTreeMap;

use super::compare::Processor;
use super::fidelity::ROUNDING;
use super::rows::Row;
use super::tables::{SideBySide, View};
use crate::format::{accuracy, difference, plain, title};
use crate::results::Status;
use crate::results::record::UNCOUNTED_STEPS;

/// The name of this project's engine.
pub const OURS: &str = "native";
/// A gain in accuracy of more than this counts as ahead: what the rule of fidelity allows without spread.
pub const AHEAD: f64 = 0.005;
/// Deviations over our seeds below which a difference may be chance.
pub const NOISE: f64 = 3.0;

/// The least share of our CPU time that must remain without the steps before the model that the harness ran
/// for the other engine.
const LEAST_OWN: f64 = 0.5;

/// One configuration that both have.
pub(super) struct Pair<'a> {
    pub(super) ours: &'a Row,
    pub(super) theirs: &'a Row,
}

impl Pair<'_> {
    /// Their accuracy less ours.
    fn gain(&self) -> Option<f64> {
        Some(self.theirs.accuracy? - self.ours.accuracy?)
    }

    /// Their time over ours; `None` unless processors that differ at most in their generation measured both.
    /// CPU time if both have it, else wall time of as many threads.
    pub(super) fn time(&self) -> Option<f64> {
        let (one, other) = processors(self.ours, self.theirs)?;
        if !one.resembles(&other) {
            return None;
        }
        let ratio = match (self.theirs.cpu_seconds, self.ours.cpu_seconds) {
            (Some(theirs), Some(ours)) => {
                let own = ours - self.uncounted();
                // The two times are of different runs: if little of ours remains, the rest is mostly noise.
                if own < LEAST_OWN * ours {
                    return None;
                }
                theirs / own
            }
            _ if self.theirs.threads == self.ours.threads => wall(self.theirs)? / wall(self.ours)?,
            _ => return None,
        };
        (ratio.is_finite() && ratio > 0.0).then_some(ratio)
    }

    /// CPU seconds of the steps before the model that the harness ran for the other engine: our time includes
    /// them, theirs does not. None of them if the harness ran ours as well.
    fn uncounted(&self) -> f64 {
        let of = |row: &Row| row.facts.get(UNCOUNTED_STEPS).and_then(|seconds| seconds.as_f64());
        of(self.theirs).filter(|_| of(self.ours).is_none()).unwrap_or(0.0)
    }

    /// Whether both times were measured alone, on the same kind of processor: a fair comparison.
    pub(super) fn quiet(&self) -> bool {
        self.ours.quiet
            && self.theirs.quiet
            && processors(self.ours, self.theirs).is_some_and(|(ours, theirs)| ours == theirs)
    }

    /// The ratio of times as text, with `~` unless it is a fair comparison; empty without a ratio.
    fn spelled_time(&self) -> String {
        let mark = if self.quiet() { "" } else { "~" };
        self.time().map(|time| mark.to_string() + &ratio(time)).unwrap_or_default()
    }

    /// The mean of our repeats as text, with their deviation if there is one.
    fn ours(&self) -> String {
        let mean = self.ours.accuracy.map(accuracy).unwrap_or_default();
        match self.ours.deviation {
            Some(deviation) if deviation > 0.0 => format!("{mean} (s {})", accuracy(deviation)),
            _ => mean,
        }
    }

    /// Whether the gain is more than the spread of our seeds explains.
    fn beyond_seeds(&self, gain: f64) -> bool {
        gain > AHEAD + ROUNDING && gain > NOISE * self.ours.deviation.unwrap_or(0.0)
    }

    pub(super) fn name(&self) -> String {
        plain(format!("{} {}", title(&self.ours.dataset), self.ours.parameters).trim_end())
    }
}

/// What measured the two, where both files say.
fn processors(one: &Row, other: &Row) -> Option<(Processor, Processor)> {
    let of = |row: &Row| row.provenance.as_ref().map(Processor::of);
    Some((of(one)?, of(other)?))
}

fn wall(row: &Row) -> Option<f64> {
    Some(row.fit_seconds? + row.predict_seconds?)
}

/// The pairs of one line of the report.
#[derive(Default)]
pub(super) struct Group<'a> {
    pub(super) pairs: Vec<Pair<'a>>,
    /// Rows that ours has and the engine has no result for, those not tried after a timeout too.
    without: usize,
    /// The time limits that these rows ran into, in seconds.
    limits: Vec<f64>,
}

impl Group<'_> {
    /// The ratios of times that are a fair comparison (`quiet`), or the other ratios.
    fn times(&self, quiet: bool) -> Times {
        let pairs = self.pairs.iter().filter(|pair| pair.quiet() == quiet);
        let ratios: Vec<f64> = pairs.filter_map(Pair::time).collect();
        Times { pairs: ratios.len(), ratio: spread(ratios.into_iter(), geometric_mean, ratio) }
    }
}

/// By classifier, engine and train size.
pub(super) type Key<'a> = (&'a str, &'a str, usize);

/// What the report says of all engines besides ours, as text to show.
pub struct Peers {
    pub lines: Vec<Family>,
    pub ahead: Vec<Ahead>,
    /// The different time limits of rows without a result, in seconds, rising.
    pub limits: Vec<f64>,
}

/// A family of an engine at a train size.
pub struct Family {
    pub classifier: String,
    pub engine: String,
    pub train_size: usize,
    pub pairs: usize,
    pub gain: String,
    /// Of pairs that were measured in a quiet pass on both sides.
    pub quiet: Times,
    /// Of the other pairs; most of these had other work beside one side at least.
    pub others: Times,
    pub without: usize,
}

/// The ratios of times of some pairs.
pub struct Times {
    pub pairs: usize,
    /// Their time over ours, as text; empty without a pair.
    pub ratio: String,
}

/// A row in which another engine is ahead of ours.
pub struct Ahead {
    pub classifier: String,
    pub engine: String,
    pub train_size: usize,
    pub configuration: String,
    /// With the sample deviation over the repeats, where there are repeats.
    pub ours: String,
    pub gain: String,
    pub time: String,
    /// Its gain in accuracy, if that is over [`AHEAD`] and over [`NOISE`] deviations of our repeats.
    pub more_accurate: Option<f64>,
    /// Its time over ours where it is the faster one.
    pub faster: Option<f64>,
}

/// Another library over all families, with its CPU time relative to ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Library {
    pub engine: String,
    /// Pairs whose CPU times can be compared, each measured with nothing else running.
    pub timed: usize,
    /// Its CPU time over ours: the geometric mean over these pairs; `None` without one.
    pub factor: Option<f64>,
    /// The number of all pairs with times, those marked `~` too, in which it is faster.
    pub faster: usize,
    /// Results in which it is more accurate than ours by more than [`AHEAD`] and [`NOISE`] deviations of our
    /// repeats, and the number that have an accuracy.
    pub more_accurate: usize,
    pub compared: usize,
    /// The number of our results that the library has none for, those not tried after a timeout too.
    pub without: usize,
    /// Training images of the results whose times count, rising.
    pub train_sizes: Vec<usize>,
}

/// Every other library, the one with most pairs first; without the run of the scaling curves, as
/// [`Peers::of`].
pub fn libraries(table: &SideBySide, view: &View, curves: Option<&str>) -> Vec<Library> {
    let left_out = curves.filter(|run| *run != view.run);
    let mut by_engine: BTreeMap<&str, Vec<(usize, Group)>> = BTreeMap::new();
    for ((_, engine, train_size), group) in groups(table, view, left_out) {
        by_engine.entry(engine).or_default().push((train_size, group));
    }
    let library = |(engine, groups): (&str, Vec<(usize, Group)>)| {
        let pairs = || groups.iter().flat_map(|(_, group)| &group.pairs);
        let ratios: Vec<f64> = pairs().filter(|pair| pair.quiet()).filter_map(Pair::time).collect();
        let timed = |(_, group): &&(usize, Group)| {
            group.pairs.iter().any(|pair| pair.quiet() && pair.time().is_some())
        };
        let mut train_sizes: Vec<usize> = groups.iter().filter(timed).map(|(size, _)| *size).collect();
        train_sizes.sort_unstable();
        train_sizes.dedup();
        Library {
            engine: engine.to_string(),
            timed: ratios.len(),
            factor: (!ratios.is_empty()).then(|| geometric_mean(&ratios)),
            faster: pairs().filter_map(Pair::time).filter(|&ratio| ratio < 1.0).count(),
            more_accurate: pairs()
                .filter(|pair| pair.gain().is_some_and(|gain| pair.beyond_seeds(gain)))
                .count(),
            compared: pairs().filter_map(Pair::gain).count(),
            without: groups.iter().map(|(_, group)| group.without).sum(),
            train_sizes,
        }
    };
    let mut libraries: Vec<Library> = by_engine.into_iter().map(library).collect();
    libraries.sort_by_key(|library| (std::cmp::Reverse(library.timed), library.engine.clone()));
    libraries
}

impl Peers {
    /// Compares the rows of all runs in the table; those of the scaling curves (`curves`) only if the view
    /// opens that run. Beside a row stands ours of the same run, else that of the view's run, else the first.
    pub fn of(table: &SideBySide, view: &View, curves: Option<&str>) -> Peers {
        let left_out = curves.filter(|run| *run != view.run);
        let (mut lines, mut ahead, mut limits) = (Vec::new(), Vec::new(), Vec::new());
        for ((classifier, engine, train_size), group) in groups(table, view, left_out) {
            lines.push(Family {
                classifier: classifier.to_string(),
                engine: engine.to_string(),
                train_size,
                pairs: group.pairs.len(),
                gain: spread(group.pairs.iter().filter_map(Pair::gain), mean, difference),
                quiet: group.times(true),
                others: group.times(false),
                without: group.without,
            });
            limits.extend_from_slice(&group.limits);
            for pair in &group.pairs {
                let (gain, time) = (pair.gain().unwrap_or(0.0), pair.time());
                if gain > AHEAD + ROUNDING || time.is_some_and(|time| time < 1.0) {
                    ahead.push(Ahead {
                        classifier: classifier.to_string(),
                        engine: engine.to_string(),
                        train_size,
                        configuration: pair.name(),
                        ours: pair.ours(),
                        gain: difference(gain),
                        time: pair.spelled_time(),
                        more_accurate: pair.beyond_seeds(gain).then_some(gain),
                        faster: time.filter(|&time| time < 1.0),
                    });
                }
            }
        }
        limits.sort_by(f64::total_cmp);
        limits.dedup();
        Peers { lines, ahead, limits }
    }

    /// Rows in which another library is more accurate than the spread of our seeds explains, the largest gain
    /// first.
    pub fn more_accurate(&self) -> Vec<&Ahead> {
        let mut found: Vec<&Ahead> = self.ahead.iter().filter(|row| row.more_accurate.is_some()).collect();
        found.sort_by(|a, b| b.more_accurate.unwrap_or(0.0).total_cmp(&a.more_accurate.unwrap_or(0.0)));
        found
    }

    /// Rows in which another library is faster, the fastest first.
    pub fn faster(&self) -> Vec<&Ahead> {
        let mut found: Vec<&Ahead> = self.ahead.iter().filter(|row| row.faster.is_some()).collect();
        found.sort_by(|a, b| a.faster.unwrap_or(1.0).total_cmp(&b.faster.unwrap_or(1.0)));
        found
    }

    /// Whether every ratio of times is a fair comparison: measured alone, on equal processors.
    pub fn all_quiet(&self) -> bool {
        self.lines.iter().all(|line| line.others.pairs == 0)
    }
}

pub(super) fn groups<'a>(
    table: &'a SideBySide,
    view: &View,
    left_out: Option<&str>,
) -> BTreeMap<Key<'a>, Group<'a>> {
    let rows = || {
        let all = table.lines.iter().flat_map(|line| (0..table.datasets.len()).map(move |at| (line, at)));
        all.filter_map(|(line, dataset)| table.row(line, dataset))
            .filter(|row| Some(row.run.as_str()) != left_out)
    };
    // A row that several runs have counts once: one with a result, then that of the view's run, then the
    // first.
    let rank = |row: &Row| (row.status == Status::Ok, row.run == view.run);
    let mut chosen: BTreeMap<(&str, &str, &str, usize), &Row> = BTreeMap::new();
    let mut ours_of_run: BTreeMap<(&str, &str, &str, usize), &Row> = BTreeMap::new();
    for row in rows().filter(|row| row.engine != OURS || row.status == Status::Ok) {
        let known = chosen.entry((&row.engine, &row.dataset, &row.id, row.train_size)).or_insert(row);
        if rank(row) > rank(known) {
            *known = row;
        }
        if row.engine == OURS {
            ours_of_run.insert((&row.run, &row.dataset, &row.id, row.train_size), row);
        }
    }
    let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
    for (&(_, dataset, id, size), theirs) in chosen.iter().filter(|(_, row)| row.engine != OURS) {
        // Rows of one run were measured on one machine, so they are preferred.
        let beside = ours_of_run.get(&(theirs.run.as_str(), dataset, id, size));
        let Some(ours) = beside.or_else(|| chosen.get(&(OURS, dataset, id, size))) else {
            continue;
        };
        let group = groups.entry((&theirs.classifier, &theirs.engine, theirs.train_size)).or_default();
        match theirs.status {
            Status::Ok => group.pairs.push(Pair { ours, theirs }),
            Status::Unsupported | Status::Reported => {}
            status => {
                group.without += 1;
                let made = theirs.provenance.as_ref().filter(|_| status == Status::Timeout);
                group.limits.extend(made.map(|made| made.timeout_seconds));
            }
        }
    }
    groups.retain(|_, group| !group.pairs.is_empty() || group.without > 0);
    groups
}

/// `middle (least to most)` of the values as text; a single value alone; empty without values.
fn spread(
    values: impl Iterator<Item = f64>,
    middle: impl Fn(&[f64]) -> f64,
    spell: impl Fn(f64) -> String,
) -> String {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values[..] {
        [] => String::new(),
        [one] => spell(one),
        [least, .., most] => format!("{} ({} to {})", spell(middle(&values)), spell(least), spell(most)),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub(super) fn geometric_mean(values: &[f64]) -> f64 {
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}

/// A ratio as text: `12 x`, `3.4 x`, `0.52 x`.
pub(super) fn ratio(value: f64) -> String {
    match value {
        v if v >= 9.95 => format!("{v:.0} x"),
        v if v >= 0.995 => format!("{v:.1} x"),
        v => format!("{v:.2} x"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_read_well() {
        let times = |values: &[f64]| spread(values.iter().copied(), geometric_mean, ratio);
        assert_eq!(times(&[4.0, 1.0]), "2.0 x (1.0 x to 4.0 x)");
        assert_eq!(times(&[0.5]), "0.50 x");
        assert_eq!(times(&[]), "");
        assert_eq!(spread([0.01, -0.03].into_iter(), mean, difference), "-0.0100 (-0.0300 to +0.0100)");
    }
}
