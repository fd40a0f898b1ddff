//! `explore`: computes from the images what the report shows of the data themselves.

use std::fs;
use std::io::{Write, stdout};
use std::path::PathBuf;

use super::ExitCode;
use super::shared::DataDir;
use crate::dataset;
use crate::report::one_pixel::{self, OnePixel};
use crate::results::store::write_atomically;

#[derive(clap::Args)]
pub struct Args {
    /// Data sets to look at
    #[arg(value_name = "NAME", default_values = ["mnist", "fashion-mnist"])]
    names: Vec<String>,

    #[command(flatten)]
    data_dir: DataDir,

    /// Folder that the figures are written to, where `report` finds them
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports_dir: PathBuf,

    /// Write nothing; exit with 1 when the file there is not what the images make
    #[arg(long)]
    check: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut datasets = Vec::new();
    for name in &args.names {
        let dataset = dataset::load_from(&args.data_dir.data_dir, name)?;
        datasets.push(one_pixel::compute(&dataset));
    }
    let bytes = OnePixel { schema_version: 1, datasets }.to_bytes().map_err(anyhow::Error::msg)?;
    let path = args.reports_dir.join(one_pixel::FILE);
    let mut out = stdout().lock();
    if args.check {
        if fs::read(&path).ok().as_deref() != Some(&bytes) {
            writeln!(out, "{}: not what the images make: run `mnist-bench explore`", path.display())?;
            return Ok(ExitCode::Failed);
        }
        writeln!(out, "{} is what the images make", path.display())?;
        return Ok(ExitCode::Success);
    }
    write_atomically(&path, &bytes)?;
    writeln!(out, "{} (`report` shows it)", path.display())?;
    Ok(ExitCode::Success)
}
