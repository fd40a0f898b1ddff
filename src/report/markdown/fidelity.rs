//! Fidelity as Markdown: counts by the rule, and every exception by name.

use super::equivalence;
use crate::analysis::equivalence::comparisons;
use crate::analysis::fidelity::{ALLOWED, ALLOWED_EXACT, EXACT, Fidelity, NEAR, Pair, ROUNDING};
use crate::analysis::sklearn_reference::SklearnRows;
use crate::analysis::tables::{SideBySide, View};
use crate::format::{accuracy, cell, count, difference, title};
use crate::report::summary::Summary;

/// One part a data set and reference.
pub fn markdown(fidelity: &Fidelity, table: &SideBySide, view: &View, summary: &Summary) -> String {
    let comparisons = comparisons(table, view);
    let published = summary.answers("trust").first().map(|answer| cell(answer));
    let verdicts = [Some(equivalence::verdict(&comparisons, table)), published];
    let found: String = verdicts
        .into_iter()
        .flatten()
        .filter(|verdict| !verdict.is_empty())
        .map(|verdict| format!("**{verdict}**\n\n"))
        .collect();
    let pairs = fidelity.parts.iter().flat_map(|part| &part.pairs);
    let mut text = format!(
        "# Fidelity\n\n{found}{}\n## One rule for every reference\n\nRun `{}`, {}, engine `native`. A row holds when \
         the mean of its repeats differs from the reference by at most {ALLOWED} + 2 s / sqrt(2), s its deviation \
         over the repeats (0 for one repeat); {} by {ALLOWED_EXACT} instead of {ALLOWED}. Here each figure of \
         scikit-learn is {}, ours {}. LinearSVC with C of 10 and above is left out: there the reference's solver \
         stopped before it converged. Made by `mnist-bench report --run {}`.\n",
        equivalence::section(&comparisons, table),
        view.run,
        view.size(),
        EXACT.join(" and "),
        fits(fidelity.sklearn_rows.most_repeats()),
        fits(pairs.map(|pair| pair.repeats).max().unwrap_or(1)),
        view.run
    );
    for one in &fidelity.parts {
        let heading = format!("{} against {}", title(&table.datasets[one.dataset]), one.source.name());
        text += &part(&heading, &one.pairs);
    }
    text + &against_published(&fidelity.sklearn_rows, table)
}

/// What a figure rests on, where none rests on more than `most` fits.
fn fits(most: usize) -> String {
    if most == 1 { "one fit".to_string() } else { format!("the mean of up to {most} fits") }
}

fn part(heading: &str, pairs: &[Pair]) -> String {
    let within = |limit: f64| pairs.iter().filter(|pair| pair.away() <= limit + ROUNDING).count();
    let beyond: Vec<&Pair> = pairs.iter().filter(|pair| !pair.holds()).collect();
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

/// A section on the published table beside scikit-learn's rows, by family; nothing where there is no pair.
fn against_published(sklearn_rows: &SklearnRows, table: &SideBySide) -> String {
    let families = sklearn_rows.less_published();
    if families.is_empty() {
        return String::new();
    }
    let mut text = "\n## scikit-learn run by mnist-bench against the published table\n\n\
                        Today's version on today's files, with the meaning that 0.19 gave the parameters. Where the \
                        table was measured on the same files, about half of the rows should be above it.\n\n\
                        | data set | classifier | rows | mean difference | least | most | above | within 0.005 |\n\
                        | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
            .to_string();
    for (dataset, name) in table.datasets.iter().enumerate() {
        let of = families.iter().filter(|((of, _), _)| *of == dataset);
        let mut all = Vec::new();
        for ((_, classifier), differences) in of {
            text += &line(&title(name), classifier, differences);
            all.extend(differences);
        }
        if !all.is_empty() {
            text += &line(&title(name), "all", &all);
        }
    }
    text
}

fn line(dataset: &str, classifier: &str, differences: &[f64]) -> String {
    let mean = differences.iter().sum::<f64>() / differences.len() as f64;
    let least = differences.iter().copied().fold(f64::INFINITY, f64::min);
    let most = differences.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!(
        "| {dataset} | {classifier} | {} | {} | {} | {} | {} | {} |\n",
        differences.len(),
        difference(mean),
        difference(least),
        difference(most),
        differences.iter().filter(|&&away| away > 0.0).count(),
        differences.iter().filter(|away| away.abs() <= NEAR[0] + ROUNDING).count(),
    )
}
