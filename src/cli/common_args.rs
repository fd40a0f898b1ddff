//! Arguments that several subcommands share, to be flattened into theirs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::stdio::print_err;
use crate::dataset::{DatasetError, Outline, Outlines, catalogue};
use crate::engines::BUILT_IN;
use crate::engines::external::{self, Definition, Need};
use crate::file_name::is_name;
use crate::grid::{Benchmarks, Filters, Grid, Planned, file};
use crate::nearest::{did_you_mean, list};
use crate::results::Store;

/// The folder of the data sets.
#[derive(clap::Args, Clone, Debug)]
pub struct DataDir {
    /// Folder of the data sets, each in a folder of its own [default: the variable MNIST_BENCH_DATA, else data]
    #[arg(long, value_name = "DIR", default_value_os_t = default_data_dir(), hide_default_value = true)]
    pub data_dir: PathBuf,
}

/// The folder that the environment names, else `data` in the current one. An empty variable is none.
fn default_data_dir() -> PathBuf {
    let named = std::env::var_os(catalogue::VARIABLE).filter(|folder| !folder.is_empty());
    named.unwrap_or_else(|| "data".into()).into()
}

impl DataDir {
    /// The outline of every data set of the folder. One that cannot be loaded is left out, with a notice.
    pub fn outlines(&self) -> anyhow::Result<Outlines> {
        let (outlines, bad) = Outline::load_all(&self.data_dir)?;
        for error in bad {
            print_err(&format!("notice: a data set is left out: {error}"));
        }
        Ok(outlines)
    }
}

/// The folder of the suites.
#[derive(clap::Args, Clone, Debug)]
pub struct BenchmarksDir {
    /// Folder of the suites [default: benchmarks where it is there, else this program's own suites]
    #[arg(long, value_name = "DIR")]
    pub benchmarks_dir: Option<PathBuf>,
}

impl BenchmarksDir {
    pub fn find(&self) -> Benchmarks {
        Benchmarks::find(self.benchmarks_dir.as_deref())
    }
}

/// The list of external engines.
#[derive(clap::Args, Clone, Debug)]
pub struct Engines {
    /// File that lists the external engines [default: engines.toml in the benchmarks folder]
    #[arg(long, value_name = "FILE")]
    pub engines: Option<PathBuf>,
}

impl Engines {
    /// The external engines; empty if there is no list of them.
    pub fn definitions(&self, benchmarks: &Benchmarks) -> anyhow::Result<Vec<Definition>> {
        Ok(match self.engines.clone().or_else(|| benchmarks.engines()) {
            Some(path) => external::file::read(&path)?,
            None => Vec::new(),
        })
    }
}

/// The selected configurations and data sets.
#[derive(clap::Args, Clone, Debug)]
pub struct Selection {
    /// Suite to run, by the name of its file in the folder of the suites, or 'all'; repeatable
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub suite: Vec<String>,

    /// Grid file to run instead of suites (.toml, or upstream's baselines.json)
    #[arg(long, value_name = "FILE", conflicts_with = "suite")]
    pub grid: Option<PathBuf>,

    #[command(flatten)]
    pub benchmarks: BenchmarksDir,

    #[command(flatten)]
    pub data_dir: DataDir,

    #[command(flatten)]
    pub engines: Engines,

    #[command(flatten)]
    pub filters: Filters,
}

impl Selection {
    /// The grid of `--grid`, or the suites.
    pub fn grids(&self) -> anyhow::Result<Vec<Grid>> {
        let benchmarks = self.benchmarks.find();
        let mut grids = match &self.grid {
            Some(path) => vec![file::read(path)?],
            None => benchmarks.suites(&self.suite)?,
        };
        benchmarks.complete_models(&mut grids)?;
        if self.grid.is_none()
            && let Some(notice) = benchmarks.notice()
        {
            print_err(&format!("notice: {notice}"));
        }
        for notice in grids.iter().flat_map(|grid| &grid.notices) {
            print_err(&format!("notice: {notice}"));
        }
        Ok(grids)
    }

    /// Plans the selected configurations of `grids`. `more_engines` are accepted besides the built-in and
    /// external ones. Registers the external engines that the plan uses for the rest of the process.
    pub fn plan(&self, grids: &[Grid], more_engines: &[String], need: Need) -> anyhow::Result<Vec<Planned>> {
        let external = self.engines.definitions(&self.benchmarks.find())?;
        let built_in = BUILT_IN.iter().map(|engine| engine.name.to_string());
        let named = external.iter().map(|engine| engine.name.clone());
        let known: Vec<String> = built_in.chain(named).chain(more_engines.iter().cloned()).collect();
        let planned = self.filters.plan(grids, &known)?;
        let wanted: BTreeSet<&str> = planned.iter().map(|row| row.engine.as_str()).collect();
        for engine in external.iter().filter(|engine| wanted.contains(engine.name.as_str())) {
            external::register(engine, need)?;
        }
        Ok(planned)
    }

    /// The selected data sets of the data folder.
    pub fn datasets(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.filters.select_datasets(&catalogue::available(&self.data_dir.data_dir)?)?)
    }

    /// Outlines of the selected data sets. One with more classes than a result file holds is left out like
    /// one that cannot be loaded.
    pub fn outlines(&self) -> anyhow::Result<Vec<Outline>> {
        self.each(|name| Outline::load(&self.data_dir.data_dir, name))
    }

    /// Calls `load` for each selected data set. One that cannot be loaded is left out with a notice. It is an
    /// error if it was asked for by name, if its name is invalid, or if no data set can be loaded.
    pub fn each<T>(&self, load: impl Fn(&str) -> Result<T, DatasetError>) -> anyhow::Result<Vec<T>> {
        let (mut loaded, mut bad) = (Vec::new(), Vec::new());
        for name in self.datasets()? {
            match load(&name) {
                Ok(one) => loaded.push(one),
                // A data set with an invalid name stays unusable: better an error now than after training on
                // the others.
                Err(error) if self.filters.names_datasets() || !is_name(&name) => return Err(error.into()),
                Err(error) => bad.push(error),
            }
        }
        let error = if loaded.is_empty() { bad.pop() } else { None };
        for error in bad {
            print_err(&format!("notice: a data set is left out: {error}"));
        }
        if let Some(error) = error {
            return Err(error.into());
        }
        Ok(loaded)
    }
}

/// Checks that a run exists; the error suggests the nearest name.
pub fn require_run(results_dir: &Path, run: &str) -> anyhow::Result<()> {
    let runs = Store::runs(results_dir)?;
    if runs.iter().any(|known| known == run) {
        return Ok(());
    }
    let known: Vec<&str> = runs.iter().map(String::as_str).collect();
    let (folder, hint) = (results_dir.display(), did_you_mean(run, &known));
    bail!("no run {run:?} in {folder}{hint} (known: {})", list(&known));
}
