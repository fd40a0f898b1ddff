//! The page: one self-contained HTML file, by askama from the files in `page/`.
//!
//! Askama escapes everything but what is marked safe: our own styles, script and charts, and the data, whose
//! escaping is [`super::page_data`]'s.

use std::collections::BTreeMap;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::charts::dumbbell;
use super::charts::overview::Chart;
use super::one_pixel::Pixels;
use super::page_data;
use super::row_details::RowDetails;
use super::summary::Summary;
use crate::analysis::peers::Peers;
use crate::analysis::rounding_ties::RoundingTies;
use crate::analysis::submitted::Submitted;
use crate::analysis::tables::{Line, SideBySide, View};
use crate::analysis::tie_groups::Groups;
use crate::explore::Drawn;
use crate::format::{accuracy, count, title};
use crate::grid::Benchmarks;
use crate::results::{Problem, Status};

/// The suites of a plain sweep, whose texts of analysis the page shows: the published grid first.
const GRIDS: [&str; 3] = ["classic", "neural-quick", "crates"];

/// What the template shows.
#[derive(Template)]
#[template(path = "benchmark.html")]
struct Page<'a> {
    /// What the run is called.
    run: String,
    /// Its name, for commands.
    run_name: &'a str,
    size: String,
    datasets: Vec<String>,
    summary: &'a Summary,
    /// The chart of the best of each family, which stands at the top.
    best: Option<&'a Chart>,
    citation: String,
    /// What links to documents and result files begin with.
    base: String,
    /// What links to Markdown files of the report begin with: nothing, or their folder in the repository.
    reports: String,
    /// Where mistakes are reported; empty where the repository is not set.
    mistakes: String,
    /// The lines of the view, for readers without JavaScript.
    plain: Vec<PlainLine>,
    counts: Vec<Count>,
    charts: &'a [Chart],
    /// What the scaling curves say.
    scaling: &'a [String],
    pixels: &'a [Pixels],
    pictures: Vec<Vec<Shot>>,
    problems: Vec<String>,
    analysis_texts: Vec<AnalysisTexts>,
    details: &'a RowDetails,
    groups: &'a Groups,
    peers: &'a Peers,
    submitted: &'a Submitted,
    data: String,
    css: &'static str,
    js: &'static str,
}

/// A line of the table without JavaScript: a name and an accuracy a data set.
struct PlainLine {
    name: String,
    figures: Vec<String>,
}

/// A picture of the data, inside the page.
struct Shot {
    /// Its anchor: the name of its file without the end.
    id: String,
    title: String,
    caption: String,
    width: u32,
    height: u32,
    png: String,
}

/// What one grid says of itself and of its families.
struct AnalysisTexts {
    grid: String,
    /// Name, anchor and text of each.
    families: Vec<(String, String, String)>,
}

/// A figure of the header.
struct Count {
    head: String,
    text: String,
    /// Shown as a failure.
    bad: bool,
}

/// What the page shows besides the table.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub summary: &'a Summary,
    pub charts: &'a [Chart],
    pub scaling: &'a [String],
    pub pixels: &'a [Pixels],
    pub pictures: &'a [Drawn],
    pub details: &'a RowDetails,
    pub groups: &'a Groups,
    pub peers: &'a Peers,
    pub rounding_ties: &'a [RoundingTies],
    pub submitted: &'a Submitted,
    pub problems: &'a [Problem],
    /// The address of the repository; empty where there is none, and then links are relative.
    pub repository: &'a str,
}

/// The page's bytes.
pub fn render(table: &SideBySide, view: &View, shown: &Shown) -> Result<String, String> {
    let Shown {
        summary,
        charts,
        scaling,
        pixels,
        pictures,
        details,
        groups,
        peers,
        rounding_ties,
        submitted,
        problems,
        repository,
    } = *shown;
    let below = |part: &str| {
        if repository.is_empty() { String::new() } else { format!("{repository}/{part}") }
    };
    let page = Page {
        run: run_words(&view.run),
        run_name: &view.run,
        size: view.size(),
        datasets: table.datasets.iter().map(|name| title(name)).collect(),
        summary,
        best: charts.iter().find(|chart| chart.name == dumbbell::NAME),
        citation: citation(summary, repository),
        base: if repository.is_empty() { "..".into() } else { below("blob/HEAD") },
        reports: below("blob/HEAD/reports/"),
        mistakes: below("issues/new"),
        plain: plain_lines(table, view),
        counts: counts(table, view, problems),
        charts,
        scaling,
        pixels,
        pictures: side_by_side(pictures),
        problems: problems.iter().map(Problem::to_string).collect(),
        analysis_texts: analysis_texts(table, view, rounding_ties)?,
        details,
        groups,
        peers,
        submitted,
        data: page_data::json(table, view, charts, groups)?,
        css: concat!(include_str!("page/page.css"), include_str!("page/print.css")),
        js: concat!(
            include_str!("page/dom.js"),
            include_str!("page/configurations.js"),
            include_str!("page/state.js"),
            include_str!("page/columns.js"),
            include_str!("page/table.js"),
            include_str!("page/filters.js"),
            include_str!("page/render.js"),
            include_str!("page/save.js"),
            include_str!("page/search.js"),
            include_str!("page/libraries.js"),
            include_str!("page/matrix.js"),
            include_str!("page/images.js"),
            include_str!("page/details.js"),
            include_str!("page/answers.js"),
            include_str!("page/compare.js"),
            include_str!("page/text_cells.js"),
            include_str!("page/predictions.js"),
            include_str!("page/yours.js"),
            include_str!("page/points.js"),
            include_str!("page/difficulty.js"),
            include_str!("page/share.js"),
            include_str!("page/charts.js"),
            include_str!("page/start.js"),
        ),
    };
    page.render().map_err(|error| error.to_string())
}

