//! Reference figures beside ours: the published table of 2017 and today's scikit-learn, built into the program.

use std::collections::BTreeMap;

use serde::Deserialize;
use table_files::parse_csv;

use crate::grid::{Configuration, Parameters};

const PUBLISHED: &str = include_str!("../../benchmarks/reference/published_table3.csv");
const SKLEARN: &str = include_str!("../../benchmarks/reference/sklearn.jsonl");

/// What others got for a configuration, by its canonical id.
#[derive(Clone, Debug)]
pub struct Reference {
    pub configuration: Configuration,
    /// By data set.
    pub figures: BTreeMap<String, Figures>,
}

/// What others got on one data set at full train size.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// The table of arXiv 1708.07747, to three digits.
    pub published: Option<f64>,
    /// The published solver stopped before it converged, so the figure is noise.
    pub unconverged: bool,
    /// scikit-learn today, stock where there is a row of it, else with scikit-learn-intelex.
    pub sklearn: Option<f64>,
    /// Who gave `sklearn`, with version: `scikit-learn 1.9.1`.
    pub sklearn_engine: String,
}

#[derive(Deserialize)]
struct SklearnRow {
    classifier: String,
    parameters: Parameters,
    dataset: String,
    engine: String,
    version: String,
    accuracy: f64,
}

/// All reference figures by canonical id. `Err` only when the files built in are damaged.
pub fn read() -> Result<BTreeMap<String, Reference>, String> {
    let mut references = BTreeMap::new();
    published(&mut references).map_err(|error| format!("published_table3.csv: {error}"))?;
    sklearn(&mut references).map_err(|error| format!("sklearn.jsonl: {error}"))?;
    Ok(references)
}

fn published(references: &mut BTreeMap<String, Reference>) -> Result<(), Box<dyn std::error::Error>> {
    let rows = parse_csv(PUBLISHED)?;
    let (names, rows) = rows.split_first().ok_or("the file is empty")?;
    let column = |name: &str| names.iter().position(|other| other == name).ok_or(format!("no column {name}"));
    let (classifier, parameters) = (column("classifier")?, column("parameters_json")?);
    for (dataset, accuracy) in
        [("mnist", column("mnist_accuracy")?), ("fashion-mnist", column("fashion_accuracy")?)]
    {
        for row in rows {
            let field = |column: usize| row.get(column).map_or("", String::as_str);
            let parameters = serde_json::from_str(field(parameters))?;
            let configuration = Configuration::new(field(classifier), parameters);
            let figures = figures(references, configuration.clone(), dataset);
            figures.published = match field(accuracy) {
                "" => None,
                accuracy => Some(accuracy.parse()?),
            };
            figures.unconverged = figures.published.is_some() && stopped_early(&configuration);
        }
    }
    Ok(())
}

fn sklearn(references: &mut BTreeMap<String, Reference>) -> Result<(), serde_json::Error> {
    for line in SKLEARN.lines().filter(|line| !line.trim().is_empty()) {
        let row: SklearnRow = serde_json::from_str(line)?;
        let configuration = Configuration::new(row.classifier, row.parameters);
        let figures = figures(references, configuration, &row.dataset);
        if figures.sklearn.is_none() || row.engine == "scikit-learn" {
            figures.sklearn = Some(row.accuracy);
            figures.sklearn_engine = format!("{} {}", row.engine, row.version);
        }
    }
    Ok(())
}

fn figures<'a>(
    references: &'a mut BTreeMap<String, Reference>,
    configuration: Configuration,
    dataset: &str,
) -> &'a mut Figures {
    let reference = references
        .entry(configuration.id())
        .or_insert_with(|| Reference { configuration, figures: BTreeMap::new() });
    reference.figures.entry(dataset.to_string()).or_default()
}

/// LIBLINEAR reached its iteration limit in the published LinearSVC rows with C of 10 and above: all eight
/// crammer_singer rows and the four one-vs-rest rows.
fn stopped_early(configuration: &Configuration) -> bool {
    let c = configuration.parameters.get("C").and_then(|c| c.as_f64()).unwrap_or(1.0);
    configuration.classifier == "LinearSVC" && c >= 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_figures_are_all_there() {
        let references = read().unwrap();
        let count = |of: fn(&Figures) -> bool| {
            references.values().flat_map(|reference| reference.figures.values()).filter(|f| of(f)).count()
        };
        // 126 rows of the table, and one accuracy each of three more.
        assert_eq!(count(|figures| figures.published.is_some()), 2 * 126 + 3);
        assert_eq!(count(|figures| figures.unconverged), 2 * 12);
        assert_eq!(count(|figures| figures.sklearn.is_some()), 177);
        let parameters = serde_json::from_str(r#"{"kernel": "rbf", "C": 10}"#).unwrap();
        let svc = Configuration::new("SVC", parameters);
        let figures = &references[&svc.id()].figures["fashion-mnist"];
        assert_eq!(figures.published, Some(0.897));
        assert!(
            figures.sklearn_engine.starts_with("scikit-learn-intelex 1.9.1"),
            "{}",
            figures.sklearn_engine
        );
    }
}
