//! Rust libraries by kind of model: what each reached with the most training images that it could finish,
//! which is the most accurate, which the fastest, and what each lacks.
//!
//! Counted from the results of all runs. A library is written in Rust if its engine states its Rust compiler,
//! or states nothing, as the engines inside this program do.

use std::collections::{BTreeMap, BTreeSet};

use super::peers::{OURS, Pair, geometric_mean};
use super::rows::Row;
use super::tables::{SideBySide, View};
use crate::format::{count, plain, thousands};
use crate::results::Status;

/// Seconds of fitting and predicting within which a family counts as finished.
pub const LIMIT: f64 = 600.0;
/// The name under which an engine states its compiler.
const COMPILER: &str = "rustc";
/// Suffix of the name of an engine that is another library built for the processor at hand; it does not count
/// as a library.
pub const NATIVE_CPU: &str = "-native-cpu";

/// What the results say of the Rust libraries.
#[derive(Clone, Debug)]
pub struct RustLibraries {
    /// Names of the data sets, in the order of the table.
    pub datasets: Vec<String>,
    pub kinds: Vec<Kind>,
    pub families: Vec<Family>,
}

/// A kind of model with every library that was tried.
#[derive(Clone, Debug)]
pub struct Kind {
    pub name: &'static str,
    /// Libraries with the most training images first, then by accuracy.
    pub libraries: Vec<Standing>,
    /// What all these libraries lack, a few words each.
    pub lacks: Vec<String>,
}

/// A library in one kind of model.
#[derive(Clone, Debug)]
pub struct Standing {
    pub library: String,
    pub version: String,
    /// The most training images with a result on every data set, 0 without one.
    pub images: usize,
    /// The configuration with the highest mean accuracy among those with that many training images, the first
    /// of equals.
    pub best: Option<Best>,
    /// CPU time over ours with that many training images.
    pub time: Option<Time>,
    /// What it did not do, a few words each.
    pub lacks: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Best {
    pub configuration: String,
    /// One accuracy a data set.
    pub accuracies: Vec<f64>,
}

impl Best {
    fn mean(&self) -> f64 {
        self.accuracies.iter().sum::<f64>() / self.accuracies.len().max(1) as f64
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// Geometric mean of CPU time over ours.
    pub factor: f64,
    pub pairs: usize,
    /// Whether all of them were measured alone on both sides, on one kind of processor.
    pub quiet: bool,
}

impl Time {
    /// CPU time of the first of each pair over the second's, where the two can be compared.
    pub(super) fn over<'r>(pairs: impl Iterator<Item = (&'r Row, &'r Row)>) -> Option<Time> {
        let (mut ratios, mut quiet) = (Vec::new(), true);
        for (theirs, ours) in pairs {
            let pair = Pair { ours, theirs };
            if let Some(ratio) = pair.time() {
                ratios.push(ratio);
                quiet &= pair.quiet();
            }
        }
        (!ratios.is_empty()).then(|| Time { factor: geometric_mean(&ratios), pairs: ratios.len(), quiet })
    }

    /// The factor with two decimals, for values near 1; `~` unless all pairs were measured alone.
    pub fn fine(self) -> String {
        format!("{}{:.2}", if self.quiet { "" } else { "~" }, self.factor)
    }

