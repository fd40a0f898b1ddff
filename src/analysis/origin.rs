//! Where the results of a view come from: machines, threads, days and versions, as their provenance has them.

use std::collections::BTreeSet;

use super::tables::{SideBySide, View};
use crate::results::Provenance;

/// Each property with its distinct values, sorted; what no result says is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    pub processors: Vec<String>,
    pub threads: Vec<usize>,
    pub cores: Vec<usize>,
    /// Days such as `2026-11-22`: the first and the last are what people want to know.
    pub days: Vec<String>,
    pub versions: Vec<String>,
}

impl Origin {
    /// Of all results of a view.
    pub fn of(table: &SideBySide, view: &View) -> Origin {
        let lines = table.view(view).flat_map(|line| (0..table.datasets.len()).map(move |at| (line, at)));
        let rows: Vec<_> = lines.filter_map(|(line, dataset)| table.row(line, dataset)).collect();
        let made: Vec<&Provenance> = rows.iter().filter_map(|row| row.provenance.as_ref()).collect();
        let texts = |of: &dyn Fn(&Provenance) -> String| {
            let values: BTreeSet<String> = made.iter().map(|made| of(made)).collect();
            values.into_iter().filter(|value| !value.is_empty()).collect()
        };
        Origin {
            processors: texts(&|made| match made.cpu_features.as_str() {
                "" => made.cpu_model.clone(),
                features => format!("{} ({features})", made.cpu_model),
            }),
            threads: distinct(rows.iter().filter(|row| row.provenance.is_some()).map(|row| row.threads)),
            cores: distinct(made.iter().map(|made| made.cores).filter(|&cores| cores > 0)),
            days: texts(&|made| made.started_utc.split('T').next().unwrap_or_default().to_string()),
            versions: texts(&|made| made.binary_version.clone()),
        }
    }
}

fn distinct(values: impl Iterator<Item = usize>) -> Vec<usize> {
    values.collect::<BTreeSet<_>>().into_iter().collect()
}
