//! Details of a row: its confusion matrix, and the images that it got wrong.
//!
//! It needs the images and labels of the test set. It is seldom opened, so that all of it is packed: one
//! gzipped JSON text, and one PNG a data set with the images that rows refer to.

use std::collections::BTreeMap;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::{Compression, GzBuilder};
use serde::Serialize;

use crate::analysis::rows::Row;
use crate::analysis::tables::{SideBySide, View};
use crate::dataset::split::shuffled;
use crate::dataset::{Dataset, Split};
use crate::drawing;
use crate::format::round;
use crate::stats::classification::{Classification, Scores};
use crate::stats::confusion::{Confusion, Measures};

/// The most pairs of classes of which a row shows images.
const PAIRS: usize = 5;
/// Images that a row shows of each of these pairs, if there are enough.
const WANTED: usize = 4;
/// The most images of one pair of classes over all rows.
const PER_PAIR: usize = 10;
/// The number of images shown as the hardest: those that most rows get wrong.
const HARDEST: usize = 24;
/// The most images with a picture, of those that most rows get wrong; the page finds them by their number.
const PICTURED: usize = 1_000;
/// Images drawn at random, the same for every row of a data set, and the seed of the draw.
const DRAWN: usize = 16;
const SEED: u64 = 1;
/// Images in a line of the PNG.
const COLUMNS: usize = 32;

/// What the page embeds.
pub struct RowDetails {
    /// Base64 of gzipped JSON; empty when there is nothing to look at.
    pub packed: String,
    /// Base64 of gzipped JSON: what every row of the whole training set answered to each test image, for
    /// comparisons; empty when there is nothing to compare.
    pub answers: String,
    /// Base64 of a PNG for each data set in `packed`, in its order.
    pub sprites: Vec<String>,
}

#[derive(Serialize)]
struct Packed<'a> {
    sets: Vec<Set>,
    /// By result file.
    rows: BTreeMap<&'a str, Details>,
}

/// The images of one data set that rows refer to by their place here.
#[derive(Serialize)]
struct Set {
    name: String,
    classes: Vec<String>,
    /// Height and width of an image.
    size: (usize, usize),
    /// Images in a line of the PNG.
    columns: usize,
    /// The index of each image in the test set.
    images: Vec<usize>,
    labels: Vec<u8>,
    /// The number of rows that get each image wrong.
    missed: Vec<u32>,
    /// Rows of the view that have predictions.
    rows: usize,
    /// Places in `images` of those that most rows get wrong, the hardest first.
    hardest: Vec<usize>,
    /// Places in `images` of those drawn at random, in the order of the draw.
    drawn: Vec<usize>,
}

/// The first repeat's predictions of each row.
#[derive(Serialize, Default)]
struct Answers<'a> {
    sets: Vec<Labels>,
    /// By result file, for each test image the class predicted in base 36, or `.` where it is right.
    rows: BTreeMap<&'a str, String>,
}

#[derive(Serialize)]
struct Labels {
    name: String,
    /// One character an image, in base 36.
    labels: String,
}

/// Details of one row: images by its first repeat, counts over all repeats.
#[derive(Serialize)]
struct Details {
    /// The data set's place in `sets`.
    set: usize,
    /// The confusion matrix, row-major: class, then predicted class.
    confusion: Vec<u32>,
    /// Precision, recall and F1 of each class.
    measures: Vec<[Option<f64>; 3]>,
    /// Images of each class, counted once a repeat.
    support: Vec<usize>,
    accuracy: f64,
    /// Precision, recall and F1 as means over the classes: unweighted, and weighted by support. An undefined
    /// measure counts as 0, as in scikit-learn.
    macro_average: [f64; 3],
    weighted_average: [f64; 3],
    /// For each of the first images of the set (those that rows refer to) the predicted class in base 36, or
    /// `.` where it is right.
    shown: String,
}