    /// The factor, whole from 10 on, else with one decimal; `~` unless all pairs were measured alone.
    pub fn spell(self) -> String {
        let mark = if self.quiet { "" } else { "~" };
        match self.factor {
            factor if factor >= 9.95 => format!("{mark}{factor:.0}"),
            factor => format!("{mark}{factor:.1}"),
        }
    }
}

/// A family of the sweep.
#[derive(Clone, Debug)]
pub struct Family {
    pub classifier: String,
    /// Libraries with a configuration that finished all training images of every data set within [`LIMIT`].
    pub end: Vec<String>,
    /// How far the others got.
    pub others: Vec<String>,
}

/// Kinds of model in the order of the report, with the classifiers of each.
const KINDS: [(&str, &[&str]); 9] = [
    ("boosting", &["GradientBoostingClassifier", "HistGradientBoostingClassifier", "AdaBoostClassifier"]),
    ("forests", &["RandomForestClassifier", "ExtraTreesClassifier", "BaggingClassifier"]),
    ("single trees", &["DecisionTreeClassifier", "ExtraTreeClassifier"]),
    ("nearest neighbours", &["KNeighborsClassifier"]),
    ("naive Bayes", &["GaussianNB", "BernoulliNB", "MultinomialNB", "ComplementNB"]),
    ("SVM", &["SVC", "NuSVC"]),
    (
        "linear models",
        &[
            "LogisticRegression",
            "LinearSVC",
            "SGDClassifier",
            "Perceptron",
            "PassiveAggressiveClassifier",
            "RidgeClassifier",
        ],
    ),
    ("MLP", &["MLPClassifier"]),
    (CNN, &[]),
];

const CNN: &str = "CNN";
const NETWORK: &str = "Network";

/// The kind of a configuration: networks are told apart by whether they have convolutions.
fn kind(row: &Row) -> Option<&'static str> {
    if row.classifier == NETWORK {
        let layers = row.configuration.parameters.get("definition")?.get("layers")?.as_array()?;
        let convolutional = layers.iter().any(|layer| layer["type"] == "conv");
        return Some(if convolutional { CNN } else { "MLP" });
    }
    KINDS
        .iter()
        .find(|(_, classifiers)| classifiers.contains(&row.classifier.as_str()))
        .map(|(name, _)| *name)
}

/// Results by configuration and train size; each has one row a data set.
pub(super) type Results<'a> = BTreeMap<(&'a str, usize), Vec<Option<&'a Row>>>;

impl RustLibraries {
    pub fn of(table: &SideBySide, view: &View) -> RustLibraries {
        let libraries = libraries(table);
        let ours = Ours::of(table);
        let full = ours.rows.keys().map(|(_, _, size)| *size).max().unwrap_or(0);
        let sweep: BTreeSet<&str> = table
            .view(view)
            .filter(|line| line.engine == OURS)
            .map(|line| line.classifier.as_str())
            .collect();
        let kinds = KINDS.iter().map(|(name, classifiers)| {
            let rows = |library: &str| results(table, library, |row| kind(row) == Some(name));
            let standing = |library: &&str| Standing::of(library, &rows(library), &ours, full);
            let mut found: Vec<Standing> = libraries.iter().filter_map(standing).collect();
            let rank = |one: &Standing| (one.images, one.best.as_ref().map_or(0.0, Best::mean));
            found.sort_by(|a, b| rank(b).partial_cmp(&rank(a)).unwrap_or(std::cmp::Ordering::Equal));
            let has = |classifier: &str| {
                let ended = |row: &&Row| row.classifier == classifier && row.status == Status::Ok;
                table.rows.iter().filter(ended).any(|row| libraries.contains(&row.engine.as_str()))
            };
            let missing = classifiers.iter().filter(|name| sweep.contains(*name) && !has(name)).copied();
            let lacks = missing_in(&found, full, table.datasets.len(), missing.collect());
            Kind { name, libraries: found, lacks }
        });
        let family = |classifier: &&str| {
            let (mut end, mut others) = (Vec::new(), Vec::new());
            for library in &libraries {
                let rows = results(table, library, |row| row.classifier == *classifier);
                if rows.iter().any(|((_, size), rows)| *size == full && within_limit(rows)) {
                    end.push(library.to_string());
                } else if !rows.is_empty() {
                    others.push(format!("{library} {}", how_far(&rows)));
                }
            }
            Family { classifier: classifier.to_string(), end, others }
        };
        RustLibraries {
            datasets: table.datasets.clone(),
            kinds: kinds.filter(|kind: &Kind| !kind.libraries.is_empty()).collect(),
            families: if libraries.is_empty() { Vec::new() } else { sweep.iter().map(family).collect() },
        }
    }
}

