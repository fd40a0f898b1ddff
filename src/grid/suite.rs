//! A grid in memory: families with their lists of values, checked, and expanded to what is planned.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;

use super::models::{self, Models};
use super::{Configuration, GridError, Parameters, Preprocessing, schema};

/// The most configurations that a grid may expand to: far more than anybody runs, few enough to notice a
/// mistake.
const MAX_CONFIGURATIONS: usize = 100_000;

/// The content of one grid file.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// The name of the file without its ending, such as `classic`.
    pub name: String,
    /// What the grid is, in a line.
    pub description: String,
    /// Whether a sweep without further arguments runs it.
    pub default: bool,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// Networks that the grid defines, or takes from the suite `neural`.
    pub models: Models,
    /// In the order of the file.
    pub families: Vec<Family>,
    /// Notices of replaced names, such as a value under its name in a newer scikit-learn.
    pub notices: Vec<String>,
}

/// One classifier with lists of values, run as their cartesian product.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    pub classifier: String,
    /// What the figures of this family show, in a line.
    pub analysis: String,
    /// Names with the values to try, in the order of the file; the last one varies fastest.
    pub parameters: Vec<(String, Vec<Value>)>,
    /// The steps before the model. Each of several lists of steps is tried with all parameters.
    pub preprocessing: Vec<Preprocessing>,
    /// Which engines run it.
    pub engines: Vec<String>,
    /// Numbers of training rows, ascending; empty for all rows.
    pub train_sizes: Vec<usize>,
    /// Parameters whose values mean ever more of the same work, in the order of their list.
    pub rising: Vec<String>,
    /// Time limit of a configuration; `None` for the sweep's own.
    pub timeout: Option<Duration>,
}

/// A configuration with an engine that is to run it.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub configuration: Configuration,
    pub engine: String,
    /// How many training rows, drawn stratified; `None` for all of them.
    pub train_size: Option<usize>,
    /// The next cheaper rows: if one of them hits a limit, this one is not tried.
    pub after: Vec<Smaller>,
    /// Time limit of this configuration; `None` for the sweep's own.
    pub timeout: Option<Duration>,
    /// The name of the grid that asks for it.
    pub suite: String,
    /// The family's line of analysis.
    pub analysis: String,
}

/// The same work at lower cost: fewer training rows, or the previous value of a rising parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Smaller {
    pub configuration: Configuration,
    pub train_size: Option<usize>,
}

impl Grid {
    /// Checks every configuration against the schema, and that there are no duplicates.
    pub fn check(&self) -> Result<(), GridError> {
        let mut total = 0usize;
        for family in &self.families {
            if let Some((name, _)) = family.parameters.iter().find(|(_, values)| values.is_empty()) {
                return Err(GridError::new(format!(
                    "{}: {name} = [] has no value: add one or delete the line",
                    family.classifier
                )));
            }
            let listed = |name: &String| family.parameters.iter().any(|(listed, _)| listed == name);
            if let Some(name) = family.rising.iter().find(|name| !listed(name)) {
                return Err(GridError::new(format!(
                    "{}: rising: the family has no parameter {name:?}: add it with a list of values",
                    family.classifier
                )));
            }
            if family.engines.is_empty() {
                return Err(GridError::new(format!(
                    "{}: engines = [] is empty: name an engine, such as native",
                    family.classifier
                )));
            }
            let sizes = family.train_sizes.len().max(1) * family.preprocessing.len();
            let count =
                family.parameters.iter().try_fold(sizes, |n, (_, values)| n.checked_mul(values.len()));
            total = count.and_then(|count| total.checked_add(count)).unwrap_or(usize::MAX);
            if total > MAX_CONFIGURATIONS {
                return Err(GridError::new(format!(
                    "{}: more than {MAX_CONFIGURATIONS} configurations: shorten its lists",
                    family.classifier
                )));
            }
        }
        let mut seen = HashMap::new();
        for planned in self.expand(&[]) {
            schema::validate(&planned.configuration)?;
            let key = (planned.engine, planned.configuration.id(), planned.train_size);
            if let Some((engine, id, _)) = seen.insert(key.clone(), ()).map(|()| key) {
                return Err(GridError::new(format!(
                    "duplicate configuration {id} for engine {engine}: delete one of them"
                )));
            }
        }
        Ok(())
    }

