//! The side-by-side for programs: CSV, JSON and Parquet with the same columns.

use polars::prelude::*;

use crate::analysis::reference::Figures;
use crate::analysis::rows::Row;
use crate::analysis::tables::{Line, SideBySide};

/// All lines as comma-separated values.
pub fn csv(table: &SideBySide) -> PolarsResult<Vec<u8>> {
    let mut bytes = Vec::new();
    CsvWriter::new(&mut bytes).finish(&mut frame(table)?)?;
    Ok(bytes)
}

/// All lines as a JSON array of objects with the columns of the CSV.
pub fn json(table: &SideBySide) -> PolarsResult<Vec<u8>> {
    let mut bytes = Vec::new();
    JsonWriter::new(&mut bytes).with_json_format(JsonFormat::Json).finish(&mut frame(table)?)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// All lines as Parquet, with the columns of the CSV.
pub fn parquet(table: &SideBySide) -> Result<Vec<u8>, String> {
    super::parquet::bytes(&frame(table).map_err(|error| error.to_string())?)
}

/// All lines, a column a figure and data set.
fn frame(table: &SideBySide) -> PolarsResult<DataFrame> {
    let text = |of: &dyn Fn(&Line) -> String| -> Vec<String> { table.lines.iter().map(of).collect() };
    let mut columns = vec![
        Column::new("run".into(), text(&|line| line.run.clone())),
        Column::new("classifier".into(), text(&|line| line.classifier.clone())),
        Column::new("parameters".into(), text(&|line| line.parameters.clone())),
        Column::new("engine".into(), text(&|line| line.engine.clone())),
        Column::new("train_size".into(), text(&|line| line.subset.map_or("full".into(), |n| n.to_string()))),
    ];
    for (index, dataset) in table.datasets.iter().enumerate() {
        let prefix = dataset.replace('-', "_");
        let name = |column: &str| PlSmallStr::from_string(format!("{prefix}_{column}"));
        let number = |column: &str, of: &dyn Fn(&Row) -> Option<f64>| {
            let values: Vec<Option<f64>> =
                table.lines.iter().map(|line| table.row(line, index).and_then(of)).collect();
            Column::new(name(column), values)
        };
        let status: Vec<&str> = table
            .lines
            .iter()
            .map(|line| table.row(line, index).map_or("not run", |row| row.status.name()))
            .collect();
        let flag = |column: &str, of: &dyn Fn(&Row) -> Option<bool>| {
            let values: Vec<Option<bool>> =
                table.lines.iter().map(|line| table.row(line, index).and_then(of)).collect();
            Column::new(name(column), values)
        };
        let whole = |column: &str, of: &dyn Fn(&Row) -> Option<u64>| {
            let values: Vec<Option<u64>> =
                table.lines.iter().map(|line| table.row(line, index).and_then(of)).collect();
            Column::new(name(column), values)
        };
        let figure = |column: &str, of: &dyn Fn(&Figures) -> Option<f64>| {
            let values: Vec<Option<f64>> =
                table.lines.iter().map(|line| of(&line.cells[index].figures)).collect();
            Column::new(name(column), values)
        };
        let evidence: Vec<Option<&str>> =
            table.lines.iter().map(|line| Some(table.row(line, index)?.evidence.as_ref()?.name())).collect();
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
    let differences: Vec<Option<f64>> = table.lines.iter().map(|line| table.difference(line)).collect();
    columns.push(Column::new("accuracy_difference".into(), differences));
    columns.push(Column::new("id".into(), text(&|line| line.id.clone())));
    DataFrame::new(table.lines.len(), columns)
}
