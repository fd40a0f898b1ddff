//! `rank`: tie groups of entries that a paired test does not separate, and what all entries have in common.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;

use super::ExitCode;
use super::common_args::{DataDir, require_run};
use super::stdio::stdout;
use crate::analysis::ranking::{self, Ranking};
use crate::format::probability;
use crate::results::Owner;
use crate::stats::ties::LEVEL;

#[derive(clap::Args)]
pub struct Args {
    /// The run to rank, together with all submissions
    #[arg(long, value_name = "NAME", default_value = "local")]
    run: String,

    /// Only these data sets; repeatable
    #[arg(short, long, value_name = "NAME")]
    dataset: Vec<String>,

    /// Only these engines of the run; repeatable
    #[arg(short, long, value_name = "NAME")]
    engine: Vec<String>,

    /// Rank results with this number of training images [default: all]
    #[arg(long, value_name = "IMAGES")]
    train_size: Option<usize>,

    /// Lines of a table [default: all]
    #[arg(long, value_name = "N")]
    top: Option<usize>,

    #[command(flatten)]
    data_dir: DataDir,

    /// Folder of all results
    #[arg(long, value_name = "DIR", default_value = "results")]
    results_dir: PathBuf,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    require_run(&args.results_dir, &args.run)?;
    let outlines = args.data_dir.outlines()?;
    let mut entries = ranking::entries(&args.results_dir, &args.run, args.train_size, &outlines)
        .map_err(anyhow::Error::msg)?;
    let all = |names: &[String], name: &String| names.is_empty() || names.contains(name);
    entries.retain(|entry| {
        let engine = match &entry.owner {
            Owner::Engine { engine, .. } => all(&args.engine, engine),
            Owner::Submitter(_) => true,
        };
        engine && all(&args.dataset, &entry.dataset)
    });
    let rankings = ranking::rank(entries, &outlines);
    if rankings.is_empty() {
        let images = args
            .train_size
            .map_or("all training images".to_string(), |images| format!("{images} training images"));
        bail!(
            "nothing to rank: run {:?} has no selected results with predictions, trained on {images}; --train-size selects another size",
            args.run
        );
    }
    let mut out = stdout();
    for ranking in &rankings {
        write!(out, "{}", table(ranking, args.top.unwrap_or(usize::MAX)))?;
    }
    writeln!(
        out,
        "A group is what the exact McNemar test does not tell apart from its best entry (Holm over all pairs of \
the table, {LEVEL}).\nIt compares trained models on these test images; it does not say how other seeds would have \
come out."
    )?;
    Ok(ExitCode::Success)
}

fn table(ranking: &Ranking, top: usize) -> String {
    let more: usize = ranking.ranked.iter().map(|ranked| ranked.counted_with.len()).sum();
    let mut text = format!(
        "{}, {}: {} counted, {more} counted with them, {} groups\n{:>5}  {:>8}  {:<17}  {:>9}  {:<10}  entry\n",
        ranking.dataset,
        ranking.division.name(),
        ranking.ranked.len(),
        ranking.ranked.last().map_or(0, |ranked| ranked.group),
        "group",
        "accuracy",
        "95 % interval",
        "p",
        "evidence"
    );
    for ranked in ranking.ranked.iter().take(top) {
        let with = match ranked.counted_with.len() {
            0 => String::new(),
            n => format!(" (+{n})"),
        };
        text += &format!(
            "{:>5}  {:>8.4}  {:.4} to {:.4}  {:>9}  {:<10}  {}{with}\n",
            ranked.group,
            ranked.entry.accuracy,
            ranked.interval.low,
            ranked.interval.high,
            probability(ranked.against_best),
            ranked.entry.evidence.name(),
            ranked.entry.name()
        );
    }
    let left = ranking.ranked.len().saturating_sub(top);
    if left > 0 {
        text += &format!("       and {left} more\n");
    }
    let together = &ranking.together;
    let total = together.oracle + together.always_wrong.len();
    text += &format!(
        "of {total} test images, {} are wrong in every entry; an oracle that picks the right entry reaches {:.4}, a majority vote {:.4}\n",
        together.always_wrong.len(),
        together.oracle as f64 / total as f64,
        together.majority as f64 / total as f64
    );
    let shown: Vec<String> = ranking
        .label_noise
        .iter()
        .take(20)
        .map(|one| format!("{} ({} called {})", one.image, one.label, one.predicted))
        .collect();
    let rest = match ranking.label_noise.len().saturating_sub(shown.len()) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    text += &format!(
        "{} images that all {} entries within 5 % of the best call the same other class, perhaps mislabelled: {}{rest}\n\n",
        ranking.label_noise.len(),
        ranking.good,
        if shown.is_empty() { "none".to_string() } else { shown.join(", ") }
    );
    text
}
