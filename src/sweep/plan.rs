//! From what is wanted to rows that can run: finds engine and family of each, reads what is known of the data
//! sets, and tells apart what no engine can run.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use anyhow::bail;

use super::faults;
use super::truth::Truth;
use crate::engines::{BUILT_IN, Engine, Family};
use crate::grid::Configuration;
use crate::results::record::file_stem;

/// A configuration asked for, on a data set, by an engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub dataset: String,
    pub engine: String,
    pub configuration: Configuration,
    /// Number of training rows; all of them when absent, or when there are no more.
    pub train_size: Option<usize>,
    pub timeout: Duration,
}

/// A row to fill.
pub struct Row {
    /// Which of the plan's data sets.
    pub truth: usize,
    pub dataset: String,
    pub engine: &'static Engine,
    pub configuration: Configuration,
    /// The name of its result file.
    pub id: String,
    pub subset: Option<usize>,
    pub timeout: Duration,
    /// The group that it can run with; or why the engine cannot run it.
    pub sharing_key: Result<String, String>,
}

impl Row {
    /// As lines of the progress name it.
    pub fn name(&self) -> String {
        format!("{} {} {}", self.dataset, self.engine.name, self.id)
    }
}

/// Everything that a sweep would run.
pub struct Plan {
    pub truths: Vec<Truth>,
    pub rows: Vec<Row>,
    /// Configurations whose native model is not written yet, by name, each once.
    pub unwritten: Vec<String>,
}

impl Plan {
    /// Reads the data sets named and checks every configuration with its engine. Fails on a data set or an
    /// engine that does not exist.
    pub fn new(wanted: Vec<Wanted>, data_dir: &Path) -> anyhow::Result<Plan> {
        let mut plan = Plan { truths: Vec::new(), rows: Vec::new(), unwritten: Vec::new() };
        let mut known: HashMap<(String, String, String), usize> = HashMap::new();
        for one in wanted {
            let engine = find_engine(&one.engine)?;
            let truth = plan.truth(&one.dataset, data_dir)?;
            let Truth { classes, .. } = plan.truths[truth];
            let configuration = one.configuration.for_classes(classes);
            let subset = plan.truths[truth].subset(one.train_size);
            let id = file_stem(&configuration.id(), subset);
            let sharing_key = match engine.family(&configuration.classifier) {
                Some(family) => key(family, &configuration, &plan.truths[truth], subset),
                None if engine.name == "native" => {
                    if !plan.unwritten.contains(&id) {
                        plan.unwritten.push(id);
                    }
                    continue;
                }
                None => Err(format!("{} has no {}", engine.name, configuration.classifier)),
            };
            let dataset = one.dataset;
            let place = (dataset.clone(), engine.name.to_string(), id.clone());
            // A row may be in several suites; the first one's limit holds.
            if known.insert(place, plan.rows.len()).is_none() {
                let timeout = one.timeout;
                plan.rows.push(Row {
                    truth,
                    dataset,
                    engine,
                    configuration,
                    id,
                    subset,
                    timeout,
                    sharing_key,
                });
            }
        }
        Ok(plan)
    }

    fn truth(&mut self, dataset: &str, data_dir: &Path) -> anyhow::Result<usize> {
        if let Some(index) = self.truths.iter().position(|truth| truth.dataset == dataset) {
            return Ok(index);
        }
        self.truths.push(Truth::load(data_dir, dataset)?);
        Ok(self.truths.len() - 1)
    }
}

fn key(
    family: &dyn Family,
    configuration: &Configuration,
    truth: &Truth,
    subset: Option<usize>,
) -> Result<String, String> {
    family.check(&configuration.parameters, &truth.shape(subset))?;
    Ok(family.sharing_key(&configuration.parameters))
}

/// The engine of that name. Fails with the names there are.
pub fn find_engine(name: &str) -> anyhow::Result<&'static Engine> {
    match engines().find(|engine| engine.name == name) {
        Some(engine) => Ok(engine),
        None => bail!("no engine {name:?}; this binary has {}", engine_names().join(", ")),
    }
}

/// The names of all engines.
pub fn engine_names() -> Vec<String> {
    engines().map(|engine| engine.name.to_string()).collect()
}

fn engines() -> impl Iterator<Item = &'static Engine> {
    let faults = std::env::var_os(faults::VARIABLE).map(|_| &faults::FAULTS);
    BUILT_IN.iter().copied().chain(faults)
}
