//! `plan`: estimates the time and memory of a sweep, in shards for several machines, and the error of the
//! estimate.

use std::collections::BTreeMap;
use std::io::Write;

use clap::value_parser;
use serde_json::json;

use super::ExitCode;
use super::plan_args::PlanArgs;
use super::stdio::stdout;
use crate::engines::external::Need;
use crate::sweep::Plan;
use crate::sweep::cost::check::{Errors, errors};
use crate::sweep::cost::{Basis, History};
use crate::sweep::progress::{human, seconds};
use crate::sweep::shares::{Share, Shares};

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    plan: PlanArgs,

    /// Number of shares to divide the sweep into, run by `sweep --shard I/N`
    #[arg(long, value_name = "N", default_value = "1", value_parser = value_parser!(u32).range(1..=100_000))]
    shards: u32,

    /// Jobs at the same time in each share
    #[arg(long, value_name = "N", default_value = "1", value_parser = value_parser!(u16).range(1..))]
    jobs: u16,

    /// Runs of each configuration
    #[arg(long, value_name = "N", default_value = "1", value_parser = value_parser!(u16).range(1..=1000))]
    repeats: u16,

    /// Instead, print the error of the estimates: each recorded result against its estimate from the other
    /// results
    #[arg(long, conflicts_with_all = ["shards", "jobs", "repeats"])]
    check: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let past = args.plan.past()?;
    let text = if args.check { check(&args, &past) } else { shares(&args, &past)? };
    write!(stdout(), "{text}")?;
    Ok(ExitCode::Success)
}

fn shares(args: &Args, past: &History) -> anyhow::Result<String> {
    let mut plan = args.plan.plan(Need::Nothing)?;
    plan.expect(past);
    let shares = Shares::of(&plan, args.shards as usize);
    Ok(if args.json { shares_json(args, &plan, &shares) } else { shares_text(args, &plan, &shares) })
}

/// Expected seconds of a shard, with `--jobs` and `--repeats`.
fn takes(args: &Args, share: &Share) -> f64 {
    share.seconds_with(usize::from(args.jobs)) * f64::from(args.repeats)
}

fn shares_text(args: &Args, plan: &Plan, shares: &Shares) -> String {
    let at_a_time = usize::from(args.jobs);
    let mut text = String::from("share        rows    jobs      expected   longest job        memory\n");
    for (index, share) in shares.shares.iter().enumerate() {
        let name = format!("{}/{}", index + 1, shares.shares.len());
        let longest = share.jobs.iter().copied().fold(0.0, f64::max) * f64::from(args.repeats);
        text += &format!(
            "{name:<10} {:>6}  {:>6}  {:>12}  {:>12}  {:>8} MiB\n",
            share.rows,
            share.jobs.len(),
            human(takes(args, share)),
            human(longest),
            share.bytes_with(at_a_time) >> 20
        );
    }
    let sum: f64 = shares.shares.iter().map(Share::seconds).sum::<f64>() * f64::from(args.repeats);
    let most = shares.shares.iter().map(|share| takes(args, share)).fold(0.0, f64::max);
    text += &format!(
        "{} rows: {} of work on one thread; the last share ends after {}, with {at_a_time} jobs at a time\n",
        plan.rows.len(),
        human(sum),
        human(most)
    );
    let known: Vec<String> =
        by_basis(plan).into_iter().map(|(basis, count)| format!("{count} from {}", basis.name())).collect();
    let costs = args.plan.costs();
    let there = if costs.is_dir() { "" } else { ", which is not here: --costs names another run" };
    text += &format!("expected: {} ({}{there})\n", known.join(", "), costs.display());
    text += &format!(
        "a share is run by: sweep --shard 1/{}@{} and the same arguments\n",
        shares.shares.len(),
        shares.digest
    );
    if shares.shares.len() > 1 {
        text += &recipes(shares.shares.len(), args.jobs);
    }
    text
}

