//! Arguments that several subcommands share, to be flattened into theirs.

use std::path::PathBuf;

use crate::dataset::catalogue;
use crate::engines::BUILT_IN;
use crate::grid::{Filters, Grid, Planned, file, models};

/// Where the data sets are.
#[derive(clap::Args, Clone, Debug)]
pub struct DataDir {
    /// Folder that holds one folder a data set
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data_dir: PathBuf,
}

/// Which configurations are meant, and on which data sets.
#[derive(clap::Args, Clone, Debug)]
pub struct Selection {
    /// Suite to run, by the name of its file in the benchmarks folder, or 'all'; repeatable
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub suite: Vec<String>,

    /// Grid file to run instead of suites (.toml, or upstream's baselines.json)
    #[arg(long, value_name = "FILE", conflicts_with = "suite")]
    pub grid: Option<PathBuf>,

    /// Folder of the suites
    #[arg(long, value_name = "DIR", default_value = "benchmarks")]
    pub benchmarks_dir: PathBuf,

    #[command(flatten)]
    pub data_dir: DataDir,

    #[command(flatten)]
    pub filters: Filters,
}

impl Selection {
    /// The grid file named, or the suites.
    pub fn grids(&self) -> anyhow::Result<Vec<Grid>> {
        let mut grids = match &self.grid {
            Some(path) => vec![file::read(path)?],
            None => file::suites(&self.benchmarks_dir, &self.suite)?,
        };
        models::complete(&mut grids, &self.benchmarks_dir)?;
        Ok(grids)
    }

    /// What is selected of those grids; `more_engines` are known besides the built-in ones.
    pub fn plan(&self, grids: &[Grid], more_engines: &[String]) -> anyhow::Result<Vec<Planned>> {
        let built_in = BUILT_IN.iter().map(|engine| engine.name.to_string());
        let engines: Vec<String> = built_in.chain(more_engines.iter().cloned()).collect();
        Ok(self.filters.plan(grids, &engines)?)
    }

    /// The data sets that are selected of those in the data folder.
    pub fn datasets(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.filters.select_datasets(&catalogue::available(&self.data_dir.data_dir)?)?)
    }
}
