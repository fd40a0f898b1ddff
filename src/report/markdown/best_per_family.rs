//! The shortest table: for each family the best of its configurations on each data set, as Markdown that a
//! README can carry.

use crate::analysis::beyond;
use crate::analysis::findings::Findings;
use crate::analysis::peers::OURS;
use crate::analysis::tables::{Line, SideBySide, View};
use crate::format::{accuracy, cell, count, title};

/// One line a classifier of the `native` engine, in alphabetical order, with its best accuracy on each data
/// set (the first of equals) and the configuration that reached it.
pub fn markdown(table: &SideBySide, view: &View) -> String {
    let lines: Vec<&Line> = table.view(view).filter(|line| line.engine == OURS).collect();
    let mut classifiers: Vec<&str> = lines.iter().map(|line| line.classifier.as_str()).collect();
    classifiers.sort_unstable();
    classifiers.dedup();
    let mut head = "| classifier | configurations |".to_string();
    let mut rule = "| --- | ---: |".to_string();
    for dataset in &table.datasets {
        head += &format!(" {} best | with |", title(dataset));
        rule += " ---: | --- |";
    }
    let mut text = format!("{head}\n{rule}\n");
    let (mut stopped, mut marked) = (Vec::new(), false);
    for classifier in classifiers {
        let own: Vec<&Line> = lines.iter().copied().filter(|line| line.classifier == classifier).collect();
        text += &format!("| {} | {} |", cell(classifier), own.len());
        for dataset in 0..table.datasets.len() {
            let scored = own.iter().filter_map(|line| Some((table.row(line, dataset)?.accuracy?, *line)));
            let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best });
            match best {
                Some((figure, line)) => {
                    let stopped = table.row(line, dataset).is_some_and(|row| row.converged == Some(false));
                    marked |= stopped;
                    let mark = if stopped { "*" } else { "" };
                    text += &format!(" {}{mark} | {} |", accuracy(figure), cell(&line.parameters));
                }
                None => text += "  |  |",
            }
        }
        text.push('\n');
        stopped.extend(stopped_rows(table, classifier, &own));
    }
    let note = if marked {
        format!("; * the solver stopped before its tolerance was met, as {} did", stopped.join(", "))
    } else {
        String::new()
    };
    text + &format!(
        "\n{} of run `{}`, {}, engine `native`{note}; made by `mnist-bench report --run {}`.\n",
        count(lines.len(), "configuration"),
        view.run,
        view.size(),
        view.run
    )
}

/// [`markdown`], followed by the same table of the suite beyond the published grid, if that has results.
pub fn with_beyond(table: &SideBySide, view: &View, findings: &Findings) -> String {
    let own = markdown(table, view);
    match findings.beyond {
        Some(_) => format!("{own}\n## [Beyond 2017](today.md)\n\n{}", markdown(table, &beyond::view())),
        None => own,
    }
}

/// How many rows of a family stopped before they converged; `None` if none did.
fn stopped_rows(table: &SideBySide, classifier: &str, own: &[&Line]) -> Option<String> {
    let all =
        own.iter().flat_map(|line| (0..table.datasets.len()).filter_map(|dataset| table.row(line, dataset)));
    let rows: Vec<_> = all.collect();
    let stopped = rows.iter().filter(|row| row.converged == Some(false)).count();
    (stopped > 0).then(|| format!("{stopped} of the {} rows of {}", rows.len(), cell(classifier)))
}
