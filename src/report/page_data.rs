//! The data of the page as JSON inside a `<script>` element.
//!
//! Figures and differences are computed here; the page only shows them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::charts::overview::Chart;
use crate::analysis::rows::Row;
use crate::analysis::tables::{Line, SideBySide, View};
use crate::analysis::tie_groups::{Groups, Place};
use crate::format::{round, title};
use crate::results::Provenance;
use crate::results::verification::Evidence;

/// Everything that the script needs.
#[derive(Serialize)]
struct Data<'a> {
    datasets: Vec<Dataset<'a>>,
    open: Open<'a>,
    lines: Vec<LineData<'a>>,
    /// The distinct origins of results; cells hold an index into this list.
    provenance: Vec<Provenance>,
    charts: Vec<ChartData<'a>>,
}

/// Where the marks of a chart stand in its picture.
#[derive(Serialize)]
struct ChartData<'a> {
    name: &'a str,
    /// X and y in pixels, and the index of the line.
    marks: &'a [(i32, i32, usize)],
}

#[derive(Serialize)]
struct Dataset<'a> {
    name: &'a str,
    title: String,
}

#[derive(Serialize)]
struct Open<'a> {
    run: &'a str,
    size: String,
}

#[derive(Serialize)]
struct LineData<'a> {
    run: &'a str,
    engine: &'a str,
    /// `full` or the number of training rows.
    size: String,
    id: &'a str,
    family: &'a str,
    parameters: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<f64>,
    /// The index of the first of several lines with the same predictions on every data set: one model under
    /// several names of its parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    same: Option<usize>,
    cells: Vec<CellData<'a>>,
}

/// One data set of a line. Empty figures are left out.
#[derive(Serialize)]
struct CellData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<f64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unconverged: bool,
    /// Ours less the published.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_published: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sklearn: Option<f64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    sklearn_engine: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_sklearn: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    row: Option<RowData<'a>>,
}

#[derive(Serialize)]
struct RowData<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// Seconds, of a row that was not run because of its forecast.
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy: Option<f64>,
    /// The ends of its 95 % interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deviation: Option<f64>,
    /// What stands behind the figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'static str>,
    /// Which version trained it again, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<String>,
    /// Its tie group in the open view.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<usize>,
    /// The adjusted p-value against the best of the group; `None` for the best itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    against_best: Option<f64>,
    /// The entry that is ranked in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    step_of: Option<&'a str>,
    repeats: &'a [f64],
    /// The ends of the 95 % interval of the mean over seeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    seeds_low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seeds_high: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predict: Option<f64>,
    /// CPU time of both together.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<u64>,
    threads: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    jobs: Option<usize>,
    quiet: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    converged: Option<bool>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    facts: &'a serde_json::Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    shared_with: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provenance: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<&'a str>,
    file: &'a str,
}

/// The JSON, safe between `<script>` and `</script>`.
pub fn json(table: &SideBySide, open: &View, charts: &[Chart], groups: &Groups) -> Result<String, String> {
    let mut provenance = Vec::new();
    let same = same_predictions(table);
    let with_same = table.lines.iter().zip(same);
    let lines = with_same.map(|(line, same)| line_data(table, line, same, groups, &mut provenance)).collect();
    let datasets = table.datasets.iter().map(|name| Dataset { name, title: title(name) }).collect();
    let open = Open { run: &open.run, size: size(open.subset) };
    let charts = charts.iter().map(|chart| ChartData { name: &chart.name, marks: &chart.marks }).collect();
    let data = Data { datasets, open, lines, provenance, charts };
    serde_json::to_string(&data).map(|json| script_safe(&json)).map_err(|error| error.to_string())
}

/// For each line whose accuracies and predictions equal those of an earlier one, in every repeat on every
/// data set, the index of the first such line. Only lines of one classifier, library, run and train size are
/// compared.
fn same_predictions(table: &SideBySide) -> Vec<Option<usize>> {
    let mut numbers: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (number, line) in table.lines.iter().enumerate() {
        let rows: Vec<&Row> = (0..line.cells.len()).filter_map(|dataset| table.row(line, dataset)).collect();
        if rows.is_empty() || rows.iter().any(|row| row.predictions.is_empty()) {
            continue;
        }
        let bits =
            |row: &&Row| -> Vec<u64> { row.repeats.iter().map(|accuracy| accuracy.to_bits()).collect() };
        let predictions: Vec<Vec<&[u8]>> =
            rows.iter().map(|row| row.predictions.iter().map(|one| &one[..]).collect()).collect();
        let model = (&line.classifier, &line.engine, &line.run, line.subset);
        let answers = (rows.iter().map(bits).collect::<Vec<_>>(), predictions);
        numbers.entry((model, answers)).or_default().push(number);
    }
    let mut same = vec![None; table.lines.len()];
    for group in numbers.into_values().filter(|group| group.len() > 1) {
        for &number in &group {
            same[number] = Some(group[0]);
        }
    }
    same
}

