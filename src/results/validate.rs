//! Whether a result file says one thing: its figures follow from its predictions, its path from its content.
//!
//! A check never stops at the first problem it finds; each has the file, the place in it and what to do.

use std::path::Path;

use super::limits::LONGEST_SECONDS;
use super::problem::Problem;
use super::reading::{self, Reading};
use super::record::{Status, contradicted, microseconds};
use super::schema;
use super::shape::Fault;
use super::store::{Place, is_name, read_bounded};
use super::wire::{SCHEMA_VERSION, WireRecord, WireRepeat, decode};
use crate::dataset::Outline;
use crate::grid::Configuration;

/// Checks the file at `path`. `outline` is that of the data set which the file names, where it is known;
/// `canonical_id` gives the id of a configuration. Without problems the list is empty.
pub fn file<'a>(
    path: &Path,
    outline: impl Fn(&str) -> Option<&'a Outline>,
    canonical_id: impl Fn(&Configuration) -> String,
) -> Vec<Problem> {
    let bytes = match read_bounded(path) {
        Ok(bytes) => bytes,
        Err(message) => return vec![Problem::file(path, message)],
    };
    let Reading { file, faults } = reading::read::<WireRecord>(&bytes, &schema::RESULT);
    let mut problems = of_faults(path, faults);
    if let Some(wire) = file {
        problems.extend(record(path, &wire, outline(&wire.dataset), canonical_id));
    }
    problems
}

/// The faults of a file's shape as problems.
pub fn of_faults(path: &Path, faults: Vec<Fault>) -> Vec<Problem> {
    let problem = |(pointer, message): Fault| Problem { file: path.to_path_buf(), pointer, message };
    faults.into_iter().map(problem).collect()
}

/// Checks what a file says, as [`file`] does.
pub fn record(
    path: &Path,
    wire: &WireRecord,
    outline: Option<&Outline>,
    canonical_id: impl Fn(&Configuration) -> String,
) -> Vec<Problem> {
    let mut check = Check { path, problems: Vec::new() };
    check.head(wire);
    check.place(wire, outline, canonical_id);
    check.status(wire);
    for (index, repeat) in wire.repeats.iter().enumerate() {
        check.repeat(index, repeat, wire, outline);
    }
    check.summary(wire);
    check.problems
}

