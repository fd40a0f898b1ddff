//! Plans the rows of a sweep, runs them in worker processes, and writes a result for each.
//!
//! The way of a row: [`plan`] finds its engine, [`resume`] looks at the file that may be there, [`schedule`]
//! puts it into a job and chooses when that starts, [`supervise`] runs the job in a [`worker`] process and
//! holds it to its limits, and the result goes into the store the moment it arrives. [`shares`] divides a plan
//! among machines, and [`merge`] joins what they bring.

pub mod byte_size;
mod cgroup;
pub mod cost;
pub mod early_stop;
pub mod error;
pub mod fault_engine;
mod features;
pub mod forecast;
pub mod job;
pub mod lock;
pub mod log;
pub mod memory;
pub mod merge;
pub mod options;
pub mod order;
pub mod plan;
pub mod preview;
#[allow(unsafe_code, reason = "process groups, signals and pipes below the standard library")]
pub mod process;
pub mod progress;
pub mod repeats;
pub mod resume;
pub mod schedule;
pub mod seeds;
pub mod shares;
pub mod signals;
pub mod summary;
pub mod supervise;
pub mod time_left;
pub mod tracker;
pub mod verify;
pub mod worker;

pub use error::SweepError;
pub use options::Options;
pub use plan::{Plan, Request};
pub use summary::Summary;
