//! Starting, watching and killing worker processes: the only part of the sweep that talks to the operating
//! system below the standard library.
//!
//! A worker leads a process group of its own, so a kill takes whatever it started. It dies with the
//! supervisor in two ways: by a parent-death signal (Linux), and because its standard input is a pipe that
//! the supervisor holds open: [`die_with_supervisor`] kills the whole group at its end.

use std::io::{self, PipeReader, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

/// A running worker: its pipes and the right to kill its group.
pub struct Process {
    child: Child,
    /// What the worker writes to its result descriptor.
    pub results: PipeReader,
    /// Standard output and standard error together.
    pub log: PipeReader,
}

/// This program's own file, to start again as a worker. On Linux it is the very file that runs now, even
/// when a build has put another in its place: results of two versions must not mix in one sweep.
pub fn this_program() -> io::Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if running.exists() { Ok(running.to_path_buf()) } else { std::env::current_exe() }
}

/// Starts `program` in a process group of its own. Returns the process, its standard input (to be held for
/// as long as the worker may live) and the number of the result descriptor inside the worker.
pub fn start(program: &Path, arguments: &[&str]) -> io::Result<(Process, ChildStdin, RawFd)> {
    let (results, results_out) = io::pipe()?;
    let (log, log_out) = io::pipe()?;
    let descriptor = results_out.as_raw_fd();
    let supervisor = std::process::id();
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg0("mnist-bench")
        // The last lines of the log go into the result: they should be the message, not the trace.
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::piped())
        .stdout(log_out.try_clone()?)
        .stderr(log_out)
        .process_group(0);
    // SAFETY: between fork and exec the closure calls only fcntl, prctl and getppid, which are
    // async-signal-safe, and touches no memory but its two captured integers.
    unsafe {
        command.pre_exec(move || {
            // Keeps the descriptor open across exec in this child only: other workers started at the same
            // moment must not hold it, or its end would never be seen.
            if libc::fcntl(descriptor, libc::F_SETFD, 0) == -1 {
                return Err(io::Error::last_os_error());
            }
            #[cfg(target_os = "linux")]
            {
                if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) == -1 {
                    return Err(io::Error::last_os_error());
                }
                // The supervisor may have died before the signal was asked for.
                if libc::getppid() as u32 != supervisor {
                    return Err(io::Error::from_raw_os_error(libc::ESRCH));
                }
            }
            Ok(())
        });
    }
    let mut child = command.spawn()?;
    drop(results_out);
    let stdin = child.stdin.take().ok_or_else(|| io::Error::other("the worker has no standard input"))?;
    Ok((Process { child, results, log }, stdin, descriptor))
}

impl Process {
    /// The worker's process id, which is its group's id too.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the worker itself has ended. It is not reaped by this, so that its id, and with it the
    /// group's, cannot be given to another process before [`Process::kill`].
    pub fn has_ended(&self) -> bool {
        // SAFETY: siginfo_t is plain data for which zero bytes are a valid value.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: `info` is a valid, exclusively borrowed siginfo_t.
        let code = unsafe { libc::waitid(libc::P_PID, self.child.id(), &mut info, flags) };
        // SAFETY: si_pid is defined after waitid, and stays zero when nothing has ended.
        code != 0 || unsafe { info.si_pid() } != 0
    }

    /// Kills the whole group and reaps the worker.
    pub fn kill(mut self) -> io::Result<ExitStatus> {
        self.kill_group();
        self.child.wait()
    }

    fn kill_group(&self) {
        // SAFETY: kill takes no pointers. The worker is not reaped yet, so its id still names its group.
        unsafe { libc::kill(-(self.child.id() as i32), libc::SIGKILL) };
    }
}

/// Which of the pipes have something to read (or have ended), waiting at most `timeout`.
pub fn wait_readable<const N: usize>(pipes: [Option<&PipeReader>; N], timeout: Duration) -> [bool; N] {
    // A negative descriptor is ignored by poll.
    let mut polled = pipes.map(|pipe| libc::pollfd {
        fd: pipe.map_or(-1, AsRawFd::as_raw_fd),
        events: libc::POLLIN,
        revents: 0,
    });
    let milliseconds = timeout.as_millis().min(i32::MAX as u128) as i32;
    // SAFETY: the pointer and length are those of a local array of pollfd.
    let count = unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, milliseconds) };
    polled.map(|one| count > 0 && one.revents != 0)
}

/// The signal's number and name, for messages.
pub fn signal_name(signal: i32) -> String {
    let name = match signal {
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGHUP => "SIGHUP",
        libc::SIGILL => "SIGILL",
        libc::SIGINT => "SIGINT",
        libc::SIGKILL => "SIGKILL",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGTERM => "SIGTERM",
        _ => return format!("signal {signal}"),
    };
    format!("signal {signal} ({name})")
}

/// In the worker: the descriptor that the supervisor opened for results. It is closed again in whatever
/// the worker starts. Fails when the number names no open descriptor.
pub fn inherited(descriptor: RawFd) -> io::Result<std::fs::File> {
    // SAFETY: fcntl with F_SETFD takes no pointers, and fails on a number that is not open.
    if descriptor <= 2 || unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) } == -1 {
        return Err(io::Error::other(format!("descriptor {descriptor} is not open for results")));
    }
    // SAFETY: the descriptor is open (just checked), was made for this process by the supervisor, and
    // nothing else in this program owns it: this is called once, with the number from the job.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }.into())
}

/// In the worker: from now on, the end of standard input kills this process and its whole group.
///
/// This takes over from the parent-death signal, which would kill the worker alone and leave behind what
/// it started.
pub fn die_with_supervisor() -> io::Result<()> {
    std::thread::Builder::new().name("supervisor-watch".into()).spawn(|| {
        let mut rest = [0; 64];
        while !matches!(io::stdin().read(&mut rest), Ok(0) | Err(_)) {}
        // SAFETY: neither call takes pointers; group 0 is the caller's own, and it is killed only when
        // this process leads it, so a worker started by hand does not kill the shell's pipeline.
        unsafe {
            if libc::getpgrp() as u32 == std::process::id() {
                libc::kill(0, libc::SIGKILL);
            }
        }
        std::process::exit(1);
    })?;
    #[cfg(target_os = "linux")]
    // SAFETY: prctl with PR_SET_PDEATHSIG takes a number only.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, 0)
    };
    Ok(())
}

/// Bytes in a page of memory.
pub fn page_size() -> u64 {
    // SAFETY: sysconf takes a number only.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// Columns of the terminal that standard output is, if it is one.
pub fn terminal_width() -> Option<usize> {
    // SAFETY: winsize is plain data for which zero bytes are a valid value.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    // SAFETY: TIOCGWINSZ writes one winsize through a valid, exclusively borrowed pointer.
    let code = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &mut size) };
    (code == 0 && size.ws_col > 0).then_some(usize::from(size.ws_col))
}
