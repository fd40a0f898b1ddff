//! What people bring, as it really is: files, folders and machines of public bug reports, retold as small inputs.
//!
//! `predictions`: files that other programs save. `pictures`: drawings for `predict`. `folders`: names, layouts, bad
//! neighbours and links. `file_systems`: what they do not know. `names`: parameters of today's scikit-learn. `engines`:
//! programs of beginners. `table`: every line of docs/INPUT.md.

mod bed;
mod engines;
mod file_systems;
mod folders;
mod names;
mod pictures;
mod predictions;
mod table;
