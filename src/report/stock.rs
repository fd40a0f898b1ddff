//! What scikit-learn got in this harness: a reference for our rows, and the measure of the published table, whose two
//! columns are of different years of their data.

use std::collections::BTreeMap;

use super::charts::overview::title;
use super::fidelity::{NEAR, ROUNDING};
use super::format::difference;
use super::rows::Row;
use super::tables::{Line, SideBySide};
use crate::results::Status;

const ENGINE: &str = "scikit-learn";

/// Rows on the whole training set, of whatever run, by data set and canonical id.
pub struct Stock<'a>(BTreeMap<(usize, &'a str), (&'a Line, &'a Row)>);

impl<'a> Stock<'a> {
    /// Where two runs have a row, the first in the table's order stands.
    pub fn of(table: &'a SideBySide) -> Stock<'a> {
        let mut rows = BTreeMap::new();
        for line in table.lines.iter().filter(|line| line.engine == ENGINE && line.subset.is_none()) {
            for dataset in 0..table.datasets.len() {
                if let Some(row) = table.row(line, dataset).filter(|row| row.status == Status::Ok) {
                    rows.entry((dataset, line.id.as_str())).or_insert((line, row));
                }
            }
        }
        Stock(rows)
    }

    pub fn accuracy(&self, dataset: usize, id: &str) -> Option<f64> {
        self.0.get(&(dataset, id))?.1.accuracy
    }

    /// A section on the published table beside these rows, by family; nothing where there is no pair.
    pub fn against_published(&self, table: &SideBySide) -> String {
        let mut families: BTreeMap<(usize, &str), Vec<f64>> = BTreeMap::new();
        for (&(dataset, _), &(line, row)) in &self.0 {
            let figures = &line.cells[dataset].figures;
            if let (Some(accuracy), Some(published), false) =
                (row.accuracy, figures.published, figures.unconverged)
            {
                families.entry((dataset, &line.classifier)).or_default().push(accuracy - published);
            }
        }
        if families.is_empty() {
            return String::new();
        }
        let mut text = "\n## scikit-learn in this harness against the published table\n\n\
                        Today's version, with the meaning that 0.19 gave the parameters, on today's files. A column of the table that \
                        was measured on these files lies around it on both sides.\n\n\
                        | data set | classifier | rows | mean difference | least | most | above | within 0.005 |\n\
                        | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
            .to_string();
        for (dataset, name) in table.datasets.iter().enumerate() {
            let of = families.iter().filter(|((of, _), _)| *of == dataset);
            let mut all = Vec::new();
            for ((_, classifier), differences) in of {
                text += &line(&title(name), classifier, differences);
                all.extend(differences);
            }
            if !all.is_empty() {
                text += &line(&title(name), "all", &all);
            }
        }
        text
    }
}

fn line(dataset: &str, classifier: &str, differences: &[f64]) -> String {
    let mean = differences.iter().sum::<f64>() / differences.len() as f64;
    let least = differences.iter().copied().fold(f64::INFINITY, f64::min);
    let most = differences.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!(
        "| {dataset} | {classifier} | {} | {} | {} | {} | {} | {} |\n",
        differences.len(),
        difference(mean),
        difference(least),
        difference(most),
        differences.iter().filter(|&&away| away > 0.0).count(),
        differences.iter().filter(|away| away.abs() <= NEAR[0] + ROUNDING).count(),
    )
}
