//! Scaling curves: configurations that a run has at several train sizes, engine by engine, with how their
//! times grow.
//!
//! All curves come from one run, the one with the most curves, so that no curve joins points of different
//! runs.

use std::collections::BTreeMap;

use super::peers::{OURS, Pair};
use super::rows::Row;
use super::tables::{SideBySide, View};
use crate::format::{plain, thousands};
use crate::stats::growth::{self, FEWEST, Growth};
use crate::stats::median::median;

/// The most panels that are drawn for a data set.
const DRAWN: usize = 6;
/// All curves of a run.
pub struct Scaling {
    pub run: String,
    /// One list a data set, in the order of the table.
    pub datasets: Vec<Vec<Panel>>,
}

/// One configuration with the engines that ran it.
pub struct Panel {
    pub classifier: String,
    /// The classifier with its parameters.
    pub name: String,
    /// By engine, ours first.
    pub curves: Vec<Curve>,
}

/// One engine's results of a configuration, by rising number of rows.
pub struct Curve {
    pub engine: String,
    pub points: Vec<Point>,
    /// The smallest train size without a result, and why.
    pub ended: Option<(usize, String)>,
    pub fit: Option<Growth>,
    pub predict: Option<Growth>,
    /// Of both together.
    pub total: Option<Growth>,
    /// Its CPU time over ours at the most images that both reached; `None` where the two cannot be compared.
    factor: Option<f64>,
}

/// One result.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub rows: usize,
    pub accuracy: f64,
    pub fit_seconds: f64,
    pub predict_seconds: f64,
    pub quiet: bool,
    /// The number of its line in the table.
    pub line: usize,
}