/// Details of all rows that have predictions and whose data set is in `datasets`. The compression takes most
/// of the time of a report: `Compression::best` makes the smallest page.
pub fn build(
    datasets: &BTreeMap<String, Dataset>,
    table: &SideBySide,
    view: &View,
    compression: Compression,
) -> Result<RowDetails, String> {
    let mut details = RowDetails { packed: String::new(), answers: String::new(), sprites: Vec::new() };
    let mut packed = Packed { sets: Vec::new(), rows: BTreeMap::new() };
    let mut answers = Answers::default();
    for name in &table.datasets {
        let Some(dataset) = datasets.get(name) else { continue };
        let all = table.rows.iter().filter(|row| row.dataset == *name && !row.predictions.is_empty());
        let fits = |row: &&Row| {
            row.predictions.iter().all(|predictions| {
                predictions.len() == dataset.test.labels.len()
                    && predictions.iter().all(|&class| usize::from(class) < dataset.classes())
            })
        };
        let rows: Vec<&Row> = all.filter(fits).collect();
        if rows.is_empty() {
            continue;
        }
        let set = packed.sets.len();
        let labels = &dataset.test.labels;
        let (chosen, images, referred) = choose(dataset, &rows, view);
        for row in rows {
            packed.rows.insert(&row.file, details_of(row, set, dataset, &images[..referred]));
            if row.subset.is_none() {
                let every = row.predictions[0].iter().zip(labels).map(|(&own, &label)| answer(own, label));
                answers.rows.insert(&row.file, every.collect());
            }
        }
        let labels = labels.iter().map(|&label| digit(label)).collect();
        answers.sets.push(Labels { name: dataset.name.clone(), labels });
        details.sprites.push(BASE64.encode(sprite(&dataset.test, &images)?));
        packed.sets.push(chosen);
    }
    if !packed.sets.is_empty() {
        details.packed = pack(&packed, compression)?;
        if !answers.rows.is_empty() {
            details.answers = pack(&answers, compression)?;
        }
    }
    Ok(details)
}

fn confusion(row: &Row, dataset: &Dataset) -> Confusion {
    let mut confusion = Confusion::new(dataset.classes());
    for predictions in &row.predictions {
        confusion.add(&dataset.test.labels, predictions);
    }
    confusion
}

fn details_of(row: &Row, set: usize, dataset: &Dataset, images: &[usize]) -> Details {
    let confusion = confusion(row, dataset);
    let report = Classification::of(&confusion);
    let measures = |Measures { precision, recall, f1 }| [precision, recall, f1].map(|share| share.map(round));
    let average = |Scores { precision, recall, f1, .. }| [precision, recall, f1].map(round);
    let shown = images.iter().map(|&image| answer(row.predictions[0][image], dataset.test.labels[image]));
    Details {
        set,
        measures: confusion.measures().into_iter().map(measures).collect(),
        support: report.classes.iter().map(|scores| scores.support).collect(),
        accuracy: round(report.accuracy),
        macro_average: average(report.macro_average),
        weighted_average: average(report.weighted_average),
        shown: shown.collect(),
        confusion: confusion.counts().to_vec(),
    }
}

/// A class in base 36.
fn digit(class: u8) -> char {
    char::from_digit(class.into(), 36).unwrap_or('.')
}

/// The class predicted, or `.` where it is the label.
fn answer(predicted: u8, label: u8) -> char {
    if predicted == label { '.' } else { digit(predicted) }
}

