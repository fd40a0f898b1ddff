//! Submitted rows whose method is one of ours: the two side by side.

use table_files::parse_csv;

use super::submitted::{Counterpart, Submitted};
use super::tables::SideBySide;
use crate::format::{accuracy, library};

const TABLE: &str = include_str!("../../benchmarks/reference/same-method.csv");

/// Puts our results of all training rows beside the submissions of the same method. `Err` only when the file built in
/// is damaged.
pub fn beside(submitted: &mut Submitted, table: &SideBySide) -> Result<(), String> {
    let damaged = |error: String| format!("same-method.csv: {error}");
    let rows = parse_csv(TABLE).map_err(|error| damaged(error.to_string()))?;
    for row in rows.iter().skip(1) {
        let [name, run, engine, id] = row.as_slice() else {
            return Err(damaged(format!("a row has {} columns, expected 4", row.len())));
        };
        let ours = table.lines.iter().find(|line| {
            line.run == *run && line.engine == *engine && line.id == *id && line.subset.is_none()
        });
        let Some(line) = ours else { continue };
        let figure = |name: &String| {
            let dataset = table.datasets.iter().position(|own| own == name)?;
            Some(accuracy(table.row(line, dataset)?.accuracy?))
        };
        let counterpart = Counterpart {
            engine: library(&line.engine).to_string(),
            name: format!("{} {}", line.classifier, line.parameters).trim_end().to_string(),
            figures: submitted.names.iter().map(|name| figure(name).unwrap_or_default()).collect(),
        };
        let entries = submitted.divisions.iter_mut().flat_map(|division| &mut division.entries);
        for entry in entries.filter(|entry| entry.name == *name) {
            entry.ours = Some(counterpart.clone());
        }
    }
    Ok(())
}
