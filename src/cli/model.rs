//! The arguments that name a network, shared by the subcommands about networks.

use std::path::PathBuf;

use anyhow::Context;
use serde_json::Value;

use crate::grid::{file, models};
use pixel_learn::nn::Definition;

/// A model by name.
#[derive(clap::Args, Clone, Debug)]
pub struct ModelArgs {
    /// The model's name, such as dense-128
    #[arg(value_name = "MODEL")]
    pub model: String,

    /// File whose [model.NAME] tables define it [default: neural.toml in the benchmarks folder]
    #[arg(long, value_name = "FILE")]
    grid: Option<PathBuf>,

    /// Folder of the suites
    #[arg(long, value_name = "DIR", default_value = "benchmarks")]
    benchmarks_dir: PathBuf,
}

impl ModelArgs {
    /// The model's table as JSON, and the definition read from it.
    pub fn read(&self) -> anyhow::Result<(Value, Definition)> {
        let path = self.grid.clone().unwrap_or_else(|| self.benchmarks_dir.join(file::MODELS));
        let grid = file::read(&path)?;
        let table = models::find(&grid.models, &self.model).with_context(|| path.display().to_string())?;
        let definition = Definition::from_json(table)?;
        Ok((table.clone(), definition))
    }
}
