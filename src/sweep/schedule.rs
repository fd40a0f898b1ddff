//! Chooses what starts when, takes results as they come, and sees that every row ends as a file.
//!
//! One thread for each running worker, and this one, which alone touches rows and files.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Scope;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;

use super::job::{self, Line, Started, Task};
use super::memory::Groups;
use super::process;
use super::progress::{Progress, Standing, human, seconds};
use super::protocol::{Expected, FailureKind, Job, Reply};
use super::resume::{self, Todo};
use super::signals::Stop;
use super::supervise::{End, Ended, Limits, Surroundings, supervise};
use super::{Options, Plan, Summary, seeds};
use crate::engines::{Cost, Outcome};
use crate::results::{Repeat, Status, Store, provenance::utc, wire};

/// How often the progress is shown when nothing happens.
const TICK: Duration = Duration::from_millis(200);

/// Runs a plan. Fails only when the sweep itself cannot go on, such as on a full disk; whatever happens to a
/// row is in its file and in the summary.
pub fn run(plan: &Plan, options: &Options, store: &Store, stop: &Stop) -> anyhow::Result<Summary> {
    let program = process::this_program().context("cannot find this program's own file")?;
    let mut schedule = Schedule::new(plan, options, store, stop, program)?;
    schedule.look_at_files()?;
    let groups = Groups::default();
    std::thread::scope(|scope| schedule.work(scope, &groups))?;
    Ok(schedule.summary())
}

/// What a sweep would do, a line a row and one for the sum.
pub fn preview(plan: &Plan, options: &Options, store: &Store) -> anyhow::Result<Vec<String>> {
    let (mut text, mut waiting) = (Vec::new(), Vec::new());
    let mut lines: Vec<Line> = plan.rows.iter().map(|row| Line::new(row, plan, options)).collect();
    for (index, row) in plan.rows.iter().enumerate() {
        let todo = resume::look(store, row, &plan.truths[row.truth], options, true)?;
        let name = row.name();
        let line = &mut lines[index];
        if let Todo::Nothing(past)
        | Todo::More(past)
        | Todo::Retime(past)
        | Todo::All(Some((_, Some(past)))) = &todo
        {
            line.expect(past);
        }
        let what = match (&todo, &row.sharing_key) {
            (Todo::Nothing(past), _) => format!("there already ({})", past.status.name()),
            (_, Err(reason)) => format!("unsupported: {reason}"),
            (Todo::More(_), _) => "more repeats".to_string(),
            (Todo::Retime(_), _) => "times again".to_string(),
            (Todo::All(None), _) => "run".to_string(),
            (Todo::All(Some((reason, _))), _) => format!("run again: {}", reason.text()),
        };
        if !matches!(todo, Todo::Nothing(_)) {
            waiting.push(index);
        }
        text.push(format!("{name}  about {}  {what}", seconds(line.seconds)));
    }
    let tasks = job::group(&waiting, plan, &lines, options);
    let all: f64 = tasks.iter().map(|task| task.chain_seconds).sum();
    let longest = tasks.iter().map(|task| task.chain_seconds).fold(0.0, f64::max);
    text.extend(plan.unwritten.iter().map(|id| format!("native {id}  not written yet")));
    text.push(format!(
        "{} rows, {} to run in {} jobs, about {} at {} a time; {} configurations not written yet",
        plan.rows.len(),
        waiting.len(),
        tasks.len(),
        human(Duration::from_secs_f64(longest.max(all / options.jobs as f64))),
        options.jobs,
        plan.unwritten.len()
    ));
    Ok(text)
}

/// Something that a worker's thread tells.
enum Event {
    Reply(usize, Reply),
    Ended(usize, Ended),
}

struct Running {
    task: Task,
    threads: usize,
    since: Instant,
    utc: String,
    /// The most jobs that ran at the same time.
    in_flight: usize,
    delivered: Vec<bool>,
}

