//! `evaluate`: prints the classification report of result files in scikit-learn's layout.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::value_parser;

use super::ExitCode;
use super::common_args::DataDir;
use super::prediction_args::Layout;
use super::stdio::stdout;
use crate::dataset::Outline;
use crate::results::{Place, history, load, place};
use crate::stats::classification::Classification;
use crate::stats::confusion::Confusion;

#[derive(clap::Args)]
pub struct Args {
    /// Result files, such as results/reference/mnist/native/SVC.json, or with --dataset files of predictions
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Which repeat, from 1
    #[arg(long, value_name = "N", default_value = "1", value_parser = value_parser!(u16).range(1..))]
    repeat: u16,

    /// Digits after the decimal point
    #[arg(long, value_name = "N", default_value = "2", value_parser = value_parser!(u8).range(1..=9))]
    digits: u8,

    /// Print the training history too, where the file has one
    #[arg(long)]
    history: bool,

    /// The files hold predictions of this data set's test images, as `submit` reads them
    #[arg(short, long, value_name = "NAME", conflicts_with_all = ["history", "repeat"])]
    dataset: Option<String>,

    #[command(flatten)]
    layout: Layout,

    #[command(flatten)]
    data_dir: DataDir,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut out = stdout();
    for (index, path) in args.files.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        write!(out, "{}", text(&args, path)?)?;
    }
    Ok(ExitCode::Success)
}

fn text(args: &Args, path: &Path) -> anyhow::Result<String> {
    if let Some(dataset) = &args.dataset {
        return text_of_predictions(args, path, dataset);
    }
    if path.extension().is_none_or(|extension| extension != "json") {
        bail!(
            "{} does not end in .json, as result files do: for a file of predictions name its data set with --dataset",
            path.display()
        );
    }
    let path = &place::followed(path);
    let Some(place) = Place::of(&place::absolute(path)) else {
        bail!("{}: expected a path that ends in <run>/<dataset>/<engine>/<id>.json", path.display());
    };
    let outline =
        Outline::load(&args.data_dir.data_dir, &place.dataset).with_context(|| path.display().to_string())?;
    let record = load::record(path, |name| (name == outline.name).then_some(&outline))?;
    let Some(repeat) = record.repeats.get(usize::from(args.repeat) - 1) else {
        if record.status.is_failure() {
            let (status, reason) = (record.status.name(), record.reason());
            bail!("{}: nothing to evaluate: status {status}: {reason}", path.display());
        }
        let count = record.repeats.len();
        bail!("{}: no repeat {}: the file has {count} with predictions", path.display(), args.repeat);
    };
    let table =
        classification(&outline, &repeat.predictions).to_text(&outline.class_names, usize::from(args.digits));
    let mut text = format!("{} by {} on {}", record.id, record.engine, record.dataset);
    if record.repeats.len() > 1 {
        text += &format!(", repeat {} of {}", args.repeat, record.repeats.len());
    }
    text += &format!("\n\n{table}");
    if args.history {
        let epochs =
            history::read(&repeat.facts).map_err(|reason| anyhow::anyhow!("{}: {reason}", path.display()))?;
        text += &history::to_text(&epochs);
    }
    Ok(text)
}

/// The report of a file of predictions, as other programs write them.
fn text_of_predictions(args: &Args, path: &Path, dataset: &str) -> anyhow::Result<String> {
    let outline = Outline::load_any(&args.data_dir.data_dir, dataset)?;
    let predictions = args.layout.read(path, outline.test_labels.len(), &outline.class_names)?;
    let report = classification(&outline, &predictions);
    let table = report.to_text(&outline.class_names, usize::from(args.digits));
    Ok(format!("{} on {dataset}\n\n{table}", path.display()))
}

fn classification(outline: &Outline, predictions: &[u8]) -> Classification {
    let mut confusion = Confusion::new(outline.class_names.len());
    confusion.add(&outline.test_labels, predictions);
    Classification::of(&confusion)
}
