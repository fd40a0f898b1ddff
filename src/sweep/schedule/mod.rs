//! Chooses what starts when, takes results as they come, and sees that every row ends as a file.
//!
//! One thread for each running worker, and this one, which alone touches rows and files.

mod ends;
mod running;
mod start;
mod temporary;
mod view;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};
use std::thread::Scope;
use std::time::{Duration, Instant};

use running::{Event, Running, Workers};
use temporary::Temporary;

use super::job::{self, RowState, Task};
use super::memory::Groups;
use super::options::Repeats;
use super::order::{self, Queue};
use super::process;
use super::progress::Snapshot;
use super::resume::Todo;
use super::signals::Stop;
use super::time_left::Pace;
use super::tracker::Tracker;
use super::{Options, Plan, Summary, SweepError, early_stop, forecast};
use crate::results::{Status, Store};

/// How often the progress is shown when nothing happens.
const TICK: Duration = Duration::from_millis(200);

/// Runs a plan, of which `todo` has what is to be done for each row, and tells `news` how far it is several times a
/// second. Fails only when the sweep itself cannot go on, such as on a full disk; whatever happens to a row is in its
/// file and in the summary.
pub fn run(
    plan: &Plan,
    todo: Vec<Todo>,
    options: &Options,
    store: &Store,
    stop: &Stop,
    news: &mut dyn FnMut(&Snapshot),
) -> Result<Summary, SweepError> {
    let program = process::this_program().map_err(SweepError::io("cannot find this program's own file"))?;
    let started = Instant::now();
    let mut tracker = Tracker::new(plan, options, store);
    let waiting = tracker.begin(todo)?;
    let folders: BTreeSet<(&str, &str)> =
        waiting.iter().map(|&row| (plan.rows[row].dataset.as_str(), plan.rows[row].engine.name)).collect();
    for (dataset, engine) in folders {
        store.prepare(dataset, engine).map_err(SweepError::io("cannot write results"))?;
    }
    let mut schedule = Schedule {
        tracker,
        plan,
        options,
        stop,
        program,
        temporary: Temporary::make(plan, &waiting, options)?,
        queue: Queue::default(),
        held: Vec::new(),
        predecessors: early_stop::predecessors(plan),
        started,
        pace: Pace::default(),
        told_to_stop: false,
    };
    schedule.held = waiting;
    schedule.release()?;
    let groups = Groups::default();
    std::thread::scope(|scope| schedule.work(scope, &groups, news))?;
    Ok(schedule.summary())
}

/// Status and reason of a row that an earlier run says to exceed its limit, and that has no result yet.
fn known_to_exceed(state: &mut RowState) -> Option<(Status, String)> {
    if state.earlier.is_some() || !state.record.repeats.is_empty() {
        return None;
    }
    let forecast = state.known.take()?;
    let reason = forecast::earlier_reason(&forecast, state.limit);
    state.record.forecast = Some(forecast);
    Some((Status::Timeout, reason))
}

struct Schedule<'a> {
    tracker: Tracker<'a>,
    plan: &'a Plan,
    options: &'a Options,
    stop: &'a Stop,
    program: PathBuf,
    temporary: Temporary,
    queue: Queue,
    /// Rows that wait for smaller ones, and for each row of the plan which ones those would be.
    held: Vec<usize>,
    predecessors: Vec<Vec<usize>>,
    started: Instant,
    pace: Pace,
    told_to_stop: bool,
}

impl<'a> Schedule<'a> {
    /// Puts rows that wait into tasks, and these in their place.
    fn enqueue(&mut self, rows: &[usize]) {
        for task in job::group(rows, self.plan, &self.tracker.states, self.options) {
            self.queue.insert(task);
        }
    }

    /// Puts those rows into tasks whose smaller ones have ended, and ends those that are not to be tried.
    fn release(&mut self) -> Result<(), SweepError> {
        loop {
            let ended = |row: &usize| {
                self.predecessors[*row].iter().all(|&smaller| self.tracker.states[smaller].finished)
            };
            let (free, held): (Vec<usize>, Vec<usize>) = self.held.iter().copied().partition(ended);
            self.held = held;
            if free.is_empty() {
                return Ok(());
            }
            let mut now = Vec::new();
            for row in free {
                let end = |&smaller: &usize| early_stop::verdict(&self.tracker.states[smaller].record);
                let stopped = self.predecessors[row].iter().find_map(end);
                let state = &mut self.tracker.states[row];
                match stopped.or_else(|| known_to_exceed(state)) {
                    Some((status, reason)) if !state.finished => {
                        self.tracker.skip(row, status, reason)?;
                    }
                    _ => now.push(row),
                }
            }
            self.enqueue(&now);
        }
    }

