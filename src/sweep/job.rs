//! The state of each row, and the tasks that rows are grouped into.

use std::collections::BTreeMap;
use std::path::Path;

use super::forecast::{self, LIKELY_SHARE};
use super::plan::Row;
use super::supervise::Limits;
use super::{Options, Plan, cost, repeats, seeds};
use crate::engines::external;
use crate::engines::protocol::{Expected, WorkerJob};
use crate::plain_text::clean_reason;
use crate::results::forecast::Forecast;
use crate::results::{Provenance, Record, Repeat, Status};

/// Rows that are expected to take fewer seconds than this run first.
pub const SHORT: f64 = 2.0;

/// A row on its way to a result file.
pub struct RowState {
    /// What its file will say.
    pub record: Record,
    /// Its earlier result, when only the times are measured again.
    pub earlier: Option<Box<Record>>,
    pub finished: bool,
    /// Runs in a process of its own from now on.
    pub alone: bool,
    /// Expected seconds of one repeat alone.
    pub seconds: f64,
    pub bytes: u64,
    /// Its time limit in seconds.
    pub limit: f64,
    /// Whether the row is expected to exceed its limit, so that it is tried on few images first.
    pub forecast: bool,
    /// An earlier run exceeded twice the limit: the row is not run.
    pub known: Option<Forecast>,
}

impl RowState {
    /// A row with nothing done yet.
    pub fn new(row: &Row, plan: &Plan, options: &Options) -> RowState {
        let outline = &plan.outlines[row.outline];
        let mut state = RowState::planned(row, plan, options);
        state.record.provenance = Some(Provenance {
            dataset_digests: outline.digests.clone(),
            grid_digest: row.grid_digest.clone(),
            engine_environment: external::environment(row.engine.name),
            threads: options.threads,
            base_seed: options.seed,
            timeout_seconds: row.timeout.as_secs_f64(),
            memory_limit_bytes: options.memory_limit,
            ..Provenance::here()
        });
        state
    }

    /// [`RowState::new`] without provenance, for a preview: a plan may have a hundred thousand rows.
    pub fn planned(row: &Row, plan: &Plan, options: &Options) -> RowState {
        let shape = plan.outlines[row.outline].shape.with_subset(row.subset);
        RowState {
            record: Record {
                id: row.id.clone(),
                status: Status::Ok,
                error: None,
                forecast: None,
                engine: row.engine.name.to_string(),
                engine_version: Some(row.engine.version.to_string()),
                configuration: row.configuration.clone(),
                dataset: row.dataset.clone(),
                train_size: shape.train_size,
                test_size: shape.test_size,
                threads: options.threads,
                jobs_in_flight: None,
                quiet: options.quiet_pass,
                peak_memory_bytes: None,
                shared_with: Vec::new(),
                repeats: Vec::new(),
                reported: None,
                provenance: None,
            },
            earlier: None,
            finished: false,
            alone: options.no_sharing || options.quiet_pass,
            seconds: row.expected.seconds.min(row.timeout.as_secs_f64()),
            bytes: row.expected.bytes,
            limit: row.timeout.as_secs_f64(),
            forecast: options.forecast && row.expected.seconds > row.timeout.as_secs_f64(),
            known: row.stopped_after.filter(|_| options.forecast && options.threads == 1).and_then(
                |seconds| {
                    forecast::by_earlier_run(
                        seconds,
                        row.timeout.as_secs_f64(),
                        shape.train_size,
                        shape.test_size,
                    )
                },
            ),
        }
    }

    /// Adds a repeat that has come in from a job.
    pub fn add(&mut self, repeat: Repeat, started: &JobFacts) {
        let first = self.record.repeats.is_empty();
        self.record.repeats.push(repeat);
        self.record.peak_memory_bytes = self.record.peak_memory_bytes.max(Some(started.peak));
        self.note(started, first);
    }

    /// Ends the row without a result.
    pub fn fail(&mut self, status: Status, error: String, started: &JobFacts) {
        self.record.status = status;
        self.record.error = Some(clean_reason(&error));
        let first = self.record.repeats.is_empty();
        self.note(started, first);
    }

    fn note(&mut self, started: &JobFacts, first: bool) {
        let record = &mut self.record;
        record.jobs_in_flight = record.jobs_in_flight.max(Some(started.in_flight));
        record.threads = if first { started.threads } else { record.threads.max(started.threads) };
        for id in &started.shared_with {
            if !record.shared_with.contains(id) && *id != record.id {
                record.shared_with.push(id.clone());
            }
        }
        if let Some(provenance) = &mut record.provenance {
            provenance.threads = record.threads;
            if first {
                provenance.started_utc = started.utc.clone();
            }
        }
    }

    /// Whether another repeat is to be run.
    pub fn wants_more(&self, options: &Options) -> bool {
        let done = self.record.repeats.len();
        let earlier = self.earlier.as_ref().map_or(0, |earlier| earlier.repeats.len());
        self.record.status == Status::Ok
            && (done < earlier || repeats::wants_more(&self.record.repeats, options))
    }

    /// Repeats still to come, at most.
    pub fn repeats_left(&self, options: &Options) -> usize {
        let earlier = self.earlier.as_ref().map_or(0, |earlier| earlier.repeats.len());
        options.repeats.most().max(earlier).saturating_sub(self.record.repeats.len())
    }

