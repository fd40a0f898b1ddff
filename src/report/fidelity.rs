//! How near our models come to those they stand for: every row against the published table, today's scikit-learn and
//! that of this harness by one rule, with every exception named, as Markdown.

use super::charts::overview::title;
use super::format::{accuracy, cell, count, difference};
use super::stock::Stock;
use super::tables::{Line, SideBySide, View};
use super::text::size;

/// What a mean may differ by, beside its own spread.
const ALLOWED: f64 = 0.005;
/// The same for models that draw nothing and stop nowhere early.
const ALLOWED_EXACT: f64 = 0.002;
const EXACT: [&str; 2] = ["KNeighborsClassifier", "GaussianNB"];
/// Steps of the counts.
pub const NEAR: [f64; 2] = [0.005, 0.01];
/// Figures of the table have three digits, ours four: half of the last one is no difference.
pub const ROUNDING: f64 = 1e-9;

/// A row beside a reference figure.
struct Pair<'a> {
    line: &'a Line,
    ours: f64,
    /// The sample deviation over the repeats, where there are two or more.
    deviation: Option<f64>,
    repeats: usize,
    reference: f64,
}

impl Pair<'_> {
    fn away(&self) -> f64 {
        (self.ours - self.reference).abs()
    }

    /// 0.005 (0.002 for the exact families) + 2 s / sqrt(2): the reference is one draw of the same spread, or
    /// a mean of few.
    fn allowed(&self) -> f64 {
        let base = if EXACT.contains(&self.line.classifier.as_str()) { ALLOWED_EXACT } else { ALLOWED };
        base + 2.0 * self.deviation.unwrap_or(0.0) / 2.0f64.sqrt() + ROUNDING
    }
}

/// Which figure is the reference: the published table holds for MNIST alone, since the published Fashion column
/// is of an earlier state of its data.
fn references(dataset: &str) -> &'static [Source] {
    const ALL: [Source; 3] = [Source::Published, Source::Sklearn, Source::Harness];
    if dataset == "mnist" { &ALL } else { &ALL[1..] }
}

#[derive(Clone, Copy)]
enum Source {
    Published,
    /// The figures built in.
    Sklearn,
    /// The rows of stock scikit-learn among the results.
    Harness,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Source::Published => "the published table",
            Source::Sklearn => "scikit-learn today",
            Source::Harness => "scikit-learn in this harness",
        }
    }
}

/// One part a data set and reference; only the engine `native` of the view, which must be of the whole set.
pub fn markdown(table: &SideBySide, view: &View) -> String {
    let mut text = format!(
        "# Fidelity\n\nRun `{}`, {}, engine `native`. A row holds when the mean of its repeats differs from the reference by \
         at most {ALLOWED} + 2 s / sqrt(2), s its deviation over the repeats (0 for one repeat); {} by {ALLOWED_EXACT} \
         instead of {ALLOWED}. LinearSVC with C of 10 and above is left out: there the reference's solver stopped \
         before it converged. Made by `mnist-bench report --run {}`.\n",
        view.run,
        size(view),
        EXACT.join(" and "),
        view.run
    );
    let stock = Stock::of(table);
    for (dataset, name) in table.datasets.iter().enumerate() {
        for &source in references(name) {
            let pairs = pairs(table, view, dataset, source, &stock);
            if !pairs.is_empty() {
                text += &part(&format!("{} against {}", title(name), source.name()), &pairs);
            }
        }
    }
    text + &stock.against_published(table)
}

fn pairs<'a>(
    table: &'a SideBySide,
    view: &'a View,
    dataset: usize,
    source: Source,
    stock: &Stock,
) -> Vec<Pair<'a>> {
    let lines = table.view(view).filter(|line| line.engine == "native");
    lines
        .filter_map(|line| {
            let figures = &line.cells.get(dataset)?.figures;
            let reference = match source {
                Source::Published => figures.published,
                Source::Sklearn => figures.sklearn,
                Source::Harness => stock.accuracy(dataset, &line.id),
            };
            let row = table.row(line, dataset)?;
            let unconverged = figures.unconverged;
            let pair = Pair {
                line,
                ours: row.accuracy?,
                deviation: row.deviation,
                repeats: row.repeats.len(),
                reference: reference?,
            };
            (!unconverged).then_some(pair)
        })
        .collect()
}

fn part(heading: &str, pairs: &[Pair]) -> String {
    let within = |limit: f64| pairs.iter().filter(|pair| pair.away() <= limit + ROUNDING).count();
    let beyond: Vec<&Pair> = pairs.iter().filter(|pair| pair.away() > pair.allowed()).collect();
    let mut text = format!(
        "\n## {heading}\n\n{}: {} within {}, {} within {}; {} hold by the rule.\n",
        count(pairs.len(), "row"),
        within(NEAR[0]),
        NEAR[0],
        within(NEAR[1]),
        NEAR[1],
        pairs.len() - beyond.len()
    );
    if beyond.is_empty() {
        return text;
    }
    text += "\n| beyond it | ours | s | repeats | reference | difference | allowed |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n";
    for pair in beyond {
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            cell(format!("{} {}", pair.line.classifier, pair.line.parameters).trim_end()),
            accuracy(pair.ours),
            pair.deviation.map(accuracy).unwrap_or_default(),
            pair.repeats,
            accuracy(pair.reference),
            difference(pair.ours - pair.reference),
            accuracy(pair.allowed()),
        );
    }
    text
}
