//! `evaluate`: prints the classification report of result files in scikit-learn's layout.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::value_parser;

use super::ExitCode;
use super::common_args::DataDir;
use super::prediction_args::Layout;
use super::stdio::stdout;
use crate::dataset::{self, Outline};
use crate::results::record::Record;
use crate::results::{history, store};
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
            "{} is no result file (.json): for a file of predictions name its data set with --dataset",
            path.display()
        );
    }
    let record = store::read(path).map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let Some(repeat) = record.repeats.get(usize::from(args.repeat) - 1) else {
        if record.status.is_failure() {
            let (status, reason) = (record.status.name(), record.reason());
            bail!("{}: nothing to evaluate: status {status}: {reason}", path.display());
        }
        let count = record.repeats.len();
        bail!("{}: no repeat {}: the file has {count} with predictions", path.display(), args.repeat);
    };
    let data = dataset::load_from(&args.data_dir.data_dir, &record.dataset)?;
    check(&record, &data).with_context(|| path.display().to_string())?;
    if let Some(class) = repeat.predictions.iter().find(|&&class| usize::from(class) >= data.classes()) {
        bail!(
            "{}: invalid prediction {class}: {} has the classes 0 to {}",
            path.display(),
            data.name,
            data.classes() - 1
        );
    }
    let report = classification(&data.test.labels, &repeat.predictions, data.classes());
    let mut text = format!("{} by {} on {}", record.id, record.engine, record.dataset);
    if record.repeats.len() > 1 {
        text += &format!(", repeat {} of {}", args.repeat, record.repeats.len());
    }
    text += &format!("\n\n{}", report.to_text(&data.class_names, usize::from(args.digits)));
    if args.history {
        let epochs =
            history::read(&repeat.facts).map_err(|reason| anyhow::anyhow!("{}: {reason}", path.display()))?;
        text += &history::to_text(&epochs);
    }
    Ok(text)
}

/// The report of a file of predictions, as other programs write them.
fn text_of_predictions(args: &Args, path: &Path, dataset: &str) -> anyhow::Result<String> {
    let outline = Outline::load(&args.data_dir.data_dir, dataset)?;
    let labels = &outline.test_labels;
    let predictions = args.layout.read(path, labels.len(), &outline.class_names)?;
    let report = classification(labels, &predictions, outline.class_names.len());
    let table = report.to_text(&outline.class_names, usize::from(args.digits));
    Ok(format!("{} on {dataset}\n\n{table}", path.display()))
}

fn classification(labels: &[u8], predictions: &[u8], classes: usize) -> Classification {
    let mut confusion = Confusion::new(classes);
    confusion.add(labels, predictions);
    Classification::of(&confusion)
}

/// Checks that the predictions belong to these test images.
fn check(record: &Record, data: &dataset::Dataset) -> anyhow::Result<()> {
    let digests = record.provenance.as_ref().map(|provenance| &provenance.dataset_digests);
    if digests.is_some_and(|digests| !digests.is_empty() && *digests != data.digests) {
        bail!("the files of {} are not those that the result was made from", data.name);
    }
    let (got, wanted) = (record.test_size, data.test.labels.len());
    if got != wanted || record.repeats.iter().any(|repeat| repeat.predictions.len() != wanted) {
        bail!("found predictions for {got} images, expected {wanted} (the test set of {})", data.name);
    }
    Ok(())
}
