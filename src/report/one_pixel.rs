//! The one-pixel pairs in the report: a table, a heat map and a CSV file.

use std::collections::BTreeMap;
use std::path::Path;

use table_files::{Table, TableError};

use super::charts::heat::Heat;
use crate::drawing::{AltText, png, svg};
use crate::explore::one_pixel::{self, DatasetPairs, PairData};
use crate::format::title;
use crate::stats::one_pixel::Score;

/// One data set's pairs, as the page shows them.
pub struct Pixels {
    pub data: DatasetPairs,
    pub title: String,
    pub caption: String,
    pub svg: String,
    pub png: Vec<u8>,
    pub pairs: Vec<Pair>,
}

/// One line of the table.
pub struct Pair {
    pub first: String,
    pub second: String,
    pub row: usize,
    pub column: usize,
    pub threshold: u8,
    pub above: String,
    pub train: String,
    pub test: String,
}

/// The pairs of every data set that `explore` has run on, as the page shows them; empty if it has not run.
pub fn read(reports: &Path) -> Result<Vec<Pixels>, String> {
    let fault = |reason: String| {
        format!("{}: {reason}; run `explore` again", reports.join(one_pixel::FILE).display())
    };
    one_pixel::read(reports)?.into_iter().map(|data| shown(data).map_err(&fault)).collect()
}

/// What the page shows of one data set.
fn shown(data: DatasetPairs) -> Result<Pixels, String> {
    let class = |index: usize| {
        data.classes.get(index).cloned().ok_or_else(|| format!("{}: no class {index}", data.dataset))
    };
    let mut pairs = Vec::with_capacity(data.pairs.len());
    let mut cells = Vec::with_capacity(data.pairs.len());
    for pair in &data.pairs {
        let train = Score { correct: pair.train_correct, total: pair.train_total }.accuracy();
        let test = Score { correct: pair.test_correct, total: pair.test_total }.accuracy();
        cells.push((pair.second, pair.first, train));
        pairs.push(Pair {
            first: class(pair.first)?,
            second: class(pair.second)?,
            row: pair.row,
            column: pair.column,
            threshold: pair.threshold,
            above: class(pair.above)?,
            train: format!("{train:.4}"),
            test: format!("{test:.4}"),
        });
    }
    let title = title(&data.dataset);
    let caption = caption(&title, &pairs);
    let alt_text = AltText {
        title: format!("{title}: one pixel tells {} of {} pairs apart at 95 %", easy(&pairs), pairs.len()),
        description: format!(
            "Heat map of {} pairs of classes, coloured by the share of training images that one pixel and a \
             threshold get right. {caption} A table below holds every pair.",
            pairs.len()
        ),
    };
    let heat = Heat { title: alt_text.title.clone(), names: data.classes.clone(), cells };
    let (svg, ()) = svg(heat.size(), &alt_text, |area| heat.draw(area))?;
    let png = png(heat.size(), |area| heat.draw(area))?;
    Ok(Pixels { title, caption, svg, png, pairs, data })
}

/// The number of pairs that one pixel tells apart at 95 %. All accuracies have four decimals, so that their
/// text sorts like the number.
fn easy(pairs: &[Pair]) -> usize {
    pairs.iter().filter(|pair| pair.train.as_str() >= "0.9500").count()
}

/// The map in words.
fn caption(title: &str, pairs: &[Pair]) -> String {
    let mut sorted: Vec<&Pair> = pairs.iter().collect();
    // All accuracies have four decimals, so that their text sorts like the number.
    sorted.sort_by(|a, b| a.train.cmp(&b.train));
    let (Some(hardest), Some(easiest)) = (sorted.first(), sorted.last()) else { return String::new() };
    let median = &sorted[sorted.len() / 2].train;
    let easy = easy(pairs);
    format!(
        "{title}: one pixel tells {easy} of {} pairs apart at 0.95 or better on the training images; the median \
         is {median}. Easiest: {} and {} ({}); hardest: {} and {} ({}).",
        pairs.len(),
        easiest.first,
        easiest.second,
        easiest.train,
        hardest.first,
        hardest.second,
        hardest.train,
    )
}

/// The files of the report: one picture a data set, one CSV file for all.
pub fn files(pixels: &[Pixels]) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut files = BTreeMap::new();
    if pixels.is_empty() {
        return Ok(files);
    }
    for set in pixels {
        files.insert(format!("one-pixel-{}.svg", set.data.dataset), set.svg.clone().into_bytes());
        files.insert(format!("one-pixel-{}.png", set.data.dataset), set.png.clone());
    }
    files.insert("one-pixel.csv".to_string(), csv(pixels).map_err(|error| error.to_string())?);
    Ok(files)
}

fn csv(pixels: &[Pixels]) -> Result<Vec<u8>, TableError> {
    type Line<'a> = (&'a DatasetPairs, &'a PairData, &'a Pair);
    let lines: Vec<Line> = pixels
        .iter()
        .flat_map(|set| set.data.pairs.iter().zip(&set.pairs).map(|(data, pair)| (&set.data, data, pair)))
        .collect();
    let text = |of: &dyn Fn(&Line) -> String| lines.iter().map(|line| Some(of(line))).collect();
    let count = |of: &dyn Fn(&PairData) -> u64| lines.iter().map(|(_, data, _)| Some(of(data))).collect();
    let table = Table::builder()
        .texts("dataset", text(&|(set, ..)| set.dataset.clone()))
        .texts("first", text(&|(.., pair)| pair.first.clone()))
        .texts("second", text(&|(.., pair)| pair.second.clone()))
        .counts("row", count(&|pair| pair.row as u64))
        .counts("column", count(&|pair| pair.column as u64))
        .counts("threshold", count(&|pair| u64::from(pair.threshold)))
        .texts("above", text(&|(.., pair)| pair.above.clone()))
        .texts("train_accuracy", text(&|(.., pair)| pair.train.clone()))
        .counts("train_images", count(&|pair| u64::from(pair.train_total)))
        .texts("test_accuracy", text(&|(.., pair)| pair.test.clone()))
        .counts("test_images", count(&|pair| u64::from(pair.test_total)))
        .build()?;
    Ok(table.to_csv())
}
