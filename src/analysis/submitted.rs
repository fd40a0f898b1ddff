//! Submissions, for the page and as Markdown: each method with its figure on each data set and the evidence
//! for it.

use std::collections::BTreeMap;
use std::path::Path;

use super::rows::readable;
use super::tables::in_order;
use crate::check::walk;
use crate::dataset::Outlines;
use crate::format::{accuracy, plain, title};
use crate::grid::Configuration;
use crate::results::submission::{Claim, RUN, Submission};
use crate::results::{Problem, load};

/// Submissions in two divisions, which are never ranked against each other, and files that were left out.
#[derive(Debug, Default)]
pub struct Submitted {
    /// The titles of the data sets, as column headings.
    pub datasets: Vec<String>,
    /// The same data sets by their names.
    pub names: Vec<String>,
    /// The accuracy of people, if somebody submitted it.
    pub people: Option<People>,
    /// Own methods, then entries of the grid; a division without an entry is left out.
    pub divisions: Vec<Division>,
    pub problems: Vec<Problem>,
}

/// An accuracy that people reached, with who they were.
#[derive(Clone, Debug, PartialEq)]
pub struct People {
    pub dataset: String,
    pub accuracy: f64,
    pub images: usize,
    pub who: String,
}

/// The classifier under which the accuracy of people is submitted.
const PEOPLE: &str = "human performance";

/// Entries under one heading: those with predictions first, then by accuracy on the last data set that they
/// have. Figures of different evidence are not compared.
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
    /// Accuracy on the last of these, which orders entries of one evidence.
    pub accuracy: f64,
    pub evidence: String,
    pub by: String,
    /// Links, checked to be `http(s)`.
    pub code: Vec<String>,
    /// A result of ours by the same method.
    pub ours: Option<Counterpart>,
}

/// A result of ours by the method of a submission.
#[derive(Clone, Debug, PartialEq)]
pub struct Counterpart {
    pub engine: String,
    /// Classifier and parameters.
    pub name: String,
    /// One a data set of the submissions, empty where there is none.
    pub figures: Vec<String>,
}

/// Evidence of a figure that follows from submitted predictions.
const CHECKED: &str = "checked from predictions";
/// Evidence of a figure that has only a source.
const CLAIMED: &str = "claimed";

impl Submitted {
    /// Findings, a sentence a data set: the best claimed figure, and the best with predictions; then the
    /// accuracy of people.
    pub fn findings(&self) -> Vec<String> {
        let entries: Vec<&Entry> = self.divisions.iter().flat_map(|division| &division.entries).collect();
        let best = |dataset: usize, evidence: &str| {
            // A figure on fewer test images has a suffix, so that it does not parse: it is not compared with
            // the others.
            let figure = |entry: &&&Entry| entry.figures[dataset].parse::<f64>().ok();
            let own = entries.iter().filter(|entry| entry.evidence == evidence);
            let found = own.filter_map(|entry| Some((figure(&entry)?, entry)));
            // Of equal figures the first wins.
            found.reduce(|best, other| if other.0 > best.0 { other } else { best })
        };
        let mut findings = Vec::new();
        for (dataset, name) in self.datasets.iter().enumerate() {
            let told = |what: &str, evidence: &str| {
                let (_, entry) = best(dataset, evidence)?;
                Some(format!("the best {what} is {} with {}", plain(&entry.name), entry.figures[dataset]))
            };
            let parts = [told("claim", CLAIMED), told("figure with predictions", CHECKED)];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            if !parts.is_empty() {
                findings.push(format!("{}: {}.", plain(name), parts.join("; ")));
            }
        }
        findings.extend(self.people.as_ref().map(|people| {
            format!(
                "People reach {:.3} on {} images of {}.",
                people.accuracy,
                people.images,
                title(&people.dataset)
            )
        }));
        findings
    }
}

/// Reads all submissions under a results folder. Files with a problem are left out, also if the test labels
/// of a data set at hand contradict them.
pub fn read(results: &Path, outlines: &Outlines) -> Submitted {
    let folder = results.join(RUN);
    let mut submitted = Submitted::default();
    let mut methods = Methods::new();
    if !folder.is_dir() {
        return submitted;
    }
    for path in walk::files(&[folder], results).files {
        match load::submission(&path, |name| outlines.get(name)) {
            Ok(file) => {
                let file = file.into_inner();
                methods.entry(Key::of(&file, outlines)).or_default().insert(file.dataset.clone(), file);
            }
            Err(refused) => {
                let below = path.strip_prefix(results).unwrap_or(&path);
                let of_below = |problem: Problem| Problem { file: below.to_path_buf(), ..problem };
                submitted.problems.extend(refused.problems.into_iter().map(of_below));
            }
        }
    }
    arrange(&methods, outlines, &mut submitted);
    submitted
}

type Methods = BTreeMap<Key, BTreeMap<String, Submission>>;

