//! Arguments of `sweep` and `plan`: which rows to run, and which recorded costs to use.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::value_parser;

use super::common_args::Selection;
use crate::dataset::Outline;
use crate::engines::external::Need;
use crate::grid::{Grid, Smaller, parse_duration};
use crate::results::costs;
use crate::sweep::cost::History;
use crate::sweep::{Plan, Request, plan};

#[derive(clap::Args, Clone, Debug)]
pub struct PlanArgs {
    #[command(flatten)]
    pub selection: Selection,

    /// Time limit of a configuration, such as 90s or 10m [default: the grid's, or 1h]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    timeout: Option<Duration>,

    /// Number of training images, a stratified sample [default: the grid's, or all]
    #[arg(long, value_name = "IMAGES", value_parser = value_parser!(u32).range(1..))]
    train_size: Option<u32>,

    /// Folder of a run whose recorded times and memory say what to expect [default: results/reference]
    #[arg(long, value_name = "DIR")]
    costs: Option<PathBuf>,
}

impl PlanArgs {
    /// The default of `--costs`: the committed run.
    const COSTS: &str = "results/reference";

    pub fn plan(&self, need: Need) -> anyhow::Result<Plan> {
        let grids = self.selection.grids()?;
        let (outlines, wanted) = self.wanted(&grids, need)?;
        Ok(Plan::with(outlines, wanted, &self.selection.data_dir.data_dir)?)
    }

    pub fn costs(&self) -> &Path {
        self.costs.as_deref().unwrap_or(Path::new(Self::COSTS))
    }

    /// Recorded costs of earlier runs; empty where the default folder does not exist.
    pub fn past(&self) -> anyhow::Result<History> {
        if self.costs.as_ref().is_some_and(|folder| !folder.is_dir()) {
            bail!(
                "--costs {}: not a folder; expected the folder of a run, such as {}",
                self.costs().display(),
                Self::COSTS
            );
        }
        let recorded = costs::read_run(self.costs());
        let mut past = History::default();
        past.add(recorded.with_context(|| format!("cannot read {}", self.costs().display()))?);
        Ok(past)
    }

    /// The data sets, and the rows of the grids on each. The command line overrides the grids.
    fn wanted(&self, grids: &[Grid], need: Need) -> anyhow::Result<(Vec<Outline>, Vec<Request>)> {
        /// Default time limit of a configuration.
        const TIMEOUT: Duration = Duration::from_secs(3600);
        let test_engine = plan::test_engine().map(|engine| engine.name.to_string());
        let planned = self.selection.plan(grids, test_engine.as_slice(), need)?;
        let train_size = self.train_size.map(|size| size as usize);
        let digest = |suite: &str| {
            let grid = grids.iter().find(|grid| grid.name == suite);
            grid.map_or(String::new(), |grid| grid.digest.clone())
        };
        // `--train-size` also replaces the sizes of the rows that this one waits for.
        let at_size =
            |smaller: &Smaller| Smaller { train_size: train_size.or(smaller.train_size), ..smaller.clone() };
        let outlines = self.selection.outlines()?;
        let mut wanted = Vec::new();
        for dataset in outlines.iter().map(|outline| &outline.name) {
            for row in &planned {
                wanted.push(Request {
                    dataset: dataset.clone(),
                    engine: row.engine.clone(),
                    configuration: row.configuration.clone(),
                    train_size: train_size.or(row.train_size),
                    after: row.after.iter().map(at_size).collect(),
                    timeout: self.timeout.or(row.timeout).unwrap_or(TIMEOUT),
                    grid_digest: digest(&row.suite),
                });
            }
        }
        Ok((outlines, wanted))
    }
}
