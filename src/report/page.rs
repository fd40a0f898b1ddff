//! The page: one self-contained HTML file, by askama from the files in `page/`.
//!
//! Askama escapes everything but what is marked safe: our own styles, script and charts, and the data, whose
//! escaping is [`super::embed`]'s.

use askama::Template;

use super::charts::overview::{Chart, title};
use super::format::count;
use super::one_pixel::Pixels;
use super::tables::{Line, SideBySide, View};
use super::{embed, text};
use crate::results::{Problem, Status};

/// What the template shows.
#[derive(Template)]
#[template(path = "benchmark.html")]
struct Page<'a> {
    run: &'a str,
    size: String,
    datasets: Vec<String>,
    counts: Vec<Count>,
    charts: &'a [Chart],
    pixels: &'a [Pixels],
    problems: Vec<String>,
    data: String,
    css: &'static str,
    js: &'static str,
}

/// A figure of the header.
struct Count {
    head: String,
    text: String,
    /// Something went wrong.
    bad: bool,
}

/// The page's bytes.
pub fn render(
    table: &SideBySide,
    view: &View,
    charts: &[Chart],
    pixels: &[Pixels],
    problems: &[Problem],
) -> Result<String, String> {
    let page = Page {
        run: &view.run,
        size: text::size(view),
        datasets: table.datasets.iter().map(|name| title(name)).collect(),
        counts: counts(table, view, problems),
        charts,
        pixels,
        problems: problems.iter().map(Problem::to_string).collect(),
        data: embed::json(table, view)?,
        css: include_str!("page/page.css"),
        js: include_str!("page/page.js"),
    };
    page.render().map_err(|error| error.to_string())
}

/// What came of the view: results by status for each data set, one-sided lines, what was not run.
fn counts(table: &SideBySide, view: &View, problems: &[Problem]) -> Vec<Count> {
    let lines: Vec<&Line> = table.view(view).filter(|line| !line.engine.is_empty()).collect();
    let mut counts = Vec::new();
    for (index, dataset) in table.datasets.iter().enumerate() {
        let mut texts = Vec::new();
        let mut failed = false;
        for status in Status::ALL {
            let is = |line: &&&Line| table.row(line, index).is_some_and(|row| row.status == status);
            let number = lines.iter().filter(is).count();
            if number > 0 {
                texts.push(format!("{number} {}", status.name().replace('_', " ")));
                failed |= status.is_failure();
            }
        }
        if !texts.is_empty() {
            counts.push(Count { head: title(dataset), text: texts.join(", "), bad: failed });
        }
    }
    let one_sided =
        lines.iter().filter(|line| table.row(line, 0).is_some() != table.row(line, 1).is_some()).count();
    if one_sided > 0 {
        let text = format!("{} on one data set only", if one_sided == 1 { "line" } else { "lines" });
        counts.push(Count { head: one_sided.to_string(), text, bad: true });
    }
    let unconverged = lines
        .iter()
        .filter(|line| {
            (0..line.cells.len())
                .any(|index| table.row(line, index).is_some_and(|row| row.converged == Some(false)))
        })
        .count();
    if unconverged > 0 {
        counts.push(Count { head: unconverged.to_string(), text: "not converged".into(), bad: false });
    }
    let elsewhere = table.view(view).count() - lines.len();
    if elsewhere > 0 {
        let text = "known from the references only, not run here".into();
        counts.push(Count { head: elsewhere.to_string(), text, bad: false });
    }
    if !problems.is_empty() {
        let text = "left out: see below".into();
        counts.push(Count { head: count(problems.len(), "file"), text, bad: true });
    }
    counts
}
