//! The messages between the sweep, its workers and the programs of external engines: one line of JSON each.
//!
//! A job goes in on standard input: a [`WorkerJob`], or an [`EngineJob`], which `docs/FORMAT.md` describes for
//! strangers. Both answer with the same [`Reply`] lines. Neither is trusted: [`Expected`] bounds lines and refuses
//! unknown keys and wrong values, and nothing that cannot be read is replaced by a default.

mod engine_job;
mod reply;
mod worker_job;

pub use engine_job::{EngineJob, PROTOCOL};
pub use reply::{Answer, Expected, FailureKind, Reply, ReplyError};
pub use worker_job::WorkerJob;
