//! What people submitted, for the page and as Markdown: each method with its figure on each data set and what stands
//! behind it.

use std::collections::BTreeMap;
use std::path::Path;

use super::charts::overview::title;
use super::format::{accuracy, cell, plain};
use super::rows::readable;
use super::tables::in_order;
use crate::check::walk;
use crate::grid::Configuration;
use crate::results::reading::{self, Reading};
use crate::results::submission::{self, Claim, RUN, Submission};
use crate::results::{Problem, schema, store, validate};

/// Submissions in two divisions, which are never ranked against each other, and files that were left out.
#[derive(Debug, Default)]
pub struct Submitted {
    /// The data sets, as people write them: the heads of the figures.
    pub datasets: Vec<String>,
    /// Own methods and entries of the grid; what has no entry is left out.
    pub divisions: Vec<Division>,
    pub problems: Vec<Problem>,
}

/// Entries under one heading, by name: figures of different evidence are no order.
#[derive(Debug)]
pub struct Division {
    pub heading: &'static str,
    pub entries: Vec<Entry>,
}

/// One method or configuration by one submitter.
#[derive(Debug)]
pub struct Entry {
    pub name: String,
    pub preprocessing: String,
    /// One a data set, empty where there is none.
    pub figures: Vec<String>,
    pub evidence: String,
    pub by: String,
    /// Links, checked to be `http(s)`.
    pub code: Vec<String>,
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
    for path in walk::files(&[folder], results).files {
        let below = path.strip_prefix(results).unwrap_or(&path);
        let mut problems = match store::read_bounded(&path) {
            Err(message) => vec![Problem::file(below, message)],
            Ok(bytes) => {
                let Reading { file, faults } = reading::read::<Submission>(&bytes, &schema::SUBMISSION);
                let mut problems = validate::of_faults(below, faults);
                if let Some(file) = file {
                    problems.extend(submission::check(below, &file, None));
                    if problems.is_empty() {
                        methods.entry(Key::of(&file)).or_default().insert(file.dataset.clone(), file);
                    }
                }
                problems
            }
        };
        submitted.problems.append(&mut problems);
    }
    arrange(&methods, &mut submitted);
    submitted
}

type Methods = BTreeMap<Key, BTreeMap<String, Submission>>;

/// What is one line: one configuration of one submitter on so many rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// An entry of the grid, and no method of its own.
    grid: bool,
    /// For the order, whatever the case.
    name: String,
    id: String,
    /// The training rows, where they are fewer than the whole set has.
    part: Option<usize>,
    submitter: String,
}

impl Key {
    fn of(file: &Submission) -> Key {
        // How many other data sets have is not known here.
        let whole = matches!(file.dataset.as_str(), "mnist" | "fashion-mnist").then_some(60_000);
        Key {
            grid: file.method.is_none(),
            name: file.classifier.to_lowercase(),
            id: Configuration::new(file.classifier.clone(), file.parameters.clone()).id(),
            part: file.train_size.filter(|&rows| whole.is_some_and(|whole| rows < whole)),
            submitter: file.submitter.clone(),
        }
    }
}

/// A column: a data set with the number of its test images.
type Column = (String, usize);

/// The data sets that this project is about, then the others that are submitted to. What others have in test
/// images is not known here: the most that anybody was scored on.
fn columns(methods: &Methods) -> Vec<Column> {
    let files = || methods.values().flat_map(BTreeMap::values);
    let column = |name: String| {
        let sizes = files().filter(|file| file.dataset == name).map(|file| file.test_size);
        let size = match name.as_str() {
            "mnist" | "fashion-mnist" => 10_000,
            _ => sizes.max().unwrap_or(0),
        };
        (name, size)
    };
    in_order(files().map(|file| file.dataset.as_str())).into_iter().map(column).collect()
}

fn arrange(methods: &Methods, submitted: &mut Submitted) {
    let columns = columns(methods);
    for (grid, heading) in [(false, "Own methods"), (true, "Entries of the grid")] {
        let own = methods.iter().filter(|(key, _)| key.grid == grid);
        let entries: Vec<Entry> = own.filter_map(|(key, files)| entry(key, files, &columns)).collect();
        if !entries.is_empty() {
            submitted.divisions.push(Division { heading, entries });
        }
    }
    submitted.datasets = columns.iter().map(|(name, _)| title(name)).collect();
}

