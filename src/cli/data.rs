//! `data`: shows what the data sets hold.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::ExitCode;
use super::common_args::DataDir;
use super::stdio::{print_err, stdout};
use crate::dataset::{self, Dataset, DatasetError, FILES, Split, catalogue, manifest};
use crate::hex::hex;

#[derive(clap::Args)]
pub struct Args {
    /// Data sets to show [default: all in the data folder]
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    #[command(flatten)]
    data_dir: DataDir,

    /// Print JSON: a list of objects, one for each data set
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let folder = &args.data_dir.data_dir;
    // Without names all data sets are shown: a broken one is a notice, not an error.
    let all = args.names.is_empty();
    let names = if all { catalogue::available(folder)? } else { args.names };
    let mut last_error = None;
    let mut shown = 0;
    let mut out = stdout();
    let mut list = Vec::new();
    for name in &names {
        let dataset = match dataset::load_from(folder, name) {
            Ok(dataset) => dataset,
            Err(error) if all => {
                last_error.replace(error).inspect(notice);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        shown += 1;
        let summary = Summary::new(folder, &dataset)?;
        if args.json {
            list.push(summary.to_json());
        } else {
            writeln!(out, "{}", summary.to_text())?;
        }
    }
    if shown == 0
        && let Some(error) = last_error
    {
        return Err(error.into());
    }
    last_error.iter().for_each(notice);
    if args.json {
        writeln!(out, "{:#}", Value::from(list))?;
    }
    Ok(ExitCode::Success)
}

fn notice(error: &DatasetError) {
    print_err(&format!("notice: a data set is left out: {error}"));
}

/// What is shown of a data set.
struct Summary<'a> {
    dataset: &'a Dataset,
    title: String,
    files: Vec<FileSummary>,
}

struct FileSummary {
    name: String,
    md5: String,
    /// Whether the MD5 is the published one; `None` where none is declared, or the file is kept unzipped.
    as_published: Option<bool>,
    sha256: String,
}

struct Pixels {
    min: u8,
    max: u8,
    mean: f64,
    class_counts: Vec<usize>,
}

impl<'a> Summary<'a> {
    fn new(data_dir: &Path, dataset: &'a Dataset) -> anyhow::Result<Summary<'a>> {
        let folder = data_dir.join(&dataset.name);
        let manifest = manifest::read(&folder)?;
        let mut files = Vec::new();
        for file in FILES {
            let path = catalogue::find_file(&folder, file)?;
            let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let md5: String = hex(Md5::digest(&bytes));
            let declared = manifest.files.get(file).and_then(|digests| digests.md5.as_ref());
            files.push(FileSummary {
                name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                as_published: declared
                    .filter(|_| bytes.starts_with(&[0x1f, 0x8b]))
                    .map(|declared| declared.eq_ignore_ascii_case(&md5)),
                md5,
                sha256: dataset.digests.get(file).cloned().unwrap_or_default(),
            });
        }
        Ok(Summary { dataset, title: dataset.title.clone(), files })
    }

    fn splits(&self) -> [(&'static str, &'a Split, Pixels); 2] {
        [("train", &self.dataset.train), ("test", &self.dataset.test)]
            .map(|(name, split)| (name, split, Pixels::new(split, self.dataset.classes())))
    }

    fn to_json(&self) -> Value {
        let splits: serde_json::Map<String, Value> = self
            .splits()
            .into_iter()
            .map(|(name, split, pixels)| {
                let images = &split.images;
                let counts: serde_json::Map<String, Value> = self
                    .dataset
                    .class_names
                    .iter()
                    .zip(&pixels.class_counts)
                    .map(|(class, count)| (class.clone(), (*count).into()))
                    .collect();
                let summary = json!({
                    "images_shape": [images.count, images.rows, images.columns],
                    "labels_shape": [split.labels.len()],
                    "dtype": "uint8",
                    "min": pixels.min,
                    "max": pixels.max,
                    "mean": pixels.mean,
                    "class_counts": counts,
                });
                (name.to_string(), summary)
            })
            .collect();
        let files: Vec<Value> = self
            .files
            .iter()
            .map(|file| {
                json!({
                    "file": file.name,
                    "md5": file.md5,
                    "md5_as_published": file.as_published,
                    "sha256_of_content": file.sha256,
                })
            })
            .collect();
        json!({
            "name": self.dataset.name,
            "title": self.title,
            "classes": self.dataset.class_names,
            "splits": splits,
            "files": files,
        })
    }

    fn to_text(&self) -> String {
        let mut text = format!("{} ({})\n", self.title, self.dataset.name);
        text += &format!(
            "  {:<7}{:<18}{:<9}{:<7}{:>4}{:>5}{:>8}\n",
            "split", "images", "labels", "dtype", "min", "max", "mean"
        );
        let splits = self.splits();
        for (name, split, pixels) in &splits {
            let images = &split.images;
            text += &format!(
                "  {name:<7}{:<18}{:<9}{:<7}{:>4}{:>5}{:>8.2}\n",
                format!("{} x {} x {}", images.count, images.rows, images.columns),
                split.labels.len(),
                "uint8",
                pixels.min,
                pixels.max,
                pixels.mean
            );
        }
        let width =
            self.dataset.class_names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(5);
        text += &format!("\n  label  {:<width$}{:>8}{:>8}\n", "class", "train", "test");
        for (label, class) in self.dataset.class_names.iter().enumerate() {
            let [(_, _, train), (_, _, test)] = &splits;
            text += &format!(
                "  {label:>5}  {class:<width$}{:>8}{:>8}\n",
                train.class_counts[label], test.class_counts[label]
            );
        }
        text += "\n";
        for file in &self.files {
            let verdict = match file.as_published {
                Some(true) => " (as published)",
                Some(false) => " (zipped otherwise than published)",
                None => "",
            };
            text += &format!("  {}\n    MD5 of the file        {}{verdict}\n", file.name, file.md5);
            text += &format!("    SHA-256 of the content {}\n", file.sha256);
        }
        text
    }
}

impl Pixels {
    fn new(split: &Split, classes: usize) -> Pixels {
        let pixels = &split.images.pixels;
        let sum: u64 = pixels.iter().map(|&pixel| u64::from(pixel)).sum();
        let mut class_counts = vec![0; classes];
        for &label in &split.labels {
            class_counts[usize::from(label)] += 1;
        }
        Pixels {
            min: pixels.iter().copied().min().unwrap_or(0),
            max: pixels.iter().copied().max().unwrap_or(0),
            mean: sum as f64 / pixels.len().max(1) as f64,
            class_counts,
        }
    }
}