struct Schedule<'a> {
    plan: &'a Plan,
    options: &'a Options,
    store: &'a Store,
    stop: &'a Stop,
    program: PathBuf,
    lines: Vec<Line>,
    /// By rising expected time with all repeats: the longest is taken from the end.
    queue: Vec<Task>,
    progress: Progress,
    started: Instant,
    summary: Summary,
    /// Rows to run now, and how many of them have ended.
    total: usize,
    finished: usize,
    /// Seconds that finished tasks took, and that they were expected to take.
    actual: f64,
    expected: f64,
    told_to_stop: bool,
}

impl<'a> Schedule<'a> {
    fn new(
        plan: &'a Plan,
        options: &'a Options,
        store: &'a Store,
        stop: &'a Stop,
        program: PathBuf,
    ) -> anyhow::Result<Self> {
        let lines = plan.rows.iter().map(|row| Line::new(row, plan, options)).collect();
        Ok(Schedule {
            plan,
            options,
            store,
            stop,
            program,
            lines,
            queue: Vec::new(),
            progress: Progress::new(),
            started: Instant::now(),
            summary: Summary {
                unwritten: plan.unwritten.clone(),
                absent: plan.absent.clone(),
                ..Summary::default()
            },
            total: 0,
            finished: 0,
            actual: 0.0,
            expected: 0.0,
            told_to_stop: false,
        })
    }

