//! `validate`: lists all errors of result files and submissions.

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;

use super::ExitCode;
use super::common_args::DataDir;
use super::stdio::stdout;
use crate::check;
use crate::results::schema;

#[derive(clap::Args)]
#[command(
    after_help = "Exit codes: 0 no errors (warnings do not count); 1 errors, one line each: file, place in it, what is \
wrong and how to fix it; 2 the data sets cannot be read."
)]
pub struct Args {
    /// Files and folders to validate
    #[arg(value_name = "PATH", default_value = "results")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    data_dir: DataDir,

    /// Folder of all results: submissions are compared with the results in it
    #[arg(long, value_name = "DIR", default_value = "results")]
    results_dir: PathBuf,

    /// Print a JSON Schema instead
    #[arg(long, value_name = "OF", exclusive = true)]
    schema: Option<Schema>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Schema {
    Submission,
    Result,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut out = stdout();
    if let Some(of) = args.schema {
        let schema = match of {
            Schema::Submission => &*schema::SUBMISSION,
            Schema::Result => &*schema::RESULT,
        };
        writeln!(out, "{schema:#}")?;
        return Ok(ExitCode::Success);
    }
    let outlines = args.data_dir.outlines()?;
    let found = check::tree(&args.paths, &args.results_dir, &outlines);
    for problem in &found.problems {
        writeln!(out, "error: {problem}")?;
    }
    for warning in &found.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    writeln!(
        out,
        "{}: {}, {}",
        plural(found.files, "file"),
        plural(found.problems.len(), "error"),
        plural(found.warnings.len(), "warning")
    )?;
    Ok(if found.problems.is_empty() { ExitCode::Success } else { ExitCode::Failed })
}
