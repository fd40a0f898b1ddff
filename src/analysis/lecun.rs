//! The classic rows of LeCun's table of MNIST (yann.lecun.com/exdb/mnist), each beside our nearest
//! configuration.

use std::collections::BTreeMap;

use table_files::parse_csv;

use super::peers::OURS;
use super::tables::{SideBySide, View};

const TABLE: &str = include_str!("../../benchmarks/reference/lecun.csv");

/// A larger difference from LeCun's accuracy needs an explanation.
pub const CLOSE: f64 = 0.005;

/// One row of his table.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    pub classifier: String,
    pub preprocessing: String,
    /// His accuracy on MNIST.
    pub his: f64,
    /// The id of our configuration.
    pub id: String,
    /// Our accuracy on each data set of the table, where there is a result.
    pub ours: Vec<Option<f64>>,
    /// How the two differ.
    pub explained: String,
}

/// LeCun's rows of which the view has a counterpart. `Err` only when the built-in file is damaged.
pub fn pairs(table: &SideBySide, view: &View) -> Result<Vec<Pair>, String> {
    let ours: BTreeMap<&str, Vec<Option<f64>>> = table
        .view(view)
        .filter(|line| line.engine == OURS)
        .map(|line| {
            let accuracy = |dataset| table.row(line, dataset).and_then(|row| row.accuracy);
            (line.id.as_str(), (0..table.datasets.len()).map(accuracy).collect())
        })
        .collect();
    let read = || -> Result<Vec<Pair>, Box<dyn std::error::Error>> {
        let rows = parse_csv(TABLE)?;
        let mut pairs = Vec::new();
        for row in rows.iter().skip(1) {
            let [classifier, preprocessing, error, _year, id, explained] = row.as_slice() else {
                return Err(format!("a row has {} columns, expected 6", row.len()).into());
            };
            let error: f64 = error.parse()?;
            if let Some(ours) = ours.get(id.as_str()) {
                pairs.push(Pair {
                    classifier: classifier.clone(),
                    preprocessing: preprocessing.clone(),
                    his: 1.0 - error / 100.0,
                    id: id.clone(),
                    ours: ours.clone(),
                    explained: explained.clone(),
                });
            }
        }
        Ok(pairs)
    };
    read().map_err(|error| format!("lecun.csv: {error}"))
}
