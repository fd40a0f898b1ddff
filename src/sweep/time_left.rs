//! The time left, from what tasks were expected to take and what they have taken on this machine.
//!
//! A task takes `start + pace * expected` seconds: to start a worker and load the images costs what it costs, and the
//! rest grows with how much slower the machine is than that of the recorded costs, and with what else runs on it. Both
//! are fitted by weighted least squares to the tasks that have ended, with a little weight on recorded costs being
//! right, and to what is known of those that run.

/// Seconds to start a worker and load the images, before anything is known.
const START: f64 = 0.5;
/// A task that has taken longer than it should takes this much more, as far as anyone knows.
const OVERDUE: f64 = 0.1;

/// How tasks turn out against what was expected.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    // Sums of weights w, expected seconds e and seconds taken t.
    w: f64,
    we: f64,
    wee: f64,
    wt: f64,
    wet: f64,
}

/// A task that runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Running {
    /// Expected seconds of the task, and of the repeats that follow it.
    pub expected: f64,
    pub following: f64,
    /// Its time limit.
    pub limit: f64,
    pub elapsed: f64,
    /// Expected seconds of its rows whose results are there, and when the last one came.
    pub done: f64,
    pub done_after: f64,
}

impl Default for Pace {
    fn default() -> Pace {
        let mut pace = Pace { w: 0.0, we: 0.0, wee: 0.0, wt: 0.0, wet: 0.0 };
        pace.weigh(1.0, 0.0, START);
        pace.weigh(0.25, 2.0, START + 2.0);
        pace
    }
}

impl Pace {
    /// Takes note of a task that has ended by itself.
    pub fn add(&mut self, expected: f64, took: f64) {
        // The spread grows with the time, nearly in proportion, so that a few long tasks must not outweigh the many short.
        self.weigh(1.0 / (1.0 + expected.powf(1.5)), expected, took);
    }

    fn weigh(&mut self, weight: f64, expected: f64, took: f64) {
        self.w += weight;
        self.we += weight * expected;
        self.wee += weight * expected * expected;
        self.wt += weight * took;
        self.wet += weight * expected * took;
    }

    /// Seconds that a task will take.
    pub fn seconds(&self, expected: f64, limit: f64) -> f64 {
        let pace = (self.w * self.wet - self.we * self.wt) / (self.w * self.wee - self.we * self.we);
        let pace = pace.clamp(0.02, 50.0);
        let start = ((self.wt - pace * self.we) / self.w).max(0.0);
        (start + pace * expected).min(limit.max(START))
    }

    /// With what running tasks tell: results that have come, or that none came for longer than all should take.
    fn with(&self, running: &[Running]) -> Pace {
        let mut pace = *self;
        for one in running {
            if one.done > 0.0 {
                pace.add(one.done, one.done_after);
            } else if one.elapsed > self.seconds(one.expected, one.limit) {
                pace.add(one.expected, one.elapsed * (1.0 + OVERDUE));
            }
        }
        pace
    }
}

