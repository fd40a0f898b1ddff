//! Chooses what starts when, takes results as they come, and sees that every row ends as a file.
//!
//! One thread for each running worker, and this one, which alone touches rows and files.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;
use std::time::{Duration, Instant, SystemTime};

use tempfile::TempDir;

use super::cost;
use super::early_stop;
use super::job::{self, JobFacts, Task};
use super::memory::Groups;
use super::options::Repeats;
use super::order::{self, Queue};
use super::process;
use super::progress::Snapshot;
use super::resume::Todo;
use super::signals::Stop;
use super::supervise::{End, Ended, Surroundings, supervise};
use super::time_left::{self, Pace};
use super::tracker::Tracker;
use super::{Options, Plan, Summary, SweepError};
use crate::engines::external;
use crate::engines::protocol::Reply;
use crate::results::{Status, Store, provenance::utc};

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
        scratch: scratch(plan)?,
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

/// A folder for the prepared arrays of external engines and all that they leave behind, where there are any.
fn scratch(plan: &Plan) -> Result<Option<TempDir>, SweepError> {
    if plan.rows.iter().all(|row| external::find(row.engine.name).is_none()) {
        return Ok(None);
    }
    let folder = tempfile::Builder::new().prefix("mnist-bench-").tempdir();
    let action = "cannot make a temporary folder (TMPDIR names another place for it)";
    folder.map(Some).map_err(SweepError::io(action))
}

/// Something that a worker's thread tells.
enum Event {
    Reply(usize, Reply),
    Ended(usize, Ended),
}

/// Where workers' threads run, and how they tell what happens.
struct Workers<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    groups: &'scope Groups,
    sender: Sender<Event>,
}

struct Running {
    task: Task,
    threads: usize,
    since: Instant,
    utc: String,
    /// The most jobs that ran at the same time.
    in_flight: usize,
    delivered: Vec<bool>,
    /// When the last result came.
    last_delivery: Instant,
}

