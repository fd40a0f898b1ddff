//! The state of each row of a sweep, from its earlier result file to its new one.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::job::{self, JobFacts, RowState};
use super::progress::{Progress, seconds};
use super::resume::{Reason, Todo};
use super::{Options, Plan, Summary, SweepError};
use crate::engines::native::NATIVE;
use crate::engines::protocol::{Answer, FailureKind};
use crate::results::{Record, Repeat, Status, Store, provenance::utc, store};

/// Characters of an engine's last line that are shown.
const LINE: usize = 200;

/// All rows of a plan with their states.
pub struct Tracker<'a> {
    pub plan: &'a Plan,
    pub options: &'a Options,
    store: &'a Store,
    /// By row of the plan.
    pub states: Vec<RowState>,
    pub progress: Progress,
    pub summary: Summary,
    /// Rows to run now, and how many of them have ended.
    pub total: usize,
    pub finished: usize,
}

impl<'a> Tracker<'a> {
    pub fn new(plan: &'a Plan, options: &'a Options, store: &'a Store) -> Tracker<'a> {
        Tracker {
            plan,
            options,
            store,
            states: plan.rows.iter().map(|row| RowState::new(row, plan, options)).collect(),
            progress: Progress::new(),
            summary: Summary { absent: plan.absent.clone(), ..Summary::default() },
            total: 0,
            finished: 0,
        }
    }

    /// Takes what is to be done for each row: sets damaged files aside, writes the files of unsupported rows,
    /// and returns the rows to run.
    pub fn begin(&mut self, todo: Vec<Todo>) -> Result<Vec<usize>, SweepError> {
        let mut again: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut waiting = Vec::new();
        for (index, todo) in todo.into_iter().enumerate() {
            let row = &self.plan.rows[index];
            let state = &mut self.states[index];
            match todo {
                Todo::Nothing { status, error } => {
                    state.finished = true;
                    // Rows that wait for this one need its status.
                    state.record.status = status;
                    state.record.error = error;
                    self.summary.kept += 1;
                    let failed = status.is_failure() && status != Status::Unsupported;
                    self.summary.kept_failures += usize::from(failed);
                    self.summary.native_failures += usize::from(failed && row.engine.name == NATIVE.name);
                    continue;
                }
                Todo::More(record) => {
                    state.record = *record;
                    state.record.quiet &= self.options.quiet_pass;
                }
                Todo::Remeasure(record) => state.earlier = Some(record),
                Todo::All(None) => {}
                Todo::All(Some(reason)) => {
                    if let Reason::Damaged(problem) = &reason {
                        let path = self.store.path(&row.dataset, row.engine.name, &row.id);
                        let aside = store::set_aside(&path)
                            .map_err(SweepError::io(format!("cannot rename {}", path.display())))?;
                        let aside = aside.file_name().unwrap_or_default().to_string_lossy();
                        self.progress.line(&format!("damaged: {problem}; set aside as {aside}"));
                    }
                    *again.entry(reason.text()).or_default() += 1;
                }
            }
            waiting.push(index);
        }
        for (reason, count) in again {
            self.progress.line(&format!("{count} rows run again: {reason}"));
        }
        self.total = waiting.len();
        if self.summary.kept > 0 {
            self.progress.line(&format!("{} rows are already done", self.summary.kept));
        }
        for &index in &waiting {
            if let Err(reason) = &self.plan.rows[index].sharing_key {
                let started = self.not_started();
                self.states[index].fail(Status::Unsupported, reason.clone(), &started);
                self.finish(index)?;
            }
        }
        Ok(waiting)
    }

    /// Ends a row that is not tried.
    pub fn skip(&mut self, row: usize, status: Status, reason: String) -> Result<(), SweepError> {
        let started = self.not_started();
        self.fail(row, status, reason, &started)
    }

    fn not_started(&self) -> JobFacts {
        let utc = utc(SystemTime::now());
        JobFacts { threads: self.options.threads, in_flight: 1, shared_with: Vec::new(), utc, peak: 0 }
    }

    /// Takes predictions that have come in; writes them, and ends the row unless another repeat is wanted.
    pub fn result(
        &mut self,
        row: usize,
        repeat: usize,
        answer: Answer,
        started: &JobFacts,
    ) -> Result<(), SweepError> {
        let planned = &self.plan.rows[row];
        let outline = &self.plan.outlines[planned.outline];
        let seed = job::model_seed(planned, repeat, self.options);
        let state = &mut self.states[row];
        state.add(Repeat::new(seed, answer, &outline.test_labels), started);
        if state.contradicts_earlier() {
            let name = planned.name();
            self.progress.line(&format!("PREDICTIONS CHANGED: {name}"));
            self.summary.contradictions.push(name);
            state.finished = true;
            self.finished += 1;
            return Ok(());
        }
        if self.states[row].wants_more(self.options) { self.write(row) } else { self.finish(row) }
    }

    /// Ends a row for a reason that its engine gave.
    pub fn refuse(
        &mut self,
        row: usize,
        kind: FailureKind,
        reason: String,
        started: &JobFacts,
    ) -> Result<(), SweepError> {
        let status = match kind {
            FailureKind::Unsupported => Status::Unsupported,
            FailureKind::Diverged => Status::Diverged,
            FailureKind::OutOfMemory => Status::OutOfMemory,
            FailureKind::Failed => Status::Crashed,
        };
        self.fail(row, status, reason, started)
    }

    /// Ends a row without a result.
    pub fn fail(
        &mut self,
        row: usize,
        status: Status,
        error: String,
        started: &JobFacts,
    ) -> Result<(), SweepError> {
        self.states[row].fail(status, error, started);
        self.finish(row)
    }

    /// Writes the row's file, unless the earlier file has more repeats.
    fn write(&self, row: usize) -> Result<(), SweepError> {
        let state = &self.states[row];
        if state.earlier.as_ref().is_some_and(|earlier| earlier.repeats.len() > state.record.repeats.len()) {
            return Ok(());
        }
        let (name, folder) = (self.plan.rows[row].name(), self.store.root());
        let action = format!("cannot write the result of {name} to {}", folder.display());
        self.store.write(&state.record).map_err(SweepError::io(action))?;
        Ok(())
    }

    /// Writes a row for the last time, and says so.
    fn finish(&mut self, row: usize) -> Result<(), SweepError> {
        let state = &mut self.states[row];
        state.finished = true;
        // A quiet pass that fails takes nothing away from a result that is there.
        let kept = state.record.status != Status::Ok && state.earlier.is_some();
        if !kept {
            self.write(row)?;
        }
        self.finished += 1;
        let record = &self.states[row].record;
        *self.summary.ended.entry(record.status).or_default() += 1;
        let name = self.plan.rows[row].name();
        let place = format!("[{:>w$}/{}]", self.finished, self.total, w = self.total.to_string().len());
        let text = if record.status == Status::Ok { describe(record) } else { failure(record) };
        if record.status.is_failure() && record.status != Status::Unsupported {
            self.summary.native_failures += usize::from(record.engine == NATIVE.name);
            let note = if kept { " (in the quiet pass; the earlier result stays)" } else { "" };
            self.summary.failures.push((name.clone(), format!("{text}{note}")));
        }
        self.progress.line(&format!("{place} {name}  {text}"));
        Ok(())
    }
}

/// Status and reason of a row without a result; after a crash also the last line that its engine wrote.
fn failure(record: &Record) -> String {
    let text = format!("{}: {}", record.status.name().replace('_', " "), record.reason());
    let log = record.error.iter().flat_map(|error| error.lines().skip(1));
    match log.last().filter(|_| record.status == Status::Crashed) {
        Some(line) => format!("{text}: {}", line.trim().chars().take(LINE).collect::<String>()),
        None => text,
    }
}

/// Accuracy and times of a finished row.
fn describe(record: &Record) -> String {
    let accuracy = record.accuracy().unwrap_or_default();
    let spread = record
        .accuracy_deviation()
        .map_or(String::new(), |deviation| format!(" (sd {deviation:.4}, n {})", record.repeats.len()));
    let fit = seconds(record.fit_seconds().unwrap_or_default());
    let predict = seconds(record.predict_seconds().unwrap_or_default());
    let converged = if record.converged() == Some(false) { ", not converged" } else { "" };
    format!("accuracy {accuracy:.4}{spread}, fit {fit}, predict {predict}{converged}")
}