/// The rows of a configuration by engine, ours first, each with its line of the table.
type ByEngine<'a> = BTreeMap<(bool, &'a str), Vec<(usize, &'a Row)>>;

impl Scaling {
    /// The curves of the run to show; `None` where no run has any.
    pub fn of(table: &SideBySide, view: &View) -> Option<Scaling> {
        let mut runs: Vec<&str> = table.lines.iter().map(|line| line.run.as_str()).collect();
        runs.sort_unstable();
        runs.dedup();
        let all = runs.into_iter().map(|run| Scaling::of_run(table, run));
        let found: Vec<Scaling> = all.filter(|scaling| scaling.curves() > 0).collect();
        // Of runs with equally many curves the view's own, else the first.
        let most = |&index: &usize| (found[index].curves(), found[index].run == view.run);
        let chosen = (0..found.len()).rev().max_by_key(most)?;
        found.into_iter().nth(chosen)
    }

    /// The panels to draw of a data set, in the order of the table: of each classifier the one with most
    /// curves, and of those the `DRAWN` with most.
    pub fn chosen(&self, dataset: usize) -> Vec<&Panel> {
        let Some(panels) = self.datasets.get(dataset) else { return Vec::new() };
        let mut order: Vec<usize> = (0..panels.len()).collect();
        // Curves of all data sets count, so that each data set shows the same.
        let drawn = |at: usize| {
            let same = self.datasets.iter().flatten().filter(|panel| panel.name == panels[at].name);
            same.flat_map(|panel| &panel.curves).filter(|curve| !curve.points.is_empty()).count()
        };
        order.sort_by_key(|&at| (std::cmp::Reverse(drawn(at)), at));
        let mut chosen: Vec<usize> = Vec::new();
        for at in order {
            let is_new = chosen.iter().all(|&other| panels[other].classifier != panels[at].classifier);
            if is_new && chosen.len() < DRAWN {
                chosen.push(at);
            }
        }
        chosen.sort_unstable();
        chosen.into_iter().map(|at| &panels[at]).collect()
    }

    /// Findings from all curves, a sentence each: how many end at a failure and why, how much CPU time other
    /// libraries need, and how accuracies differ.
    pub fn findings(&self) -> Vec<String> {
        let panels: Vec<&Panel> = self.datasets.iter().flatten().collect();
        let others = || panels.iter().flat_map(|panel| panel.others());
        let all = others().count();
        if all == 0 {
            return Vec::new();
        }
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for reason in others().filter_map(Curve::reason) {
            *reasons.entry(reason).or_default() += 1;
        }
        let ended: usize = reasons.values().sum();
        let why: Vec<String> = reasons.iter().map(|(reason, count)| format!("{reason}: {count}")).collect();
        let ends = if ended == 0 {
            format!("All {all} curves of other libraries reach the largest size that was run.")
        } else {
            format!("{ended} of {all} curves of other libraries end at a failure ({}).", why.join("; "))
        };
        let mut findings = vec![ends];
        let mut factors: Vec<f64> = panels.iter().flat_map(|panel| panel.factors()).collect();
        factors.sort_by(f64::total_cmp);
        if let Some(middle) = median(&factors) {
            let middle = factor(middle);
            let times = match factors[..] {
                [least, .., most] => format!("{} to {} times (median {middle})", factor(least), factor(most)),
                _ => format!("{middle} times"),
            };
            findings.push(format!(
                "At the most images that both reached, other libraries need {times} the CPU time of mnist-bench."
            ));
        }
        findings.extend(accuracies(&panels));
        findings
    }

    fn curves(&self) -> usize {
        self.datasets.iter().flatten().map(|panel| panel.curves.len()).sum()
    }

    fn of_run(table: &SideBySide, run: &str) -> Scaling {
        let panels = |dataset| {
            // By configuration, in the order of the table, then by engine.
            let mut order = Vec::new();
            let mut found: BTreeMap<&str, ByEngine> = BTreeMap::new();
            for (number, line) in table.lines.iter().enumerate() {
                let Some(row) = table.row(line, dataset).filter(|_| line.run == run) else { continue };
                if !order.contains(&line.id.as_str()) {
                    order.push(&line.id);
                }
                let engines = found.entry(&line.id).or_default();
                engines.entry((line.engine != OURS, &line.engine)).or_default().push((number, row));
            }
            let panel = |id: &&str| {
                let engines = found.get(id)?;
                let ours = engines.get(&(false, OURS)).map_or(&[][..], Vec::as_slice);
                let curves: Vec<Curve> = engines
                    .iter()
                    .filter(|(_, rows)| rows.len() >= FEWEST)
                    .map(|((_, engine), rows)| Curve::new(engine, rows, ours))
                    .collect();
                let (_, row) = engines.values().flatten().next()?;
                let name = plain(format!("{} {}", row.classifier, row.parameters).trim_end());
                (!curves.is_empty()).then(|| Panel { classifier: row.classifier.clone(), name, curves })
            };
            order.iter().filter_map(panel).collect()
        };
        Scaling { run: run.to_string(), datasets: (0..table.datasets.len()).map(panels).collect() }
    }
}

/// How far an accuracy at the same size may lie from ours to count as the same.
const CLOSE: f64 = 0.01;

/// Accuracies at the most images that both reached; the curves that lie further apart are named, at most
/// three.
fn accuracies(panels: &[&Panel]) -> Option<String> {
    let mut apart: Vec<(f64, String)> = Vec::new();
    let mut compared = 0;
    for panel in panels {
        for (curve, ours, theirs) in panel.pairs() {
            compared += 1;
            let gain = theirs.accuracy - ours.accuracy;
            if gain.abs() > CLOSE {
                apart.push((gain, format!("{}'s {} {gain:+.3}", curve.engine, panel.classifier)));
            }
        }
    }
    apart.sort_by(|(a, x), (b, y)| b.abs().total_cmp(&a.abs()).then(x.cmp(y)));
    let named: Vec<&str> = apart.iter().map(|(_, text)| text.as_str()).take(3).collect();
    let furthest = if named.is_empty() { String::new() } else { format!("; furthest: {}", named.join(", ")) };
    (compared > 0).then(|| {
        format!(
            "Accuracies there lie within {CLOSE} of those of mnist-bench in {} of {compared} curves{furthest}.",
            compared - apart.len()
        )
    })
}

/// CPU time over ours at the most images that both reached; `None` where the two cannot be compared.
fn over_ours(rows: &[(usize, &Row)], ours: &[(usize, &Row)]) -> Option<f64> {
    let pairs = rows.iter().filter(|(_, theirs)| theirs.accuracy.is_some()).filter_map(|(_, theirs)| {
        let same = |ours: &Row| ours.train_size == theirs.train_size && ours.accuracy.is_some();
        let (_, ours) = ours.iter().find(|(_, ours)| same(ours))?;
        Some(Pair { ours, theirs })
    });
    pairs.max_by_key(|pair| pair.theirs.train_size)?.time()
}

/// A factor as text: whole from 10 on, else with one decimal.
fn factor(value: f64) -> String {
    if value >= 9.95 { thousands(value.round() as usize) } else { format!("{value:.1}") }
}

impl Panel {
    /// The curves of other libraries.
    fn others(&self) -> impl Iterator<Item = &Curve> {
        self.curves.iter().filter(|curve| curve.engine != OURS)
    }

    /// Each other curve with our result and its own at the most images that both reached.
    fn pairs(&self) -> Vec<(&Curve, Point, Point)> {
        let Some(own) = self.curves.iter().find(|curve| curve.engine == OURS) else { return Vec::new() };
        let pair = |curve: &'_ Curve| {
            let at = |theirs: &Point| own.points.iter().find(|ours| ours.rows == theirs.rows).copied();
            curve.points.iter().rev().find_map(|theirs| Some((at(theirs)?, *theirs)))
        };
        self.others().filter_map(|curve| pair(curve).map(|(ours, theirs)| (curve, ours, theirs))).collect()
    }

    /// CPU time of each other library over ours, at the most images that both reached.
    fn factors(&self) -> Vec<f64> {
        self.others().filter_map(|curve| curve.factor).collect()
    }

    /// What the panel shows, in a few words.
    pub fn finding(&self) -> String {
        let (all, ended) =
            (self.others().count(), self.others().filter(|curve| curve.reason().is_some()).count());
        let factors = self.factors();
        let least = factors.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = factors.iter().copied().fold(0.0, f64::max);
        match (ended, factors.len()) {
            (0, 0) => "seconds against training images".to_string(),
            (0, 1) => format!("the other needs {} times our CPU time", factor(greatest)),
            (0, _) => format!("others need {} to {} times our CPU time", factor(least), factor(greatest)),
            _ => format!("{ended} of {all} other libraries stop early"),
        }
    }
}

