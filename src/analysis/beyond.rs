//! The suite `today`, which holds what the published grid lacks: its best rows, and the steps before the
//! model that help one data set and hurt the other.

use super::peers::OURS;
use super::preprocessing::{self, Step, Sum};
use super::tables::{Line, SideBySide, View};

/// The run of that suite.
pub const RUN: &str = "today";

/// The least number of models with which a step must have been tried to be reported.
const ENOUGH: usize = 3;

/// What the suite adds.
#[derive(Clone, Debug)]
pub struct Beyond {
    /// One a data set with results, in the order of the table.
    pub sets: Vec<Set>,
    /// Steps that raise the accuracy of most models on one of the first two data sets and lower it on the
    /// other, each with the sums on both. Only steps tried with at least `ENOUGH` models count.
    pub opposite: Vec<(String, [Sum; 2])>,
}

/// One data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Set {
    pub dataset: String,
    /// Configurations with a result.
    pub configurations: usize,
    /// Configurations with an accuracy of at least the `bar` of [`Beyond::of`].
    pub at_bar: usize,
    /// The most accurate configuration: classifier, parameters with its steps, and accuracy.
    pub best: (String, String, f64),
}

/// The view of the suite's own results.
pub fn view() -> View {
    View { run: RUN.to_string(), subset: None }
}

impl Beyond {
    /// Counts configurations of at least the accuracy `bar`. `None` without results of the suite at full
    /// size.
    pub fn of(table: &SideBySide, bar: f64) -> Option<Beyond> {
        let view = view();
        let own: Vec<&Line> = table.view(&view).filter(|line| line.engine == OURS).collect();
        let sets: Vec<Set> = (0..table.datasets.len()).filter_map(|at| set(table, &own, at, bar)).collect();
        let opposite = preprocessing::steps(table, &view).iter().filter_map(opposite).collect();
        (!sets.is_empty()).then_some(Beyond { sets, opposite })
    }
}

fn set(table: &SideBySide, own: &[&Line], dataset: usize, bar: f64) -> Option<Set> {
    let scored: Vec<(f64, &Line)> =
        own.iter().filter_map(|&line| Some((table.row(line, dataset)?.accuracy?, line))).collect();
    // Of equal accuracies the first wins.
    let &(accuracy, best) = scored.iter().reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    Some(Set {
        dataset: table.datasets[dataset].clone(),
        configurations: scored.len(),
        at_bar: scored.iter().filter(|(accuracy, _)| *accuracy >= bar).count(),
        best: (best.classifier.clone(), best.parameters.clone(), accuracy),
    })
}

/// The step with its sums where most models gain on one of the first two data sets and most lose on the
/// other.
fn opposite(step: &Step) -> Option<(String, [Sum; 2])> {
    let (&Some(first), &Some(second)) = (step.sums.first()?, step.sums.get(1)?) else { return None };
    let gains = |sum: Sum| sum.gain * 2 > sum.models;
    let loses = |sum: Sum| sum.lose * 2 > sum.models;
    let enough = first.models.min(second.models) >= ENOUGH;
    let opposite = gains(first) && loses(second) || loses(first) && gains(second);
    (enough && opposite).then(|| (step.step.clone(), [first, second]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(sums: [(usize, usize, usize); 2]) -> Step {
        let sum = |(models, gain, lose)| Some(Sum { models, gain, lose, median: 0.0 });
        Step { step: "deskew".into(), effects: Vec::new(), sums: sums.map(sum).to_vec() }
    }

    #[test]
    fn a_step_is_opposite_where_most_models_gain_on_one_set_and_lose_on_the_other() {
        assert!(opposite(&step([(4, 3, 1), (4, 1, 3)])).is_some());
        assert!(opposite(&step([(4, 1, 3), (4, 4, 0)])).is_some());
        assert!(opposite(&step([(4, 3, 1), (4, 2, 2)])).is_none(), "half is not most");
        assert!(opposite(&step([(4, 3, 1), (4, 3, 1)])).is_none());
        assert!(opposite(&step([(2, 2, 0), (2, 0, 2)])).is_none(), "two models are few");
        let one_set = Step { sums: vec![None, None], ..step([(1, 1, 0), (1, 0, 1)]) };
        assert!(opposite(&one_set).is_none());
    }
}