/// What people call a run.
fn run_words(run: &str) -> String {
    if run == "reference" { "the main sweep".to_string() } else { format!("run {run}") }
}

/// How to cite the results shown, as BibTeX.
fn citation(summary: &Summary, repository: &str) -> String {
    let note = if summary.strip.is_empty() { String::new() } else { summary.strip.join("; ") };
    let url = if repository.is_empty() { String::new() } else { format!("  url    = {{{repository}}},\n") };
    format!(
        "@misc{{mnist-bench,\n  title  = {{mnist-bench: classic classifiers on MNIST and Fashion-MNIST}},\n  author = {{{{The \
         mnist-bench contributors}}}},\n{url}  note   = {{Version {}; {note}}}\n}}",
        env!("CARGO_PKG_VERSION")
    )
}

fn plain_lines(table: &SideBySide, view: &View) -> Vec<PlainLine> {
    let figure = |line: &Line, dataset| {
        let row = table.row(line, dataset);
        match row.and_then(|row| row.accuracy) {
            Some(value) => accuracy(value),
            None => row.map_or(String::new(), |row| row.status.name().replace('_', " ")),
        }
    };
    let lines = table.view(view).filter(|line| !line.engine.is_empty());
    lines
        .map(|line| PlainLine {
            name: format!("{} {}", line.classifier, line.parameters),
            figures: (0..table.datasets.len()).map(|dataset| figure(line, dataset)).collect(),
        })
        .collect()
}

/// Counts of the view: results by status for each data set, lines on one data set only, solvers that did not
/// converge, rows not run, files left out.
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

/// Texts of analysis, by grid, of the families that the run has results of, at any train size. Sentences on
/// ties follow the first text of their classifier.
fn analysis_texts(
    table: &SideBySide,
    view: &View,
    rounding_ties: &[RoundingTies],
) -> Result<Vec<AnalysisTexts>, String> {
    let mut analysis_texts = Vec::new();
    let mut rounding_ties: Vec<&RoundingTies> = rounding_ties.iter().collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for name in GRIDS {
        let mut grid = Benchmarks::BuiltIn.read(name).map_err(|error| error.to_string())?;
        grid.families.retain(|family| {
            let has = |line: &Line| {
                line.run == view.run
                    && line.classifier == family.classifier
                    && family.engines.contains(&line.engine)
            };
            table.lines.iter().any(has)
        });
        if !grid.families.is_empty() {
            let mut families = Vec::new();
            for family in grid.families {
                let own = |one: &mut &RoundingTies| one.classifier == family.classifier;
                let sentences = rounding_ties.extract_if(.., own).map(|one| one.text.as_str());
                let text =
                    std::iter::once(family.analysis.as_str()).chain(sentences).collect::<Vec<_>>().join(" ");
                // A family of several grids has an anchor in each; the first is its name's.
                let place = seen.entry(family.classifier.clone()).or_default();
                *place += 1;
                let anchor = match *place {
                    1 => format!("family-{}", family.classifier),
                    more => format!("family-{}-{more}", family.classifier),
                };
                families.push((family.classifier, anchor, text));
            }
            analysis_texts.push(AnalysisTexts { grid: grid.description, families });
        }
    }
    Ok(analysis_texts)
}

/// The pictures of the data, those of one kind together, in the order in which kinds first come.
fn side_by_side(pictures: &[Drawn]) -> Vec<Vec<Shot>> {
    let mut kinds: Vec<(&str, Vec<Shot>)> = Vec::new();
    for Drawn { picture, png } in pictures {
        let shot = Shot {
            id: picture.file.trim_end_matches(".png").to_string(),
            title: picture.title.clone(),
            caption: picture.caption.clone(),
            width: picture.width,
            height: picture.height,
            png: BASE64.encode(png),
        };
        match kinds.iter_mut().find(|(kind, _)| *kind == picture.kind) {
            Some((_, shots)) => shots.push(shot),
            None => kinds.push((&picture.kind, vec![shot])),
        }
    }
    kinds.into_iter().map(|(_, shots)| shots).collect()
}
