//! From requests to rows: finds the engine and family of each, reads the facts of the data sets, and marks
//! rows that no engine can run.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

use pixel_learn::preprocessing;

use super::cost::history::Query;
use super::cost::{Expected, History, table};
use super::{SweepError, fault_engine};
use crate::dataset::{Outline, Shape};
use crate::engines::{self, Engine, Support};
use crate::grid::{Configuration, Smaller};
use crate::results::record::file_stem;

/// A configuration asked for, on a data set, by an engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub dataset: String,
    pub engine: String,
    pub configuration: Configuration,
    /// Number of training rows; all of them when absent, or when there are no more.
    pub train_size: Option<usize>,
    /// The cheaper rows that have to end within their limits before this one is tried.
    pub after: Vec<Smaller>,
    pub timeout: Duration,
    /// Digest of the grid that asks for it.
    pub grid_digest: String,
}

/// A row to fill.
pub struct Row {
    /// The place of the data set in [`Plan::outlines`].
    pub outline: usize,
    pub dataset: String,
    pub engine: &'static Engine,
    pub configuration: Configuration,
    /// The name of its result file.
    pub id: String,
    pub subset: Option<usize>,
    /// What has to end within its limits first.
    pub after: Vec<Smaller>,
    pub timeout: Duration,
    pub grid_digest: String,
    /// Key of the group that shares work with this row; `Err` says why the engine cannot run it.
    pub sharing_key: Result<String, String>,
    /// What one repeat alone is expected to take.
    pub expected: Expected,
    /// The seconds that an earlier run of the same version took without a result.
    pub stopped_after: Option<f64>,
}

impl Row {
    /// The row's name in progress lines: data set, engine and id.
    pub fn name(&self) -> String {
        format!("{} {} {}", self.dataset, self.engine.name, self.id)
    }
}

/// Everything that a sweep would run.
#[derive(Default)]
pub struct Plan {
    pub outlines: Vec<Outline>,
    pub rows: Vec<Row>,
    /// Engines that this binary was built without, and how many rows that leaves out.
    pub absent: BTreeMap<String, usize>,
}

impl Plan {
    /// Reads the data sets named and asks every configuration's engine whether it can run it. Fails on a data
    /// set that cannot be read, and on steps before a model that the images cannot have.
    pub fn new(wanted: Vec<Request>, data_dir: &Path) -> Result<Plan, SweepError> {
        Plan::with(Vec::new(), wanted, data_dir)
    }

    /// [`Plan::new`] with data sets that have been read already.
    pub fn with(outlines: Vec<Outline>, wanted: Vec<Request>, data_dir: &Path) -> Result<Plan, SweepError> {
        let mut plan = Plan { outlines, ..Plan::default() };
        let mut known: HashMap<(String, String, String), usize> = HashMap::new();
        for one in wanted {
            let Some(engine) = find_engine(&one.engine) else {
                *plan.absent.entry(one.engine).or_default() += 1;
                continue;
            };
            let outline = plan.outline(&one.dataset, data_dir)?;
            let subset = plan.outlines[outline].subset(one.train_size);
            let shape = plan.outlines[outline].shape.with_subset(subset);
            let configuration = one.configuration.for_classes(shape.classes);
            check_steps(&configuration, &one.dataset, &shape)?;
            let id = file_stem(&configuration.id(), subset);
            let sharing_key = match engine.support(&configuration, &shape) {
                Support::Ready { sharing_key } => Ok(sharing_key),
                Support::Unsupported(reason) => Err(reason),
            };
            let dataset = one.dataset.clone();
            let place = (dataset.clone(), engine.name.to_string(), id.clone());
            // A row may be in several suites; the first one's limit holds.
            if known.insert(place, plan.rows.len()).is_none() {
                let Request { after, timeout, grid_digest, .. } = one;
                let expected = table::expected(engine.name, &configuration, shape.train_size);
                plan.rows.push(Row {
                    outline,
                    dataset,
                    engine,
                    configuration,
                    id,
                    subset,
                    after,
                    timeout,
                    grid_digest,
                    sharing_key,
                    expected,
                    stopped_after: None,
                });
            }
        }
        Ok(plan)
    }

    /// Replaces the expected cost of every row by an estimate from recorded results.
    pub fn expect(&mut self, past: &History) {
        for row in &mut self.rows {
            let train_size = self.outlines[row.outline].shape.with_subset(row.subset).train_size;
            let query = Query {
                dataset: &row.dataset,
                engine: row.engine.name,
                configuration: &row.configuration,
                train_size,
            };
            row.expected = past.expected(&query);
            row.stopped_after = past.stopped_after(&query, row.engine.version);
        }
    }

    fn outline(&mut self, dataset: &str, data_dir: &Path) -> Result<usize, SweepError> {
        if let Some(index) = self.outlines.iter().position(|outline| outline.name == dataset) {
            return Ok(index);
        }
        self.outlines.push(Outline::load(data_dir, dataset)?);
        Ok(self.outlines.len() - 1)
    }
}

/// Refuses steps that do not fit each other or the images: an error in the grid, not the failure of a row.
fn check_steps(configuration: &Configuration, dataset: &str, shape: &Shape) -> Result<(), SweepError> {
    let steps = configuration.preprocessing.steps();
    preprocessing::check(steps, shape.image, shape.train_size)
        .map_err(|error| SweepError::Steps { row: format!("{} on {dataset}", configuration.id()), error })
}

/// The engine of that name, if this binary has it or it has been registered.
pub fn find_engine(name: &str) -> Option<&'static Engine> {
    engines::find(name).or_else(|| test_engine().filter(|engine| engine.name == name))
}

/// The engine for tests, where the environment asks for it.
pub fn test_engine() -> Option<&'static Engine> {
    std::env::var_os(fault_engine::VARIABLE).map(|_| &fault_engine::FAULTS)
}