/// Advice on how to run the shares, by what the machines have in common. The paths are those of the
/// repository.
fn recipes(shards: usize, jobs: u16) -> String {
    let call = format!("{shards} {jobs} RUN, then the same arguments");
    let lines = [
        ("one machine", "sweep alone is enough: it keeps all cores busy".to_string()),
        ("no folder in common", "each share by hand, then: merge FROM... --into RUN".to_string()),
        ("Slurm, a shared folder", format!("benchmarks/slurm/submit {call}")),
        ("no Slurm, a shared folder", format!("benchmarks/hyperqueue/submit.py {call}")),
        (
            "Kubernetes, a shared volume",
            "benchmarks/kubernetes/sweep.yaml (valid, but never run)".to_string(),
        ),
    ];
    lines.iter().map(|(machines, how)| format!("  {machines:<28} {how}\n")).collect()
}

fn shares_json(args: &Args, plan: &Plan, shares: &Shares) -> String {
    let count = shares.shares.len();
    let share = |(index, share): (usize, &Share)| {
        json!({
            "share": format!("{}/{count}@{}", index + 1, shares.digest),
            "rows": share.rows,
            "jobs": share.jobs.len(),
            "expected_seconds": takes(args, share),
            "memory_bytes": share.bytes_with(usize::from(args.jobs)),
        })
    };
    let row = |(row, place): (&crate::sweep::plan::Row, &usize)| {
        json!({
            "dataset": row.dataset,
            "engine": row.engine.name,
            "id": row.id,
            "share": place + 1,
            "expected_seconds": row.expected.seconds,
            "memory_bytes": row.expected.bytes,
            "from": row.expected.basis.name(),
        })
    };
    let value = json!({
        "digest": shares.digest,
        "jobs_at_a_time": args.jobs,
        "repeats": args.repeats,
        "shares": shares.shares.iter().enumerate().map(share).collect::<Vec<_>>(),
        "rows": plan.rows.iter().zip(&shares.of_row).map(row).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

/// Counts the rows by the basis of their estimate.
fn by_basis(plan: &Plan) -> BTreeMap<Basis, usize> {
    let mut counts = BTreeMap::new();
    for row in &plan.rows {
        *counts.entry(row.expected.basis).or_default() += 1;
    }
    counts
}

fn check(args: &Args, past: &History) -> String {
    let errors = errors(past);
    if args.json {
        let one = |one: &Errors| {
            json!({
                "without": one.without,
                "results": one.results,
                "seconds_middle_factor": one.seconds_median,
                "seconds_nine_in_ten_factor": one.seconds_p90,
                "memory_middle_factor": one.bytes_median,
                "memory_nine_in_ten_factor": one.bytes_p90,
                "expected_seconds": one.expected_seconds,
                "recorded_seconds": one.recorded_seconds,
                "worst": {
                    "row": one.worst.name,
                    "expected_seconds": one.worst.expected_seconds,
                    "recorded_seconds": one.worst.recorded_seconds,
                },
            })
        };
        return format!("{:#}\n", json!(errors.iter().map(one).collect::<Vec<_>>()));
    }
    let Some(first) = errors.first() else {
        return format!("{}: no recorded result to compare with\n", args.plan.costs().display());
    };
    let mut text = format!(
        "{} results of {}, each against what would be expected of it without ...\n\n",
        first.results,
        args.plan.costs().display()
    );
    text +=
        "without             time: middle  9 in 10   memory: middle  9 in 10   expected / recorded in all\n";
    for one in &errors {
        text += &format!(
            "{:<18} {:>9.2} x  {:>7.2}  {:>13.2} x  {:>7.2}   {} / {}\n",
            one.without,
            one.seconds_median,
            one.seconds_p90,
            one.bytes_median,
            one.bytes_p90,
            human(one.expected_seconds),
            human(one.recorded_seconds)
        );
    }
    text += "\nx: the factor between expected and recorded, whichever is larger. Furthest off:\n";
    for one in &errors {
        let (expected, recorded) = (seconds(one.worst.expected_seconds), seconds(one.worst.recorded_seconds));
        text += &format!(
            "without {}: {} ({expected} expected, {recorded} recorded)\n",
            one.without, one.worst.name
        );
    }
    text
}