    /// Finds what is there already, and queues the rest.
    fn look_at_files(&mut self) -> anyhow::Result<()> {
        let mut again: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut waiting = Vec::new();
        for (index, row) in self.plan.rows.iter().enumerate() {
            let todo = resume::look(self.store, row, &self.plan.truths[row.truth], self.options, false)
                .with_context(|| format!("cannot look at the results in {}", self.store.root().display()))?;
            let line = &mut self.lines[index];
            match todo {
                Todo::Nothing(record) => {
                    line.finished = true;
                    self.summary.kept += 1;
                    let failed = record.status.is_failure() && record.status != Status::Unsupported;
                    self.summary.kept_failures += usize::from(failed);
                    continue;
                }
                Todo::More(record) => {
                    line.expect(&record);
                    line.record = *record;
                    line.record.quiet &= self.options.quiet_pass;
                }
                Todo::Retime(record) => {
                    line.expect(&record);
                    line.earlier = Some(record);
                }
                Todo::All(None) => {}
                Todo::All(Some((reason, past))) => {
                    if let Some(past) = past {
                        line.expect(&past);
                    }
                    if let resume::Reason::Garbled(problem) = &reason {
                        self.progress.line(&format!("garbled: {problem}"));
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
            self.progress.line(&format!("{} rows are there already", self.summary.kept));
        }
        for &index in &waiting {
            if let Err(reason) = &self.plan.rows[index].sharing_key {
                let started = self.not_started();
                self.lines[index].fail(Status::Unsupported, reason.clone(), &started);
                self.finish(index)?;
            }
        }
        for task in job::group(&waiting, self.plan, &self.lines, self.options) {
            self.enqueue(task);
        }
        Ok(())
    }

    fn not_started(&self) -> Started {
        let utc = utc(SystemTime::now());
        Started { threads: self.options.threads, in_flight: 1, shared_with: Vec::new(), utc, peak: 0 }
    }

    fn enqueue(&mut self, task: Task) {
        let place = self.queue.partition_point(|other| other.chain_seconds <= task.chain_seconds);
        self.queue.insert(place, task);
    }

    fn work<'scope>(&mut self, scope: &'scope Scope<'scope, '_>, groups: &'scope Groups) -> anyhow::Result<()>
    where
        'a: 'scope,
    {
        let (sender, receiver) = channel();
        let mut running = HashMap::new();
        let mut number = 0;
        loop {
            let stopped = self.stop.starting.load(Ordering::Relaxed);
            while !stopped && let Some((task, threads)) = self.next(&running) {
                let one = self.start(scope, groups, &sender, number, task, threads, running.len() + 1);
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
            self.show(&running);
        }
    }

    /// The task to start now, and its threads: the longest that there is room for.
    fn next(&mut self, running: &HashMap<usize, Running>) -> Option<(Task, usize)> {
        let options = self.options;
        let threads = options.threads;
        let busy: usize = running.values().map(|one| one.threads).sum();
        let idle = (options.jobs * threads).saturating_sub(busy);
        if running.len() >= options.jobs || (idle < threads && !running.is_empty()) {
            return None;
        }
        let used: u64 = running.values().map(|one| one.task.bytes).sum();
        let room = Options::memory_for_jobs().saturating_sub(used);
        let fits = |task: &Task| task.bytes <= room;
        let place = match self.queue.iter().rposition(fits) {
            Some(place) => place,
            // Nothing fits: what is too large for the expectation still gets its try, alone.
            None if running.is_empty() => self.queue.len().checked_sub(1)?,
            None => return None,
        };
        let task = self.queue.remove(place);
        // The last jobs get the cores that would stand idle. Not where repeats are to be compared, nor in a
        // quiet pass: there every job has what was asked for.
        let share = idle / (self.queue.len() + 1);
        let generous = options.repeats == 1 && !options.quiet_pass;
        Some((task, if generous { threads.max(share) } else { threads }))
    }

    #[allow(clippy::too_many_arguments)]
    fn start<'scope>(
        &self,
        scope: &'scope Scope<'scope, '_>,
        groups: &'scope Groups,
        sender: &Sender<Event>,
        number: usize,
        task: Task,
        threads: usize,
        in_flight: usize,
    ) -> Running
    where
        'a: 'scope,
    {
        let row = &self.plan.rows[task.rows[0]];
        let truth = &self.plan.truths[row.truth];
        let options = self.options;
        let parameters = |&row: &usize| self.plan.rows[row].configuration.parameters.clone();
        let job = Job {
            results_descriptor: -1,
            data_dir: options.data_dir.clone(),
            dataset: row.dataset.clone(),
            digests: truth.digests.clone(),
            train_size: row.subset,
            engine: row.engine.name.to_string(),
            classifier: row.configuration.classifier.clone(),
            parameters: task.rows.iter().map(parameters).collect(),
            subset_seed: seeds::subset(options.seed, &row.dataset),
            shuffle_seed: seeds::shuffle(options.seed, &row.dataset, task.repeat),
            model_seed: job::model_seed(row, task.repeat, options),
            threads,
        };
        let expected = Expected {
            configurations: task.rows.len(),
            test_size: truth.test_labels.len(),
            classes: truth.classes,
        };
        let timeout = task.rows.iter().map(|&row| self.plan.rows[row].timeout).max().unwrap_or(row.timeout);
        let limits = Limits { timeout, memory_bytes: options.memory_limit };
        let (program, stop, sender) = (self.program.clone(), self.stop, sender.clone());
        let delivered = vec![false; task.rows.len()];
        // The worker is started by the thread that waits for it: its parent-death signal comes when the
        // thread that started it ends.
        scope.spawn(move || {
            let surroundings = Surroundings { program: &program, groups, kill_now: &stop.running };
            // The receiver is gone only when the sweep has failed.
            let ended = supervise(&surroundings, &job, expected, limits, |reply| {
                let _ = sender.send(Event::Reply(number, reply));
            });
            let _ = sender.send(Event::Ended(number, ended));
        });
        let (since, utc) = (Instant::now(), utc(SystemTime::now()));
        Running { task, threads, since, utc, in_flight, delivered }
    }

    /// Waits for something to happen, and takes everything that has.
    fn take(
        &mut self,
        receiver: &Receiver<Event>,
        running: &mut HashMap<usize, Running>,
    ) -> anyhow::Result<()> {
        let mut event = match receiver.recv_timeout(TICK) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        };
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

    fn reply(&mut self, running: &mut Running, reply: Reply) -> anyhow::Result<()> {
        match reply {
            Reply::Ready { .. } => Ok(()),
            Reply::Failed { index, kind, reason } => {
                running.delivered[index] = true;
                let status = match kind {
                    FailureKind::Unsupported => Status::Unsupported,
                    FailureKind::Diverged => Status::Diverged,
                    FailureKind::Failed => Status::Crashed,
                };
                let row = running.task.rows[index];
                let started = self.describe(running, 0);
                self.lines[row].fail(status, reason, &started);
                self.finish(row)
            }
            Reply::Ok { index, predictions, fit, predict, converged, facts, peak_memory_bytes } => {
                running.delivered[index] = true;
                let row = running.task.rows[index];
                let started = self.describe(running, peak_memory_bytes);
                let outcome = Outcome {
                    predictions: wire::decode(&predictions).unwrap_or_default(),
                    fit: Cost { wall_seconds: fit.wall, cpu_seconds: fit.cpu },
                    predict: Cost { wall_seconds: predict.wall, cpu_seconds: predict.cpu },
                    converged,
                    facts,
                };
                self.result(row, running.task.repeat, outcome, &started)
            }
        }
    }

    fn describe(&self, running: &Running, peak: u64) -> Started {
        let id = |&row: &usize| self.plan.rows[row].id.clone();
        let rows = &running.task.rows;
        let shared_with = if rows.len() > 1 { rows.iter().map(id).collect() } else { Vec::new() };
        let (threads, in_flight) = (running.threads, running.in_flight);
        Started { threads, in_flight, shared_with, utc: running.utc.clone(), peak }
    }

    fn result(
        &mut self,
        row: usize,
        repeat: usize,
        outcome: Outcome,
        started: &Started,
    ) -> anyhow::Result<()> {
        let planned = &self.plan.rows[row];
        let truth = &self.plan.truths[planned.truth];
        let seed = job::model_seed(planned, repeat, self.options);
        let line = &mut self.lines[row];
        match Repeat::from_outcome(seed, outcome, &truth.test_labels, truth.classes) {
            Ok(repeat) => line.add(repeat, started),
            Err(reason) => line.fail(Status::Crashed, reason, started),
        }
        if line.contradicts_earlier() {
            let name = planned.name();
            self.progress.line(&format!("PREDICTIONS CHANGED: {name}"));
            self.summary.contradictions.push(name);
            line.finished = true;
            self.finished += 1;
            return Ok(());
        }
        if self.lines[row].wants_more(self.options) { self.write(row) } else { self.finish(row) }
    }

    /// Writes what is known of a row, unless its earlier file says more.
    fn write(&self, row: usize) -> anyhow::Result<()> {
        let line = &self.lines[row];
        if line.earlier.as_ref().is_some_and(|earlier| earlier.repeats.len() > line.record.repeats.len()) {
            return Ok(());
        }
        self.store.write(&line.record).with_context(|| {
            format!(
                "cannot write the result of {} to {}",
                self.plan.rows[row].name(),
                self.store.root().display()
            )
        })?;
        Ok(())
    }

    /// Writes a row for the last time, and says so.
    fn finish(&mut self, row: usize) -> anyhow::Result<()> {
        let line = &mut self.lines[row];
        line.finished = true;
        if line.record.status != Status::Ok && line.earlier.take().is_some() {
            // A quiet pass that fails takes nothing away from a result that is there.
            let name = self.plan.rows[row].name();
            let reason = line.record.error.clone().unwrap_or_default();
            self.summary.failures.push((name, format!("quiet pass: {}", first_line(&reason))));
        } else {
            self.write(row)?;
        }
        self.finished += 1;
        let line = &self.lines[row];
        let record = &line.record;
        *self.summary.ended.entry(record.status).or_default() += 1;
        let name = self.plan.rows[row].name();
        let place = format!("[{:>w$}/{}]", self.finished, self.total, w = self.total.to_string().len());
        let reason = first_line(record.error.as_deref().unwrap_or_default());
        if record.status == Status::Ok {
            let text = describe(record);
            self.progress.line(&format!("{place} {name}  {text}"));
        } else {
            let status = record.status.name().replace('_', " ");
            if record.status != Status::Unsupported {
                self.summary.native_failures += usize::from(record.engine == "native");
                self.summary.failures.push((name.clone(), format!("{status}: {reason}")));
            }
            self.progress.line(&format!("{place} {name}  {status}: {reason}"));
        }
        Ok(())
    }

    fn ended(&mut self, running: Running, ended: Ended) -> anyhow::Result<()> {
        let Running { task, since, delivered, .. } = &running;
        self.actual += since.elapsed().as_secs_f64();
        self.expected += task.seconds;
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
            self.progress.line(&format!(
                "{}: {reason} ({first} and {others} others run again, each alone)",
                status.name()
            ));
            for &row in &missing {
                self.lines[row].alone = true;
            }
        } else if let [row] = missing[..] {
            let error = [vec![reason.to_string()], ended.log].concat().join("\n");
            let started = self.describe(&running, 0);
            self.lines[row].fail(status, error, &started);
            self.finish(row)?;
        }
        let unfinished: Vec<usize> =
            running.task.rows.iter().copied().filter(|&row| !self.lines[row].finished).collect();
        for task in job::group(&unfinished, self.plan, &self.lines, self.options) {
            self.enqueue(task);
        }
        Ok(())
    }

    fn tell_to_stop(&mut self, running: usize) {
        if self.stop.starting.load(Ordering::Relaxed) && !self.told_to_stop {
            self.told_to_stop = true;
            self.progress.line(&format!(
                "stopping: {running} running jobs may finish and are written; once more kills them"
            ));
        }
    }

    fn show(&mut self, running: &HashMap<usize, Running>) {
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
        let standing = Standing {
            finished: self.finished,
            failed: self.summary.failures.len(),
            total: self.total,
            running: jobs.iter().map(name).collect(),
            left: self.left(&jobs),
        };
        self.progress.show(&standing);
    }

    /// Expected time to the end, corrected by how the expectations have turned out so far.
    fn left(&self, running: &[&Running]) -> Duration {
        // One expected minute counts as right, so that the first job does not decide alone.
        const TRUST: f64 = 60.0;
        let correction = ((self.actual + TRUST) / (self.expected + TRUST)).clamp(0.02, 50.0);
        let rest = |one: &&Running| {
            let rest = one.task.seconds * correction - one.since.elapsed().as_secs_f64();
            rest.max(0.0) + (one.task.chain_seconds - one.task.seconds) * correction
        };
        let running: Vec<f64> = running.iter().map(rest).collect();
        let queued = self.queue.iter().map(|task| task.chain_seconds * correction);
        let sum: f64 = running.iter().copied().chain(queued.clone()).sum();
        let longest = running.iter().copied().chain(queued).fold(0.0, f64::max);
        Duration::from_secs_f64((sum / self.options.jobs as f64).max(longest))
    }

    fn summary(mut self) -> Summary {
        self.summary.left = self.lines.iter().filter(|line| !line.finished).count();
        self.summary.interrupted = self.stop.starting.load(Ordering::Relaxed);
        self.summary.took = self.started.elapsed();
        self.summary
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_string()
}

/// Accuracy and times of a finished row.
fn describe(record: &crate::results::Record) -> String {
    let accuracy = record.accuracy().unwrap_or_default();
    let spread = record
        .accuracy_deviation()
        .map_or(String::new(), |deviation| format!(" (sd {deviation:.4}, n {})", record.repeats.len()));
    let fit = seconds(record.fit_seconds().unwrap_or_default());
    let predict = seconds(record.predict_seconds().unwrap_or_default());
    let converged = if record.converged() == Some(false) { ", not converged" } else { "" };
    format!("accuracy {accuracy:.4}{spread}, fit {fit}, predict {predict}{converged}")
}
