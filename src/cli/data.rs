//! `data`: shows what the data sets hold.

use std::io::{Write, stdout};

use super::ExitCode;
use super::shared::DataDir;
use crate::dataset;

#[derive(clap::Args)]
pub struct Args {
    /// Data sets to show
    #[arg(value_name = "NAME", default_values = ["mnist", "fashion-mnist"])]
    names: Vec<String>,

    #[command(flatten)]
    data_dir: DataDir,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut out = stdout().lock();
    for name in &args.names {
        let dataset = dataset::load_from(&args.data_dir.data_dir, name)?;
        for (split, part) in [("train", &dataset.train), ("test", &dataset.test)] {
            let images = &part.images;
            writeln!(out, "{name} {split}: {} x {} x {}", images.count, images.rows, images.columns)?;
        }
    }
    Ok(ExitCode::Success)
}
