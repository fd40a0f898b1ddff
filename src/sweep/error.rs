//! Why a sweep, a merge or a worker cannot go on. The failure of a single row is a status in its file, not an
//! error.

use std::io;
use std::path::PathBuf;

use pixel_learn::preprocessing::StepError;

use crate::dataset::DatasetError;

/// Each error says in one line what was found and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// Another process holds the lock of the run's folder.
    #[error(
        "another sweep{} writes to {}: wait for it, or give this one another --run or --results-dir",
        .process.as_ref().map_or(String::new(), |process| format!(" (process {process})")),
        .folder.display()
    )]
    Locked { folder: PathBuf, process: Option<String> },
    /// The shares computed here are not those that `plan --shards` showed.
    #[error(
        "--shard {number}/{of}@{expected}: here the shares are {found}; use the same version, arguments, data and \
         --costs everywhere, or ask `plan --shards {of}` again"
    )]
    OtherShares { number: usize, of: usize, expected: String, found: String },
    /// The name of a run is not valid as a folder name. Holds the store's message.
    #[error("{0}")]
    RunName(String),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The steps before a model do not fit each other or the images.
    #[error("{row}: {error}")]
    Steps { row: String, error: StepError },
    /// A file to be merged is not what it was when it was checked.
    #[error("{} has changed since it was read: merge again when nothing writes to it any more", .0.display())]
    Changed(PathBuf),
    /// A folder of results is a link.
    #[error("{} is a symbolic link: put a folder there", .0.display())]
    Link(PathBuf),
    /// A file that was checked can no longer be read.
    #[error("cannot read {}: {reason}", .path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// The system refuses something that the sweep needs.
    #[error("{action}")]
    Io { action: String, source: io::Error },
}

impl SweepError {
    /// Wraps an error of the operating system; `action` is what failed, such as "cannot write to ...".
    pub fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> SweepError {
        move |source| SweepError::Io { action: action.into(), source }
    }
}

/// Why a worker process ends before it has run its job.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("invalid job on standard input: a worker is started by a sweep")]
    Job(#[source] serde_json::Error),
    #[error("cannot write a reply as JSON")]
    Reply(#[source] serde_json::Error),
    #[error("no engine {0:?}")]
    Engine(String),
    #[error("{engine} has no {classifier:?}")]
    Classifier { engine: String, classifier: String },
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error("the files of {0} have changed since the sweep began")]
    DatasetChanged(String),
    #[error(transparent)]
    Preprocessing(#[from] StepError),
    #[error("cannot start the threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The system refuses something that the worker needs.
    #[error("{action}")]
    Io { action: &'static str, source: io::Error },
}

impl WorkerError {
    /// Wraps an error of the operating system; `action` is what failed.
    pub fn io(action: &'static str) -> impl FnOnce(io::Error) -> WorkerError {
        move |source| WorkerError::Io { action, source }
    }
}