    /// Every configuration with every engine, families in order. Where `engines` is not empty it replaces
    /// the families' own.
    pub fn expand(&self, engines: &[String]) -> Vec<Planned> {
        let mut plan = Vec::new();
        for family in &self.families {
            let configurations = family.configurations(&self.models);
            for engine in if engines.is_empty() { &family.engines } else { engines } {
                for configuration in &configurations {
                    plan.extend(family.at_each_size(configuration, engine, &self.name));
                }
            }
        }
        plan
    }
}

impl Family {
    fn configurations(&self, networks: &Models) -> Vec<Configuration> {
        let configuration = |mut parameters| {
            if self.classifier == schema::NETWORK {
                models::define(&mut parameters, networks);
            }
            Configuration::new(&self.classifier, parameters)
        };
        let behind = |steps: &Preprocessing| {
            let steps = steps.clone();
            let plain = self.combinations().into_iter().map(configuration);
            plain.map(move |one| one.with_preprocessing(steps.clone()))
        };
        self.preprocessing.iter().flat_map(behind).collect()
    }

    /// A configuration on one engine, with each number of training rows in turn.
    fn at_each_size(
        &self,
        configuration: &Configuration,
        engine: &str,
        suite: &str,
    ) -> impl Iterator<Item = Planned> {
        self.sizes().into_iter().map(move |(train_size, fewer)| Planned {
            configuration: configuration.clone(),
            engine: engine.to_string(),
            train_size,
            after: self.smaller(configuration, train_size, fewer),
            timeout: self.timeout,
            suite: suite.to_string(),
            analysis: self.analysis.clone(),
        })
    }

    /// The configuration with fewer training rows, and with the previous value of each rising parameter.
    fn smaller(
        &self,
        configuration: &Configuration,
        train_size: Option<usize>,
        fewer: Option<usize>,
    ) -> Vec<Smaller> {
        let of_rows = fewer.map(|fewer| (configuration.clone(), Some(fewer)));
        let of_work = self.before(configuration).into_iter().map(|less| (less, train_size));
        let smaller = of_rows.into_iter().chain(of_work);
        smaller.map(|(configuration, train_size)| Smaller { configuration, train_size }).collect()
    }

    /// Each train size with the one before it.
    fn sizes(&self) -> Vec<(Option<usize>, Option<usize>)> {
        if self.train_sizes.is_empty() {
            return vec![(None, None)];
        }
        let sizes = self.train_sizes.iter().copied().map(Some);
        sizes.clone().zip(std::iter::once(None).chain(sizes)).collect()
    }

    /// The configuration with the previous value of each rising parameter; none for a first value.
    fn before(&self, configuration: &Configuration) -> Vec<Configuration> {
        let before = |name: &String| {
            let (_, values) = self.parameters.iter().find(|(listed, _)| listed == name)?;
            let here = configuration.parameters.get(name)?;
            let place = values.iter().position(|value| value == here)?;
            let mut parameters = configuration.parameters.clone();
            parameters.insert(name.clone(), values.get(place.checked_sub(1)?)?.clone());
            Some(Configuration { parameters, ..configuration.clone() })
        };
        self.rising.iter().filter_map(before).collect()
    }

    fn combinations(&self) -> Vec<Parameters> {
        let mut combinations = vec![Parameters::new()];
        for (name, values) in &self.parameters {
            combinations = combinations
                .iter()
                .flat_map(|before| {
                    values.iter().map(|value| {
                        let mut parameters = before.clone();
                        parameters.insert(name.clone(), value.clone());
                        parameters
                    })
                })
                .collect();
        }
        combinations
    }
}