    fn work<'scope>(
        &mut self,
        scope: &'scope Scope<'scope, '_>,
        groups: &'scope Groups,
        news: &mut dyn FnMut(&Snapshot),
    ) -> Result<(), SweepError>
    where
        'a: 'scope,
    {
        let (sender, receiver) = channel();
        let room = Workers { scope, groups, sender };
        let mut running = HashMap::new();
        let mut number = 0;
        loop {
            let stopped = self.stop.starting.load(Ordering::Relaxed);
            while !stopped && let Some((task, threads)) = self.next(&running) {
                let one = self.start(&room, number, task, threads);
                running.insert(number, one);
                number += 1;
                let in_flight = running.len();
                running.values_mut().for_each(|one| one.in_flight = one.in_flight.max(in_flight));
            }
            if running.is_empty() {
                return Ok(());
            }
            self.tell_to_stop(running.len());
            if let Err(error) = self.take(&receiver, &mut running) {
                // What the workers give could not be written; the scope waits for them to be gone.
                self.stop.at_once();
                return Err(error);
            }
            news(&self.show(&running));
        }
    }

    /// The task to start now, and its threads.
    fn next(&mut self, running: &HashMap<usize, Running>) -> Option<(Task, usize)> {
        let options = self.options;
        let threads = options.threads;
        let busy: usize = running.values().map(|one| one.threads).sum();
        let idle = (options.jobs * threads).saturating_sub(busy);
        if running.len() >= options.jobs || (idle < threads && !running.is_empty()) {
            return None;
        }
        let used: u64 = running.values().map(|one| one.task.bytes).sum();
        let now = order::Running {
            jobs: options.jobs,
            long: running.values().filter(|one| !order::is_short(&one.task)).count(),
            seconds: running.values().map(|one| one.task.likely_seconds()).sum(),
            room: Options::memory_for_jobs().saturating_sub(used),
        };
        let task = match self.queue.take(now) {
            Some(task) => task,
            // Nothing fits: what is too large for the expectation still gets its try, alone.
            None if running.is_empty() => self.queue.take_longest()?,
            None => return None,
        };
        // The last jobs get the cores that would stand idle. Not where repeats are to be compared, nor in a
        // quiet pass: there every job has what was asked for.
        let share = idle / (self.queue.len() + 1);
        let generous = options.repeats == Repeats::Times(1) && !options.quiet_pass;
        Some((task, if generous { threads.max(share) } else { threads }))
    }

    /// Waits for something to happen, and takes everything that has.
    fn take(
        &mut self,
        receiver: &Receiver<Event>,
        running: &mut HashMap<usize, Running>,
    ) -> Result<(), SweepError> {
        let mut event = receiver.recv_timeout(TICK).ok();
        while let Some(one) = event {
            match one {
                Event::Reply(number, reply) => {
                    if let Some(one) = running.get_mut(&number) {
                        self.reply(one, reply)?;
                    }
                }
                Event::Ended(number, ended) => {
                    if let Some(one) = running.remove(&number) {
                        self.ended(one, ended)?;
                    }
                }
            }
            event = receiver.try_recv().ok();
        }
        Ok(())
    }

    fn tell_to_stop(&mut self, running: usize) {
        if self.stop.starting.load(Ordering::Relaxed) && !self.told_to_stop {
            self.told_to_stop = true;
            self.tracker.progress.line(&format!(
                "stopping: {running} running jobs may finish and are written; once more kills them"
            ));
        }
    }

    fn summary(self) -> Summary {
        Summary {
            left: self.tracker.states.iter().filter(|state| !state.finished).count(),
            interrupted: self.stop.starting.load(Ordering::Relaxed),
            took: self.started.elapsed(),
            ..self.tracker.summary
        }
    }
}