/// What a kind lacks: a library that finishes all images, the missing images of libraries behind the first,
/// and classifiers.
fn missing_in(libraries: &[Standing], full: usize, datasets: usize, classifiers: Vec<&str>) -> Vec<String> {
    let most = libraries.first().map_or(0, |first| first.images);
    let mut lacks = Vec::new();
    if most < full {
        let on = match datasets {
            1 => "images",
            2 => "on both",
            _ => "on all",
        };
        lacks.push(format!("none finishes {} {on}", thousands(full)));
    }
    for one in libraries.iter().filter(|one| one.images < most) {
        lacks.push(match one.images {
            0 => format!("{} finishes no size", one.library),
            images => format!("{} finishes {} images", one.library, thousands(images)),
        });
    }
    if !classifiers.is_empty() {
        lacks.push(format!("no {}", classifiers.join(", ")));
    }
    lacks
}

impl Kind {
    /// The libraries that finished the most training images of this kind.
    fn leaders(&self) -> impl Iterator<Item = &Standing> {
        let most = self.libraries.first().map_or(0, |first| first.images);
        self.libraries.iter().filter(move |one| one.images == most && one.images > 0)
    }

    /// The most accurate of the leaders; several if they are equal.
    pub fn most_accurate(&self) -> Vec<&Standing> {
        let mean = |one: &Standing| one.best.as_ref().map_or(0.0, Best::mean);
        let most = self.leaders().map(mean).fold(0.0, f64::max);
        self.leaders().filter(|one| mean(one) == most).collect()
    }

    /// The leader with the least CPU time relative to ours.
    pub fn fastest(&self) -> Option<(&Standing, Time)> {
        let timed = self.leaders().filter_map(|one| Some((one, one.time?)));
        timed.min_by(|(_, a), (_, b)| a.factor.total_cmp(&b.factor))
    }
}

pub(super) fn spelled(row: &Row) -> String {
    plain(format!("{} {}", row.classifier, row.parameters).trim_end())
}

/// The Rust libraries of a table, by name.
fn libraries(table: &SideBySide) -> Vec<&str> {
    let others = table.rows.iter().filter(|row| row.engine != OURS && row.status != Status::Reported);
    let others = others.filter(|row| !row.engine.ends_with(NATIVE_CPU));
    let in_rust = others.filter(|row| {
        let environment = row.provenance.as_ref().map(|made| &made.engine_environment);
        environment.is_some_and(|said| said.is_empty() || said.contains_key(COMPILER))
    });
    in_rust.map(|row| row.engine.as_str()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The rows of a library. Of a configuration that several runs have, one with a result counts, then the
/// first.
pub(super) fn results<'a>(
    table: &'a SideBySide,
    library: &str,
    chosen: impl Fn(&Row) -> bool,
) -> Results<'a> {
    let mut results = Results::new();
    for row in table.rows.iter().filter(|row| row.engine == library && chosen(row)) {
        let Some(dataset) = table.datasets.iter().position(|name| *name == row.dataset) else { continue };
        let sets =
            results.entry((&row.id, row.train_size)).or_insert_with(|| vec![None; table.datasets.len()]);
        let better = |known: &Row| row.status == Status::Ok && known.status != Status::Ok;
        if sets[dataset].is_none_or(better) {
            sets[dataset] = Some(row);
        }
    }
    results
}

fn ended(row: Option<&Row>) -> Option<&Row> {
    row.filter(|row| row.status == Status::Ok)
}

/// The rows of one configuration, where it finished on every data set.
pub(super) fn all_ended<'a>(rows: &[Option<&'a Row>]) -> Option<Vec<&'a Row>> {
    rows.iter().map(|row| ended(*row)).collect()
}

fn within_limit(rows: &[Option<&Row>]) -> bool {
    let seconds = |row: &Row| Some(row.fit_seconds? + row.predict_seconds?);
    all_ended(rows)
        .is_some_and(|rows| rows.iter().all(|row| seconds(row).is_some_and(|seconds| seconds <= LIMIT)))
}

/// The most training images with a result on every data set.
fn most_images(results: &Results) -> usize {
    let ended = results.iter().filter(|(_, rows)| all_ended(rows).is_some());
    ended.map(|((_, size), _)| *size).max().unwrap_or(0)
}

