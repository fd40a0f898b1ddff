//! scikit-learn's results in this harness: a reference for our rows, and a check of the published table,
//! whose Fashion-MNIST column is of an earlier version of the data.

use std::collections::BTreeMap;

use super::rows::Row;
use super::tables::{Line, SideBySide};
use crate::results::Status;

pub const ENGINE: &str = "scikit-learn";

/// Rows on the whole training set, of whatever run, by data set and canonical id.
pub struct SklearnRows<'a>(BTreeMap<(usize, &'a str), (&'a Line, &'a Row)>);

impl<'a> SklearnRows<'a> {
    /// Where two runs have a row, the first in the table's order stands.
    pub fn of(table: &'a SideBySide) -> SklearnRows<'a> {
        let mut rows = BTreeMap::new();
        for line in table.lines.iter().filter(|line| line.engine == ENGINE && line.subset.is_none()) {
            for dataset in 0..table.datasets.len() {
                if let Some(row) = table.row(line, dataset).filter(|row| row.status == Status::Ok) {
                    rows.entry((dataset, line.id.as_str())).or_insert((line, row));
                }
            }
        }
        SklearnRows(rows)
    }

    pub fn accuracy(&self, dataset: usize, id: &str) -> Option<f64> {
        self.0.get(&(dataset, id))?.1.accuracy
    }

    /// The most repeats of a row; 1 without rows.
    pub fn most_repeats(&self) -> usize {
        self.0.values().map(|(_, row)| row.repeats.len()).max().unwrap_or(1)
    }

    /// scikit-learn's accuracy less the published figure, by data set and classifier. Figures of a solver
    /// that had not converged are left out.
    pub fn less_published(&self) -> BTreeMap<(usize, &'a str), Vec<f64>> {
        let mut families: BTreeMap<(usize, &str), Vec<f64>> = BTreeMap::new();
        for (&(dataset, _), &(line, row)) in &self.0 {
            let figures = &line.cells[dataset].figures;
            if let (Some(accuracy), Some(published), false) =
                (row.accuracy, figures.published, figures.unconverged)
            {
                families.entry((dataset, &line.classifier)).or_default().push(accuracy - published);
            }
        }
        families
    }
}
