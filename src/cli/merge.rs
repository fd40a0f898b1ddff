//! `merge`: merges the results of several folders into one run.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;

use super::ExitCode;
use super::common_args::DataDir;
use super::stdio::{print_err, stdout};
use crate::results::{Store, submission};
use crate::sweep::lock::Lock;
use crate::sweep::merge::Merge;
use crate::sweep::resume;

#[derive(clap::Args)]
#[command(
    after_help = "Exit codes: 0 everything is in the run; 1 a file is not a valid result, or two files \
contradict each other on a row: one line for each, and nothing is written; 2 bad input, or results cannot be written."
)]
pub struct Args {
    /// Folders of runs, such as results/local of other machines
    #[arg(value_name = "FROM", required = true)]
    from: Vec<PathBuf>,

    /// The run that takes all results
    #[arg(long, value_name = "RUN")]
    into: String,

    #[command(flatten)]
    data_dir: DataDir,

    /// Folder of all runs' results
    #[arg(long, value_name = "DIR", default_value = "results")]
    results_dir: PathBuf,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.into == submission::RUN {
        bail!("--into {:?} is reserved for submissions: choose another name", args.into);
    }
    let store = Store::new(&args.results_dir, &args.into).map_err(anyhow::Error::msg)?;
    let outlines = args.data_dir.outlines()?;
    let _lock = Lock::take(&store.root())?;
    resume::remove_leftovers(&store.root());
    let merge = Merge::plan(&args.from, &store, &outlines);
    let mut out = stdout();
    for problem in &merge.problems {
        writeln!(out, "error: {problem}")?;
    }
    for conflict in &merge.conflicts {
        writeln!(out, "conflict: {conflict}; remove one of the two, and merge again")?;
    }
    let counts = format!(
        "{} new, {} already in the run, {} conflicts, {} errors",
        merge.new.len(),
        merge.same,
        merge.conflicts.len(),
        merge.problems.len()
    );
    if !merge.is_clean() {
        writeln!(out, "{counts}: nothing was written")?;
        return Ok(ExitCode::Failed);
    }
    merge.write(&store)?;
    writeln!(out, "{counts}")?;
    if merge.codes.len() > 1 {
        let codes: Vec<String> =
            merge.codes.iter().map(|(digest, count)| format!("{count} by {}", short(digest))).collect();
        print_err(&format!(
            "the results are of different versions of the code ({}): a sweep of this run reruns those of other versions",
            codes.join(", ")
        ));
    }
    Ok(ExitCode::Success)
}

/// The first 12 digits of a digest, or `unknown` where a file has something else in its place.
fn short(digest: &str) -> &str {
    let start = digest.get(..12).filter(|start| start.chars().all(|c| c.is_ascii_hexdigit()));
    start.unwrap_or("unknown")
}
