//! `predict`: classifies images with a saved network: PNG files, or test images by their number.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::ExitCode;
use super::common_args::DataDir;
use super::stdio::{print_err, stdout};
use crate::dataset;
use crate::dataset::picture::{self, Ink};
use pixel_learn::nn::checkpoint::Saved;

#[derive(clap::Args)]
pub struct Args {
    /// File that `train --save` wrote
    #[arg(long, value_name = "FILE")]
    model: PathBuf,

    /// PNG files, or numbers of test images, from 0
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<String>,

    /// Whether the ink of PNG files is dark or light
    #[arg(long, value_enum, default_value = "auto")]
    ink: Ink,

    /// Data set of the test images [default: the one that the model was trained on]
    #[arg(short, long, value_name = "NAME")]
    dataset: Option<String>,

    #[command(flatten)]
    data_dir: DataDir,

    /// Print JSON: a list of objects, one for each image
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let bytes = read_file(&args.model).with_context(|| {
        format!("cannot read {}: name a file that `train --save` wrote", args.model.display())
    })?;
    let saved =
        Saved::from_bytes(&bytes).map_err(|reason| anyhow::anyhow!("{}: {reason}", args.model.display()))?;
    let images = read_images(&args, &saved)?;
    let classes = saved.class_names.len();
    let pixels: Vec<u8> = images.iter().flat_map(|(_, pixels)| pixels).copied().collect();
    let probabilities = saved.trainer.probabilities(&pixels);
    let mut out = stdout();
    let mut list = Vec::new();
    for ((name, _), row) in images.iter().zip(probabilities.chunks_exact(classes)) {
        let class = (1..classes).fold(0, |best, class| if row[class] > row[best] { class } else { best });
        if args.json {
            list.push(json!({
                "image": name, "class": class, "name": saved.class_names[class], "softmax": row,
            }));
        } else {
            let softmax: Vec<String> = row.iter().map(|value| format!("{value:.4}")).collect();
            writeln!(out, "{name}: class {class} ({})  [{}]", saved.class_names[class], softmax.join(" "))?;
        }
    }
    if args.json {
        writeln!(out, "{:#}", Value::from(list))?;
    }
    Ok(ExitCode::Success)
}

/// The images with their names, in the size that the network takes.
fn read_images(args: &Args, saved: &Saved) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let [rows, columns] = saved.trainer.setup.image;
    let mut test = None;
    let mut images = Vec::new();
    for name in &args.images {
        let Ok(number) = name.parse::<usize>() else {
            images.push((name.clone(), read_png(Path::new(name), [rows, columns], args.ink)?));
            continue;
        };
        if test.is_none() {
            let dataset = args.dataset.as_deref().unwrap_or(&saved.trainer.setup.dataset);
            test = Some(dataset::load_from(&args.data_dir.data_dir, dataset)?.test.images);
        }
        let Some(test) = &test else { continue };
        if [test.rows, test.columns] != [rows, columns] {
            bail!(
                "the test images are {} x {}, the network is for {rows} x {columns}",
                test.rows,
                test.columns
            );
        }
        let size = rows * columns;
        let Some(pixels) = test.pixels.get(number.saturating_mul(size)..).and_then(|rest| rest.get(..size))
        else {
            bail!("no test image {number}: there are {}, counted from 0", test.count);
        };
        images.push((format!("test image {number}"), pixels.to_vec()));
    }
    Ok(images)
}

/// The content of a regular file. Reading a named pipe would block, and a device may have no end.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    fs::read(path)
}

/// Reads a PNG in the network's size; prints a notice of each change that this needs.
fn read_png(path: &Path, size: [usize; 2], ink: Ink) -> anyhow::Result<Vec<u8>> {
    let bytes = read_file(path).with_context(|| {
        format!("cannot read {}: name a PNG file, or a test image by its number", path.display())
    })?;
    let picture =
        picture::read(&bytes, ink).map_err(|reason| anyhow::anyhow!("{}: {reason}", path.display()))?;
    let (pixels, notices) = picture.fitted(size);
    for notice in notices {
        print_err(&format!("{}: {notice}", path.display()));
    }
    Ok(pixels)
}