/// How far a library gets, to follow its name: `finishes 20,000 images (timeout)`.
fn how_far(results: &Results) -> String {
    let most = most_images(results);
    let beyond =
        results.iter().filter(|((_, size), _)| *size >= most).flat_map(|(_, rows)| rows.iter().flatten());
    let why: BTreeSet<String> = beyond
        .filter(|row| row.status != Status::Ok)
        .map(|row| row.status.name().replace('_', " "))
        .collect();
    let why = if why.is_empty() { "not run with more".to_string() } else { Vec::from_iter(why).join(", ") };
    match most {
        0 => format!("finishes no size on every data set ({why})"),
        most => format!("finishes {} images ({why})", thousands(most)),
    }
}

impl Standing {
    fn of(library: &str, results: &Results, ours: &Ours, full: usize) -> Option<Standing> {
        let first = results.values().flatten().flatten().next()?;
        let images = most_images(results);
        let at_most: Vec<Vec<&Row>> = results
            .iter()
            .filter(|((_, size), _)| *size == images)
            .filter_map(|(_, rows)| all_ended(rows))
            .collect();
        let bests = at_most.iter().map(|rows| Best {
            configuration: spelled(rows[0]),
            accuracies: rows.iter().filter_map(|row| row.accuracy).collect(),
        });
        Some(Standing {
            library: library.to_string(),
            version: first.engine_version.clone().unwrap_or_default(),
            images,
            best: bests.reduce(|best, next| if next.mean() > best.mean() { next } else { best }),
            time: ours.time(at_most.iter().flatten().copied()),
            lacks: lacks(results, images, full),
        })
    }
}

/// What a library did not do: images beyond its most, configurations that it cannot express, and failures.
fn lacks(results: &Results, images: usize, full: usize) -> Vec<String> {
    let mut lacks = Vec::new();
    if images < full {
        lacks.push(how_far(results));
    }
    let failed = |status: Status| -> BTreeMap<&str, usize> {
        let mut reasons = BTreeMap::new();
        for row in results.values().flatten().flatten().filter(|row| row.status == status) {
            let reason = row.error.as_deref().and_then(|error| error.lines().next()).unwrap_or_default();
            *reasons.entry(reason).or_default() += 1;
        }
        reasons
    };
    for (reason, number) in failed(Status::Unsupported) {
        lacks.push(format!("{} unsupported: {}", count(number, "result"), plain(reason)));
    }
    for (status, word) in
        [(Status::Crashed, "crashed"), (Status::Diverged, "diverged"), (Status::OutOfMemory, "out of memory")]
    {
        let number: usize = failed(status).values().sum();
        if number > 0 {
            lacks.push(format!("{} {word}", count(number, "result")));
        }
    }
    lacks
}

/// Our results, by data set, id and train size.
struct Ours<'a> {
    rows: BTreeMap<(&'a str, &'a str, usize), Vec<&'a Row>>,
}

impl<'a> Ours<'a> {
    fn of(table: &'a SideBySide) -> Ours<'a> {
        let mut rows: BTreeMap<_, Vec<&Row>> = BTreeMap::new();
        for row in table.rows.iter().filter(|row| row.engine == OURS && row.status == Status::Ok) {
            rows.entry((&*row.dataset, &*row.id, row.train_size)).or_default().push(row);
        }
        Ours { rows }
    }

    /// Our result beside a row: of the same run, else one that was measured alone, else the first.
    fn beside(&self, row: &Row) -> Option<&'a Row> {
        let rows = self.rows.get(&(&*row.dataset, &*row.id, row.train_size))?;
        let of_run = rows.iter().find(|ours| ours.run == row.run);
        of_run.or_else(|| rows.iter().find(|ours| ours.quiet)).or_else(|| rows.first()).copied()
    }

    fn time<'r>(&self, rows: impl Iterator<Item = &'r Row>) -> Option<Time> {
        Time::over(rows.filter_map(|theirs| Some((theirs, self.beside(theirs)?))))
    }
}
