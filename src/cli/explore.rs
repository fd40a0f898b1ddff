//! `explore`: computes the report's pictures and figures of the data from the images.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use super::ExitCode;
use super::common_args::DataDir;
use super::stdio::{print_err, stdout};
use crate::dataset;
use crate::explore::one_pixel::{self, OnePixel};
use crate::explore::{self, Explorer};
use crate::results::store::write_atomically;

#[derive(clap::Args)]
pub struct Args {
    /// Data sets to explore
    #[arg(value_name = "NAME", default_values = ["mnist", "fashion-mnist"])]
    names: Vec<String>,

    #[command(flatten)]
    data_dir: DataDir,

    /// Folder that the figures are written to, where `report` finds them
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports_dir: PathBuf,

    /// Write nothing; exit with 1 when the files are not those of the current images
    #[arg(long)]
    check: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut pairs = Vec::new();
    let mut explorer = Explorer { schema_version: 1, pictures: Vec::new() };
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for name in &args.names {
        let dataset = dataset::load_from(&args.data_dir.data_dir, name)?;
        print_err(&format!("{name}: pictures of {} images", dataset.train.labels.len()));
        pairs.push(one_pixel::compute(&dataset));
        for drawn in explore::pictures(&dataset).map_err(anyhow::Error::msg)? {
            files.push((drawn.picture.file.clone(), drawn.png));
            explorer.pictures.push(drawn.picture);
        }
    }
    let pairs = OnePixel { schema_version: 1, datasets: pairs }.to_bytes().map_err(anyhow::Error::msg)?;
    files.push((one_pixel::FILE.to_string(), pairs));
    let mut bytes = serde_json::to_vec_pretty(&explorer)?;
    bytes.push(b'\n');
    // Last, because it names the other files.
    files.push((explore::FILE.to_string(), bytes));
    let mut out = stdout();
    let mut differences = 0;
    for (name, bytes) in &files {
        let path = args.reports_dir.join(name);
        if !args.check {
            write_atomically(&path, bytes)?;
            writeln!(out, "{}", path.display())?;
        } else if fs::read(&path).ok().as_ref() != Some(bytes) {
            differences += 1;
            writeln!(out, "{}: not up to date: run `mnist-bench explore`", path.display())?;
        }
    }
    if differences > 0 {
        return Ok(ExitCode::Failed);
    }
    if args.check {
        writeln!(out, "{} files are up to date", files.len())?;
    } else {
        writeln!(out, "`report` shows them")?;
    }
    Ok(ExitCode::Success)
}
