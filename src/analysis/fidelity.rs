//! Fidelity: how close our accuracies are to the published table, to today's scikit-learn, and to
//! scikit-learn in this harness. One rule for all three.

use super::sklearn_reference::SklearnRows;
use super::tables::{Line, SideBySide, View};

/// The largest difference between a mean and its reference, in addition to the spread of the repeats.
pub const ALLOWED: f64 = 0.005;
/// [`ALLOWED`] for the deterministic families of [`EXACT`].
pub const ALLOWED_EXACT: f64 = 0.002;
pub const EXACT: [&str; 2] = ["KNeighborsClassifier", "GaussianNB"];
/// The differences within which pairs are counted.
pub const NEAR: [f64; 2] = [0.005, 0.01];
/// Slack for the f64 rounding of decimals: a difference of exactly the limit is within it.
pub const ROUNDING: f64 = 1e-9;

/// A row beside a reference figure.
pub struct Pair<'a> {
    pub line: &'a Line,
    pub ours: f64,
    /// The sample deviation over the repeats, where there are two or more.
    pub deviation: Option<f64>,
    pub repeats: usize,
    pub reference: f64,
}

impl Pair<'_> {
    pub fn away(&self) -> f64 {
        (self.ours - self.reference).abs()
    }

    /// Whether the rule holds.
    pub fn holds(&self) -> bool {
        self.away() <= self.allowed()
    }

    /// 0.005 (0.002 for the exact families) + 2 s / sqrt(2): the reference is one draw of the same spread, or
    /// a mean of few.
    pub fn allowed(&self) -> f64 {
        let base = if EXACT.contains(&self.line.classifier.as_str()) { ALLOWED_EXACT } else { ALLOWED };
        base + 2.0 * self.deviation.unwrap_or(0.0) / 2.0f64.sqrt() + ROUNDING
    }
}

/// The references of a data set. The published table counts for MNIST alone: its Fashion-MNIST column was
/// measured on an earlier version of the data.
fn references(dataset: &str) -> &'static [Source] {
    const ALL: [Source; 3] = [Source::Published, Source::Sklearn, Source::Harness];
    if dataset == "mnist" { &ALL } else { &ALL[1..] }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Published,
    /// Today's scikit-learn, from the built-in figures.
    Sklearn,
    /// The rows of the engine `scikit-learn` among the results.
    Harness,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Source::Published => "the published table",
            Source::Sklearn => "scikit-learn run without mnist-bench",
            Source::Harness => "scikit-learn run by mnist-bench",
        }
    }
}

/// One data set against one reference.
pub struct Part<'a> {
    /// The data set's place in the table.
    pub dataset: usize,
    pub source: Source,
    /// At least one.
    pub pairs: Vec<Pair<'a>>,
}

impl Part<'_> {
    /// How many pairs hold by the rule.
    pub fn holding(&self) -> usize {
        self.pairs.iter().filter(|pair| pair.holds()).count()
    }
}

/// The engine `native` of a view of the whole training set against every reference.
pub struct Fidelity<'a> {
    pub parts: Vec<Part<'a>>,
    pub sklearn_rows: SklearnRows<'a>,
}

impl<'a> Fidelity<'a> {
    pub fn of(table: &'a SideBySide, view: &'a View) -> Fidelity<'a> {
        let sklearn_rows = SklearnRows::of(table);
        let mut parts = Vec::new();
        for (dataset, name) in table.datasets.iter().enumerate() {
            for &source in references(name) {
                let pairs = pairs(table, view, dataset, source, &sklearn_rows);
                if !pairs.is_empty() {
                    parts.push(Part { dataset, source, pairs });
                }
            }
        }
        Fidelity { parts, sklearn_rows }
    }
}

fn pairs<'a>(
    table: &'a SideBySide,
    view: &'a View,
    dataset: usize,
    source: Source,
    sklearn_rows: &SklearnRows,
) -> Vec<Pair<'a>> {
    let lines = table.view(view).filter(|line| line.engine == "native");
    lines
        .filter_map(|line| {
            let figures = &line.cells.get(dataset)?.figures;
            let reference = match source {
                Source::Published => figures.published,
                Source::Sklearn => figures.sklearn,
                Source::Harness => sklearn_rows.accuracy(dataset, &line.id),
            };
            let row = table.row(line, dataset)?;
            let unconverged = figures.unconverged;
            let pair = Pair {
                line,
                ours: row.accuracy?,
                deviation: row.deviation,
                repeats: row.repeats.len(),
                reference: reference?,
            };
            (!unconverged).then_some(pair)
        })
        .collect()
}
