//! What people submitted, as Markdown.

use super::bullets;
use crate::analysis::submitted::{Division, Entry, Submitted};
use crate::format::{cell, plain};

/// The file of the report; none without submissions.
pub fn markdown(submitted: &Submitted) -> Option<String> {
    if submitted.divisions.is_empty() {
        return None;
    }
    let heads: Vec<String> = submitted.datasets.iter().map(|name| cell(name)).collect();
    let mut text = String::from("# Submitted results\n\n");
    text += &bullets(&submitted.findings());
    text += "`checked from predictions`: the predictions are here and the figure follows from them (`mnist-bench validate`). Test labels are \
             public, so that does not show that the method was run. `claimed`: a figure only, as its source has it. How to \
             submit: [SUBMITTING](../docs/SUBMITTING.md).\n";
    for Division { heading, entries } in &submitted.divisions {
        text += &format!(
            "\n## {heading}\n\n| method | preprocessing | {} | evidence | by | code |\n\
             | --- | --- | {} | --- | --- | --- |\n",
            heads.join(" | "),
            vec!["---:"; heads.len()].join(" | ")
        );
        entries.iter().for_each(|entry| text += &row(entry));
    }
    text += &side_by_side(submitted, &heads);
    Some(text)
}

/// Submissions with our result by the same method below each.
fn side_by_side(submitted: &Submitted, heads: &[String]) -> String {
    let entries = submitted.divisions.iter().flat_map(|division| &division.entries);
    let mut rows = String::new();
    for (entry, ours) in entries.filter_map(|entry| Some((entry, entry.ours.as_ref()?))) {
        rows += &format!("| {} | {} | {} |\n", cell(&entry.name), cell(&entry.by), entry.figures.join(" | "));
        rows += &format!(
            "| {} | {}, here | {} |\n",
            cell(&ours.name),
            cell(&ours.engine),
            ours.figures.join(" | ")
        );
    }
    if rows.is_empty() {
        return rows;
    }
    format!(
        "\n## The same method, submitted and here\n\n| method | by | {} |\n| --- | --- | {} |\n{rows}",
        heads.join(" | "),
        vec!["---:"; heads.len()].join(" | ")
    )
}

fn row(entry: &Entry) -> String {
    let link = |(index, link): (usize, &String)| {
        format!("[{}](<{}>)", index + 1, plain(link).replace(['<', '>', '|'], ""))
    };
    let code: Vec<String> = entry.code.iter().enumerate().map(link).collect();
    format!(
        "| {} | {} | {} | {} | {} | {} |\n",
        cell(&entry.name),
        cell(&entry.preprocessing),
        entry.figures.join(" | "),
        entry.evidence,
        cell(&entry.by),
        code.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::analysis::submitted::{self, Counterpart};
    use crate::results::submission::Submission;

    fn claim(classifier: &str, dataset: &str, test_size: usize, accuracy: f64) -> Submission {
        let file = serde_json::json!({"schema_version": 1, "status": "reported", "submitter": "jane",
            "classifier": classifier, "dataset": dataset, "test_size": test_size, "accuracy": accuracy});
        serde_json::from_value(file).unwrap()
    }

    fn of(files: &[Submission]) -> String {
        markdown(&submitted::arranged(files)).unwrap()
    }

    #[test]
    fn fewer_training_rows_are_a_line_of_their_own() {
        let whole = claim("SVC", "mnist", 10_000, 0.9675);
        let part = |rows| Submission { train_size: Some(rows), ..claim("SVC", "mnist", 10_000, 0.9) };
        let text = of(&[Submission { train_size: Some(60_000), ..whole }, part(5_000)]);
        assert!(text.contains("| SVC |  | 0.9675 |"), "{text}");
        assert!(text.contains("| SVC, 5000 training images |  | 0.900 |"), "{text}");
    }

    #[test]
    fn a_further_data_set_has_its_column() {
        let text = of(&[
            claim("Ridge", "mnist", 10_000, 0.86),
            claim("Ridge", "letters", 20_800, 0.5),
            claim("Lasso", "letters", 100, 0.25),
        ]);
        assert!(
            text.contains("| method | preprocessing | MNIST | Fashion-MNIST | letters | evidence |"),
            "{text}"
        );
        assert!(text.contains("| Ridge |  | 0.860 |  | 0.500 | claimed |"), "{text}");
        assert!(text.contains("| Lasso |  |  |  | 0.250 on 100 images | claimed |"), "{text}");
        let rules = text.lines().find(|line| line.starts_with("| ---")).unwrap();
        assert_eq!(rules.matches('|').count(), 9, "{rules}");
    }

    #[test]
    fn the_committed_submissions_make_a_table() {
        let (outlines, _) = crate::dataset::Outline::load_all(Path::new("data")).unwrap();
        let submitted = submitted::read(Path::new("results"), &outlines);
        assert_eq!(submitted.problems, []);
        let text = markdown(&submitted).unwrap();
        assert!(text.contains("| Human Performance |  |  | 0.835 on 1000 images | claimed |"), "{text}");
        assert_eq!(text.lines().filter(|line| line.contains("| claimed |")).count(), 28);
    }

    #[test]
    fn a_result_of_ours_stands_below_the_same_method() {
        let mut submitted = submitted::arranged(&[claim("HOG+SVM", "mnist", 10_000, 0.926)]);
        assert!(!markdown(&submitted).unwrap().contains("The same method"));
        submitted.divisions[0].entries[0].ours = Some(Counterpart {
            engine: "native".into(),
            name: "SVC C=10".into(),
            figures: vec!["0.9901".into(), String::new()],
        });
        let text = markdown(&submitted).unwrap();
        let (_, below) = text.split_once("## The same method, submitted and here").unwrap();
        assert!(
            below.contains("| HOG+SVM | jane | 0.926 |  |\n| SVC C=10 | native, here | 0.9901 |  |\n"),
            "{below}"
        );
    }
}
