//! The order of tasks. First the shortest, for a result at once. Then the other short ones, longest first:
//! they show the pace of the machine. Then all others by longest processing time first (Graham 1969), so that
//! the sweep ends early. The order changes no result.

use super::job::{SHORT, Task};

/// Tasks that wait.
#[derive(Default)]
pub struct Queue {
    // Both sorted by time, shortest first: the longest is taken from the end.
    short: Vec<Task>,
    long: Vec<Task>,
    /// A short one has been taken.
    has_begun: bool,
    /// Expected seconds of all.
    seconds: f64,
}

/// What runs while a task is chosen.
#[derive(Clone, Copy, Debug)]
pub struct Running {
    pub jobs: usize,
    /// Workers with a task that is not short.
    pub long: usize,
    /// Expected seconds of all that runs, with the repeats that follow.
    pub seconds: f64,
    /// Memory that is left.
    pub room: u64,
}

pub fn is_short(task: &Task) -> bool {
    // The first repeat of a short row is short, however long all its repeats take; the later ones are not.
    task.chain_seconds < SHORT || (task.repeat == 0 && task.seconds < SHORT)
}

impl Queue {
    pub fn insert(&mut self, task: Task) {
        self.seconds += task.likely_seconds();
        let tasks = if is_short(&task) { &mut self.short } else { &mut self.long };
        let place = tasks.partition_point(|other| other.chain_seconds <= task.chain_seconds);
        tasks.insert(place, task);
    }

    pub fn len(&self) -> usize {
        self.short.len() + self.long.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = &Task> {
        self.short.iter().chain(&self.long)
    }

    /// Takes the task to start now, of those that fit into the memory.
    pub fn take(&mut self, running: Running) -> Option<Task> {
        let fits = |task: &Task| task.bytes <= running.room;
        let short = match self.has_begun {
            true => self.short.iter().rposition(fits),
            false => self.short.iter().position(fits),
        };
        let long = self.long.iter().rposition(fits);
        let task = match (short, long) {
            (Some(_), Some(place)) if self.decides_the_end(place, running) => self.long.remove(place),
            (Some(place), _) => {
                self.has_begun = true;
                self.short.remove(place)
            }
            (None, Some(place)) => self.long.remove(place),
            (None, None) => return None,
        };
        self.seconds -= task.likely_seconds();
        Some(task)
    }

    /// Takes the longest, however much memory it is expected to need.
    pub fn take_longest(&mut self) -> Option<Task> {
        let task = self.long.pop().or_else(|| self.short.pop());
        self.seconds -= task.as_ref().map_or(0.0, Task::likely_seconds);
        task
    }

    /// Whether a long task takes longer than all the work divided by the workers: it starts at once, as long
    /// as a worker is left for the short ones.
    fn decides_the_end(&self, place: usize, running: Running) -> bool {
        let share = (self.seconds + running.seconds) / running.jobs as f64;
        running.long + 1 < running.jobs && self.long[place].chain_seconds >= share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(row: usize, seconds: f64) -> Task {
        let rows = vec![row];
        Task { rows, repeat: 0, seconds, chain_seconds: seconds, bytes: 10, limit: 3600.0, forecast: false }
    }

    fn queue(seconds: &[f64]) -> Queue {
        let mut queue = Queue::default();
        seconds.iter().enumerate().for_each(|(row, &seconds)| queue.insert(task(row, seconds)));
        queue
    }

    /// The seconds of the tasks in the order in which they start, on workers that are done at once.
    fn order(mut queue: Queue, jobs: usize) -> Vec<f64> {
        let running = Running { jobs, long: 0, seconds: 0.0, room: 100 };
        std::iter::from_fn(|| queue.take(running)).map(|task| task.seconds).collect()
    }

    #[test]
    fn short_ones_come_first_and_then_the_longest() {
        let seconds = [5.0, 0.5, 30.0, 1.9, 0.1, 31.0, 2.0];
        assert_eq!(order(queue(&seconds), 1), [0.1, 1.9, 0.5, 31.0, 30.0, 5.0, 2.0]);
        assert_eq!(order(queue(&seconds), 2), [0.1, 1.9, 0.5, 31.0, 30.0, 5.0, 2.0]);
    }

    #[test]
    fn what_decides_the_end_does_not_wait() {
        // 31 seconds are more than a third of all.
        assert_eq!(order(queue(&[5.0, 0.5, 1.9, 31.0, 20.0]), 3)[0], 31.0);
        let mut some = queue(&[0.5, 31.0]);
        let busy = Running { jobs: 3, long: 2, seconds: 1.0, room: 100 };
        assert_eq!(some.take(busy).map(|task| task.seconds), Some(0.5));
    }

    #[test]
    fn what_does_not_fit_waits_and_the_longest_gets_its_try() {
        let mut some = queue(&[0.5, 31.0, 40.0]);
        let none = Running { jobs: 1, long: 0, seconds: 0.0, room: 5 };
        assert_eq!(some.take(none), None);
        assert_eq!(some.take_longest().map(|task| task.seconds), Some(40.0));
        assert_eq!((some.len(), some.is_empty(), some.iter().count()), (2, false, 2));
    }
}
