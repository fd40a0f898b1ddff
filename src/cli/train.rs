//! `train`: trains a network, prints a line for each epoch, and saves it. After a kill the same command
//! resumes from the checkpoint.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::value_parser;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::ExitCode;
use super::common_args::DataDir;
use super::model::ModelArgs;
use super::stdio::{print_err, stdout};
use crate::dataset::{self, Dataset};
use crate::results::place;
use crate::results::record::accuracy;
use crate::results::store::write_atomically;
use crate::sweep::Options;
use pixel_learn::nn::checkpoint::Saved;
use pixel_learn::nn::trainer::{Epoch, EpochProgress, Images, Trainer, TrainingSetup};

#[derive(clap::Args)]
#[command(
    after_help = "With --save FILE each epoch writes a checkpoint to FILE.checkpoint, from which the same \
command resumes. `predict --model FILE IMAGE...` classifies images with the saved model."
)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,

    /// Data set to train on
    #[arg(short, long, value_name = "NAME")]
    dataset: String,

    #[command(flatten)]
    data_dir: DataDir,

    /// Epochs [default: the model's]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=100_000))]
    epochs: Option<u32>,

    /// Seed of everything random: weights, order of the images, dropout, augmentation
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,

    /// Threads [default: the number of cores]; the weights are the same for any number
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..))]
    threads: Option<u16>,

    /// File for the trained network (safetensors)
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,

    /// Start again even where there is a checkpoint
    #[arg(long)]
    force: bool,
}

pub fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    args.save = args.save.map(|path| place::followed(&path));
    if let Some(path) = &args.save {
        try_to_write(path)?;
    }
    let dataset = dataset::load_from(&args.data_dir.data_dir, &args.dataset)?;
    let threads = args.threads.map_or_else(Options::cores, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let mut saved = begin(&args, &dataset)?;
    pool.context("cannot start the threads")?.install(|| train(&args, &dataset, &mut saved))
}

/// The network to train: from the checkpoint where there is one, else untrained.
fn begin(args: &Args, dataset: &Dataset) -> anyhow::Result<Saved> {
    let (table, definition) = args.model.read()?;
    let images = &dataset.train.images;
    let setting = TrainingSetup {
        dataset: dataset.name.clone(),
        image: [images.rows, images.columns],
        classes: dataset.classes(),
        epochs: args.epochs.map_or(definition.epochs, |epochs| epochs as usize),
        seed: args.seed,
    };
    let name = &args.model.model;
    let trainer = Trainer::new(definition, setting, &images.pixels)
        .map_err(|reason| anyhow::anyhow!("model {name} on {}: {reason}", dataset.name))?;
    let begun = Saved {
        model: name.clone(),
        definition: table,
        class_names: dataset.class_names.clone(),
        digests: dataset.digests.clone(),
        trainer,
    };
    let Some(path) = args.save.as_deref().map(checkpoint).filter(|_| !args.force) else { return Ok(begun) };
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(begun),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let before = Saved::from_bytes(&bytes).map_err(|reason| {
        anyhow::anyhow!("{}: {reason}: delete the file, or start again with --force", path.display())
    })?;
    if !before.is_of(&begun) {
        bail!(
            "{}: checkpoint of another model, data set or seed: delete the file, or start again with --force",
            path.display()
        );
    }
    print_err(&format!("resuming from {} after epoch {}", path.display(), before.trainer.history.len()));
    Ok(before)
}

