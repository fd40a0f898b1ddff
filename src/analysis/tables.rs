//! The side-by-side: results of one configuration on every data set joined into one line, with what others
//! got.
//!
//! Lines join on run, engine, train size and canonical id; a row without a counterpart stays.

use std::collections::{BTreeMap, BTreeSet};

use super::reference::{Figures, Reference};
use super::rows::{Row, readable};
use crate::format::round;

/// What may be opened: one run at one train size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub run: String,
    /// Training images of a cut set; `None` for all.
    pub subset: Option<usize>,
}

impl View {
    /// The train size in words.
    pub fn size(&self) -> String {
        match self.subset {
            Some(size) => format!("{size} training images"),
            None => "all training images".to_string(),
        }
    }
}

/// One configuration by one engine, over all data sets.
#[derive(Clone, Debug)]
pub struct Line {
    pub run: String,
    /// Empty when only the references know the configuration.
    pub engine: String,
    pub subset: Option<usize>,
    pub id: String,
    pub classifier: String,
    pub parameters: String,
    /// One for each data set, in the order of [`SideBySide::datasets`].
    pub cells: Vec<Cell>,
}

/// A line on one data set.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// The index of our row.
    pub row: Option<usize>,
    /// What others got; empty when the training set was cut.
    pub figures: Figures,
}

/// All lines, sorted for reading.
pub struct SideBySide {
    pub rows: Vec<Row>,
    /// MNIST, Fashion-MNIST, then any others by name.
    pub datasets: Vec<String>,
    pub lines: Vec<Line>,
    /// Rows of the run [`SEEDS`], which have no line: the same configurations again, with many seeds.
    pub seeds: Vec<Row>,
}

/// The run of fits with many seeds. They show how far a mean may be trusted, and stand in no table of results unless
/// that run itself is opened.
pub const SEEDS: &str = "seeds";

impl SideBySide {
    /// Joins rows and references. Configurations that only the references know become lines of `open`,
    /// when that is a view of the whole training set.
    pub fn join(rows: Vec<Row>, references: &BTreeMap<String, Reference>, open: &View) -> SideBySide {
        let (seeds, rows): (Vec<Row>, Vec<Row>) =
            rows.into_iter().partition(|row| row.run == SEEDS && open.run != SEEDS);
        let datasets = in_order(rows.iter().map(|row| row.dataset.as_str()));
        let mut joined: BTreeMap<_, Line> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            let figures = |dataset: &String| {
                let reference = references.get(&row.id).filter(|_| row.subset.is_none());
                reference.and_then(|reference| reference.figures.get(dataset)).cloned().unwrap_or_default()
            };
            let cell = |dataset: &String| Cell { row: None, figures: figures(dataset) };
            let key = (&row.run, &row.engine, row.subset, &row.id);
            let line = joined.entry(key).or_insert_with(|| Line {
                run: row.run.clone(),
                engine: row.engine.clone(),
                subset: row.subset,
                id: row.id.clone(),
                classifier: row.classifier.clone(),
                parameters: row.parameters.clone(),
                cells: datasets.iter().map(cell).collect(),
            });
            if let Some(dataset) = datasets.iter().position(|name| *name == row.dataset) {
                line.cells[dataset].row = Some(index);
            }
        }
        let mut lines: Vec<Line> = joined.into_values().collect();
        lines.extend(known_elsewhere(&lines, references, &datasets, open));
        lines.sort_by_cached_key(|line| {
            let key = (line.run.clone(), line.subset.map_or(0, |size| size + 1));
            (key, natural(&line.classifier), natural(&line.id), line.engine.clone())
        });
        SideBySide { rows, datasets, lines, seeds }
    }

    /// Our row of a line on one data set.
    pub fn row(&self, line: &Line, dataset: usize) -> Option<&Row> {
        line.cells.get(dataset)?.row.map(|row| &self.rows[row])
    }

    /// The second data set's accuracy less the first's: how much harder it is.
    pub fn difference(&self, line: &Line) -> Option<f64> {
        let accuracy = |dataset| self.row(line, dataset).and_then(|row| row.accuracy);
        Some(round(accuracy(1)? - accuracy(0)?))
    }

    /// The lines of one view.
    pub fn view<'a>(&'a self, view: &'a View) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(|line| self.shows(view, line))
    }

    /// Whether a line is of a view.
    pub fn shows(&self, view: &View, line: &Line) -> bool {
        line.run == view.run && line.subset == view.subset
    }
}

/// The two data sets that this project is about, then any others by name.
pub fn in_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let main = ["mnist", "fashion-mnist"];
    let others: BTreeSet<&str> = names.filter(|name| !main.contains(name)).collect();
    main.into_iter().chain(others).map(String::from).collect()
}

/// Lines for what the references know and `open` has no row of, by any engine.
fn known_elsewhere(
    lines: &[Line],
    references: &BTreeMap<String, Reference>,
    datasets: &[String],
    open: &View,
) -> Vec<Line> {
    if open.subset.is_some() {
        return Vec::new();
    }
    let ours: BTreeSet<&str> = lines
        .iter()
        .filter(|line| line.run == open.run && line.subset.is_none())
        .map(|line| line.id.as_str())
        .collect();
    let missing = references.iter().filter(|(id, _)| !ours.contains(id.as_str()));
    let line = |(id, reference): (&String, &Reference)| Line {
        run: open.run.clone(),
        engine: String::new(),
        subset: None,
        id: id.clone(),
        classifier: reference.configuration.classifier.clone(),
        parameters: readable(&reference.configuration.parameters),
        cells: datasets
            .iter()
            .map(|name| Cell { row: None, figures: reference.figures.get(name).cloned().unwrap_or_default() })
            .collect(),
    };
    missing.map(line).collect()
}

/// A key by which `C=10` comes before `C=100` and after `C=2`: digits compare as numbers.
fn natural(text: &str) -> Vec<(u64, String)> {
    let mut key = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (digits, after) = after.split_at(digits);
        // Word first: the number behind it decides only between equal words.
        key.push((0, word.to_string()));
        key.push((digits.parse().unwrap_or(u64::MAX), digits.to_string()));
        rest = after;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_ids_sort_as_numbers() {
        let mut ids = vec!["SVC,C=100", "SVC,C=10", "SVC", "SVC,C=2", "KNN"];
        ids.sort_by_key(|id| natural(id));
        assert_eq!(ids, ["KNN", "SVC", "SVC,C=2", "SVC,C=10", "SVC,C=100"]);
    }
}
