//! The other subcommands of the real program, and what they say to bad input.

#[path = "../common/mod.rs"]
mod common;
mod compare;
mod data_errors;
mod explore;
mod grid_errors;
mod hostile_files;
mod outside;
mod submissions;
