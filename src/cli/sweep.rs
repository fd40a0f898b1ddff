//! `sweep`: runs configurations on data sets; writes a result file for each, and the report.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::value_parser;

use super::live_page::{Folders, LivePage};
use super::plan_args::PlanArgs;
use super::stdio::{print_err, stdout};
use super::{ExitCode, opener};
use crate::engines::external::Need;
use crate::engines::native::NATIVE;
use crate::grid::parse_duration;
use crate::report::{PAGE, REPOSITORY, Report, Request};
use crate::results::{Store, store, submission};
use crate::sweep::cost::History;
use crate::sweep::lock::Lock;
use crate::sweep::merge::same_folder;
use crate::sweep::options::Repeats;
use crate::sweep::progress::Snapshot;
use crate::sweep::resume::Todo;
use crate::sweep::shares::{Shard, Shares};
use crate::sweep::{self, Options, Plan, byte_size, signals};

#[derive(clap::Args)]
#[command(after_help = "Exit codes: 0 every native row has a result; 1 one of them has none, or a \
quiet pass found other predictions; 2 bad input, or results cannot be written; 130 stopped by Ctrl-C (what was \
finished is written, and the same command goes on from there). What other engines cannot do is a finding and \
changes no exit code.")]
pub struct Args {
    #[command(flatten)]
    plan: PlanArgs,

    /// Jobs at the same time [default: the number of cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..))]
    jobs: Option<u16>,

    /// Threads of a job (the last jobs of a sweep may get the cores that stand idle)
    #[arg(long, value_name = "N", default_value = "1", value_parser = value_parser!(u16).range(1..))]
    threads: u16,

    /// Memory limit of a job, such as 2GiB [default: 80 % of the memory / jobs]
    #[arg(long, value_name = "SIZE", value_parser = byte_size::bytes)]
    memory_limit: Option<u64>,

    /// Runs of each configuration, at most; `auto`: until the 95 % interval of the mean accuracy is within 0.001, at
    /// most 30. Two that predict exactly the same are enough
    #[arg(long, value_name = "N|auto", default_value = "1")]
    repeats: Repeats,

    /// Time that a configuration may spend on repeats after the first
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    repeat_budget: Option<Duration>,

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

    /// Run only one share of several, such as 2/4; the other machines run the others, with the same arguments
    /// (see `plan --shards 4`)
    #[arg(long, value_name = "I/N", value_parser = Shard::parse)]
    shard: Option<Shard>,

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

    /// Run every row until it ends or its time is up. Otherwise a row that earlier results expect to exceed its limit is
    /// tried on few images first, and is a timeout where these say that it takes more than twice the limit, as is one that
    /// an earlier run by the same version of its engine did not end in twice the limit
    #[arg(long)]
    no_forecast: bool,

    /// Open the page in a browser as soon as it is written
    #[arg(long, conflicts_with = "shard")]
    open: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let options = options(&args);
    if args.run == submission::RUN {
        bail!("--run {:?} is reserved for submissions: choose another name", args.run);
    }
    let store = Store::new(&args.results_dir, &args.run).map_err(anyhow::Error::msg)?;
    let mut plan = args.plan.plan(Need::Version)?;
    let planned = plan.rows.len();
    let past = past_and_share(&args, &store, &mut plan)?;
    if args.dry_run {
        let todo = read_results(&store, &mut plan, past, &options)?;
        return dry_run(&plan, &todo, &options);
    }
    if plan.rows.is_empty() && planned > 0 {
        print_err("this share is empty: there are more shares than groups of rows");
        return Ok(ExitCode::Success);
    }
    if plan.rows.is_empty() {
        bail!("nothing to run: this binary has none of the engines that are asked for");
    }
    let stop = signals::listen().context("cannot listen for Ctrl-C")?;
    let lock = match &args.shard {
        Some(shard) => Lock::take_share(&store.root(), shard)?,
        None => Lock::take(&store.root())?,
    };
    if args.shard.is_none() {
        // Not for a share: a half-written file may belong to another share that is running.
        sweep::resume::remove_leftovers(&store.root());
    }
    let todo = read_results(&store, &mut plan, past, &options)?;
    let mut page = live_page(&args)?;
    let mut news = |snapshot: &Snapshot| page.iter_mut().for_each(|page| page.news(snapshot));
    let summary = sweep::schedule::run(&plan, todo, &options, &store, stop, &mut news)?;
    let open = page.map_or(args.open, LivePage::end);
    for line in summary.lines() {
        print_err(&line);
    }
    match args.shard {
        Some(_) => print_err(&format!("when all shares are done: report --run {}", args.run)),
        None => report(&args, &plan, open)?,
    }
    drop(lock);
    Ok(if summary.interrupted {
        ExitCode::Interrupted
    } else if summary.native_failures > 0 || !summary.contradictions.is_empty() {
        ExitCode::Failed
    } else {
        ExitCode::Success
    })
}

