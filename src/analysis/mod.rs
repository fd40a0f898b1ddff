//! Analysis of the results: rows of result files, tables, tie groups, comparisons and curves. Nothing here
//! depends on how any of it is shown.

pub mod beyond;
pub mod compare;
pub mod equivalence;
pub mod fastest_peer;
pub mod fidelity;
pub mod findings;
pub mod lecun;
pub mod native_builds;
pub mod origin;
pub mod peers;
pub mod preprocessing;
pub mod ranking;
pub mod reference;
pub mod rounding_ties;
pub mod rows;
pub mod rust_libraries;
pub mod same_method;
pub mod scaling;
pub mod sklearn_reference;
pub mod submitted;
pub mod tables;
pub mod tie_groups;
pub mod timed_pairs;
