//! Checks the content of a result file: its figures follow from its predictions, its path from its content.
//!
//! A check goes on after the first problem; each problem has the file, the place in it and what to do.

use std::path::Path;

use super::limits::LONGEST_SECONDS;
use super::place::Place;
use super::problem::Problem;
use super::record::{Status, contradicted, microseconds};
use super::wire::{SCHEMA_VERSION, WireRecord, WireRepeat};
use crate::dataset::{MAX_CLASSES, Outline};
use crate::file_name::is_name;
use crate::grid::Configuration;

/// The problems of a result that lies at `path`. `outline` is that of its data set, if the data set is at
/// hand.
pub fn record(path: &Path, wire: &WireRecord, outline: Option<&Outline>) -> Vec<Problem> {
    let mut check = Check { path, problems: Vec::new() };
    check.head(wire);
    check.place(wire, outline);
    check.status(wire);
    for (index, repeat) in wire.repeats.iter().enumerate() {
        check.repeat(index, repeat, wire, outline);
    }
    check.forecast(wire);
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
        self.problems.push(Problem::at(self.path, pointer, message));
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
            format!("is {version}; expected {SCHEMA_VERSION}, which this program reads"),
        );
        for (pointer, name) in [("/engine", &wire.engine), ("/dataset", &wire.dataset)] {
            self.require(is_name(name), pointer, format!("{name:?} cannot be used as a folder name"));
        }
        self.require(is_name(&wire.classifier), "/classifier", "is not the name of a classifier");
        self.require(wire.threads > 0, "/threads", "is 0; expected at least 1");
        self.require(wire.test_size > 0, "/test_size", "is 0; expected at least 1");
        self.require(wire.train_size > 0, "/train_size", "is 0; expected at least 1");
        self.require(
            wire.jobs_in_flight != Some(0),
            "/jobs_in_flight",
            "is 0; expected at least 1, since this job ran",
        );
        let consistent = !wire.quiet || wire.jobs_in_flight.is_none_or(|jobs| jobs == 1);
        self.require(consistent, "/quiet", "is true, but jobs_in_flight says that other jobs ran");
    }

    /// The path, the id, the train size and the data set agree.
    fn place(&mut self, wire: &WireRecord, outline: Option<&Outline>) {
        let Some(place) = Place::of(self.path) else {
            self.problem("", "its path does not end in <run>/<dataset>/<engine>/<id>.json");
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
            let message = format!("is {id:?}, but the file is named {:?}", place.id);
            self.require(place.id == *id, "/id", message);
        }
        let (id, subset) = match place.id.rsplit_once("@n=") {
            Some((id, size)) => (id, Some(size)),
            None => (place.id.as_str(), None),
        };
        let configuration = Configuration::new(&wire.classifier, wire.parameters.clone())
            .with_preprocessing(wire.preprocessing.clone());
        let expected = configuration.id();
        self.require(
            expected == id,
            "/parameters",
            format!("give the id {expected:?}, but the file is named {id:?}"),
        );
        if let Some(size) = subset {
            let message = format!("is {}, but the file's name says n={size}", wire.train_size);
            self.require(size == wire.train_size.to_string(), "/train_size", message);
        }
        if let Some(outline) = outline {
            let (full, size) = (outline.shape.train_size, wire.train_size);
            let message = match subset {
                None => {
                    format!(
                        "is {size}; the training set has {full} images, so the file's name must end in @n={size}"
                    )
                }
                Some(_) => format!("is {size}; expected fewer than the {full} images of the training set"),
            };
            self.require(if subset.is_none() { size == full } else { size < full }, "/train_size", message);
            let (got, wanted) = (wire.test_size, outline.test_labels.len());
            self.require(got == wanted, "/test_size", format!("is {got}; the test set has {wanted} images"));
        }
    }

    /// Each status has the keys that it needs, and none that it must not have.
    fn status(&mut self, wire: &WireRecord) {
        let name = wire.status.name();
        let has_error = wire.error.as_ref().is_some_and(|error| !error.trim().is_empty());
        if wire.status.is_failure() {
            self.require(
                has_error,
                "/error",
                format!("is missing; expected the reason for the status {name}"),
            );
        } else {
            self.require(wire.error.is_none(), "/error", format!("must be absent: the status is {name}"));
        }
        match wire.status {
            Status::Ok => self.require(
                !wire.repeats.is_empty(),
                "/repeats",
                "is empty; the status ok needs at least one repeat",
            ),
            Status::Reported => {
                self.require(wire.repeats.is_empty(), "/repeats", "must be empty: the status is reported");
                self.require(
                    wire.accuracy.is_some(),
                    "/accuracy",
                    "is missing; the status reported needs it",
                );
            }
            Status::Unsupported => {
                self.require(
                    wire.repeats.is_empty(),
                    "/repeats",
                    "must be empty: the status is unsupported, so nothing ran",
                );
            }
            _ => {}
        }
    }

    /// Only a timeout has a forecast, which follows from fewer images than the row's.
    fn forecast(&mut self, wire: &WireRecord) {
        let Some(forecast) = &wire.forecast else { return };
        let name = wire.status.name();
        self.require(
            wire.status == Status::Timeout,
            "/forecast",
            format!("must be absent: the status is {name}"),
        );
        self.require(!forecast.measured.is_empty(), "/forecast/measured", "is empty; expected what was run");
        let seconds = forecast.measured.iter().enumerate();
        let seconds =
            seconds.map(|(index, one)| (format!("/forecast/measured/{index}/seconds"), one.seconds));
        for (pointer, seconds) in seconds.chain([("/forecast/seconds".to_string(), forecast.seconds)]) {
            self.require(
                (0.0..=LONGEST_SECONDS).contains(&seconds),
                pointer,
                format!("is {seconds}; expected seconds, at most a year"),
            );
        }
        let mut before = (0, 0);
        for (index, one) in forecast.measured.iter().enumerate() {
            let (size, (train, test)) = ((one.train_size, one.test_size), (wire.train_size, wire.test_size));
            // The full training size occurs only if an earlier run was stopped.
            let within = size.0 < train || (one.stopped && size.0 == train);
            self.require(
                size.0 > before.0 && size.1 >= before.1.max(1) && within && size.1 <= test,
                format!("/forecast/measured/{index}"),
                format!(
                    "has {} training and {} test images; expected rising numbers below {train} and {test}",
                    size.0, size.1
                ),
            );
            before = size;
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
            self.require(seconds.is_none_or(|s| s >= 0.0), at(key), "is negative; expected seconds");
            self.require(
                seconds.is_none_or(|s| s <= LONGEST_SECONDS),
                at(key),
                "is more than a year; expected seconds",
            );
        }
        let share = (0.0..=1.0).contains(&repeat.accuracy);
        self.require(share, at("accuracy"), format!("is {}, not between 0 and 1", repeat.accuracy));
        let twin = wire.repeats[..index].iter().position(|earlier| earlier.seed == repeat.seed);
        if let Some(twin) = twin {
            self.problem(
                at("seed"),
                format!("is the same as that of repeat {twin}; expected one seed for each repeat"),
            );
        }
        let predictions = match &repeat.predictions {
            Ok(predictions) => predictions,
            Err(error) => return self.problem(at("predictions"), error.to_string()),
        };
        let classes = outline.map_or(MAX_CLASSES, |outline| outline.shape.classes);
        if let Err(error) = predictions.check(wire.test_size, classes) {
            self.problem(at("predictions"), error.to_string());
        }
        if let Some(outline) = outline.filter(|outline| outline.test_labels.len() == predictions.len())
            && let Some(made) = contradicted(repeat.accuracy, predictions, &outline.test_labels)
        {
            self.problem(at("accuracy"), format!("is {}; the predictions give {made}", repeat.accuracy));
        }
    }

    /// The figures at the top are the means of the repeats.
    fn summary(&mut self, wire: &WireRecord) {
        if wire.status == Status::Reported {
            let share = wire.accuracy.is_none_or(|accuracy| (0.0..=1.0).contains(&accuracy));
            self.require(share, "/accuracy", "is not between 0 and 1");
            for (pointer, seconds) in
                [("/fit_seconds", wire.fit_seconds), ("/predict_seconds", wire.predict_seconds)]
            {
                self.require(seconds.is_none_or(|s| s >= 0.0), pointer, "is negative; expected seconds");
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
        for (pointer, found, expected, tolerance) in figures {
            match (found, expected) {
                (Some(found), Some(expected)) => self.require(
                    (found - expected).abs() <= tolerance,
                    pointer,
                    format!("is {found}; the mean of the repeats is {}", microseconds(expected)),
                ),
                (None, Some(_)) => self.problem(pointer, "is missing; expected the mean of the repeats"),
                (Some(_), None) => self.problem(pointer, "must be absent: no repeat completed"),
                (None, None) => {}
            }
        }
        let found: Vec<bool> = wire.repeats.iter().filter_map(|repeat| repeat.converged).collect();
        let expected = (!found.is_empty()).then(|| found.iter().all(|&converged| converged));
        self.require(wire.converged == expected, "/converged", "does not follow from the repeats");
    }
}
