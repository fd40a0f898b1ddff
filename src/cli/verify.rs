//! `verify`: retrains results from their recorded seeds and compares all predictions.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use clap::value_parser;
use sha2::{Digest, Sha256};

use super::ExitCode;
use super::common_args::{DataDir, Engines};
use super::stdio::{print_err, stdout};
use crate::check::walk;
use crate::engines::external::{self, Need};
use crate::grid::{Benchmarks, parse_duration};
use crate::results::provenance::utc;
use crate::results::verification::{self, Verifications, Verified};
use crate::results::{Checked, Record, load, place};
use crate::sweep::verify::{self, Verdict};
use crate::sweep::{Options, signals};

#[derive(clap::Args)]
#[command(
    after_help = "Exit codes: 0 every result asked for was reproduced; 1 one was not, or could not be trained; \
2 bad input; 130 stopped by Ctrl-C."
)]
pub struct Args {
    /// Result files, and folders of them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// Only these classifiers; repeatable
    #[arg(short, long, value_name = "NAME")]
    classifier: Vec<String>,

    /// Only results of these engines; repeatable
    #[arg(short, long, value_name = "NAME")]
    engine: Vec<String>,

    /// Number of results to sample, with the seed of --seed
    #[arg(long, value_name = "N")]
    sample: Option<usize>,

    /// Only results whose recorded training and prediction took at most this long, over all repeats
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    at_most: Option<Duration>,

    /// Seed of the sample
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,

    /// Jobs at the same time [default: the number of cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..))]
    jobs: Option<u16>,

    /// Time limit of a configuration
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "1h")]
    timeout: Duration,

    /// Record what was reproduced in verified.jsonl of the results folder, for the report
    #[arg(long)]
    record: bool,

    #[command(flatten)]
    data_dir: DataDir,

    #[command(flatten)]
    engines: Engines,

    /// Folder of all results
    #[arg(long, value_name = "DIR", default_value = "results")]
    results_dir: PathBuf,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let chosen = choose(&args)?;
    register(&args, &chosen)?;
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    let jobs = args.jobs.map_or_else(Options::cores, usize::from);
    let options = Options {
        data_dir: args.data_dir.data_dir.clone(),
        jobs,
        memory_limit: Options::default_memory_limit(jobs),
        // These rows have ended before: no forecast is needed.
        forecast: false,
        ..Options::default()
    };
    let stop = signals::listen().context("cannot listen for Ctrl-C")?;
    let verdicts = verify::run(&chosen, &options, args.timeout, scratch.path(), stop)?;
    if args.record {
        remember(&args.results_dir, &chosen, &verdicts)?;
    }
    let mut out = stdout();
    let mut reproduced = 0;
    for (record, verdict) in chosen.iter().zip(&verdicts) {
        let path = record.path().display();
        match verdict {
            Verdict::Reproduced => writeln!(out, "{path}: reproduced, every prediction")?,
            Verdict::Near { differing, of } => {
                writeln!(out, "{path}: reproduced but for {differing} of {of} predictions, on another CPU")?;
            }
            Verdict::Differs(what) => writeln!(out, "{path}: NOT REPRODUCED: {what}")?,
            Verdict::NotRun(why) => writeln!(out, "{path}: not compared: {why}")?,
        }
        reproduced += usize::from(matches!(verdict, Verdict::Reproduced | Verdict::Near { .. }));
    }
    writeln!(out, "{reproduced} of {} reproduced", chosen.len())?;
    Ok(if stop.starting.load(std::sync::atomic::Ordering::Relaxed) {
        ExitCode::Interrupted
    } else if reproduced == chosen.len() {
        ExitCode::Success
    } else {
        ExitCode::Failed
    })
}

/// Registers the external engines of these results. Prints a line for an engine without a version, whose
/// results are then not compared.
fn register(args: &Args, chosen: &[Checked<Record>]) -> anyhow::Result<()> {
    for engine in args.engines.definitions(&Benchmarks::find(None))? {
        if chosen.iter().any(|record| record.engine == engine.name)
            && let Err(error) = external::register(&engine, Need::Version)
        {
            print_err(&format!("{:#}", anyhow::Error::from(error)));
        }
    }
    Ok(())
}

/// The results to retrain. Every file must be a valid result; in folders, submissions and results without
/// predictions are skipped.
fn choose(args: &Args) -> anyhow::Result<Vec<Checked<Record>>> {
    let outlines = args.data_dir.outlines()?;
    let mut chosen = Vec::new();
    for path in &args.paths {
        let found = walk::files(std::slice::from_ref(path), &args.results_dir);
        if let Some(problem) = found.problems.first() {
            bail!("{problem}");
        }
        for file in found.files {
            if place::is_submitted(&file) {
                if file == *path {
                    bail!(
                        "{}: submissions cannot be retrained; `validate` recomputes their accuracy",
                        file.display()
                    );
                }
                continue;
            }
            let record = load::record(&file, |name| outlines.get(name))?;
            let any = |names: &[String], name: &String| names.is_empty() || names.contains(name);
            let wanted = any(&args.classifier, &record.configuration.classifier)
                && any(&args.engine, &record.engine)
                && args.at_most.is_none_or(|limit| seconds(&record) <= limit.as_secs_f64());
            if wanted && (file == *path || !record.repeats.is_empty()) {
                chosen.push(record);
            }
        }
    }
    if chosen.is_empty() {
        bail!("no result to verify: name result files, or a folder of them such as results/reference");
    }
    if let Some(count) = args.sample {
        // Sampled by digest of the path, so that the sample does not depend on the order of the files.
        let rank = |record: &Checked<Record>| {
            let name: Vec<_> =
                record.path().iter().rev().take(3).map(|part| part.to_string_lossy()).collect();
            Sha256::digest(format!("{} {}", args.seed, name.join("/")))
        };
        chosen.sort_by_cached_key(rank);
        chosen.truncate(count);
    }
    chosen.sort_by(|a, b| a.path().cmp(b.path()));
    Ok(chosen)
}

/// Fit and predict seconds of a result, over all repeats.
fn seconds(record: &Record) -> f64 {
    record.repeats.iter().map(|repeat| repeat.fit_seconds + repeat.predict_seconds).sum()
}

fn remember(
    results: &std::path::Path,
    chosen: &[Checked<Record>],
    verdicts: &[Verdict],
) -> anyhow::Result<()> {
    let mut all = Verifications::read(results).map_err(anyhow::Error::msg)?;
    let (version, cpu_features) = verify::here();
    let root = place::absolute(results);
    let mut left_out = 0;
    for (record, verdict) in chosen.iter().zip(verdicts) {
        let differing = match verdict {
            Verdict::Reproduced => 0,
            Verdict::Near { differing, .. } => *differing,
            _ => continue,
        };
        let absolute = place::absolute(record.path());
        let Ok(below) = absolute.strip_prefix(&root) else {
            left_out += 1;
            continue;
        };
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        all.put(Verified {
            file: parts.join("/"),
            predictions_sha256: verification::digest(
                record.repeats.iter().map(|repeat| &repeat.predictions[..]),
            ),
            version: version.clone(),
            cpu_features: cpu_features.clone(),
            date: utc(SystemTime::now()).chars().take(10).collect(),
            differing,
        });
    }
    let path = results.join(verification::FILE);
    all.write(results).with_context(|| format!("cannot write {}", path.display()))?;
    if left_out > 0 {
        print_err(&format!("{left_out} results outside {} were not recorded", results.display()));
    }
    Ok(())
}