struct Schedule<'a> {
    tracker: Tracker<'a>,
    plan: &'a Plan,
    options: &'a Options,
    stop: &'a Stop,
    program: PathBuf,
    /// The files of external engines, for as long as the sweep lasts.
    scratch: Option<TempDir>,
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
                match self.predecessors[row].iter().find_map(end) {
                    Some((status, reason)) if !self.tracker.states[row].finished => {
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
            seconds: running.values().map(|one| one.task.chain_seconds).sum(),
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

    fn start<'scope>(&self, room: &Workers<'scope, '_>, number: usize, task: Task, threads: usize) -> Running
    where
        'a: 'scope,
    {
        let scratch = self.scratch.as_ref().map_or(Path::new("."), TempDir::path);
        let (job, expected, limits) = task.job(threads, self.plan, self.options, scratch);
        let (program, stop) = (self.program.clone(), self.stop);
        let (sender, groups) = (room.sender.clone(), room.groups);
        // The worker is started by the thread that waits for it: its parent-death signal comes when the
        // thread that started it ends.
        room.scope.spawn(move || {
            let surroundings = Surroundings { program: &program, groups, kill_now: &stop.running };
            // The receiver is gone only when the sweep has failed.
            let ended = supervise(&surroundings, &job, expected, limits, |reply| {
                let _ = sender.send(Event::Reply(number, reply));
            });
            let _ = sender.send(Event::Ended(number, ended));
        });
        let delivered = vec![false; task.rows.len()];
        let (since, utc) = (Instant::now(), utc(SystemTime::now()));
        Running { task, threads, since, utc, in_flight: 1, delivered, last_delivery: since }
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

    fn reply(&mut self, running: &mut Running, reply: Reply) -> Result<(), SweepError> {
        if !matches!(reply, Reply::Ready {}) {
            running.last_delivery = Instant::now();
        }
        match reply {
            Reply::Ready {} => Ok(()),
            Reply::Failed { index, kind, reason } => {
                running.delivered[index] = true;
                let started = self.describe(running, 0);
                self.tracker.refuse(running.task.rows[index], kind, reason, &started)
            }
            Reply::Ok(answer) => {
                running.delivered[answer.index] = true;
                let started = self.describe(running, answer.peak_memory_bytes.unwrap_or(0));
                self.tracker.result(running.task.rows[answer.index], running.task.repeat, answer, &started)
            }
        }
    }

    fn describe(&self, running: &Running, peak: u64) -> JobFacts {
        let id = |&row: &usize| self.plan.rows[row].id.clone();
        let rows = &running.task.rows;
        let shared_with = if rows.len() > 1 { rows.iter().map(id).collect() } else { Vec::new() };
        let (threads, in_flight) = (running.threads, running.in_flight);
        JobFacts { threads, in_flight, shared_with, utc: running.utc.clone(), peak }
    }

    fn ended(&mut self, running: Running, ended: Ended) -> Result<(), SweepError> {
        let Running { task, since, delivered, .. } = &running;
        if matches!(ended.end, End::Finished) {
            self.pace.add(task.seconds, since.elapsed().as_secs_f64());
        }
        let missing: Vec<usize> =
            task.rows.iter().zip(delivered).filter(|(_, done)| !**done).map(|(&row, _)| row).collect();
        let (status, reason) = match &ended.end {
            End::Interrupted => return Ok(()),
            End::Finished => (Status::Crashed, "no result"),
            End::Timeout(reason) => (Status::Timeout, reason.as_str()),
            End::OutOfMemory(reason) => (Status::OutOfMemory, reason.as_str()),
            End::Crashed(reason) => (Status::Crashed, reason.as_str()),
        };
        if task.rows.len() > 1 && !missing.is_empty() {
            let first = self.plan.rows[missing[0]].name();
            let others = missing.len() - 1;
            self.tracker.progress.line(&format!(
                "{}: {reason} ({first} and {others} others run again, each alone)",
                status.name()
            ));
            for &row in &missing {
                self.tracker.states[row].alone = true;
            }
        } else if let [row] = missing[..] {
            let error = [vec![reason.to_string()], ended.log].concat().join("\n");
            let started = self.describe(&running, 0);
            self.tracker.fail(row, status, error, &started)?;
        }
        let finished = |row: &usize| self.tracker.states[*row].finished;
        let unfinished: Vec<usize> = running.task.rows.iter().copied().filter(|row| !finished(row)).collect();
        self.enqueue(&unfinished);
        self.release()
    }

    fn tell_to_stop(&mut self, running: usize) {
        if self.stop.starting.load(Ordering::Relaxed) && !self.told_to_stop {
            self.told_to_stop = true;
            self.tracker.progress.line(&format!(
                "stopping: {running} running jobs may finish and are written; once more kills them"
            ));
        }
    }

    /// Shows how far it is.
    fn show(&mut self, running: &HashMap<usize, Running>) -> Snapshot {
        let mut jobs: Vec<&Running> = running.values().collect();
        jobs.sort_by_key(|one| one.since);
        let name = |one: &&Running| {
            let row = &self.plan.rows[one.task.rows[0]];
            let group = match one.task.rows.len() {
                1 => row.id.clone(),
                n => format!("{} x{n}", row.configuration.classifier),
            };
            (format!("{} {group}", row.dataset), one.since.elapsed())
        };
        let snapshot = Snapshot {
            finished: self.tracker.finished,
            failed: self.tracker.summary.failures.len(),
            total: self.tracker.total,
            running: jobs.iter().map(name).collect(),
            left: self.left(&jobs),
        };
        self.tracker.progress.show(&snapshot);
        snapshot
    }

    /// Seconds to the end, as far as it is known.
    fn left(&self, running: &[&Running]) -> f64 {
        let states = &self.tracker.states;
        let seen = |one: &&Running| {
            let rows = one.task.rows.iter().zip(&one.delivered);
            let done = rows.filter(|(_, delivered)| **delivered).map(|(&row, _)| states[row].seconds);
            time_left::Running {
                expected: one.task.seconds,
                following: one.task.chain_seconds - one.task.seconds,
                limit: one.task.limit,
                elapsed: one.since.elapsed().as_secs_f64(),
                done: cost::group(done),
                done_after: (one.last_delivery - one.since).as_secs_f64(),
            }
        };
        let running: Vec<time_left::Running> = running.iter().map(seen).collect();
        let queued = self.queue.iter().map(|task| {
            let repeats = task.chain_seconds / task.seconds.max(1e-9);
            (task.chain_seconds, task.limit * repeats.max(1.0))
        });
        let held = self.held.iter().map(|&row| (states[row].seconds, states[row].limit));
        time_left::left(&self.pace, &running, queued.chain(held), self.options.jobs)
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