fn line_data<'a>(
    table: &'a SideBySide,
    line: &'a Line,
    same: Option<usize>,
    groups: &'a Groups,
    provenance: &mut Vec<Provenance>,
) -> LineData<'a> {
    let cells = line.cells.iter().enumerate().map(|(dataset, cell)| {
        let row = table.row(line, dataset);
        let figures = &cell.figures;
        let ours = row.and_then(|row| row.accuracy);
        let to = |reference: Option<f64>| Some(round(ours? - reference?));
        CellData {
            published: figures.published,
            unconverged: figures.unconverged,
            to_published: to(figures.published),
            sklearn: figures.sklearn,
            sklearn_engine: &figures.sklearn_engine,
            to_sklearn: to(figures.sklearn),
            row: row.map(|row| row_data(row, groups, provenance)),
        }
    });
    LineData {
        run: &line.run,
        engine: &line.engine,
        size: size(line.subset),
        id: &line.id,
        family: &line.classifier,
        parameters: &line.parameters,
        difference: table.difference(line),
        same,
        cells: cells.collect(),
    }
}

fn row_data<'a>(row: &'a Row, groups: &'a Groups, provenance: &mut Vec<Provenance>) -> RowData<'a> {
    let (group, against_best, step_of) = match groups.place(&row.file) {
        Some(Place::Ranked { group, against_best }) => (Some(*group), *against_best, None),
        Some(Place::StepOf(entry)) => (None, None, Some(entry.as_str())),
        None => (None, None, None),
    };
    let over_seeds = row.interval_over_seeds();
    RowData {
        status: row.status.name(),
        error: row.error.as_deref(),
        forecast: row.forecast,
        accuracy: row.accuracy.map(round),
        low: row.interval().map(|(low, _)| low),
        high: row.interval().map(|(_, high)| high),
        deviation: row.deviation.map(round),
        evidence: row.evidence.as_ref().map(Evidence::name),
        verified: match &row.evidence {
            Some(Evidence::Reproduced { version, date }) => Some(format!("{version} on {date}")),
            _ => None,
        },
        group,
        against_best,
        step_of,
        repeats: &row.repeats,
        seeds_low: over_seeds.map(|(low, _)| low),
        seeds_high: over_seeds.map(|(_, high)| high),
        fit: row.fit_seconds,
        predict: row.predict_seconds,
        cpu: row.cpu_seconds.map(round),
        memory: row.peak_memory_bytes,
        threads: row.threads,
        jobs: row.jobs_in_flight,
        quiet: row.quiet,
        converged: row.converged,
        facts: &row.facts,
        shared_with: &row.shared_with,
        version: row.engine_version.as_deref(),
        started: row.provenance.as_ref().map(|provenance| provenance.started_utc.as_str()),
        provenance: row.provenance.as_ref().map(|own| number(own, provenance)),
        file: &row.file,
    }
}

/// The index of a provenance in `seen`, to which it is added if it differs in more than its time.
fn number(own: &Provenance, seen: &mut Vec<Provenance>) -> usize {
    let own = Provenance { started_utc: String::new(), ..own.clone() };
    seen.iter().position(|earlier| *earlier == own).unwrap_or_else(|| {
        seen.push(own);
        seen.len() - 1
    })
}

/// The train size as the page's filter names it.
pub fn size(subset: Option<usize>) -> String {
    subset.map_or("full".to_string(), |size| size.to_string())
}

/// Escapes characters that end a script element or a line of a script. They occur only inside JSON strings,
/// where `\u` and four digits mean the same.
pub fn script_safe(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                safe.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_json_ends_the_script() {
        let hostile = "</script><!--\u{2028}&amp;";
        let safe = script_safe(&serde_json::to_string(hostile).unwrap());
        assert!(!safe.contains(['<', '>', '&', '\u{2028}']), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), hostile);
    }
}