/// Seconds to the end: what runs ends first, and each worker that is free takes the longest task that waits. `waiting`
/// has expected seconds and time limits; a task with repeats counts as one that takes all of them.
pub fn left(pace: &Pace, running: &[Running], waiting: impl Iterator<Item = (f64, f64)>, jobs: usize) -> f64 {
    let pace = pace.with(running);
    let rest = |one: &Running| {
        let all = pace.seconds(one.expected, one.limit);
        let most = (one.limit - one.elapsed).max(0.0);
        // What is overdue may take as long again as it is, and no longer than a tenth of what it has taken.
        let overdue = (one.elapsed - all).min(OVERDUE * one.elapsed);
        let rest = (all - one.elapsed).max(overdue).min(most);
        let following = if one.following > 0.0 { pace.seconds(one.following, f64::INFINITY) } else { 0.0 };
        rest + following
    };
    // When each worker is free.
    let mut free: Vec<f64> = running.iter().map(rest).collect();
    free.resize(free.len().max(jobs).max(1), 0.0);
    let mut waiting: Vec<f64> = waiting.map(|(expected, limit)| pace.seconds(expected, limit)).collect();
    waiting.sort_unstable_by(|a, b| b.total_cmp(a));
    for seconds in waiting {
        if let Some(first) = free.iter_mut().min_by(|a, b| a.total_cmp(b)) {
            *first += seconds;
        }
    }
    free.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::cost::{Basis, History};
    use super::super::job::{self, RowState, Task};
    use super::super::order::{self, Queue};
    use super::super::{Options, Plan, Request};
    use super::*;
    use crate::results::costs;

    const CLASSIC: &[&str] = &["classic"];
    const PLAIN: &[&str] = &["classic", "crates", "neural-quick"];

    /// Seconds to start a worker and load unpacked images, as measured with 24 workers that fit extra trees.
    const WORKER: f64 = 0.2;

    /// The tasks of these grids, with the costs of the committed run.
    fn tasks(grids: &[&str]) -> Vec<Task> {
        let grid = |name: &str| crate::grid::file::read(Path::new(name)).unwrap();
        let grids: Vec<_> = grids.iter().map(|name| grid(&format!("benchmarks/{name}.toml"))).collect();
        let planned = crate::grid::Filters::default().plan(&grids, &["native".to_string()]).unwrap();
        let request = |dataset: &str, row: &crate::grid::Planned| Request {
            dataset: dataset.into(),
            engine: row.engine.clone(),
            configuration: row.configuration.clone(),
            train_size: row.train_size,
            after: Vec::new(),
            timeout: row.timeout.unwrap_or(std::time::Duration::from_secs(3600)),
            grid_digest: String::new(),
        };
        let wanted = ["mnist", "fashion-mnist"];
        let wanted = wanted.iter().flat_map(|set| planned.iter().map(move |row| request(set, row))).collect();
        let mut plan = Plan::new(wanted, Path::new("data")).unwrap();
        let mut past = History::default();
        past.add(costs::read_run(Path::new("results/reference")).unwrap());
        plan.expect(&past);
        let options = Options::default();
        let states: Vec<RowState> =
            plan.rows.iter().map(|row| RowState::planned(row, &plan, &options)).collect();
        let all: Vec<usize> = (0..plan.rows.len()).collect();
        assert!(all.len() > 200 && plan.rows.iter().any(|row| row.expected.basis == Basis::Same));
        job::group(&all, &plan, &states, &options)
    }

    /// What a sweep looks like: the time of every end with the task, and what was said of the time left.
    struct Course {
        ends: Vec<(f64, Task)>,
        said: Vec<(f64, f64)>,
    }

    impl Course {
        fn end(&self) -> f64 {
            self.ends.iter().map(|(at, _)| *at).fold(0.0, f64::max)
        }
    }

    /// Runs tasks on `jobs` workers, each of which takes `took` seconds; asks for the time left every 10 seconds.
    fn simulate(tasks: &[Task], jobs: usize, short_first: bool, took: impl Fn(&Task) -> f64) -> Course {
        let mut queue = Queue::default();
        tasks.iter().for_each(|task| queue.insert(task.clone()));
        let mut pace = Pace::default();
        let mut running: Vec<(f64, f64, Task)> = Vec::new();
        let (mut now, mut ask) = (0.0, 10.0);
        let mut course = Course { ends: Vec::new(), said: Vec::new() };
        loop {
            while running.len() < jobs {
                let state = order::Running {
                    jobs,
                    long: running.iter().filter(|(_, _, task)| !order::is_short(task)).count(),
                    seconds: running.iter().map(|(_, _, task)| task.likely_seconds()).sum(),
                    room: u64::MAX,
                };
                let next = if short_first { queue.take(state) } else { queue.take_longest() };
                let Some(task) = next else { break };
                running.push((now, now + took(&task), task));
            }
            let Some(end) = running.iter().map(|one| one.1).min_by(f64::total_cmp) else { break };
            while ask < end {
                let seen: Vec<Running> = running
                    .iter()
                    .map(|(since, _, task)| Running {
                        expected: task.seconds,
                        limit: task.limit,
                        elapsed: ask - since,
                        ..Running::default()
                    })
                    .collect();
                let waiting = queue.iter().map(|task| (task.likely_seconds(), task.limit));
                course.said.push((ask, left(&pace, &seen, waiting, jobs)));
                ask += 10.0;
            }
            now = end;
            let place = running.iter().position(|one| one.1 == end).unwrap();
            let (since, _, task) = running.remove(place);
            // What ended at its limit, or was not run, says nothing of the pace.
            if !task.forecast && now - since < task.limit {
                pace.add(task.seconds, now - since);
            }
            course.ends.push((now, task));
        }
        course
    }

    /// Families differ from machine to machine by about a third.
    fn uneven(task: &Task) -> f64 {
        [0.85, 1.0, 1.15, 0.9, 1.1][task.rows[0] % 5]
    }

    /// Seconds of a task; of one that is forecast those of the forecast, or of the whole limit for one in four.
    fn likely(task: &Task) -> f64 {
        if task.forecast && !task.rows[0].is_multiple_of(4) { task.likely_seconds() } else { task.seconds }
    }

    #[test]
    fn the_time_left_is_right_from_the_second_minute_on() {
        // Those that ran into their limit are tried on few images first.
        assert!(tasks(PLAIN).iter().filter(|task| task.forecast).count() > 10);
        let cases = [(1.0, 0.4, 2), (2.0, 0.8, 2), (3.5, 2.0, 2), (0.5, 0.3, 4), (2.0, 0.8, 8)];
        for (grids, (slower, start, jobs)) in
            [CLASSIC, PLAIN].into_iter().flat_map(|grids| cases.map(|case| (grids, case)))
        {
            let course = simulate(&tasks(grids), jobs, true, |task| {
                start + (slower * uneven(task) * likely(task)).min(task.limit)
            });
            let end = course.end();
            for (at, said) in course.said.into_iter().filter(|(at, _)| *at >= 60.0) {
                // Towards the end a single task decides, and that is uneven: a tenth of all the time.
                let (real, off) = (end - at, (said - (end - at)).abs());
                assert!(
                    off <= (0.3 * real).max(0.1 * end),
                    "{slower} times slower, {jobs} jobs, after {at} s: {said} for {real}"
                );
            }
        }
    }

    #[test]
    fn short_rows_come_within_the_first_minute_and_the_end_is_as_early() {
        for (grids, jobs) in
            [CLASSIC, PLAIN].into_iter().flat_map(|grids| [2, 4, 8, 64].map(|jobs| (grids, jobs)))
        {
            let tasks = tasks(grids);
            let took = |task: &Task| WORKER + likely(task);
            let course = simulate(&tasks, jobs, true, took);
            let last = |short: bool| {
                let ends = course.ends.iter().filter(|(_, task)| order::is_short(task) == short);
                ends.map(|(at, _)| *at).fold(0.0, f64::max)
            };
            assert!(course.ends[0].0 < 10.0 && last(true) <= 60.0, "{jobs} jobs: {}", last(true));
            let before = simulate(&tasks, jobs, false, took).end();
            assert!(course.end() <= 1.03 * before, "{jobs} jobs: {} for {before}", course.end());
        }
    }

    #[test]
    fn what_runs_tells_the_pace_while_nothing_has_ended() {
        let pace = Pace::default();
        let task = Running { expected: 100.0, limit: 3600.0, ..Running::default() };
        let said = |elapsed: f64, done: f64| {
            let running = [Running { elapsed, done, done_after: elapsed, ..task }];
            left(&pace, &running, [(100.0, 3600.0)].into_iter(), 1)
        };
        assert!((said(10.0, 0.0) - 191.0).abs() < 1.0, "{}", said(10.0, 0.0));
        // Twice as slow: half of it is there after as long as all should take.
        assert!((said(100.0, 50.0) / 300.0 - 1.0).abs() < 0.1, "{}", said(100.0, 50.0));
        // Nothing for twice as long.
        assert!(said(200.0, 0.0) > 200.0, "{}", said(200.0, 0.0));
    }

    #[test]
    fn no_task_is_expected_to_take_longer_than_its_limit() {
        let mut pace = Pace::default();
        pace.add(100.0, 400.0);
        assert_eq!(left(&pace, &[], [(100.0, 30.0)].into_iter(), 1), 30.0);
        let overdue = Running { expected: 100.0, limit: 30.0, elapsed: 29.0, ..Running::default() };
        assert_eq!(left(&pace, &[overdue], std::iter::empty(), 1), 1.0);
    }
}