    /// Whether a run that measures the times again predicted something else than the earlier result.
    pub fn contradicts_earlier(&self) -> bool {
        self.earlier.as_ref().is_some_and(|earlier| {
            let pairs = earlier.repeats.iter().zip(&self.record.repeats);
            pairs.into_iter().any(|(before, now)| before.predictions != now.predictions)
        })
    }
}

/// What a job notes in the rows that it runs.
#[derive(Clone, Debug)]
pub struct JobFacts {
    pub threads: usize,
    /// The most jobs that ran at the same time, this one included.
    pub in_flight: usize,
    /// Ids of all rows of the job, when there are several.
    pub shared_with: Vec<String>,
    pub utc: String,
    /// Peak memory of the worker so far.
    pub peak: u64,
}

/// Where a worker finds the images, and where the files of external engines go.
#[derive(Clone, Copy, Debug)]
pub struct Folders<'a> {
    pub data: &'a Path,
    pub scratch: &'a Path,
}

/// One repeat of some rows that share work, to be run by one worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub rows: Vec<usize>,
    pub repeat: usize,
    /// Expected seconds of this task.
    pub seconds: f64,
    /// Expected seconds of this task and of the repeats that follow it.
    pub chain_seconds: f64,
    pub bytes: u64,
    /// Its time limit in seconds.
    pub limit: f64,
    /// Whether its only row is tried on few images first.
    pub forecast: bool,
}

impl Task {
    pub fn new(rows: Vec<usize>, repeat: usize, states: &[RowState], options: &Options) -> Task {
        let classifier = rows.first().map_or("", |&row| &states[row].record.configuration.classifier);
        let seconds = cost::group(classifier, rows.iter().map(|&row| states[row].seconds));
        let left = rows.iter().map(|&row| states[row].repeats_left(options)).max().unwrap_or(1).max(1);
        let bytes = rows.iter().map(|&row| states[row].bytes).max().unwrap_or(0);
        let limit = rows.iter().map(|&row| states[row].limit).fold(0.0, f64::max);
        let forecast = repeat == 0 && matches!(rows[..], [row] if states[row].forecast);
        Task { rows, repeat, seconds, chain_seconds: seconds * left as f64, bytes, limit, forecast }
    }

    /// Expected seconds with the repeats that follow; for a row tried on few images first, those of the
    /// trial.
    pub fn likely_seconds(&self) -> f64 {
        if self.forecast { LIKELY_SHARE * self.limit } else { self.chain_seconds }
    }

    /// What the worker is told, what its replies must satisfy, and what it may use.
    pub fn job(
        &self,
        threads: usize,
        plan: &Plan,
        options: &Options,
        folders: Folders,
    ) -> (WorkerJob, Expected, Limits) {
        let rows: Vec<&Row> = self.rows.iter().map(|&row| &plan.rows[row]).collect();
        let row = rows[0];
        let outline = &plan.outlines[row.outline];
        let job = WorkerJob {
            // Known when the worker has been started.
            results_descriptor: -1,
            data_dir: folders.data.to_path_buf(),
            dataset: row.dataset.clone(),
            digests: outline.digests.clone(),
            train_size: row.subset,
            test_size: None,
            engine: row.engine.name.to_string(),
            external: external::start(row.engine.name, folders.scratch),
            classifier: row.configuration.classifier.clone(),
            parameters: rows.iter().map(|row| row.configuration.parameters.clone()).collect(),
            preprocessing: row.configuration.preprocessing.clone(),
            subset_seed: seeds::subset(options.seed, &row.dataset),
            shuffle_seed: seeds::shuffle(options.seed, &row.dataset, self.repeat),
            model_seed: model_seed(row, self.repeat, options),
            threads,
        };
        let (test_size, classes) = (outline.shape.test_size, outline.shape.classes);
        let expected = Expected { configurations: rows.len(), test_size, classes };
        let timeout = rows.iter().map(|row| row.timeout).max().unwrap_or(row.timeout);
        (job, expected, Limits { timeout, memory_bytes: options.memory_limit })
    }
}

/// What the rows of one task have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Group<'a> {
    outline: usize,
    engine: &'a str,
    classifier: &'a str,
    subset: Option<usize>,
    key: &'a str,
    repeat: usize,
    /// The row, where it runs alone.
    alone: Option<usize>,
    /// Short rows form groups of their own: as part of a long group their results would come late, for little
    /// saved work.
    is_short: bool,
}

/// Puts rows that wait into tasks: those of one group at the same repeat together, unless they run alone.
pub fn group(waiting: &[usize], plan: &Plan, states: &[RowState], options: &Options) -> Vec<Task> {
    let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
    for &index in waiting {
        let (row, state) = (&plan.rows[index], &states[index]);
        // Rows that the engine cannot run are no part of any task.
        let Ok(key) = &row.sharing_key else { continue };
        let group = Group {
            outline: row.outline,
            engine: row.engine.name,
            classifier: &row.configuration.classifier,
            subset: row.subset,
            key,
            repeat: state.record.repeats.len(),
            alone: state.alone.then_some(index),
            is_short: state.seconds < SHORT,
        };
        groups.entry(group).or_default().push(index);
    }
    groups.into_iter().map(|(group, rows)| Task::new(rows, group.repeat, states, options)).collect()
}

/// The seed of a row's model in a repeat.
pub fn model_seed(row: &Row, repeat: usize, options: &Options) -> u64 {
    let key = row.sharing_key.as_deref().unwrap_or_default();
    let classifier = &row.configuration.classifier;
    seeds::model(options.seed, &row.dataset, row.engine.name, classifier, key, repeat)
}
