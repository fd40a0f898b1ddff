//! The largest values that a file of results may hold.

/// No result file is longer: 10,000 predictions a repeat leave room for 1,600 repeats.
pub const MAX_FILE_BYTES: u64 = 16 << 20;

/// No submission is longer: its predictions take about a hundredth of it.
pub const MAX_SUBMISSION_BYTES: usize = 1_000_000;

pub use crate::engines::stopwatch::LONGEST_SECONDS;
