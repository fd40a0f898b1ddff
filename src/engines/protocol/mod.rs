//! The messages between the sweep, its workers and the programs of external engines: one line of JSON each.
//!
//! A job is sent on standard input: a [`WorkerJob`], or an [`EngineJob`], whose format is public
//! (`docs/FORMAT.md`). Both are answered by the same [`Reply`] lines. No reply is trusted: [`Expected`]
//! bounds the lines and refuses unknown keys and wrong values, and nothing unreadable is replaced by a
//! default.

mod engine_job;
mod reply;
mod worker_job;

pub use engine_job::{EngineJob, PROTOCOL};
pub use reply::{Answer, Expected, FailureKind, Reply, ReplyError};
pub use worker_job::WorkerJob;
