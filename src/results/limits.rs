//! The largest values that a file of results may hold.

/// The longest result file: with 10,000 predictions each, 1,600 repeats fit.
pub const MAX_FILE_BYTES: u64 = 16 << 20;

/// The longest submission: 10,000 predictions take a hundredth of it.
pub const MAX_SUBMISSION_BYTES: usize = 1_000_000;

pub use crate::engines::stopwatch::LONGEST_SECONDS;
