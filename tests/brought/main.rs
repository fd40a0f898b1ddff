//! Inputs as users really have them: files, folders and machines from public bug reports, rebuilt as small inputs.
//!
//! `predictions`: files that other programs save. `pictures`: drawings for `predict`. `folders`: names, layouts,
//! damaged data sets and links. `file_systems`: operations that some do not support. `names`: parameters of today's
//! scikit-learn. `engines`: programs of beginners. `table`: every line of docs/INPUT.md.

mod bed;
mod engines;
mod file_systems;
mod folders;
mod names;
mod pictures;
mod predictions;
mod table;
