//! In a worker: starts an engine's program on the prepared arrays, and takes its replies.
//!
//! The program stays in the worker's process group, so that its memory counts towards the job's limit and a
//! kill ends it too; it dies when the worker does. It shares standard output and standard error with the
//! worker, so that both go into the log.

use std::io::{BufRead, BufReader, PipeReader, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::npy::Arrays;
use super::{Start, environment, peak};
use crate::engines::protocol::{EngineJob, Expected, PROTOCOL, Reply, ReplyError};
use crate::engines::{Failure, Outcome, Work};
use crate::grid::Preprocessing;
use crate::grid::schema::NETWORK;

/// Interval between two readings of the program's memory.
const TICK: Duration = Duration::from_millis(20);
/// How long a program that has closed its results may take to end, for its exit status.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);

/// A program that has loaded its data.
pub struct Program {
    name: String,
    child: Child,
    /// The program's standard input: its end tells the program that the worker is gone.
    _stdin: ChildStdin,
    lines: Receiver<Vec<u8>>,
    expected: Expected,
    /// A refusal that came instead of `ready`.
    first: Option<Reply>,
}

impl Program {
    /// Starts the program and waits until it says that it is ready.
    pub fn start(start: &Start, classifier: &str, work: &Work) -> Result<Program, String> {
        // A network's definition says how its pixels are scaled.
        let arrays = Arrays::write(work, &start.scratch, classifier == NETWORK)
            .map_err(|error| format!("cannot write arrays to {}: {error}", start.scratch.display()))?;
        let folder = tempfile::Builder::new()
            .prefix("job-")
            .tempdir_in(&start.scratch)
            .map_err(|error| format!("cannot make a folder in {}: {error}", start.scratch.display()))?
            // The sweep removes it with everything else: a worker may be killed at any time.
            .keep();
        let threads = rayon::current_num_threads();
        let (child, mut stdin, results, descriptor) = spawn(start, &folder, threads)
            .map_err(|error| format!("cannot start {}: {error}", start.command[0]))?;
        let preprocessing = match work.configurations.first() {
            Some(one) => one.preprocessing.split_at(&start.preprocessing).1,
            None => Preprocessing::default(),
        };
        let job = EngineJob {
            protocol: PROTOCOL,
            results: format!("/dev/fd/{descriptor}"),
            x_train: &arrays.x_train,
            y_train: &arrays.y_train,
            x_test: &arrays.x_test,
            dataset: work.dataset,
            train_size: work.training.features.n(),
            test_size: work.test.n(),
            features: work.test.d(),
            classes: work.training.classes,
            image: work.image,
            classifier,
            parameters: work.configurations.iter().map(|one| &one.parameters).collect(),
            preprocessing: &preprocessing,
            seed: work.seed,
            seed_31: (work.seed % (1 << 31)) as u32,
            threads,
        };
        let mut line = serde_json::to_vec(&job).map_err(|error| error.to_string())?;
        line.push(b'\n');
        // A program that does not read is seen by its end, or at the time limit.
        let _ = stdin.write_all(&line).and_then(|()| stdin.flush());
        let expected = Expected {
            configurations: work.configurations.len(),
            test_size: work.test.n(),
            classes: work.training.classes,
        };
        let (name, lines) = (start.name.clone(), read(results, expected.longest_line()));
        let mut program = Program { name, child, _stdin: stdin, lines, expected, first: None };
        match program.next()? {
            Some(Reply::Ready {}) => Ok(program),
            // The program may refuse a configuration before it has loaded anything.
            Some(first @ Reply::Failed { .. }) => {
                program.first = Some(first);
                Ok(program)
            }
            Some(Reply::Ok(_)) => Err(program.invalid(&ReplyError::NotReady)),
            None => {
                let ended = program.ended("before it was ready");
                Err(format!("{ended} (its replies belong into the file that \"results\" of the job names)"))
            }
        }
    }

    /// Takes results until each configuration has one.
    pub fn run(
        mut self,
        done: &mut [bool],
        emit: &mut dyn FnMut(usize, Result<Outcome, Failure>),
    ) -> Result<(), String> {
        while done.contains(&false) {
            let Some(reply) = self.next()? else { return Err(self.ended("without giving a result")) };
            let (index, outcome) = match reply {
                Reply::Ready {} => return Err(self.invalid(&ReplyError::ReadyTwice)),
                Reply::Ok(answer) => (answer.index, Ok(answer.into())),
                Reply::Failed { index, kind, reason } => (index, Err(kind.failure(reason))),
            };
            // Below the number of configurations, or the reply would have been refused.
            if std::mem::replace(&mut done[index], true) {
                return Err(self.invalid(&ReplyError::Twice { index }));
            }
            emit(index, outcome);
        }
        Ok(())
    }

    /// The next reply; `None` at the end of the results.
    fn next(&mut self) -> Result<Option<Reply>, String> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        loop {
            peak::sample(self.child.id());
            match self.lines.recv_timeout(TICK) {
                Ok(line) => {
                    peak::sample(self.child.id());
                    return self.parse(&line).map(Some);
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                // The last reply may still be in the pipe; a child of the program may hold the pipe open
                // after the program's end.
                Err(RecvTimeoutError::Timeout) if matches!(self.child.try_wait(), Ok(Some(_))) => {
                    return self
                        .lines
                        .recv_timeout(EXIT_TIMEOUT)
                        .ok()
                        .map(|line| self.parse(&line))
                        .transpose();
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn parse(&self, line: &[u8]) -> Result<Reply, String> {
        match self.expected.parse(line) {
            Ok(Reply::Ok(answer)) if answer.peak_memory_bytes.is_some() => {
                Err(self.invalid(&ReplyError::Peak))
            }
            reply => reply.map_err(|error| self.invalid(&error)),
        }
    }

    fn invalid(&self, error: &ReplyError) -> String {
        format!("{} sent an invalid reply: {error}", self.name)
    }

    /// The error for a program that ended too early.
    fn ended(&mut self, when: &str) -> String {
        let mut status = self.child.try_wait();
        for _ in 0..EXIT_TIMEOUT.as_millis() / TICK.as_millis() {
            if !matches!(status, Ok(None)) {
                break;
            }
            std::thread::sleep(TICK);
            status = self.child.try_wait();
        }
        let name = &self.name;
        match status {
            Ok(Some(status)) => format!("{name} ended {when}: {}", describe(status)),
            _ => format!("{name} closed its results {when}"),
        }
    }
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// Starts the program with a pipe for its results; also returns the number of the pipe's descriptor in the
/// program.
fn spawn(
    start: &Start,
    folder: &Path,
    threads: usize,
) -> std::io::Result<(Child, ChildStdin, PipeReader, i32)> {
    let (results, results_out) = std::io::pipe()?;
    let descriptor = results_out.as_raw_fd();
    let mut program = Command::new(&start.command[0]);
    program.args(&start.command[1..]).stdin(Stdio::piped());
    environment::scrub(&mut program, folder, threads, &start.env);
    // SAFETY: between fork and exec the closure calls only fcntl and prctl, which are async-signal-safe, and
    // touches no memory but its captured integer.
    unsafe {
        program.pre_exec(move || {
            if libc::fcntl(descriptor, libc::F_SETFD, 0) == -1 {
                return Err(std::io::Error::last_os_error());
            }
            // Where worker and supervisor are killed at the same moment no process is left to kill the group.
            #[cfg(target_os = "linux")]
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) == -1 {
                return Err(std::io::Error::last_os_error());
            }
            Ok(())
        });
    }
    let mut child = program.spawn()?;
    drop(results_out);
    let stdin = child.stdin.take().ok_or_else(|| std::io::Error::other("no standard input"))?;
    Ok((child, stdin, results, descriptor))
}

/// Reads lines in a thread, at most a few ahead of the receiver. A line is cut after `longest` + 1 bytes.
fn read(results: PipeReader, longest: usize) -> Receiver<Vec<u8>> {
    let (sender, receiver) = sync_channel(4);
    std::thread::spawn(move || {
        let mut results = BufReader::new(results);
        loop {
            let mut line = Vec::new();
            let most = longest as u64 + 1;
            match results.by_ref().take(most).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if line.trim_ascii().is_empty() => {}
                Ok(_) if sender.send(line).is_err() => return,
                Ok(_) => {}
            }
        }
    });
    receiver
}