impl Curve {
    /// Why the curve ends early, in a word or two; `None` if it does not.
    pub fn reason(&self) -> Option<String> {
        let (rows, why) = self.ended.as_ref()?;
        if self.points.last().is_some_and(|point| point.rows > *rows) {
            return None;
        }
        let (status, text) = why.split_once(": ").unwrap_or((why, ""));
        let limit = || {
            let words: Vec<&str> = text.split_whitespace().collect();
            let seconds = words.windows(2).find(|pair| pair[1] == "s")?[0].parse::<f64>().ok()?;
            Some(if seconds >= 60.0 {
                format!("{:.0} min", seconds / 60.0)
            } else {
                format!("{seconds:.0} s")
            })
        };
        Some(match status {
            "timeout" => limit().unwrap_or_else(|| "timeout".to_string()),
            "out of memory" => "memory".to_string(),
            _ if text.contains("NaN") => "NaN".to_string(),
            other => other.chars().take(12).collect(),
        })
    }

    fn new(engine: &str, rows: &[(usize, &Row)], ours: &[(usize, &Row)]) -> Curve {
        let mut points = Vec::new();
        let mut ended: Option<(usize, String)> = None;
        for (line, row) in rows {
            match (row.accuracy, row.fit_seconds, row.predict_seconds) {
                (Some(accuracy), Some(fit_seconds), Some(predict_seconds)) => points.push(Point {
                    rows: row.train_size,
                    accuracy,
                    fit_seconds,
                    predict_seconds,
                    quiet: row.quiet,
                    line: *line,
                }),
                _ if ended.as_ref().is_none_or(|(rows, _)| row.train_size < *rows) => {
                    let reason = row.error.as_deref().and_then(|error| error.lines().next());
                    let reason = reason.unwrap_or_default();
                    let text = format!("{}: {reason}", row.status.name().replace('_', " "));
                    ended = Some((row.train_size, text));
                }
                _ => {}
            }
        }
        points.sort_by_key(|point| point.rows);
        let growth = |seconds: fn(&Point) -> f64| {
            let pairs: Vec<(f64, f64)> =
                points.iter().map(|point| (point.rows as f64, seconds(point))).collect();
            growth::fit(&pairs)
        };
        Curve {
            engine: engine.to_string(),
            fit: growth(|point| point.fit_seconds),
            predict: growth(|point| point.predict_seconds),
            total: growth(Point::seconds),
            factor: over_ours(rows, ours),
            points,
            ended,
        }
    }
}

impl Point {
    /// Fitting and predicting together.
    pub fn seconds(&self) -> f64 {
        self.fit_seconds + self.predict_seconds
    }
}
