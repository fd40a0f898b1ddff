//! `report`: tables, charts and the page from the result files of a run.

use std::io::Write;
use std::path::PathBuf;

use super::common_args::DataDir;
use super::stdio::{print_err, stdout};
use super::{ExitCode, opener};
use crate::report::{PAGE, REPOSITORY, Report, Request};

/// Make tables, charts and the page from result files
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Run that the page opens with
    #[arg(long, value_name = "NAME", default_value = "local")]
    run: String,

    /// Write nothing; exit with 1 when the files are not those of the current results
    #[arg(long)]
    check: bool,

    /// Open the page on results with this number of training images [default: all, else the most there are]
    #[arg(long, value_name = "IMAGES")]
    train_size: Option<usize>,

    /// Folder of the runs, each in a folder of its own
    #[arg(long, value_name = "DIR", default_value = "results")]
    results_dir: PathBuf,

    #[command(flatten)]
    data_dir: DataDir,

    /// Folder that the report is written to
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports_dir: PathBuf,

    /// Address of the repository, which links of the page lead to [default: that of the package; without one they are
    /// relative]
    #[arg(long, value_name = "URL", default_value = REPOSITORY, hide_default_value = true, value_parser = repository)]
    repository: String,

    /// Open the page in a browser
    #[arg(long, conflicts_with = "check")]
    open: bool,

    /// Write the page alone, marked as that of an unfinished sweep: `sweep` does
    #[arg(long, value_name = "TEXT", hide = true, conflicts_with = "check")]
    unfinished: Option<String>,
}

/// An address without a slash at its end; nothing where there is none.
fn repository(text: &str) -> Result<String, String> {
    let address = text.trim_end_matches('/');
    let is_web = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme));
    if address.is_empty() || (is_web && !address.contains(char::is_whitespace)) {
        return Ok(address.to_string());
    }
    Err("expected an address such as https://example.org/owner/name".to_string())
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let request = Request {
        results: &args.results_dir,
        data: &args.data_dir.data_dir,
        reports: &args.reports_dir,
        run: &args.run,
        subset: args.train_size.map(Some),
        repository: &args.repository,
        draft: args.unfinished.is_some(),
    };
    let report = Report::make(&request).map_err(anyhow::Error::msg)?;
    if let Some(progress) = &args.unfinished {
        report.write_unfinished(&args.reports_dir, progress)?;
        return Ok(ExitCode::Success);
    }
    let mut out = stdout();
    for problem in &report.problems {
        print_err(&format!("left out: {problem}"));
    }
    for note in &report.notes {
        print_err(note);
    }
    if args.check {
        let differences = report.check(&args.reports_dir);
        for difference in &differences {
            writeln!(out, "{difference}")?;
        }
        if !differences.is_empty() {
            writeln!(out, "the report is not up to date: run `mnist-bench report --run {}`", args.run)?;
            return Ok(ExitCode::Failed);
        }
        writeln!(out, "{} files are up to date", report.files.len())?;
        return Ok(ExitCode::Success);
    }
    for path in report.write(&args.reports_dir)? {
        writeln!(out, "{}", path.display())?;
    }
    if args.open {
        opener::open(&args.reports_dir.join(PAGE));
    }
    Ok(ExitCode::Success)
}
