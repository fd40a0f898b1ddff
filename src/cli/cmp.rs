//! `cmp`: compares two engines, runs or files on their common rows: accuracy, time, paired statistics.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::ExitCode;
use super::common_args::DataDir;
use super::stdio::stdout;
use crate::analysis::compare::Comparison;
use crate::analysis::compare::side::{self, Spec};
use crate::dataset::Outlines;
use crate::report::compare::{self as text, Format};

#[derive(clap::Args)]
pub struct Args {
    /// A result file or submission, an engine of the run, RUN/ENGINE, or a run
    #[arg(value_name = "FIRST")]
    first: String,

    /// Another of the same kind
    #[arg(value_name = "SECOND")]
    second: String,

    /// The run of which engines are compared where none is named with them
    #[arg(long, value_name = "NAME", default_value = "local")]
    run: String,

    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    #[command(flatten)]
    data_dir: DataDir,

    /// Folder of all results
    #[arg(long, value_name = "DIR", default_value = "results")]
    results_dir: PathBuf,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let outlines = args.data_dir.outlines()?;
    let (first, second) = sides(&args, &outlines).map_err(anyhow::Error::msg)?;
    let comparison = Comparison::of(first, second, &outlines).map_err(anyhow::Error::msg)?;
    let Some(pair) = comparison.pairs.first() else {
        bail!(
            "{} and {} have no configuration in common at the same train size; to compare engines of two runs, write \
             RUN/ENGINE on both sides",
            args.first,
            args.second
        );
    };
    let images = outlines.get(&pair.dataset).map(|outline| outline.test_labels.len());
    write!(stdout(), "{}", text::comparison(&comparison, args.format, images))?;
    Ok(ExitCode::Success)
}

fn sides(args: &Args, outlines: &Outlines) -> Result<(side::Side, side::Side), String> {
    let (first, second) = (Path::new(&args.first), Path::new(&args.second));
    match (first.is_file(), second.is_file()) {
        (true, true) => side::files(first, second, outlines),
        (true, false) => Err(no_file(&args.second)),
        (false, true) => Err(no_file(&args.first)),
        (false, false) => {
            let spec = |text: &str| Spec::find(text, &args.results_dir, &args.run);
            side::pair(&spec(&args.first)?, &spec(&args.second)?, &args.results_dir, outlines)
        }
    }
}

/// The message where only the other side is a file.
fn no_file(side: &str) -> String {
    if side.ends_with(".json") {
        return format!("{side}: no such file");
    }
    format!("{side:?} is not a file, but the other side is: compare two files, two engines or two runs")
}
