//! What a step before the model does to accuracy: the same model with and without it, side by side on all
//! data sets.

use std::collections::BTreeMap;

use super::peers::OURS;
use super::rows::{Row, readable};
use super::tables::{Line, SideBySide, View};
use crate::format::round;
use crate::stats::median::median;

/// A model with one more step, beside the same model without it.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The step, such as `deskew` or `pca-40`.
    pub step: String,
    pub classifier: String,
    pub parameters: String,
    /// The other steps, the same on both sides; empty where there are none.
    pub others: String,
    /// Accuracy without and with the step, for each data set; `None` where one of them has no result.
    pub accuracies: Vec<Option<(f64, f64)>>,
}

/// All models that one step has been tried with.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub step: String,
    pub effects: Vec<Effect>,
    /// Of each data set: models that gain, models that lose, and the median of the differences.
    pub sums: Vec<Option<Sum>>,
}

/// What a step did on one data set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sum {
    pub models: usize,
    pub gain: usize,
    pub lose: usize,
    pub median: f64,
}

/// A model with the steps before it.
struct Chain<'a> {
    steps: Vec<String>,
    line: &'a Line,
}

/// Every step of a view that has been tried with and without, by name.
pub fn steps(table: &SideBySide, view: &View) -> Vec<Step> {
    let mut models: BTreeMap<(&str, String), Vec<Chain>> = BTreeMap::new();
    for line in table.view(view).filter(|line| line.engine == OURS) {
        let Some(row) = (0..table.datasets.len()).find_map(|dataset| table.row(line, dataset)) else {
            continue;
        };
        let model = (row.classifier.as_str(), readable(&row.configuration.parameters));
        models.entry(model).or_default().push(Chain { steps: chain(row), line });
    }
    let mut steps: BTreeMap<String, Vec<Effect>> = BTreeMap::new();
    for ((classifier, parameters), chains) in &models {
        for Chain { steps: longer, line: with } in chains {
            for place in 0..longer.len() {
                let mut others = longer.clone();
                let step = others.remove(place);
                let Some(Chain { line: without, .. }) = chains.iter().find(|chain| chain.steps == others)
                else {
                    continue;
                };
                let accuracy = |line, dataset| table.row(line, dataset).and_then(|row: &Row| row.accuracy);
                let both = |dataset| Some((accuracy(without, dataset)?, accuracy(with, dataset)?));
                let accuracies: Vec<_> = (0..table.datasets.len()).map(both).collect();
                if accuracies.iter().any(Option::is_some) {
                    steps.entry(step.clone()).or_default().push(Effect {
                        step,
                        classifier: classifier.to_string(),
                        parameters: parameters.clone(),
                        others: others.join("+"),
                        accuracies,
                    });
                }
            }
        }
    }
    let sums = |effects: &[Effect]| (0..table.datasets.len()).map(|dataset| sum(effects, dataset)).collect();
    steps.into_iter().map(|(step, effects)| Step { sums: sums(&effects), step, effects }).collect()
}

/// The steps of a row, without `raw` and `unit`: these rescale all pixels alike, which most models do not
/// notice.
fn chain(row: &Row) -> Vec<String> {
    let steps = row.configuration.preprocessing.names();
    steps.into_iter().filter(|step| step != "raw" && step != "unit").collect()
}

fn sum(effects: &[Effect], dataset: usize) -> Option<Sum> {
    let pairs = effects.iter().filter_map(|effect| effect.accuracies[dataset]);
    let differences: Vec<f64> = pairs.map(|(without, with)| round(with - without)).collect();
    Some(Sum {
        models: differences.len(),
        gain: differences.iter().filter(|&&difference| difference > 0.0).count(),
        lose: differences.iter().filter(|&&difference| difference < 0.0).count(),
        median: median(&differences)?,
    })
}
