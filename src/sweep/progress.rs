//! What a sweep tells while it runs, on standard error: a live line on a terminal, plain lines elsewhere.

use std::io::{Write, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The progress of a sweep at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub finished: usize,
    pub failed: usize,
    pub total: usize,
    /// What runs now, and for how long already.
    pub running: Vec<(String, Duration)>,
    /// Expected seconds to the end.
    pub left: f64,
}

pub struct Progress {
    bar: Option<ProgressBar>,
    last_status: Instant,
    minute: Duration,
}

impl Progress {
    /// Live on a terminal; otherwise results as they come, and a line a minute that says what runs.
    pub fn new() -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
        let bar = (!bar.is_hidden()).then_some(bar);
        if let Some(bar) = &bar {
            let style = ProgressStyle::with_template("{spinner} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        }
        Progress { bar, last_status: Instant::now(), minute: minute() }
    }

    /// One line that stays.
    pub fn line(&mut self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            // Standard error may be closed: nobody reads the line, and the results are written all the same.
            None => drop(writeln!(stderr(), "{text}")),
        }
    }

    /// Shows the progress of now.
    pub fn show(&mut self, snapshot: &Snapshot) {
        match &self.bar {
            Some(bar) => {
                bar.set_message(describe(snapshot));
                bar.tick();
            }
            None if self.last_status.elapsed() >= self.minute => {
                self.last_status = Instant::now();
                self.line(&describe(snapshot));
            }
            None => {}
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Progress::new()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Overrides the length of [`minute`] in tests, in seconds.
pub const MINUTE: &str = "MNIST_BENCH_TEST_MINUTE";

/// Interval between status lines without a terminal, and between updates of the page: 60 s.
pub fn minute() -> Duration {
    let given = std::env::var(MINUTE).ok().and_then(|text| text.parse().ok());
    Duration::from_secs_f64(given.filter(|seconds: &f64| (0.0..1e6).contains(seconds)).unwrap_or(60.0))
}

/// Rows finished, time left and running rows, in one line.
pub fn describe(snapshot: &Snapshot) -> String {
    let mut text = format!("{}/{} rows", snapshot.finished, snapshot.total);
    if snapshot.failed > 0 {
        text += &format!(", {} failed", snapshot.failed);
    }
    if snapshot.left > 0.0 {
        text += &format!(", about {} left", human(snapshot.left));
    }
    for (name, since) in &snapshot.running {
        text += &format!(" | {name} {}", human(since.as_secs_f64()));
    }
    text
}

/// Seconds as text: `45 s`, `3 min 20 s`, `2 h 05 min`.
pub fn human(seconds: f64) -> String {
    // The cast saturates: infinity becomes the largest integer, NaN 0.
    let seconds = seconds as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// Seconds with three decimals below 1 s, two below 100 s, else none: `0.042 s`, `3.21 s`, `184 s`.
pub fn seconds(value: f64) -> String {
    match value {
        v if v < 1.0 => format!("{v:.3} s"),
        v if v < 100.0 => format!("{v:.2} s"),
        v => format!("{v:.0} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_at_a_glance() {
        assert_eq!(human(45.9), "45 s");
        assert_eq!(human(200.0), "3 min 20 s");
        assert_eq!(human(7500.0), "2 h 05 min");
        assert_eq!([human(f64::NAN), human(-1.0)], ["0 s", "0 s"]);
        assert!(human(1e300).ends_with(" min"));
        assert_eq!(seconds(0.0421), "0.042 s");
        assert_eq!(seconds(184.4), "184 s");
    }

    #[test]
    fn the_line_says_counts_and_what_runs() {
        let snapshot = Snapshot {
            finished: 3,
            failed: 1,
            total: 9,
            running: vec![("mnist SVC x12".into(), Duration::from_secs(61))],
            left: 3600.0,
        };
        assert_eq!(
            describe(&snapshot),
            "3/9 rows, 1 failed, about 1 h 00 min left | mnist SVC x12 1 min 01 s"
        );
    }
}
