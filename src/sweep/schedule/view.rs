//! How far a sweep is, and how long it still takes.

use std::collections::HashMap;

use super::Schedule;
use super::running::Running;
use crate::sweep::cost;
use crate::sweep::progress::Snapshot;
use crate::sweep::time_left;

impl Schedule<'_> {
    /// Shows how far it is.
    pub(super) fn show(&mut self, running: &HashMap<usize, Running>) -> Snapshot {
        let mut jobs: Vec<&Running> = running.values().collect();
        jobs.sort_by_key(|one| one.since);
        let name = |one: &&Running| {
            let row = &self.plan.rows[one.task.rows[0]];
            let group = match one.task.rows.len() {
                1 => row.id.clone(),
                n => format!("{} x{n}", row.configuration.classifier),
            };
            (format!("{} {group}", row.dataset), one.since.elapsed())
        };
        let snapshot = Snapshot {
            finished: self.tracker.finished,
            failed: self.tracker.summary.failures.len(),
            total: self.tracker.total,
            running: jobs.iter().map(name).collect(),
            left: self.left(&jobs),
        };
        self.tracker.progress.show(&snapshot);
        snapshot
    }

    /// Seconds to the end, as far as it is known.
    fn left(&self, running: &[&Running]) -> f64 {
        let states = &self.tracker.states;
        let seen = |one: &&Running| {
            let rows = one.task.rows.iter().zip(&one.delivered);
            let done = rows.filter(|(_, delivered)| **delivered).map(|(&row, _)| states[row].seconds);
            time_left::Running {
                expected: one.task.seconds,
                following: one.task.chain_seconds - one.task.seconds,
                limit: one.task.limit,
                elapsed: one.since.elapsed().as_secs_f64(),
                done: cost::group(&self.plan.rows[one.task.rows[0]].configuration.classifier, done),
                done_after: (one.last_delivery - one.since).as_secs_f64(),
            }
        };
        let running: Vec<time_left::Running> = running.iter().map(seen).collect();
        let queued = self.queue.iter().map(|task| {
            let repeats = task.chain_seconds / task.seconds.max(1e-9);
            (task.likely_seconds(), task.limit * repeats.max(1.0))
        });
        let held = self.held.iter().map(|&row| (states[row].seconds, states[row].limit));
        time_left::left(&self.pace, &running, queued.chain(held), self.options.jobs)
    }
}
