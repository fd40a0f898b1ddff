//! The side-by-side: results of one configuration on every data set joined into one line, with what others
//! got, and written as CSV.
//!
//! Lines join on run, engine, train size and canonical id, by full joins: a row without a counterpart stays.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use super::format::round;
use super::reference::{Figures, Reference};
use super::rows::{Row, readable};

/// What may be opened: one run at one train size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub run: String,
    /// Training rows of a cut set; `None` for all.
    pub subset: Option<usize>,
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
}

const KEYS: [&str; 4] = ["run", "engine", "subset", "id"];

impl SideBySide {
    /// Joins rows and references. Configurations that only the references know become lines of `open`,
    /// when that is a view of the whole training set.
    pub fn join(
        rows: Vec<Row>,
        references: &BTreeMap<String, Reference>,
        open: &View,
    ) -> PolarsResult<SideBySide> {
        let datasets = in_order(rows.iter().map(|row| row.dataset.as_str()));
        let joined = joined(&rows, &datasets)?;
        let indices: Vec<&UInt32Chunked> =
            datasets.iter().map(|name| joined.column(name)?.u32()).collect::<PolarsResult<_>>()?;
        let mut lines = Vec::with_capacity(joined.height());
        for at in 0..joined.height() {
            let cells: Vec<Option<usize>> =
                indices.iter().map(|index| index.get(at).map(|row| row as usize)).collect();
            let Some(row) = cells.iter().flatten().next().map(|&row| &rows[row]) else { continue };
            let figures = |dataset: &String| {
                let reference = references.get(&row.id).filter(|_| row.subset.is_none());
                reference.and_then(|reference| reference.figures.get(dataset)).cloned().unwrap_or_default()
            };
            lines.push(Line {
                run: row.run.clone(),
                engine: row.engine.clone(),
                subset: row.subset,
                id: row.id.clone(),
                classifier: row.classifier.clone(),
                parameters: row.parameters.clone(),
                cells: cells
                    .into_iter()
                    .zip(&datasets)
                    .map(|(row, dataset)| Cell { row, figures: figures(dataset) })
                    .collect(),
            });
        }
        lines.extend(known_elsewhere(&lines, references, &datasets, open));
        lines.sort_by_cached_key(|line| {
            let key = (line.run.clone(), line.subset.map_or(0, |size| size + 1));
            (key, natural(&line.classifier), natural(&line.id), line.engine.clone())
        });
        Ok(SideBySide { rows, datasets, lines })
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

    /// All lines as comma-separated values.
    pub fn csv(&self) -> PolarsResult<Vec<u8>> {
        let mut bytes = Vec::new();
        CsvWriter::new(&mut bytes).finish(&mut self.frame()?)?;
        Ok(bytes)
    }

    /// All lines as a JSON array of objects with the columns of the CSV.
    pub fn json(&self) -> PolarsResult<Vec<u8>> {
        let mut bytes = Vec::new();
        JsonWriter::new(&mut bytes).with_json_format(JsonFormat::Json).finish(&mut self.frame()?)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// All lines as Parquet, with the columns of the CSV.
    pub fn parquet(&self) -> Result<Vec<u8>, String> {
        super::parquet::bytes(&self.frame().map_err(|error| error.to_string())?)
    }

    /// All lines, a column a figure and data set.
    fn frame(&self) -> PolarsResult<DataFrame> {
        let text = |of: &dyn Fn(&Line) -> String| -> Vec<String> { self.lines.iter().map(of).collect() };
        let mut columns = vec![
            Column::new("run".into(), text(&|line| line.run.clone())),
            Column::new("classifier".into(), text(&|line| line.classifier.clone())),
            Column::new("parameters".into(), text(&|line| line.parameters.clone())),
            Column::new("engine".into(), text(&|line| line.engine.clone())),
            Column::new(
                "train_size".into(),
                text(&|line| line.subset.map_or("full".into(), |n| n.to_string())),
            ),
        ];
        for (index, dataset) in self.datasets.iter().enumerate() {
            let prefix = dataset.replace('-', "_");
            let name = |column: &str| PlSmallStr::from_string(format!("{prefix}_{column}"));
            let number = |column: &str, of: &dyn Fn(&Row) -> Option<f64>| {
                let values: Vec<Option<f64>> =
                    self.lines.iter().map(|line| self.row(line, index).and_then(of)).collect();
                Column::new(name(column), values)
            };
            let status: Vec<&str> = self
                .lines
                .iter()
                .map(|line| self.row(line, index).map_or("not run", |row| row.status.name()))
                .collect();
            let flag = |column: &str, of: &dyn Fn(&Row) -> Option<bool>| {
                let values: Vec<Option<bool>> =
                    self.lines.iter().map(|line| self.row(line, index).and_then(of)).collect();
                Column::new(name(column), values)
            };
            let whole = |column: &str, of: &dyn Fn(&Row) -> Option<u64>| {
                let values: Vec<Option<u64>> =
                    self.lines.iter().map(|line| self.row(line, index).and_then(of)).collect();
                Column::new(name(column), values)
            };
            let figure = |column: &str, of: &dyn Fn(&Figures) -> Option<f64>| {
                let values: Vec<Option<f64>> =
                    self.lines.iter().map(|line| of(&line.cells[index].figures)).collect();
                Column::new(name(column), values)
            };
            let evidence: Vec<Option<&str>> = self
                .lines
                .iter()
                .map(|line| Some(self.row(line, index)?.evidence.as_ref()?.name()))
                .collect();
            columns.extend([
                Column::new(name("status"), status),
                number("accuracy", &|row| row.accuracy),
                number("accuracy_low", &|row| row.interval().map(|(low, _)| low)),
                number("accuracy_high", &|row| row.interval().map(|(_, high)| high)),
                number("accuracy_deviation", &|row| row.deviation),
                whole("repeats", &|row| Some(row.repeats.len() as u64)),
                Column::new(name("evidence"), evidence),
                number("fit_seconds", &|row| row.fit_seconds),
                number("predict_seconds", &|row| row.predict_seconds),
                flag("times_quiet", &|row| row.fit_seconds.map(|_| row.quiet)),
                whole("peak_memory_bytes", &|row| row.peak_memory_bytes),
                flag("converged", &|row| row.converged),
                figure("published_2017", &|figures| figures.published),
                figure("scikit_learn", &|figures| figures.sklearn),
            ]);
        }
        let differences: Vec<Option<f64>> = self.lines.iter().map(|line| self.difference(line)).collect();
        columns.push(Column::new("accuracy_difference".into(), differences));
        columns.push(Column::new("id".into(), text(&|line| line.id.clone())));
        DataFrame::new(self.lines.len(), columns)
    }
}

/// The two data sets that this project is about, then any others by name.
pub fn in_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let main = ["mnist", "fashion-mnist"];
    let others: BTreeSet<&str> = names.filter(|name| !main.contains(name)).collect();
    main.into_iter().chain(others).map(String::from).collect()
}

/// One frame of keys and, for each data set, the index of its row.
fn joined(rows: &[Row], datasets: &[String]) -> PolarsResult<DataFrame> {
    let mut joined: Option<DataFrame> = None;
    for dataset in datasets {
        let of: Vec<(u32, &Row)> = (0u32..).zip(rows).filter(|(_, row)| row.dataset == *dataset).collect();
        let key = |of_row: &dyn Fn(&Row) -> String| of.iter().map(|(_, row)| of_row(row)).collect::<Vec<_>>();
        let frame = DataFrame::new(
            of.len(),
            vec![
                Column::new("run".into(), key(&|row| row.run.clone())),
                Column::new("engine".into(), key(&|row| row.engine.clone())),
                Column::new("subset".into(), key(&|row| row.subset.map_or("".into(), |n| n.to_string()))),
                Column::new("id".into(), key(&|row| row.id.clone())),
                Column::new(
                    PlSmallStr::from_str(dataset),
                    of.iter().map(|(index, _)| *index).collect::<Vec<u32>>(),
                ),
            ],
        )?;
        joined = Some(match joined {
            None => frame,
            Some(joined) => {
                let mut args = JoinArgs::new(JoinType::Full);
                args.coalesce = JoinCoalesce::CoalesceColumns;
                joined.join(&frame, KEYS, KEYS, args, None)?
            }
        });
    }
    Ok(joined.unwrap_or_default())
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
