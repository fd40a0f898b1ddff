//! Result files: one JSON file a run of one configuration. Only this module knows their format.
//!
//! [`Record`] is the program's type, [`wire`] the file's, key by key. [`Store`] finds and writes the files of
//! a run. Only [`load`] reads one: it gives [`Checked`] content. [`Submission`] is a file that other programs
//! wrote.

pub mod costs;
pub mod duplicate_keys;
pub mod forecast;
pub mod history;
pub mod limits;
pub mod load;
mod optional;
pub mod owner;
pub mod parse;
pub mod place;
pub mod problem;
pub mod provenance;
pub mod record;
pub mod schema;
pub mod schema_check;
pub mod store;
pub mod submission;
pub mod validate;
pub mod verification;
pub mod wire;

#[cfg(test)]
mod tests;

pub use load::{Checked, Refused};
pub use owner::Owner;
pub use place::Place;
pub use problem::Problem;
pub use provenance::Provenance;
pub use record::{Record, Repeat, Reported, Status};
pub use store::Store;
pub use submission::Submission;
