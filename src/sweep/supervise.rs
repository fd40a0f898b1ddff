//! Runs one job in a worker process: reads its replies, enforces its limits, keeps the end of its log, and
//! classifies how it ended.

use std::io::{self, PipeReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::log::LogTail;
use super::memory::{self, Groups};
use super::process::{self, Process};
use crate::engines::protocol::{Answer, Expected, FailureKind, Reply, ReplyError, WorkerJob};
use crate::results::forecast::Forecast;

/// What a job may use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Time for each configuration, counted from the previous result (or from the end of loading).
    pub timeout: Duration,
    /// Resident memory of the worker's whole process group.
    pub memory_bytes: u64,
}

/// How a worker ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// By itself, with every result delivered.
    Finished,
    /// Killed: nothing came for as long as the limit allows.
    Timeout(String),
    /// Not run on all images: judging by few images, it would exceed the limit.
    Forecast(Forecast),
    /// Killed at the memory limit, or it could not get memory.
    OutOfMemory(String),
    /// Ended too early, by itself or by somebody else, or did not keep to the protocol.
    Crashed(String),
    /// Killed because the sweep was told to stop at once.
    Interrupted,
}

/// A job that has ended: whatever was delivered before has been handed over.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub end: End,
    /// The last lines of standard output and standard error.
    pub log: Vec<String>,
}

/// What supervising needs and all workers share.
pub struct Surroundings<'a> {
    /// The program to start, with the argument `worker`.
    pub program: &'a Path,
    pub groups: &'a Groups,
    /// Set when running workers shall be killed at once.
    pub kill_now: &'a AtomicBool,
}

/// How often limits are checked.
const TICK: Duration = Duration::from_millis(50);
/// The least time limit of loading, which is not part of a configuration's time.
const LOADING: Duration = Duration::from_secs(300);
/// How long a worker may take to go after its last result.
const EXIT_TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes read from a pipe after the worker has ended: a child process may write to it without end.
const DRAINED: usize = 4 << 20;

/// Runs `job` and calls `deliver` for each reply that the job allows. Returns when the worker and everything
/// it started in its group is dead.
pub fn supervise(
    surroundings: &Surroundings,
    job: &WorkerJob,
    expected: Expected,
    limits: Limits,
    deliver: impl FnMut(Reply),
) -> Ended {
    match process::start(surroundings.program, &["worker"]) {
        Ok((process, stdin, descriptor)) => {
            let job = WorkerJob { results_descriptor: descriptor, ..job.clone() };
            let mut line = serde_json::to_vec(&job).unwrap_or_default();
            line.push(b'\n');
            // A worker that does not read must not hold up the supervisor. The thread keeps the pipe
            // open (its end tells the worker that the supervisor is gone) until it is joined.
            let writer = std::thread::spawn(move || {
                let mut stdin = stdin;
                // A worker that is gone already is seen by its exit status.
                let _ = stdin.write_all(&line).and_then(|()| stdin.flush());
                stdin
            });
            let ended = Watch::new(surroundings, expected, limits, deliver).run(process);
            drop(writer.join());
            ended
        }
        Err(error) => {
            Ended { end: End::Crashed(format!("the worker could not be started: {error}")), log: Vec::new() }
        }
    }
}

/// One worker being watched.
struct Watch<'a, F> {
    surroundings: &'a Surroundings<'a>,
    expected: Expected,
    limits: Limits,
    deliver: F,
    /// Bytes of a reply that is not complete yet.
    partial: Vec<u8>,
    delivered: Vec<bool>,
    log: LogTail,
    ready: bool,
    /// When the clock of the current configuration started.
    since: Instant,
    kernel_kills: u64,
}

impl<'a, F: FnMut(Reply)> Watch<'a, F> {
    fn new(surroundings: &'a Surroundings, expected: Expected, limits: Limits, deliver: F) -> Self {
        Watch {
            surroundings,
            expected,
            limits,
            deliver,
            partial: Vec::new(),
            delivered: vec![false; expected.configurations],
            log: LogTail::default(),
            ready: false,
            since: Instant::now(),
            kernel_kills: memory::kernel_kills(),
        }
    }

    fn run(mut self, mut process: Process) -> Ended {
        let (mut results_open, mut log_open) = (true, true);
        let end = loop {
            let tick = if results_open || log_open { TICK } else { Duration::from_millis(1) };
            let open = [results_open.then_some(&process.results), log_open.then_some(&process.log)];
            let [results, log] = process::wait_readable(open, tick);
            if log {
                log_open = read(&mut process.log, |bytes| self.log.push(bytes));
            }
            if results {
                let mut violation = None;
                results_open = read(&mut process.results, |bytes| violation = self.receive(bytes).err());
                if let Some(violation) = violation {
                    break Some(End::Crashed(invalid(&violation)));
                }
            }
            if process.has_ended() {
                break None;
            }
            if let Some(end) = self.over_limit(&process) {
                break Some(end);
            }
        };
        // The rest of the pipes is read before the group is killed; that of the results only if the worker
        // ended by itself: its last results may still be in the pipe. A child process may keep a pipe open,
        // so reading does not wait for its end.
        if log_open {
            drain(&mut process.log, |bytes| self.log.push(bytes));
        }
        let mut violation = None;
        if end.is_none() && results_open {
            drain(&mut process.results, |bytes| {
                if violation.is_none() {
                    violation = self.receive(bytes).err();
                }
            });
        }
        let status = process.kill();
        let end = match (end, violation) {
            (Some(end), _) => end,
            (None, Some(violation)) => End::Crashed(invalid(&violation)),
            (None, None) => self.classify(status),
        };
        // All results are there: how the worker ended does not matter any more.
        let end = if self.complete() && !matches!(end, End::Interrupted) { End::Finished } else { end };
        Ended { end, log: self.log.last_lines() }
    }

