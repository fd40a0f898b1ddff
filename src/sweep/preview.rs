//! `--dry-run`: what a sweep would do, without doing it.

use super::job::{self, RowState, Task};
use super::progress::{human, seconds};
use super::resume::Todo;
use super::{Options, Plan, forecast};

/// What a sweep would do, a line a row and one for the sum. `todo` has what is to be done for each row.
pub fn lines(plan: &Plan, todo: &[Todo], options: &Options) -> Vec<String> {
    let (mut text, mut waiting) = (Vec::new(), Vec::new());
    let states: Vec<RowState> = plan.rows.iter().map(|row| RowState::planned(row, plan, options)).collect();
    for (index, ((row, todo), state)) in plan.rows.iter().zip(todo).zip(&states).enumerate() {
        let first = if state.forecast { ", on few images first" } else { "" };
        let what = match (todo, &row.sharing_key) {
            (Todo::Nothing { status, .. }, _) => format!("already done ({})", status.name()),
            (_, Err(reason)) => format!("unsupported: {reason}"),
            (Todo::More(_), _) => "more repeats".to_string(),
            (Todo::Remeasure(_), _) => "measure times again".to_string(),
            (Todo::All(_), _) if let Some(known) = &state.known => {
                forecast::earlier_reason(known, state.limit)
            }
            (Todo::All(None), _) => format!("run{first}"),
            (Todo::All(Some(reason)), _) => format!("run again{first}: {}", reason.text()),
        };
        let skipped = matches!(todo, Todo::All(_)) && state.known.is_some();
        if !matches!(todo, Todo::Nothing { .. }) && !skipped {
            waiting.push(index);
        }
        text.push(format!("{}  about {}  {what}", row.name(), seconds(state.seconds)));
    }
    let tasks = job::group(&waiting, plan, &states, options);
    let all: f64 = tasks.iter().map(Task::likely_seconds).sum();
    let longest = tasks.iter().map(Task::likely_seconds).fold(0.0, f64::max);
    text.push(format!(
        "{} rows, {} to run in {} jobs, about {} at {} a time",
        plan.rows.len(),
        waiting.len(),
        tasks.len(),
        human(longest.max(all / options.jobs as f64)),
        options.jobs
    ));
    text
}
