//! What comes from running jobs goes into the rows: results, failures, and how a worker ended.

use std::time::Instant;

use super::Schedule;
use super::running::Running;
use crate::engines::protocol::Reply;
use crate::format::count;
use crate::results::Status;
use crate::sweep::SweepError;
use crate::sweep::forecast;
use crate::sweep::job::JobFacts;
use crate::sweep::supervise::{End, Ended};

impl Schedule<'_> {
    pub(super) fn reply(&mut self, running: &mut Running, reply: Reply) -> Result<(), SweepError> {
        if !matches!(reply, Reply::Ready {}) {
            running.last_delivery = Instant::now();
        }
        match reply {
            Reply::Ready {} => Ok(()),
            Reply::Failed { index, kind, reason } => {
                running.delivered[index] = true;
                let started = self.describe(running, 0);
                self.tracker.refuse(running.task.rows[index], kind, reason, &started)
            }
            Reply::Ok(answer) => {
                running.delivered[answer.index] = true;
                let started = self.describe(running, answer.peak_memory_bytes.unwrap_or(0));
                self.tracker.result(running.task.rows[answer.index], running.task.repeat, answer, &started)
            }
        }
    }

    fn describe(&self, running: &Running, peak: u64) -> JobFacts {
        let id = |&row: &usize| self.plan.rows[row].id.clone();
        let rows = &running.task.rows;
        let shared_with = if rows.len() > 1 { rows.iter().map(id).collect() } else { Vec::new() };
        let (threads, in_flight) = (running.threads, running.in_flight);
        JobFacts { threads, in_flight, shared_with, utc: running.utc.clone(), peak }
    }

    pub(super) fn ended(&mut self, running: Running, ended: Ended) -> Result<(), SweepError> {
        let Running { task, since, delivered, .. } = &running;
        if matches!(ended.end, End::Finished) {
            self.pace.add(task.seconds, since.elapsed().as_secs_f64());
        }
        let missing: Vec<usize> =
            task.rows.iter().zip(delivered).filter(|(_, done)| !**done).map(|(&row, _)| row).collect();
        let (status, reason) = match ended.end {
            End::Interrupted => return Ok(()),
            End::Finished => (Status::Crashed, "no result".to_string()),
            End::Timeout(reason) => (Status::Timeout, reason),
            End::Forecast(forecast) => {
                let state = &mut self.tracker.states[task.rows[0]];
                let reason = forecast::reason(&forecast, state.limit);
                state.record.forecast = Some(forecast);
                (Status::Timeout, reason)
            }
            End::OutOfMemory(reason) => (Status::OutOfMemory, reason),
            End::Crashed(reason) => (Status::Crashed, reason),
        };
        if task.rows.len() > 1 && !missing.is_empty() {
            let again = run_again(&self.plan.rows[missing[0]].name(), missing.len() - 1);
            self.tracker.progress.line(&format!("{}: {reason} ({again})", status.name()));
            for &row in &missing {
                self.tracker.states[row].alone = true;
            }
        } else if let [row] = missing[..] {
            let error = [vec![reason], ended.log].concat().join("\n");
            let started = self.describe(&running, 0);
            self.tracker.fail(row, status, error, &started)?;
        }
        let finished = |row: &usize| self.tracker.states[*row].finished;
        let unfinished: Vec<usize> = running.task.rows.iter().copied().filter(|row| !finished(row)).collect();
        self.enqueue(&unfinished);
        self.release()
    }
}

/// What becomes of rows whose shared job ended without their results: the first by name, and `others` more.
fn run_again(first: &str, others: usize) -> String {
    match others {
        0 => format!("{first} runs again, alone"),
        _ => format!("{first} and {} run again, each alone", count(others, "other")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_run_again_are_counted() {
        assert_eq!(run_again("a", 0), "a runs again, alone");
        assert_eq!(run_again("a", 1), "a and 1 other run again, each alone");
        assert_eq!(run_again("a", 2), "a and 2 others run again, each alone");
    }
}