/// Key of a line: one configuration of one submitter at one size of the training set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// An entry of the grid, and no method of its own.
    grid: bool,
    /// The classifier in lower case, for the order of the lines.
    name: String,
    id: String,
    /// The training images, where they are fewer than the whole set has.
    part: Option<usize>,
    submitter: String,
}

impl Key {
    fn of(file: &Submission, outlines: &Outlines) -> Key {
        // The number of training images is unknown for a data set that is not at hand.
        let whole = outlines.get(&file.dataset).map(|outline| outline.shape.train_size);
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

/// The two main data sets, then the others with submissions. The number of test images of a data set that is
/// not at hand is taken from the submission with the most.
fn columns(methods: &Methods, outlines: &Outlines) -> Vec<Column> {
    let files = || methods.values().flat_map(BTreeMap::values);
    let column = |name: String| {
        let sizes = files().filter(|file| file.dataset == name).map(|file| file.test_size);
        let size = match outlines.get(&name) {
            Some(outline) => outline.shape.test_size,
            None => sizes.max().unwrap_or(0),
        };
        (name, size)
    };
    in_order(files().map(|file| file.dataset.as_str())).into_iter().map(column).collect()
}

fn arrange(methods: &Methods, outlines: &Outlines, submitted: &mut Submitted) {
    let columns = columns(methods, outlines);
    for (grid, heading) in [(false, "Own methods"), (true, "Entries of the grid")] {
        let own = methods.iter().filter(|(key, _)| key.grid == grid);
        let mut entries: Vec<Entry> = own.filter_map(|(key, files)| entry(key, files, &columns)).collect();
        entries.sort_by(|a, b| {
            let claimed = |entry: &Entry| entry.evidence.contains(CLAIMED);
            claimed(a).cmp(&claimed(b)).then(b.accuracy.total_cmp(&a.accuracy))
        });
        if !entries.is_empty() {
            submitted.divisions.push(Division { heading, entries });
        }
    }
    let people = methods.iter().filter(|(key, _)| key.name == PEOPLE).flat_map(|(_, files)| files.values());
    submitted.people = people.last().map(|file| People {
        dataset: file.dataset.clone(),
        accuracy: file.accuracy,
        images: file.test_size,
        who: file.method.as_ref().map(|method| method.description.clone()).unwrap_or_default(),
    });
    submitted.datasets = columns.iter().map(|(name, _)| title(name)).collect();
    submitted.names = columns.into_iter().map(|(name, _)| name).collect();
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
            // At least three digits, as most figures are reported, and all digits that the figure has.
            Claim::Reported => {
                let (three, all) = (format!("{:.3}", file.accuracy), file.accuracy.to_string());
                format!("{}{part}", if all.len() > three.len() { all } else { three })
            }
        })
    };
    let mut evidence: Vec<&str> =
        files.values().map(|file| if file.status == Claim::Ok { CHECKED } else { CLAIMED }).collect();
    evidence.dedup();
    let method = files.values().find_map(|file| file.method.as_ref());
    let author = method.and_then(|method| method.author.as_deref());
    let images = key.part.map_or(String::new(), |images| format!(", {images} training images"));
    let name = format!("{} {}", first.classifier, readable(&first.parameters));
    Some(Entry {
        name: format!("{}{images}", name.trim_end()),
        preprocessing: method.and_then(|method| method.preprocessing.clone()).unwrap_or_default(),
        figures: columns.iter().map(|column| figure(column).unwrap_or_default()).collect(),
        accuracy: columns
            .iter()
            .rev()
            .find_map(|(dataset, _)| files.get(dataset))
            .map_or(0.0, |file| file.accuracy),
        evidence: evidence.join(", "),
        by: author.map_or(key.submitter.clone(), |author| format!("{author} (via {})", key.submitter)),
        code: method.map(|method| method.code.clone()).unwrap_or_default(),
        ours: None,
    })
}

/// The submissions in `files` as `read` arranges them, unchecked.
#[cfg(test)]
pub(crate) fn arranged(files: &[Submission]) -> Submitted {
    use crate::dataset::{Outline, Shape};
    let outline = |name: &str| Outline {
        name: name.to_string(),
        title: name.to_string(),
        class_names: Vec::new(),
        shape: Shape { train_size: 60_000, test_size: 10_000, features: 784, image: [28, 28], classes: 10 },
        test_labels: Vec::new(),
        digests: BTreeMap::new(),
    };
    let outlines: Outlines =
        ["mnist", "fashion-mnist"].map(|name| (name.to_string(), outline(name))).into_iter().collect();
    let mut methods = Methods::new();
    for file in files {
        methods.entry(Key::of(file, &outlines)).or_default().insert(file.dataset.clone(), file.clone());
    }
    let mut submitted = Submitted::default();
    arrange(&methods, &outlines, &mut submitted);
    submitted
}
