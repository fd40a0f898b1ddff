//! Errors of external engines and of the file that lists them.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Each error says in one line what was found and what to do.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The file that lists the engines cannot be read.
    #[error("cannot read {}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}: not a list of engines: name a file such as benchmarks/engines.toml", .0.display())]
    NoList(PathBuf),
    /// A line of the list is wrong.
    #[error("{}: line {line}: {message}", .path.display())]
    Line { path: PathBuf, line: usize, message: String },
    #[error("engine {name} reports no version; results need one (to install it: {install})")]
    NoVersion { name: String, install: String, source: Box<VersionError> },
}

/// Why a program gave no version.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    #[error("cannot make a temporary folder")]
    Folder(#[source] io::Error),
    #[error("cannot start {program}")]
    Start { program: String, source: io::Error },
    #[error("cannot wait for {program}")]
    Wait { program: String, source: io::Error },
    #[error("{program} did not answer in {seconds} s")]
    Timeout { program: String, seconds: u64 },
    #[error("{program} ended with {status}: {last_line} ({advice})")]
    Failed { program: String, status: ExitStatus, last_line: String, advice: String },
    #[error("it should print a line such as {{\"version\": \"1.0\"}}, and printed {start:?}")]
    NoLine { start: String },
    #[error("\"version\" is empty, longer than {longest} characters, or has control characters")]
    Version { longest: usize },
    #[error(
        "found more than {most} facts, or one longer than {longest} characters or with control characters"
    )]
    Facts { most: usize, longest: usize },
    #[error("cannot read {}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
}
