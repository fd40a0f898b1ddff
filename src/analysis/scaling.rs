//! Scaling curves: configurations that a run has at several train sizes, engine by engine, with how their
//! times grow.
//!
//! They come from one run, the one that has most, so that points of different runs never make one curve.

use std::collections::BTreeMap;

use super::rows::Row;
use super::tables::{SideBySide, View};
use crate::format::plain;
use crate::stats::growth::{self, FEWEST, Growth};

/// All curves of a run.
pub struct Scaling {
    pub run: String,
    /// One list a data set, in the order of the table.
    pub datasets: Vec<Vec<Panel>>,
}

/// One configuration with the engines that ran it.
pub struct Panel {
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

/// The rows of a configuration by engine, native first, each with its line of the table.
type ByEngine<'a> = BTreeMap<(bool, &'a str), Vec<(usize, &'a Row)>>;

impl Scaling {
    /// The curves of the run to show; `None` where no run has any.
    pub fn of(table: &SideBySide, view: &View) -> Option<Scaling> {
        let mut runs: Vec<&str> = table.lines.iter().map(|line| line.run.as_str()).collect();
        runs.sort_unstable();
        runs.dedup();
        let all = runs.into_iter().map(|run| Scaling::of_run(table, run));
        let found: Vec<Scaling> = all.filter(|scaling| scaling.curves() > 0).collect();
        // Of those with as many the report's own, else the first.
        let most = |&index: &usize| (found[index].curves(), found[index].run == view.run);
        let chosen = (0..found.len()).rev().max_by_key(most)?;
        found.into_iter().nth(chosen)
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
                engines.entry((line.engine != "native", &line.engine)).or_default().push((number, row));
            }
            let panel = |id: &&str| {
                let engines = found.get(id)?;
                let curves: Vec<Curve> = engines
                    .iter()
                    .filter(|(_, rows)| rows.len() >= FEWEST)
                    .map(|((_, engine), rows)| Curve::new(engine, rows))
                    .collect();
                let (_, row) = engines.values().flatten().next()?;
                let name = plain(format!("{} {}", row.classifier, row.parameters).trim_end());
                (!curves.is_empty()).then_some(Panel { name, curves })
            };
            order.iter().filter_map(panel).collect()
        };
        Scaling { run: run.to_string(), datasets: (0..table.datasets.len()).map(panels).collect() }
    }
}

impl Curve {
    fn new(engine: &str, rows: &[(usize, &Row)]) -> Curve {
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
