//! What the published grid lacks, as Markdown: the best of each classifier, and what each step before the
//! model does.

use super::{best_per_family, bullets, equivalence};
use crate::analysis::beyond;
use crate::analysis::equivalence::comparisons;
use crate::analysis::lecun::{self, CLOSE, Pair};
use crate::analysis::preprocessing::{self, Effect, Step};
use crate::analysis::tables::{SideBySide, View};
use crate::format::{accuracy, cell, difference, title};
use crate::report::summary::{BEYOND, Summary};

/// The tables of the suite; `None` without results of it. `opened` is the run of the report.
pub fn markdown(table: &SideBySide, opened: &View, summary: &Summary) -> Result<Option<String>, String> {
    let view = beyond::view();
    if table.view(&view).next().is_none() {
        return Ok(None);
    }
    let steps = preprocessing::steps(table, &view);
    let mut text = format!(
        "# Beyond 2017: the classifiers and the preprocessing that the published grid lacks\n\n\
         <!-- Made by `mnist-bench report --run {}`; changes are lost. -->\n\n",
        opened.run
    );
    text += &bullets(summary.answers(BEYOND));
    text += "## What a step does\n\nThe same model with and without the [step](../docs/FORMAT.md#preprocessing). A \
             median is that of the differences in accuracy; scaling all pixels alike (`raw`, `unit`) counts as no \
             step.\n\n";
    text += &sums(table, &steps);
    text += "\n### Model by model\n\n";
    text += &models(table, &steps);
    text += "\n## The best of each classifier\n\n";
    text += &best_per_family::markdown(table, &view);
    text += &lecuns_table(table, &lecun::pairs(table, &view)?);
    let section = equivalence::section(&comparisons(table, &view), table);
    if !section.is_empty() {
        text.push('\n');
        text += &section;
    }
    Ok(Some(text))
}

/// LeCun's rows beside ours, with a column for each data set; he had MNIST alone.
fn lecuns_table(table: &SideBySide, pairs: &[Pair]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let mut head = "| his classifier | preprocessing | his, MNIST | our configuration |".to_string();
    let mut rule = "| --- | --- | ---: | --- |".to_string();
    for dataset in &table.datasets {
        head += &format!(" ours, {} |", title(dataset));
        rule += " ---: |";
    }
    let mut text = format!(
        "\n## LeCun's table, with a new column\n\nThe classic rows of the table on the page of MNIST (LeCun and others, 1998), \
         as accuracies. A difference of more than {CLOSE} is explained.\n\n{head} how they differ |\n{rule} --- |\n"
    );
    for pair in pairs {
        text += &format!(
            "| {} | {} | {:.3} | {} |",
            cell(&pair.classifier),
            cell(&pair.preprocessing),
            pair.his,
            cell(&pair.id)
        );
        for ours in &pair.ours {
            text += &ours.map_or("  |".to_string(), |ours| format!(" {} |", accuracy(ours)));
        }
        text += &format!(" {} |\n", cell(&pair.explained));
    }
    text
}

fn sums(table: &SideBySide, steps: &[Step]) -> String {
    let mut head = "| step |".to_string();
    let mut rule = "| --- |".to_string();
    for dataset in &table.datasets {
        head += &format!(" models, {} | gain | lose | median |", title(dataset));
        rule += " ---: | ---: | ---: | ---: |";
    }
    let mut text = format!("{head}\n{rule}\n");
    for step in steps {
        text += &format!("| `{}` |", step.step);
        for sum in &step.sums {
            text += &match sum {
                Some(sum) => {
                    format!(" {} | {} | {} | {} |", sum.models, sum.gain, sum.lose, difference(sum.median))
                }
                None => "  |  |  |  |".to_string(),
            };
        }
        text.push('\n');
    }
    text
}

fn models(table: &SideBySide, steps: &[Step]) -> String {
    let mut head = "| step | classifier | parameters | other steps |".to_string();
    let mut rule = "| --- | --- | --- | --- |".to_string();
    for dataset in &table.datasets {
        head += &format!(" {} without | with | difference |", title(dataset));
        rule += " ---: | ---: | ---: |";
    }
    let mut text = format!("{head}\n{rule}\n");
    for effect in steps.iter().flat_map(|step| &step.effects) {
        let Effect { step, classifier, parameters, others, accuracies } = effect;
        text += &format!("| `{step}` | {} | {} | {others} |", cell(classifier), cell(parameters));
        for both in accuracies {
            text += &match both {
                Some((without, with)) => {
                    format!(
                        " {} | {} | {} |",
                        accuracy(*without),
                        accuracy(*with),
                        difference(with - without)
                    )
                }
                None => "  |  |  |".to_string(),
            };
        }
        text.push('\n');
    }
    text
}
