//! `diff`: lists regressions from one run to another, with an exit code for scripts.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;

use super::ExitCode;
use super::common_args::{DataDir, require_run};
use super::stdio::stdout;
use crate::analysis::compare::Comparison;
use crate::analysis::compare::regression::{self, Limits};
use crate::analysis::compare::side::{self, Spec};
use crate::report::compare::{self as text, Format};

#[derive(clap::Args)]
#[command(
    after_help = "Exit codes: 0 nothing is worse than the limits allow; 1 something is, one line for each; 2 bad \
input, or the runs have no row in common. Rows of only one run are listed and do not change the exit code."
)]
pub struct Args {
    /// The run before
    #[arg(value_name = "BEFORE")]
    before: String,

    /// The run after
    #[arg(value_name = "AFTER")]
    after: String,

    /// The accuracy that a row may lose
    #[arg(long, value_name = "SHARE", default_value = "0.005", value_parser = at_least_zero)]
    accuracy: f64,

    /// The factor by which a row's time may grow, where both were measured with nothing else running
    #[arg(long, value_name = "FACTOR", default_value = "1.25", value_parser = at_least_zero)]
    time: f64,

    /// Do not compare times that are below this many seconds in both runs
    #[arg(long, value_name = "SECONDS", default_value = "0.1", value_parser = at_least_zero)]
    least_time: f64,

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
    for run in [&args.before, &args.after] {
        require_run(&args.results_dir, run)?;
    }
    let outlines = args.data_dir.outlines()?;
    let (before, after) = (Spec::Run(args.before.clone()), Spec::Run(args.after.clone()));
    let (before, after) =
        side::pair(&before, &after, &args.results_dir, &outlines).map_err(anyhow::Error::msg)?;
    let comparison = Comparison::of(before, after, &outlines).map_err(anyhow::Error::msg)?;
    if comparison.pairs.is_empty() {
        bail!(
            "{} and {} have no row of the same engine in common; `cmp {}/ENGINE {}/ENGINE` compares two engines",
            args.before,
            args.after,
            args.before,
            args.after
        );
    }
    let limits =
        Limits { accuracy_drop: args.accuracy, time_ratio: args.time, least_seconds: args.least_time };
    let verdict = regression::judge(comparison, limits);
    write!(stdout(), "{}", text::verdict(&verdict, args.format))?;
    Ok(if verdict.regressions.is_empty() { ExitCode::Success } else { ExitCode::Failed })
}

fn at_least_zero(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number >= 0.0)
        .ok_or_else(|| "expected a number of at least 0".to_string())
}