/// Chooses the images of the PNG: for each row some of each of its worst confusions (first those that many
/// rows have), the hardest of all, and some at random; after these more hard images, of which the page has
/// only the picture. Returns the set, the images' indices in the test set, and the number of images before
/// the pictures.
fn choose(dataset: &Dataset, rows: &[&Row], view: &View) -> (Set, Vec<usize>, usize) {
    let labels = &dataset.test.labels;
    let own: Vec<&&Row> =
        rows.iter().filter(|row| row.run == view.run && row.subset == view.subset).collect();
    let mut missed = vec![0u32; labels.len()];
    let mut confused: BTreeMap<(u8, u8), BTreeMap<usize, u32>> = BTreeMap::new();
    for row in &own {
        for (image, (&label, &predicted)) in labels.iter().zip(row.predictions[0].iter()).enumerate() {
            if label != predicted {
                missed[image] += 1;
                *confused.entry((label, predicted)).or_default().entry(image).or_default() += 1;
            }
        }
    }
    // The most confused first, then in test order.
    let ranked: BTreeMap<(u8, u8), Vec<usize>> = confused
        .into_iter()
        .map(|(pair, images)| {
            let mut images: Vec<(usize, u32)> = images.into_iter().collect();
            images.sort_by_key(|&(image, count)| (std::cmp::Reverse(count), image));
            (pair, images.into_iter().map(|(image, _)| image).collect())
        })
        .collect();
    let mut chosen: BTreeMap<(u8, u8), Vec<usize>> = BTreeMap::new();
    for row in &own {
        for (class, predicted, _) in confusion(row, dataset).worst().into_iter().take(PAIRS) {
            let pair = (class as u8, predicted as u8);
            let taken = chosen.entry(pair).or_default();
            let confuses = |image: &usize| row.predictions[0][*image] == pair.1;
            let mut have = taken.iter().filter(|image| confuses(image)).count();
            for &image in ranked.get(&pair).into_iter().flatten() {
                if have >= WANTED || taken.len() >= PER_PAIR {
                    break;
                }
                if confuses(&image) && !taken.contains(&image) {
                    taken.push(image);
                    have += 1;
                }
            }
        }
    }
    let mut hardest: Vec<usize> = (0..labels.len()).filter(|&image| missed[image] > 0).collect();
    hardest.sort_by_key(|&image| (std::cmp::Reverse(missed[image]), image));
    let pictured: Vec<usize> = hardest.iter().copied().take(PICTURED).collect();
    hardest.truncate(HARDEST);
    let drawn: Vec<usize> = shuffled(labels.len(), SEED).into_iter().take(DRAWN).collect();
    let also = hardest.iter().chain(&drawn).copied();
    let mut images: Vec<usize> = chosen.into_values().flatten().chain(also).collect();
    images.sort_unstable();
    images.dedup();
    let referred = images.len();
    let (hardest, drawn) = {
        let place = |image: &usize| images.binary_search(image).unwrap_or_default();
        (hardest.iter().map(place).collect(), drawn.iter().map(place).collect())
    };
    let more: Vec<usize> =
        pictured.into_iter().filter(|image| images.binary_search(image).is_err()).collect();
    images.extend(more);
    let set = Set {
        name: dataset.name.clone(),
        classes: dataset.class_names.clone(),
        size: (dataset.test.images.rows, dataset.test.images.columns),
        columns: COLUMNS,
        labels: images.iter().map(|&image| labels[image]).collect(),
        missed: images.iter().map(|&image| missed[image]).collect(),
        rows: own.len(),
        hardest,
        drawn,
        images: images.clone(),
    };
    (set, images, referred)
}

/// The images side by side as a grey PNG.
fn sprite(test: &Split, images: &[usize]) -> Result<Vec<u8>, String> {
    let (rows, columns) = (test.images.rows, test.images.columns);
    let width = columns * COLUMNS;
    let height = rows * images.len().div_ceil(COLUMNS).max(1);
    let mut pixels = vec![0u8; width * height];
    for (place, &image) in images.iter().enumerate() {
        let (top, left) = (place / COLUMNS * rows, place % COLUMNS * columns);
        let source = &test.images.pixels[image * rows * columns..][..rows * columns];
        for (line, source) in source.chunks_exact(columns).enumerate() {
            pixels[(top + line) * width + left..][..columns].copy_from_slice(source);
        }
    }
    drawing::png::encode(width, height, png::ColorType::Grayscale, &pixels)
}

/// Base64 of gzipped JSON.
fn pack(value: &impl Serialize, compression: Compression) -> Result<String, String> {
    let json = serde_json::to_vec(value).map_err(|error| error.to_string())?;
    Ok(BASE64.encode(gzip(&json, compression).map_err(|error| error.to_string())?))
}

/// Without a name or a time, so that the same text gives the same bytes.
fn gzip(bytes: &[u8], compression: Compression) -> std::io::Result<Vec<u8>> {
    let mut writer = GzBuilder::new().mtime(0).write(Vec::new(), compression);
    writer.write_all(bytes)?;
    writer.finish()
}