fn entry(key: &Key, files: &BTreeMap<String, Submission>, columns: &[Column]) -> Option<Entry> {
    let first = files.values().next()?;
    let figure = |(dataset, whole): &Column| {
        let file = files.get(dataset)?;
        let part = if file.status == Claim::Reported && file.test_size < *whole {
            format!(" on {} images", file.test_size)
        } else {
            String::new()
        };
        Some(match file.status {
            Claim::Ok => accuracy(file.accuracy),
            // With at least the three digits that most are reported with, and all that it has.
            Claim::Reported => {
                let (three, all) = (format!("{:.3}", file.accuracy), file.accuracy.to_string());
                format!("{}{part}", if all.len() > three.len() { all } else { three })
            }
        })
    };
    let mut evidence: Vec<&str> =
        files.values().map(|file| if file.status == Claim::Ok { "recomputed" } else { "reported" }).collect();
    evidence.dedup();
    let method = files.values().find_map(|file| file.method.as_ref());
    let author = method.and_then(|method| method.author.as_deref());
    let rows = key.part.map_or(String::new(), |rows| format!(", {rows} training rows"));
    let name = format!("{} {}", first.classifier, readable(&first.parameters));
    Some(Entry {
        name: format!("{}{rows}", name.trim_end()),
        preprocessing: method.and_then(|method| method.preprocessing.clone()).unwrap_or_default(),
        figures: columns.iter().map(|column| figure(column).unwrap_or_default()).collect(),
        evidence: evidence.join(", "),
        by: author.map_or(key.submitter.clone(), |author| format!("{author} (via {})", key.submitter)),
        code: method.map(|method| method.code.clone()).unwrap_or_default(),
    })
}

impl Submitted {
    /// The file of the report; none without submissions.
    pub fn markdown(&self) -> Option<String> {
        if self.divisions.is_empty() {
            return None;
        }
        let heads: Vec<String> = self.datasets.iter().map(|name| cell(name)).collect();
        let mut text = String::from(
            "# Submitted results\n\n\
             `recomputed`: the predictions are here and the figure follows from them (`mnist-bench validate`); since test \
             labels are public, that does not show that the method was run. `reported`: a figure only, as its source has \
             it. How to submit: [SUBMITTING](../docs/SUBMITTING.md).\n",
        );
        for Division { heading, entries } in &self.divisions {
            text += &format!(
                "\n## {heading}\n\n| method | preprocessing | {} | evidence | by | code |\n\
                 | --- | --- | {} | --- | --- | --- |\n",
                heads.join(" | "),
                vec!["---:"; heads.len()].join(" | ")
            );
            entries.iter().for_each(|entry| text += &row(entry));
        }
        Some(text)
    }
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
    use super::*;

    fn claim(classifier: &str, dataset: &str, test_size: usize, accuracy: f64) -> Submission {
        let file = serde_json::json!({"schema_version": 1, "status": "reported", "submitter": "jane",
            "classifier": classifier, "dataset": dataset, "test_size": test_size, "accuracy": accuracy});
        serde_json::from_value(file).unwrap()
    }

    fn of(files: &[Submission]) -> String {
        let mut methods = Methods::new();
        for file in files {
            methods.entry(Key::of(file)).or_default().insert(file.dataset.clone(), file.clone());
        }
        let mut submitted = Submitted::default();
        arrange(&methods, &mut submitted);
        submitted.markdown().unwrap()
    }

    #[test]
    fn fewer_training_rows_are_a_line_of_their_own() {
        let whole = claim("SVC", "mnist", 10_000, 0.9675);
        let part = |rows| Submission { train_size: Some(rows), ..claim("SVC", "mnist", 10_000, 0.9) };
        let text = of(&[Submission { train_size: Some(60_000), ..whole }, part(5_000)]);
        assert!(text.contains("| SVC |  | 0.9675 |"), "{text}");
        assert!(text.contains("| SVC, 5000 training rows |  | 0.900 |"), "{text}");
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
        assert!(text.contains("| Ridge |  | 0.860 |  | 0.500 | reported |"), "{text}");
        assert!(text.contains("| Lasso |  |  |  | 0.250 on 100 images | reported |"), "{text}");
        let rules = text.lines().find(|line| line.starts_with("| ---")).unwrap();
        assert_eq!(rules.matches('|').count(), 9, "{rules}");
    }

    #[test]
    fn the_committed_submissions_make_a_table() {
        let submitted = read(Path::new("results"));
        assert_eq!(submitted.problems, []);
        let text = submitted.markdown().unwrap();
        assert!(text.contains("| Human Performance |  |  | 0.835 on 1000 images | reported |"), "{text}");
        assert_eq!(text.lines().filter(|line| line.contains("| reported |")).count(), 22);
    }
}