/// Gathers the problems of one file.
struct Check<'a> {
    path: &'a Path,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn problem(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        let (file, pointer, message) = (self.path.to_path_buf(), pointer.into(), message.into());
        self.problems.push(Problem { file, pointer, message });
    }

    fn require(&mut self, holds: bool, pointer: impl Into<String>, message: impl Into<String>) {
        if !holds {
            self.problem(pointer, message);
        }
    }

    fn head(&mut self, wire: &WireRecord) {
        let version = wire.schema_version;
        self.require(
            version == SCHEMA_VERSION,
            "/schema_version",
            format!("is {version}; this program reads {SCHEMA_VERSION}"),
        );
        for (pointer, name) in [("/engine", &wire.engine), ("/dataset", &wire.dataset)] {
            self.require(is_name(name), pointer, format!("{name:?} cannot be the name of a folder"));
        }
        self.require(is_name(&wire.classifier), "/classifier", "is no name of a classifier");
        self.require(wire.threads > 0, "/threads", "is 0");
        self.require(wire.test_size > 0, "/test_size", "is 0");
        self.require(wire.train_size > 0, "/train_size", "is 0");
        self.require(wire.jobs_in_flight != Some(0), "/jobs_in_flight", "is 0, but this job ran");
        let alone = !wire.quiet || wire.jobs_in_flight.is_none_or(|jobs| jobs == 1);
        self.require(alone, "/quiet", "is true with other jobs in flight");
    }

    /// The path, the id, the train size and the data set agree.
    fn place(
        &mut self,
        wire: &WireRecord,
        outline: Option<&Outline>,
        canonical_id: impl Fn(&Configuration) -> String,
    ) {
        let Some(place) = Place::of(self.path) else {
            self.problem("", "is not at <run>/<dataset>/<engine>/<id>.json");
            return;
        };
        self.require(
            place.dataset == wire.dataset,
            "/dataset",
            format!("is {:?}, but the file lies under {:?}", wire.dataset, place.dataset),
        );
        self.require(
            place.engine == wire.engine,
            "/engine",
            format!("is {:?}, but the file lies under {:?}", wire.engine, place.engine),
        );
        if let Some(id) = &wire.id {
            let message = format!("is {id:?}, but the file is called {:?}", place.id);
            self.require(place.id == *id, "/id", message);
        }
        let (id, subset) = match place.id.rsplit_once("@n=") {
            Some((id, size)) => (id, Some(size)),
            None => (place.id.as_str(), None),
        };
        let configuration =
            Configuration { classifier: wire.classifier.clone(), parameters: wire.parameters.clone() };
        let expected = canonical_id(&configuration);
        self.require(
            expected == id,
            "/parameters",
            format!("make the id {expected:?}, but the file is called {id:?}"),
        );
        if let Some(size) = subset {
            let message = format!("is {}, but the file's name says n={size}", wire.train_size);
            self.require(size == wire.train_size.to_string(), "/train_size", message);
        }
        if let Some(outline) = outline {
            let (full, size) = (outline.shape.train_size, wire.train_size);
            let message = match subset {
                None => {
                    format!("is {size}; the whole set has {full} rows, so the file's name needs @n={size}")
                }
                Some(_) => format!("is {size}, not below the {full} rows of the whole set"),
            };
            self.require(if subset.is_none() { size == full } else { size < full }, "/train_size", message);
            let (got, wanted) = (wire.test_size, outline.test_labels.len());
            self.require(got == wanted, "/test_size", format!("is {got}; the test set has {wanted} images"));
        }
    }

    /// Each status has what it needs and nothing that it cannot have.
    fn status(&mut self, wire: &WireRecord) {
        let name = wire.status.name();
        let has_error = wire.error.as_ref().is_some_and(|error| !error.trim().is_empty());
        if wire.status.is_failure() {
            self.require(has_error, "/error", format!("is missing: the reason why the run is {name}"));
        } else {
            self.require(wire.error.is_none(), "/error", format!("stands there although the run is {name}"));
        }
        match wire.status {
            Status::Ok => {
                self.require(!wire.repeats.is_empty(), "/repeats", "is empty although the run is ok")
            }
            Status::Reported => {
                self.require(
                    wire.repeats.is_empty(),
                    "/repeats",
                    "stands there although the figure is reported",
                );
                self.require(wire.accuracy.is_some(), "/accuracy", "is missing: a reported figure is one");
            }
            Status::Unsupported => {
                self.require(wire.repeats.is_empty(), "/repeats", "stands there although nothing ran");
            }
            _ => {}
        }
    }

    fn repeat(&mut self, index: usize, repeat: &WireRepeat, wire: &WireRecord, outline: Option<&Outline>) {
        let at = |key: &str| format!("/repeats/{index}/{key}");
        let times = [
            ("fit_seconds", Some(repeat.fit_seconds)),
            ("predict_seconds", Some(repeat.predict_seconds)),
            ("fit_cpu_seconds", repeat.fit_cpu_seconds),
            ("predict_cpu_seconds", repeat.predict_cpu_seconds),
        ];
        for (key, seconds) in times {
            self.require(seconds.is_none_or(|s| s >= 0.0), at(key), "is negative");
            self.require(
                seconds.is_none_or(|s| s <= LONGEST_SECONDS),
                at(key),
                "is more than a year; it counts seconds",
            );
        }
        let share = (0.0..=1.0).contains(&repeat.accuracy);
        self.require(share, at("accuracy"), format!("is {}, not between 0 and 1", repeat.accuracy));
        let twin = wire.repeats[..index].iter().position(|earlier| earlier.seed == repeat.seed);
        if let Some(twin) = twin {
            self.problem(at("seed"), format!("is that of repeat {twin}"));
        }
        let classes = match decode(&repeat.predictions) {
            Ok(classes) => classes,
            Err(message) => {
                self.problem(at("predictions"), message);
                return;
            }
        };
        let (got, wanted) = (classes.len(), wire.test_size);
        if got != wanted {
            self.problem(at("predictions"), format!("has {got} characters for {wanted} test images"));
            return;
        }
        let Some(outline) = outline else { return };
        if let Some(place) = classes.iter().position(|&class| usize::from(class) >= outline.shape.classes) {
            let message =
                format!("names class {} at {place}; there are {}", classes[place], outline.shape.classes);
            self.problem(at("predictions"), message);
        }
        if outline.test_labels.len() == classes.len()
            && let Some(made) = contradicted(repeat.accuracy, &classes, &outline.test_labels)
        {
            self.problem(at("accuracy"), format!("is {}; the predictions make it {made}", repeat.accuracy));
        }
    }

    /// What stands at the top is the mean of the repeats.
    fn summary(&mut self, wire: &WireRecord) {
        if wire.status == Status::Reported {
            let share = wire.accuracy.is_none_or(|accuracy| (0.0..=1.0).contains(&accuracy));
            self.require(share, "/accuracy", "is not between 0 and 1");
            for (pointer, seconds) in
                [("/fit_seconds", wire.fit_seconds), ("/predict_seconds", wire.predict_seconds)]
            {
                self.require(seconds.is_none_or(|s| s >= 0.0), pointer, "is negative");
            }
            return;
        }
        let mean = |of: fn(&WireRepeat) -> f64| {
            let n = wire.repeats.len();
            (n > 0).then(|| wire.repeats.iter().map(of).sum::<f64>() / n as f64)
        };
        // Times may have been rounded to the microsecond before or after the mean was taken.
        let figures = [
            ("/accuracy", wire.accuracy, mean(|repeat| repeat.accuracy), 1e-9),
            ("/fit_seconds", wire.fit_seconds, mean(|repeat| repeat.fit_seconds), 2e-6),
            ("/predict_seconds", wire.predict_seconds, mean(|repeat| repeat.predict_seconds), 2e-6),
        ];
        for (pointer, said, expected, tolerance) in figures {
            match (said, expected) {
                (Some(said), Some(expected)) => self.require(
                    (said - expected).abs() <= tolerance,
                    pointer,
                    format!("is {said}; the mean of the repeats is {}", microseconds(expected)),
                ),
                (None, Some(_)) => self.problem(pointer, "is missing: the mean of the repeats"),
                (Some(_), None) => self.problem(pointer, "stands there although no repeat completed"),
                (None, None) => {}
            }
        }
        let said: Vec<bool> = wire.repeats.iter().filter_map(|repeat| repeat.converged).collect();
        let expected = (!said.is_empty()).then(|| said.iter().all(|&converged| converged));
        self.require(wire.converged == expected, "/converged", "is not what the repeats say");
    }
}
