//! Starts a job: its thread starts the worker, watches it and tells what comes.

use std::time::{Instant, SystemTime};

use super::Schedule;
use super::running::{Event, Running, Workers};
use crate::results::provenance::utc;
use crate::sweep::forecast;
use crate::sweep::job::Task;
use crate::sweep::supervise::{End, Ended, Surroundings, supervise};

impl<'a> Schedule<'a> {
    pub(super) fn start<'scope>(
        &self,
        room: &Workers<'scope, '_>,
        number: usize,
        task: Task,
        threads: usize,
    ) -> Running
    where
        'a: 'scope,
    {
        let folders = self.temporary.of(&self.plan.rows[task.rows[0]].dataset, self.options);
        let (job, expected, limits) = task.job(threads, self.plan, self.options, folders);
        let train_size = task.forecast.then(|| self.tracker.states[task.rows[0]].record.train_size);
        let (program, stop) = (self.program.clone(), self.stop);
        let (sender, groups) = (room.sender.clone(), room.groups);
        // The worker is started by the thread that waits for it: its parent-death signal comes when the
        // thread that started it ends.
        room.scope.spawn(move || {
            let surroundings = Surroundings { program: &program, groups, kill_now: &stop.running };
            let forecast =
                train_size.and_then(|size| forecast::forecast(&surroundings, &job, expected, limits, size));
            let ended = match forecast {
                Some(forecast) => Ended { end: End::Forecast(forecast), log: Vec::new() },
                // The receiver is gone only when the sweep has failed.
                None => supervise(&surroundings, &job, expected, limits, |reply| {
                    let _ = sender.send(Event::Reply(number, reply));
                }),
            };
            let _ = sender.send(Event::Ended(number, ended));
        });
        let delivered = vec![false; task.rows.len()];
        let (since, utc) = (Instant::now(), utc(SystemTime::now()));
        Running { task, threads, since, utc, in_flight: 1, delivered, last_delivery: since }
    }
}
