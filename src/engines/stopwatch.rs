//! Wall-clock and CPU time of a piece of work.

use std::ops::{Add, AddAssign};
use std::time::Instant;

/// The longest time of a piece of work that is accepted: a year in seconds.
pub const LONGEST_SECONDS: f64 = 366.0 * 86_400.0;

/// The cost of a piece of work, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    pub wall_seconds: f64,
    /// CPU time of the whole process, all threads.
    pub cpu_seconds: f64,
}

impl Add for Cost {
    type Output = Cost;
    fn add(self, other: Cost) -> Cost {
        Cost {
            wall_seconds: self.wall_seconds + other.wall_seconds,
            cpu_seconds: self.cpu_seconds + other.cpu_seconds,
        }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        *self = *self + other;
    }
}

/// A clock that is started once and can be read any number of times.
pub struct Stopwatch {
    wall: Instant,
    cpu_seconds: f64,
}

impl Stopwatch {
    pub fn start() -> Stopwatch {
        Stopwatch { wall: Instant::now(), cpu_seconds: process_cpu_seconds() }
    }

    /// The cost since the start.
    pub fn read(&self) -> Cost {
        Cost {
            wall_seconds: self.wall.elapsed().as_secs_f64(),
            cpu_seconds: process_cpu_seconds() - self.cpu_seconds,
        }
    }
}

/// Runs `work` and measures its cost.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    let watch = Stopwatch::start();
    let value = work();
    (value, watch.read())
}

#[allow(unsafe_code, reason = "the standard library has no clock of CPU time")]
fn process_cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: clock_gettime writes one timespec through a valid pointer.
    let code = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    if code == 0 { time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9 } else { 0.0 }
}