fn train(args: &Args, dataset: &Dataset, saved: &mut Saved) -> anyhow::Result<ExitCode> {
    let images = Images { pixels: &dataset.train.images.pixels, labels: &dataset.train.labels };
    while !saved.trainer.finished() {
        let mut line = Line::new(&saved.trainer);
        let epoch = match saved.trainer.epoch(images, &mut |underway| line.show(underway)) {
            Ok(epoch) => epoch.clone(),
            Err(reason) => {
                line.end();
                print_err(&format!("diverged: {reason}"));
                return Ok(ExitCode::Failed);
            }
        };
        line.end();
        print_err(&describe(&epoch, saved.trainer.setup.epochs, line.images));
        if let Some(path) = &args.save {
            write(&checkpoint(path), saved, true)?;
        }
    }
    if saved.trainer.history.len() < saved.trainer.setup.epochs {
        print_err("stopped early: the validation loss no longer improves");
    }
    let predictions = saved.trainer.predict(&dataset.test.images.pixels);
    if let Some(path) = &args.save {
        write(path, saved, false)?;
        // If it cannot be removed, the next training overwrites it.
        let _ = fs::remove_file(checkpoint(path));
        print_err(&format!("saved: {}", path.display()));
    }
    let (share, count) = (accuracy(&predictions, &dataset.test.labels), dataset.test.labels.len());
    writeln!(stdout(), "test accuracy {share:.4} on {count} images of {}", dataset.name)?;
    Ok(ExitCode::Success)
}

/// Fails where a file cannot be written, before hours of training.
fn try_to_write(path: &Path) -> anyhow::Result<()> {
    if path.is_dir() {
        let example = path.join("model.safetensors");
        bail!("--save {}: is a folder: name a file in it, such as {}", path.display(), example.display());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let tried = fs::create_dir_all(folder).and_then(|()| tempfile::Builder::new().tempfile_in(folder));
    tried
        .map(drop)
        .map_err(|error| match error.raw_os_error() {
            // Only the system's reason: the error would name the temporary file.
            Some(code) => std::io::Error::from_raw_os_error(code),
            None => error,
        })
        .with_context(|| format!("--save {}: cannot be written", path.display()))
}

/// The checkpoint's path beside the file to save.
fn checkpoint(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".checkpoint");
    name.into()
}

fn write(path: &Path, saved: &Saved, resumable: bool) -> anyhow::Result<()> {
    let bytes = saved.to_bytes(resumable)?;
    write_atomically(path, &bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn describe(epoch: &Epoch, epochs: usize, images: usize) -> String {
    let watched = match (epoch.validation_loss, epoch.validation_accuracy) {
        (Some(loss), Some(accuracy)) => format!("  validation loss {loss:.4}  accuracy {accuracy:.4}"),
        _ => String::new(),
    };
    let width = epochs.to_string().len();
    format!(
        "epoch {:>width$}/{epochs}  loss {:.4}  accuracy {:.4}{watched}  {:.0} images/s  {:.1} s",
        epoch.epoch,
        epoch.loss,
        epoch.accuracy,
        images as f64 / epoch.seconds.max(1e-3),
        epoch.seconds
    )
}

/// The progress line of an epoch, if standard error is a terminal.
struct Line {
    bar: Option<ProgressBar>,
    started: Instant,
    epoch: usize,
    epochs: usize,
    /// The number of training images of an epoch, 0 until it is known.
    images: usize,
}

impl Line {
    fn new(trainer: &Trainer) -> Line {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
        let bar = (!bar.is_hidden()).then_some(bar);
        if let Some(bar) = &bar {
            let style = ProgressStyle::with_template("{spinner} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        }
        let (epoch, epochs) = (trainer.history.len() + 1, trainer.setup.epochs);
        Line { bar, started: Instant::now(), epoch, epochs, images: 0 }
    }

    fn show(&mut self, underway: EpochProgress) {
        self.images = underway.total;
        let Some(bar) = &self.bar else { return };
        let rate = underway.images as f64 / self.started.elapsed().as_secs_f64().max(1e-6);
        let left = (underway.total - underway.images) + underway.total * (self.epochs - self.epoch);
        let left = Duration::from_secs_f64(left as f64 / rate.max(1e-6));
        bar.set_message(format!(
            "epoch {}/{}  {}/{} images  loss {:.4}  accuracy {:.4}  {rate:.0} images/s  {} left",
            self.epoch,
            self.epochs,
            underway.images,
            underway.total,
            underway.loss,
            underway.accuracy,
            indicatif::HumanDuration(left)
        ));
        bar.tick();
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
