//! What was found, as Markdown.

use super::bullets;
use crate::analysis::tables::View;
use crate::format::cell;
use crate::report::summary::Summary;

/// The findings as a file of their own.
pub fn markdown(summary: &Summary, view: &View, chart: bool) -> String {
    let mut text = format!(
        "<!-- Made by `mnist-bench report --run {}`; changes are lost. -->\n\n**{}**\n",
        view.run,
        cell(&summary.headline)
    );
    if chart {
        text += "\n![The best of each family on both data sets](best-per-family.svg)\n";
        if !summary.people.is_empty() {
            text += &format!("\n{}\n", cell(&summary.people));
        }
    }
    for card in &summary.cards {
        text += &format!("\n**{}**\n\n", cell(&card.question));
        text += &bullets(&card.answers);
        text += &format!("{} ([more](../docs/{}))\n", cell(&card.caveat), card.document);
    }
    if !summary.strip.is_empty() {
        text += &format!("\nMeasured on: {}.\n", cell(&summary.strip.join("; ")));
    }
    text
}
