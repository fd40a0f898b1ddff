//! `--dry-run`: what a sweep would do, without doing it.

use super::job::{self, Line};
use super::progress::{human, seconds};
use super::resume::{self, Todo};
use super::{Options, Plan};
use crate::results::Store;

/// What a sweep would do, a line a row and one for the sum.
pub fn lines(plan: &Plan, options: &Options, store: &Store) -> anyhow::Result<Vec<String>> {
    let (mut text, mut waiting) = (Vec::new(), Vec::new());
    let mut lines: Vec<Line> = plan.rows.iter().map(|row| Line::planned(row, plan, options)).collect();
    for (index, row) in plan.rows.iter().enumerate() {
        let todo = resume::look(store, row, &plan.outlines[row.outline], options, true)?;
        let name = row.name();
        let line = &mut lines[index];
        if let Todo::Nothing(past)
        | Todo::More(past)
        | Todo::Retime(past)
        | Todo::All(Some((_, Some(past)))) = &todo
        {
            line.expect(past);
        }
        let what = match (&todo, &row.sharing_key) {
            (Todo::Nothing(past), _) => format!("there already ({})", past.status.name()),
            (_, Err(reason)) => format!("unsupported: {reason}"),
            (Todo::More(_), _) => "more repeats".to_string(),
            (Todo::Retime(_), _) => "times again".to_string(),
            (Todo::All(None), _) => "run".to_string(),
            (Todo::All(Some((reason, _))), _) => format!("run again: {}", reason.text()),
        };
        if !matches!(todo, Todo::Nothing(_)) {
            waiting.push(index);
        }
        text.push(format!("{name}  about {}  {what}", seconds(line.seconds)));
    }
    let tasks = job::group(&waiting, plan, &lines, options);
    let all: f64 = tasks.iter().map(|task| task.chain_seconds).sum();
    let longest = tasks.iter().map(|task| task.chain_seconds).fold(0.0, f64::max);
    text.push(format!(
        "{} rows, {} to run in {} jobs, about {} at {} a time",
        plan.rows.len(),
        waiting.len(),
        tasks.len(),
        human(longest.max(all / options.jobs as f64)),
        options.jobs
    ));
    Ok(text)
}
