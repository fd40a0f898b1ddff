//! The highest resident memory of the program that this worker started.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

/// A worker runs one program.
static PEAK: AtomicU64 = AtomicU64::new(0);

/// Reads the program's `VmHWM`, which only grows: all that can be missed is growth between the last reading
/// and the program's end. (A child's `ru_maxrss` would begin at the peak of its parent.)
pub fn sample(process: u32) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|rest| rest.split_whitespace().next()).and_then(|n| n.parse::<u64>().ok());
    PEAK.fetch_max(kibibytes.unwrap_or(0) * 1024, Ordering::Relaxed);
}

/// The highest resident memory of the program in bytes; 0 if none was started.
pub fn peak_memory_bytes() -> u64 {
    PEAK.load(Ordering::Relaxed)
}
