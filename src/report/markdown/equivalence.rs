//! Whether our rows are equivalent to scikit-learn's, as Markdown: a verdict a data set, with every row that is not.

use crate::analysis::equivalence::{CONFIDENCE, Comparison, Comparisons, Grounds, MARGIN, Reason, Verdict};
use crate::analysis::tables::SideBySide;
use crate::format::{accuracy, cell, count, difference, thousands, title};

/// One sentence a data set.
pub fn verdict(comparisons: &[Comparisons], table: &SideBySide) -> String {
    let sentences = comparisons.iter().map(|one| {
        format!(
            "{}: {} of {} equivalent to scikit-learn's within {MARGIN}, {} different, {} not shown.",
            title(&table.datasets[one.dataset]),
            one.count(Verdict::Equivalent),
            count(one.all.len(), "row"),
            one.count(Verdict::Different),
            one.count(Verdict::NotShown)
        )
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// The section with its rule; nothing without a pair.
pub fn section(comparisons: &[Comparisons], table: &SideBySide) -> String {
    if comparisons.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "## Equivalence with scikit-learn run by mnist-bench\n\n\
         Where the seed decides something, two one-sided tests (level {:.2}, margin {MARGIN}) compare the means over \
         seeds: a row is equivalent when the {} % interval of the difference (Welch) lies within the margin, \
         different when it lies beyond, else not shown. Where it decides nothing, the difference on the same test \
         images is exact. A row that is not equivalent names its reason; \
         [METHODOLOGY](../docs/METHODOLOGY.md#fidelity) explains them.\n",
        (1.0 - CONFIDENCE) / 2.0,
        (CONFIDENCE * 100.0).round()
    );
    for one in comparisons {
        text += &of_dataset(one, table);
    }
    text
}

fn of_dataset(comparisons: &Comparisons, table: &SideBySide) -> String {
    let exact = comparisons.all.iter().filter_map(|one| match one.grounds {
        Grounds::Answers { alike, all } => Some((alike, all)),
        Grounds::Seeds { .. } => None,
    });
    let (alike, all) = exact.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let mut text = format!("\n### {}\n\n", title(&table.datasets[comparisons.dataset]));
    if all > 0 {
        text += &format!(
            "Rows without chance answer {} of {} images as scikit-learn's do.\n\n",
            thousands(alike),
            thousands(all)
        );
    }
    let others: Vec<&Comparison> =
        comparisons.all.iter().filter(|one| one.verdict != Verdict::Equivalent).collect();
    if others.is_empty() {
        return text + "Every row is equivalent.\n";
    }
    text += "| not equivalent | ours | seeds | scikit-learn | seeds | difference | interval, or images answered alike | verdict | reason |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | --- | --- | --- |\n";
    for one in others {
        text += &row(one);
    }
    text
}

fn row(one: &Comparison) -> String {
    let (ours, theirs, grounds) = match one.grounds {
        Grounds::Seeds { ours, theirs, interval } => {
            let interval = interval.map_or(String::new(), |interval| {
                format!("{} to {}", difference(interval.low), difference(interval.high))
            });
            (ours.to_string(), theirs.to_string(), interval)
        }
        Grounds::Answers { alike, all } => {
            (String::new(), String::new(), format!("{} of {}", thousands(alike), thousands(all)))
        }
    };
    let verdict = match one.verdict {
        Verdict::Equivalent => "equivalent",
        Verdict::Different => "different",
        Verdict::NotShown => "not shown",
    };
    let reason = match one.reason {
        Some(Reason::TheirsStopped) => "scikit-learn stopped before it converged".to_string(),
        Some(Reason::OneSeed) => "one seed has no spread".to_string(),
        Some(Reason::Spread { needed }) => format!("the spread asks for {} seeds", thousands(needed)),
        Some(Reason::Near) => "the means differ too much for a verdict".to_string(),
        None => "see METHODOLOGY".to_string(),
    };
    format!(
        "| {} | {} | {ours} | {} | {theirs} | {} | {grounds} | {verdict} | {reason} |\n",
        cell(format!("{} {}", one.line.classifier, one.line.parameters).trim_end()),
        accuracy(one.ours),
        accuracy(one.theirs),
        difference(one.ours - one.theirs),
    )
}
