//! Result files: one JSON file a run of one configuration. Only this module knows their format.
//!
//! [`Record`] is what the program works with; [`wire`] is what stands in the file, key by key; [`Store`]
//! finds, reads and writes the files of a run; [`validate`] says what is wrong with one. [`Submission`] is a file
//! that other programs wrote.

pub mod costs;
pub mod evidence;
pub mod history;
pub mod limits;
pub mod problem;
pub mod provenance;
pub mod reading;
pub mod record;
pub mod schema;
pub mod shape;
pub mod store;
pub mod strict;
pub mod submission;
pub mod validate;
pub mod wire;

#[cfg(test)]
mod tests;

pub use problem::Problem;
pub use provenance::Provenance;
pub use record::{Record, Repeat, Reported, Status};
pub use store::{Place, Scan, Store};
pub use submission::Submission;
