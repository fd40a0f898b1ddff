//! The command line: one file a subcommand, each with the same parts in the same order: the module header,
//! an `Args` struct (clap), and `pub fn run(args: Args) -> anyhow::Result<ExitCode>`.
//!
//! `Err` from `run` is bad input (exit code 2, one line on standard error); a command that ran and found
//! failures prints them itself and returns [`ExitCode::Failed`]. Everything is printed to [`stdio::stdout`],
//! never with `println!`, so that a reader who leaves early changes nothing.

pub mod cmp;
pub mod common_args;
pub mod data;
pub mod diff;
pub mod evaluate;
pub mod exit;
pub mod explore;
pub mod grid;
mod live_page;
pub mod merge;
pub mod model;
mod opener;
pub mod plan;
pub mod plan_args;
pub mod predict;
pub mod prediction_args;
pub mod rank;
pub mod report;
pub mod stdio;
pub mod submit;
pub mod summary;
pub mod sweep;
pub mod train;
pub mod validate;
pub mod verify;
pub mod worker;

pub use exit::ExitCode;
