//! The summary that is printed at the end of a sweep.

use std::collections::BTreeMap;
use std::time::Duration;

use super::progress::human;
use crate::results::Status;

/// What a sweep did.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Rows run now, by how they ended.
    pub ended: BTreeMap<Status, usize>,
    /// Rows that were already done.
    pub kept: usize,
    /// Failures among the kept rows, without unsupported ones.
    pub kept_failures: usize,
    /// Engines that this binary was built without, and how many rows that leaves out.
    pub absent: BTreeMap<String, usize>,
    /// Name and reason of each failure that is worth a line.
    pub failures: Vec<(String, String)>,
    /// Rows that a quiet pass could not reproduce.
    pub contradictions: Vec<String>,
    /// Rows not run because the sweep was stopped.
    pub left: usize,
    pub interrupted: bool,
    pub took: Duration,
    /// Failed rows of the engine `native`, kept rows included.
    pub native_failures: usize,
}

impl Summary {
    /// The lines to print, last the one that says it all.
    pub fn lines(&self) -> Vec<String> {
        const SHOWN: usize = 40;
        let mut lines = Vec::new();
        if !self.failures.is_empty() {
            lines.push(format!("rows without a result: {}", self.failures.len()));
            for (name, reason) in self.failures.iter().take(SHOWN) {
                lines.push(format!("  {name}: {reason}"));
            }
            if self.failures.len() > SHOWN {
                lines.push(format!("  and {} more, each in its result file", self.failures.len() - SHOWN));
            }
        }
        for name in &self.contradictions {
            lines.push(format!(
                "PREDICTIONS CHANGED: {name}: the quiet pass did not reproduce the predictions of its file, which was left as it is"
            ));
        }
        for (engine, count) in &self.absent {
            lines.push(format!("{engine} is not part of this binary: {count} rows not run"));
        }
        let run: usize = self.ended.values().sum();
        let mut counts = vec![format!("{run} rows run")];
        for (status, count) in &self.ended {
            counts.push(format!("{count} {}", status.name().replace('_', " ")));
        }
        if self.kept > 0 {
            let failed = match self.kept_failures {
                0 => String::new(),
                n => format!(" ({n} failed; --retry-failed runs those again)"),
            };
            counts.push(format!("{} already done{failed}", self.kept));
        }
        if self.left > 0 {
            counts.push(format!("{} not run", self.left));
        }
        let stop = if self.interrupted { "; stopped, the same command goes on from here" } else { "" };
        lines.push(format!("{} in {}{stop}", counts.join(", "), human(self.took.as_secs_f64())));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_says_it_all() {
        let summary = Summary {
            ended: BTreeMap::from([(Status::Ok, 5), (Status::OutOfMemory, 1)]),
            kept: 7,
            kept_failures: 1,
            failures: vec![("mnist native SVC".into(), "too large".into())],
            left: 2,
            interrupted: true,
            took: Duration::from_secs(61),
            ..Summary::default()
        };
        let lines = summary.lines();
        assert_eq!(lines[0], "rows without a result: 1");
        assert_eq!(
            lines.last().unwrap(),
            "6 rows run, 5 ok, 1 out of memory, 7 already done (1 failed; --retry-failed runs those again), 2 not run in 1 min 01 s; stopped, the same command goes on from here"
        );
    }
}
