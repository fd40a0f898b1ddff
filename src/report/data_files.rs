//! The side-by-side for programs: the table behind its CSV, JSON and Parquet files.

use table_files::{Table, TableError};

use crate::analysis::reference::Figures;
use crate::analysis::rows::Row;
use crate::analysis::tables::{Line, SideBySide};

/// All lines, with a column for each figure and data set.
pub fn table(side_by_side: &SideBySide) -> Result<Table, TableError> {
    let lines = &side_by_side.lines;
    let text = |of: &dyn Fn(&Line) -> String| -> Vec<Option<String>> {
        lines.iter().map(|line| Some(of(line))).collect()
    };
    let mut table = Table::builder()
        .texts("run", text(&|line| line.run.clone()))
        .texts("classifier", text(&|line| line.classifier.clone()))
        .texts("parameters", text(&|line| line.parameters.clone()))
        .texts("engine", text(&|line| line.engine.clone()))
        .texts("train_size", text(&|line| line.subset.map_or("full".into(), |n| n.to_string())));
    for (index, dataset) in side_by_side.datasets.iter().enumerate() {
        let name = |column: &str| format!("{}_{column}", dataset.replace('-', "_"));
        let number = |of: &dyn Fn(&Row) -> Option<f64>| -> Vec<Option<f64>> {
            lines.iter().map(|line| side_by_side.row(line, index).and_then(of)).collect()
        };
        let count = |of: &dyn Fn(&Row) -> Option<u64>| -> Vec<Option<u64>> {
            lines.iter().map(|line| side_by_side.row(line, index).and_then(of)).collect()
        };
        let flag = |of: &dyn Fn(&Row) -> Option<bool>| -> Vec<Option<bool>> {
            lines.iter().map(|line| side_by_side.row(line, index).and_then(of)).collect()
        };
        let figure = |of: &dyn Fn(&Figures) -> Option<f64>| -> Vec<Option<f64>> {
            lines.iter().map(|line| of(&line.cells[index].figures)).collect()
        };
        let status = |line: &Line| {
            side_by_side.row(line, index).map_or("not run", |row| row.status.name()).to_string()
        };
        let evidence =
            |line: &Line| Some(side_by_side.row(line, index)?.evidence.as_ref()?.name().to_string());
        table = table
            .texts(&name("status"), text(&status))
            .numbers(&name("accuracy"), number(&|row| row.accuracy))
            .numbers(&name("accuracy_low"), number(&|row| row.interval().map(|(low, _)| low)))
            .numbers(&name("accuracy_high"), number(&|row| row.interval().map(|(_, high)| high)))
            .numbers(&name("accuracy_deviation"), number(&|row| row.deviation))
            .counts(&name("repeats"), count(&|row| Some(row.repeats.len() as u64)))
            .texts(&name("evidence"), lines.iter().map(evidence).collect())
            .numbers(&name("fit_seconds"), number(&|row| row.fit_seconds))
            .numbers(&name("predict_seconds"), number(&|row| row.predict_seconds))
            .flags(&name("times_quiet"), flag(&|row| row.fit_seconds.map(|_| row.quiet)))
            .counts(&name("peak_memory_bytes"), count(&|row| row.peak_memory_bytes))
            .flags(&name("converged"), flag(&|row| row.converged))
            .numbers(&name("published_2017"), figure(&|figures| figures.published))
            .numbers(&name("scikit_learn"), figure(&|figures| figures.sklearn));
    }
    let differences = lines.iter().map(|line| side_by_side.difference(line)).collect();
    table.numbers("accuracy_difference", differences).texts("id", text(&|line| line.id.clone())).build()
}
