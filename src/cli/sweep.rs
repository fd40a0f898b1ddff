//! `sweep`: runs configurations on data sets, writes a result file for each, and the report of them all.

use std::io::{Write, stderr, stdout};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::value_parser;

use super::ExitCode;
use super::shared::Selection;
use crate::engines::native::NATIVE;
use crate::grid::{Grid, parse_duration};
use crate::report::{Report, Request};
use crate::results::{Store, submission};
use crate::sweep::lock::Lock;
use crate::sweep::{self, Options, Plan, Wanted, plan, quantity, signals};

#[derive(clap::Args)]
#[command(
    after_help = "Exit codes: 0 every row of our own models has a result; 1 one of them has none, or a \
quiet pass found other predictions; 2 bad input, or results cannot be written; 130 stopped by Ctrl-C (what was \
finished is written, and the same command goes on from there). What other engines cannot do is a finding and \
changes no exit code."
)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,

    /// Jobs at the same time [default: one a core]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..))]
    jobs: Option<u16>,

    /// Threads of a job (the last jobs of a sweep may get the cores that stand idle)
    #[arg(long, value_name = "N", default_value = "1", value_parser = value_parser!(u16).range(1..))]
    threads: u16,

    /// Time limit of a configuration, such as 90s or 10m [default: the grid's, or 1h]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    timeout: Option<Duration>,

    /// Memory limit of a job, such as 2GiB [default: 80 % of the memory / jobs]
    #[arg(long, value_name = "SIZE", value_parser = quantity::bytes)]
    memory_limit: Option<u64>,

    /// Runs of each configuration, at most; two that predict exactly the same are enough
    #[arg(long, value_name = "N", default_value = "1", value_parser = value_parser!(u16).range(1..=1000))]
    repeats: u16,

    /// Time that a configuration may spend on repeats after the first
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    repeat_budget: Option<Duration>,

    /// Train on so many images, drawn with the classes in proportion [default: the grid's, or all]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    train_size: Option<u32>,

    /// Seed from which all others derive
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,

    /// Name of the run: the folder of its results
    #[arg(long, value_name = "NAME", default_value = "local")]
    run: String,

    /// Folder of all runs' results
    #[arg(long, value_name = "DIR", default_value = "results")]
    results_dir: PathBuf,

    /// Folder of the reports
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports_dir: PathBuf,

    /// Only list what would run
    #[arg(long)]
    dry_run: bool,

    /// Run again whatever is there
    #[arg(long)]
    force: bool,

    /// Run the failed rows again
    #[arg(long)]
    retry_failed: bool,

    /// Run every configuration in a process of its own, without sharing work (the results are the same)
    #[arg(long)]
    no_sharing: bool,

    /// Measure times with nothing else running: one configuration at a time, alone; results that are there
    /// must come out the same
    #[arg(long, conflicts_with = "jobs")]
    quiet_pass: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let grids = args.selection.grids()?;
    let options = options(&args);
    if args.run == submission::RUN {
        bail!("--run {:?} is the folder of submissions: take another name", args.run);
    }
    let store = Store::new(&args.results_dir, &args.run).map_err(anyhow::Error::msg)?;
    let plan = Plan::new(wanted(&args, &grids)?, &args.selection.data_dir.data_dir)?;
    if args.dry_run {
        return dry_run(&plan, &options, &store);
    }
    if plan.rows.is_empty() {
        bail!(
            "nothing to run: the models of all {} configurations are still to be written",
            plan.unwritten.len()
        );
    }
    let stop = signals::listen().context("cannot listen for Ctrl-C")?;
    let lock = Lock::take(&store.root())?;
    sweep::resume::remove_leftovers(&store.root());
    let summary = sweep::schedule::run(&plan, &options, &store, stop)?;
    for line in summary.lines() {
        tell(&line);
    }
    report(&args, &plan)?;
    drop(lock);
    Ok(if summary.interrupted {
        ExitCode::Interrupted
    } else if summary.native_failures > 0 || !summary.contradictions.is_empty() {
        ExitCode::Failed
    } else {
        ExitCode::Success
    })
}

/// Makes the report of all results, opening on the rows just swept, and prints their side-by-side.
fn report(args: &Args, plan: &Plan) -> anyhow::Result<()> {
    let native = plan.rows.iter().find(|row| row.engine.name == NATIVE.name);
    let request = Request {
        results: &args.results_dir,
        data: &args.selection.data_dir.data_dir,
        reports: &args.reports_dir,
        run: &args.run,
        subset: native.or(plan.rows.first()).map(|row| row.subset),
    };
    let report = Report::make(&request).map_err(anyhow::Error::msg).context("cannot make the report")?;
    for problem in &report.problems {
        tell(&format!("left out of the report: {problem}"));
    }
    let written = report.write(&args.reports_dir);
    written.with_context(|| format!("cannot write the report to {}", args.reports_dir.display()))?;
    let width = sweep::process::terminal_width().unwrap_or(160);
    write!(stdout().lock(), "{}", report.terminal(width))?;
    tell(&format!("the page: {}", args.reports_dir.join("benchmark.html").display()));
    Ok(())
}

/// A line on standard error. When nobody reads it any more the sweep still ends as it should.
fn tell(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}

fn options(args: &Args) -> Options {
    let jobs = if args.quiet_pass { 1 } else { args.jobs.map_or_else(Options::cores, usize::from) };
    Options {
        data_dir: args.selection.data_dir.data_dir.clone(),
        jobs,
        threads: usize::from(args.threads),
        memory_limit: args.memory_limit.unwrap_or_else(|| Options::default_memory_limit(jobs)),
        repeats: usize::from(args.repeats),
        repeat_budget: args.repeat_budget,
        seed: args.seed,
        force: args.force,
        retry_failed: args.retry_failed,
        no_sharing: args.no_sharing,
        quiet_pass: args.quiet_pass,
    }
}

/// What the grids ask for on each data set, with the command line's word above the grids'.
fn wanted(args: &Args, grids: &[Grid]) -> anyhow::Result<Vec<Wanted>> {
    /// Time limit of a configuration where neither grid nor command line names one.
    const TIMEOUT: Duration = Duration::from_secs(3600);
    let test_engine = plan::test_engine().map(|engine| engine.name.to_string());
    let planned = args.selection.plan(grids, test_engine.as_slice())?;
    let datasets = args.selection.datasets()?;
    let train_size = args.train_size.map(|size| size as usize);
    let digest = |suite: &str| {
        let grid = grids.iter().find(|grid| grid.name == suite);
        grid.map_or(String::new(), |grid| grid.digest.clone())
    };
    let mut wanted = Vec::new();
    for dataset in datasets {
        for row in &planned {
            wanted.push(Wanted {
                dataset: dataset.clone(),
                engine: row.engine.clone(),
                configuration: row.configuration.clone(),
                train_size: train_size.or(row.train_size),
                timeout: args.timeout.or(row.timeout).unwrap_or(TIMEOUT),
                grid_digest: digest(&row.suite),
            });
        }
    }
    Ok(wanted)
}

fn dry_run(plan: &Plan, options: &Options, store: &Store) -> anyhow::Result<ExitCode> {
    let mut out = stdout().lock();
    for line in sweep::preview::lines(plan, options, store)? {
        writeln!(out, "{line}")?;
    }
    Ok(ExitCode::Success)
}
