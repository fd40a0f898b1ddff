//! How many times longer every other library takes than mnist-bench, configuration by configuration: what the chart of
//! libraries draws.

use std::collections::BTreeMap;

use super::peers::{self, Pair};
use super::tables::{SideBySide, View};

/// One configuration that both trained on the same images, with times that can be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct TimedPair {
    pub classifier: String,
    pub engine: String,
    pub train_size: usize,
    /// CPU time of the other library over ours, of fit and predict together.
    pub ratio: f64,
    /// Both were measured with nothing else running.
    pub quiet: bool,
    /// The line of the other library in the table.
    pub line: usize,
}

/// The pairs of each library and classifier at the largest training set that has any; where some were measured alone on
/// both sides, only these. Sorted by classifier, then by library.
pub fn of(table: &SideBySide, view: &View, curves: Option<&str>) -> Vec<TimedPair> {
    let mut line_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, line) in table.lines.iter().enumerate() {
        let rows = (0..line.cells.len()).filter_map(|dataset| table.row(line, dataset));
        line_of.extend(rows.map(|row| (row.file.as_str(), number)));
    }
    let mut largest: BTreeMap<(&str, &str), Vec<TimedPair>> = BTreeMap::new();
    let left_out = curves.filter(|run| *run != view.run);
    // Sizes of one classifier and library come in rising order.
    for ((classifier, engine, train_size), group) in peers::groups(table, view, left_out) {
        let timed = |pair: &Pair| {
            Some(TimedPair {
                classifier: classifier.to_string(),
                engine: engine.to_string(),
                train_size,
                ratio: pair.time()?,
                quiet: pair.quiet(),
                line: *line_of.get(pair.theirs.file.as_str())?,
            })
        };
        let mut pairs: Vec<TimedPair> = group.pairs.iter().filter_map(timed).collect();
        if pairs.iter().any(|pair| pair.quiet) {
            pairs.retain(|pair| pair.quiet);
        }
        if !pairs.is_empty() {
            largest.insert((classifier, engine), pairs);
        }
    }
    largest.into_values().flatten().collect()
}