    fn complete(&self) -> bool {
        self.delivered.iter().all(|&delivered| delivered)
    }

    /// Takes bytes from the result pipe and hands over the lines that they complete.
    fn receive(&mut self, bytes: &[u8]) -> Result<(), ReplyError> {
        self.partial.extend_from_slice(bytes);
        while let Some(end) = self.partial.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            let mut reply = self.expected.parse(&line[..end])?;
            if let Reply::Failed { kind: FailureKind::Failed, reason, .. } = &mut reply {
                // The log, which has been read before the results, says why an implementation fails.
                *reason = [vec![std::mem::take(reason)], self.log.last_lines()].concat().join("\n");
            }
            match &reply {
                Reply::Ready {} if self.ready => return Err(ReplyError::ReadyTwice),
                Reply::Ready {} => self.ready = true,
                Reply::Ok(Answer { index, .. }) | Reply::Failed { index, .. } => {
                    if std::mem::replace(&mut self.delivered[*index], true) {
                        return Err(ReplyError::Twice { index: *index });
                    }
                }
            }
            self.since = Instant::now();
            (self.deliver)(reply);
        }
        if self.partial.len() > self.expected.longest_line() {
            return Err(ReplyError::TooLong { longest: self.expected.longest_line() });
        }
        Ok(())
    }

    /// The reason to kill the worker now, if there is one.
    fn over_limit(&self, process: &Process) -> Option<End> {
        if self.surroundings.kill_now.load(Ordering::Relaxed) {
            return Some(End::Interrupted);
        }
        let waited = self.since.elapsed();
        if self.complete() {
            return (waited > EXIT_TIMEOUT).then_some(End::Finished);
        }
        let limit = if self.ready { self.limits.timeout } else { self.limits.timeout.max(LOADING) };
        if waited > limit {
            let seconds = limit.as_secs_f64();
            let what = if self.ready { "no result" } else { "still loading" };
            return Some(End::Timeout(format!("{what} after {seconds} s")));
        }
        let used = self.surroundings.groups.resident(process.id());
        if used > self.limits.memory_bytes {
            let (used, limit) = (mebibytes(used), mebibytes(self.limits.memory_bytes));
            return Some(End::OutOfMemory(format!("used {used} MiB of memory, the limit is {limit} MiB")));
        }
        None
    }

    /// How the worker ended, by its exit status, if results are missing.
    fn classify(&self, status: io::Result<ExitStatus>) -> End {
        let status = match status {
            Ok(status) => status,
            Err(error) => return End::Crashed(format!("the worker's exit status is unknown: {error}")),
        };
        let name = process::signal_name;
        match (status.code(), status.signal()) {
            (Some(0), _) => End::Crashed("the worker ended without giving a result".to_string()),
            // Rust's exit code for a panic.
            (Some(101), _) => End::Crashed("the worker panicked".to_string()),
            (Some(code), _) => End::Crashed(format!("the worker ended with exit code {code}")),
            (None, Some(libc::SIGABRT)) if self.log.contains("memory allocation of") => {
                End::OutOfMemory("an allocation failed".to_string())
            }
            (None, Some(libc::SIGKILL)) if memory::kernel_kills() > self.kernel_kills => {
                End::OutOfMemory("killed by the kernel for want of memory".to_string())
            }
            (None, Some(signal)) => {
                End::Crashed(format!("the worker was ended by {}, not by the sweep", name(signal)))
            }
            (None, None) => End::Crashed(format!("the worker ended: {status}")),
        }
    }
}

/// Reads once from a pipe that has something; `false` at its end.
fn read(pipe: &mut PipeReader, mut take: impl FnMut(&[u8])) -> bool {
    let mut buffer = [0; 64 * 1024];
    match pipe.read(&mut buffer) {
        Ok(0) => false,
        Ok(length) => {
            take(&buffer[..length]);
            true
        }
        Err(error) => error.kind() == io::ErrorKind::Interrupted,
    }
}

/// Reads what is in a pipe now, and no more than [`DRAINED`].
fn drain(pipe: &mut PipeReader, mut take: impl FnMut(&[u8])) {
    let mut total = 0;
    while total < DRAINED && process::wait_readable([Some(&*pipe)], Duration::ZERO)[0] {
        let before = total;
        read(pipe, |bytes| {
            total += bytes.len();
            take(bytes);
        });
        if total == before {
            break;
        }
    }
}

fn invalid(error: &ReplyError) -> String {
    format!("the worker sent an invalid reply: {error}")
}

fn mebibytes(bytes: u64) -> u64 {
    bytes >> 20
}