/// The page that shows the progress of the sweep. `None` for a share, whose report comes later, and for a
/// quiet pass, whose times it would disturb.
fn live_page(args: &Args) -> anyhow::Result<Option<LivePage>> {
    if args.shard.is_some() {
        return Ok(None);
    }
    // Before anything is trained: a folder that cannot be written to is an error.
    store::try_to_write(&args.reports_dir)
        .with_context(|| format!("cannot write the report to {}", args.reports_dir.display()))?;
    let data_dir = &args.plan.selection.data_dir.data_dir;
    let folders = Folders { results: &args.results_dir, data: data_dir, reports: &args.reports_dir };
    Ok((!args.quiet_pass).then(|| LivePage::new(&args.run, &folders, args.open)))
}

/// Recorded costs from `--costs`. With `--shard`, leaves only the rows of that share in the plan.
fn past_and_share(args: &Args, store: &Store, plan: &mut Plan) -> anyhow::Result<History> {
    let mut past = args.plan.past()?;
    if let Some(shard) = &args.shard {
        // Results of this run must not change which rows a shard has.
        if same_folder(args.plan.costs(), &store.root()) {
            past = History::default();
        }
        plan.expect(&past);
        let shares = Shares::of(plan, shard.of);
        let all = plan.rows.len();
        shares.keep(shard, plan)?;
        print_err(&format!(
            "share {}/{}@{}: {} of {all} rows",
            shard.number,
            shard.of,
            shares.digest,
            plan.rows.len()
        ));
    }
    Ok(past)
}

/// Reads the results of the run. Returns what is still to be done for each row, and updates the plan's
/// expected costs.
fn read_results(
    store: &Store,
    plan: &mut Plan,
    mut past: History,
    options: &Options,
) -> anyhow::Result<Vec<Todo>> {
    let found = sweep::resume::read(store, plan, options)
        .with_context(|| format!("cannot read the results in {}", store.root().display()))?;
    past.add(found.costs);
    plan.expect(&past);
    Ok(found.todo)
}

/// Writes the report of all results, opening with the rows of this sweep, and prints their table.
fn report(args: &Args, plan: &Plan, open: bool) -> anyhow::Result<()> {
    let native = plan.rows.iter().find(|row| row.engine.name == NATIVE.name);
    let request = Request {
        results: &args.results_dir,
        data: &args.plan.selection.data_dir.data_dir,
        reports: &args.reports_dir,
        run: &args.run,
        subset: native.or(plan.rows.first()).map(|row| row.subset),
        repository: REPOSITORY,
        draft: false,
    };
    let report = Report::make(&request).map_err(anyhow::Error::msg).context("cannot make the report")?;
    for problem in &report.problems {
        print_err(&format!("left out of the report: {problem}"));
    }
    let written = report.write(&args.reports_dir);
    written.with_context(|| format!("cannot write the report to {}", args.reports_dir.display()))?;
    // Lines are not cut when the output is a file or a pipe.
    let width = sweep::process::terminal_width().unwrap_or(usize::MAX);
    write!(stdout(), "{}", report.terminal(width))?;
    let page = args.reports_dir.join(PAGE);
    print_err(&format!("the page: {}", page.display()));
    if open {
        opener::open(&page);
    }
    Ok(())
}

fn options(args: &Args) -> Options {
    let jobs = if args.quiet_pass { 1 } else { args.jobs.map_or_else(Options::cores, usize::from) };
    Options {
        data_dir: args.plan.selection.data_dir.data_dir.clone(),
        jobs,
        threads: usize::from(args.threads),
        memory_limit: args.memory_limit.unwrap_or_else(|| Options::default_memory_limit(jobs)),
        repeats: args.repeats,
        repeat_budget: args.repeat_budget,
        seed: args.seed,
        force: args.force,
        retry_failed: args.retry_failed,
        no_sharing: args.no_sharing,
        quiet_pass: args.quiet_pass,
        forecast: !args.no_forecast,
    }
}

fn dry_run(plan: &Plan, todo: &[Todo], options: &Options) -> anyhow::Result<ExitCode> {
    // Buffered: writing a hundred thousand lines one by one takes longer than making them.
    let mut out = BufWriter::new(stdout());
    for line in sweep::preview::lines(plan, todo, options) {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(ExitCode::Success)
}
