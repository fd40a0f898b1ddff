//! Result files, submissions and files of predictions, read and validated without the program.

mod bad_submissions;
mod bed;
mod committed_seeds;
#[path = "../common/mod.rs"]
mod common;
mod fuzz;
mod fuzz_input;
mod inputs;
mod mutate;
mod prediction_files;
mod validate;
