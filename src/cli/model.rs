//! The arguments that name a network, shared by the subcommands about networks.

use std::path::PathBuf;

use anyhow::Context;
use serde_json::Value;

use super::common_args::BenchmarksDir;
use crate::grid::{file, models};
use pixel_learn::nn::Definition;

/// A model by name.
#[derive(clap::Args, Clone, Debug)]
pub struct ModelArgs {
    /// The model's name, such as dense-128
    #[arg(value_name = "MODEL")]
    pub model: String,

    /// File whose [model.NAME] tables define it [default: the suite neural]
    #[arg(long, value_name = "FILE")]
    grid: Option<PathBuf>,

    #[command(flatten)]
    benchmarks: BenchmarksDir,
}

impl ModelArgs {
    /// The model's table as JSON, and the definition read from it.
    pub fn read(&self) -> anyhow::Result<(Value, Definition)> {
        let (grid, place) = match &self.grid {
            Some(path) => (file::read(path)?, path.display().to_string()),
            None => self.benchmarks.find().models()?,
        };
        let table = models::find(&grid.models, &self.model).context(place)?;
        let definition = Definition::from_json(table)?;
        Ok((table.clone(), definition))
    }
}
