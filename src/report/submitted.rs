//! What people submitted, as Markdown: each method with its figure on each data set and what stands behind it.

use std::collections::BTreeMap;
use std::path::Path;

use super::format::{accuracy, plain};
use super::rows::readable;
use crate::check::walk;
use crate::results::reading::{self, Reading};
use crate::results::submission::{self, Claim, RUN, Submission};
use crate::results::{Problem, schema, store, validate};

/// The file of the report, and submissions that were left out of it. No file without submissions.
#[derive(Debug, Default)]
pub struct Submitted {
    pub markdown: Option<String>,
    pub problems: Vec<Problem>,
}

/// Reads all submissions under a results folder. Figures that need the test labels are `validate`'s to check;
/// what a file contradicts by itself is left out.
pub fn read(results: &Path) -> Submitted {
    let folder = results.join(RUN);
    let mut submitted = Submitted::default();
    let mut methods = Methods::new();
    if !folder.is_dir() {
        return submitted;
    }
    for path in walk::files(&[folder]).files {
        let below = path.strip_prefix(results).unwrap_or(&path);
        let mut problems = match store::read_bounded(&path) {
            Err(message) => vec![Problem::file(below, message)],
            Ok(bytes) => {
                let Reading { file, faults } = reading::read::<Submission>(&bytes, &schema::SUBMISSION);
                let mut problems = validate::of_faults(below, faults);
                if let Some(file) = file {
                    problems.extend(submission::check(below, &file, None));
                    if problems.is_empty() {
                        let key = (
                            file.method.is_none(),
                            file.classifier.clone(),
                            readable(&file.parameters),
                            file.submitter.clone(),
                        );
                        methods.entry(key).or_default().insert(file.dataset.clone(), file);
                    }
                }
                problems
            }
        };
        submitted.problems.append(&mut problems);
    }
    if !methods.is_empty() {
        submitted.markdown = Some(markdown(&methods));
    }
    submitted
}

type Methods = BTreeMap<(bool, String, String, String), BTreeMap<String, Submission>>;

fn markdown(methods: &Methods) -> String {
    let mut text = String::from(
        "# Submitted results\n\n\
         `recomputed`: the predictions are here and the figure follows from them (`mnist-bench validate`); since test \
         labels are public, that does not show that the method was run. `reported`: a figure only, as its source has \
         it. How to submit: [SUBMITTING](../docs/SUBMITTING.md).\n",
    );
    for (grid, title) in [(false, "Own methods"), (true, "Entries of the grid")] {
        let mut own: Vec<_> = methods.iter().filter(|((division, ..), _)| *division == grid).collect();
        if own.is_empty() {
            continue;
        }
        // By the name alone: figures of different evidence are no order.
        own.sort_by_key(|((_, classifier, ..), _)| classifier.to_lowercase());
        text += &format!(
            "\n## {title}\n\n| method | preprocessing | MNIST | Fashion-MNIST | evidence | by | code |\n\
             | --- | --- | ---: | ---: | --- | --- | --- |\n"
        );
        for ((_, classifier, parameters, submitter), files) in own {
            text += &row(classifier, parameters, submitter, files);
        }
    }
    text
}

fn row(classifier: &str, parameters: &str, submitter: &str, files: &BTreeMap<String, Submission>) -> String {
    let figure = |dataset: &str| {
        let file = files.get(dataset)?;
        let part = if file.status == Claim::Reported && file.test_size < 10_000 {
            format!(" on {} images", file.test_size)
        } else {
            String::new()
        };
        // A reported figure keeps the digits that it was reported with.
        Some(match file.status {
            Claim::Ok => accuracy(file.accuracy),
            Claim::Reported => format!("{:.3}{part}", file.accuracy),
        })
    };
    let mut evidence: Vec<&str> =
        files.values().map(|file| if file.status == Claim::Ok { "recomputed" } else { "reported" }).collect();
    evidence.dedup();
    let method = files.values().find_map(|file| file.method.as_ref());
    let author = method.and_then(|method| method.author.as_deref());
    let by = author.map_or(submitter.to_string(), |author| format!("{author} (via {submitter})"));
    let code: Vec<String> = method
        .map(|method| method.code.as_slice())
        .unwrap_or_default()
        .iter()
        .enumerate()
        .map(|(index, link)| format!("[{}](<{}>)", index + 1, plain(link).replace(['<', '>', '|'], "")))
        .collect();
    let preprocessing = method.and_then(|method| method.preprocessing.as_deref()).unwrap_or_default();
    let name = format!("{classifier} {parameters}");
    format!(
        "| {} | {} | {} | {} | {} | {} | {} |\n",
        cell(name.trim_end()),
        cell(preprocessing),
        figure("mnist").unwrap_or_default(),
        figure("fashion-mnist").unwrap_or_default(),
        evidence.join(", "),
        cell(&by),
        code.join(" ")
    )
}

/// Anybody's text as text: nothing in it is markup.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in plain(text).chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '|' | '`' | '[' | ']' | '*' | '_' | '\\' | '@' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        assert_eq!(cell("a|b <i>[x](y)*\n"), "a\\|b &lt;i&gt;\\[x\\](y)\\* ");
    }

    #[test]
    fn the_committed_submissions_make_a_table() {
        let submitted = read(Path::new("results"));
        assert_eq!(submitted.problems, []);
        let text = submitted.markdown.unwrap();
        assert!(text.contains("| Human Performance |  |  | 0.835 on 1000 images | reported |"), "{text}");
        assert_eq!(text.lines().filter(|line| line.contains("| reported |")).count(), 22);
    }
}
