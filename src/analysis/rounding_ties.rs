//! Ties of a model: test images whose class values are equal after rounding. scikit-learn's rule gives them
//! to the first class; the sentences compare the accuracy with that of the values before rounding.

use std::collections::BTreeMap;

use super::rows::Row;
use super::tables::{SideBySide, View};
use crate::dataset::Dataset;
use crate::format::{accuracy, title};

/// A sentence on the ties of one classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundingTies {
    pub classifier: String,
    pub text: String,
}

/// One sentence for each row of the view that has ties among its facts, from its first repeat. Rows of data
/// sets that could not be read are left out.
pub fn sentences(table: &SideBySide, view: &View, datasets: &BTreeMap<String, Dataset>) -> Vec<RoundingTies> {
    let lines = table.view(view).flat_map(|line| (0..table.datasets.len()).map(move |at| (line, at)));
    let rows = lines.filter_map(|(line, dataset)| table.row(line, dataset));
    let sentence = |row: &Row| {
        let labels = &datasets.get(&row.dataset)?.test.labels;
        let ties = row.facts.get("ties")?.as_u64()?;
        let tie_free = share_right(row.facts.get("tie_free_predictions")?.as_str()?, labels)?;
        Some(RoundingTies {
            classifier: row.classifier.clone(),
            text: format!(
                "{} on {}: {} of {} test images tie and go to the first class, as in scikit-learn, which makes {}; \
                 by the values before rounding it is {}.",
                row.parameters,
                title(&row.dataset),
                ties,
                labels.len(),
                accuracy(row.accuracy?),
                accuracy(tie_free)
            ),
        })
    };
    rows.filter_map(sentence).collect()
}

/// Share of digits (base 36, one an image) that equal the label. `None` unless there is one digit for each
/// label.
fn share_right(digits: &str, labels: &[u8]) -> Option<f64> {
    let right = |(digit, &label): (char, &u8)| digit.to_digit(36) == Some(u32::from(label));
    let same_number = digits.chars().count() == labels.len() && !labels.is_empty();
    same_number
        .then(|| digits.chars().zip(labels).filter(|&pair| right(pair)).count() as f64 / labels.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_counted_where_all_are_there() {
        assert_eq!(share_right("01a3", &[0, 1, 10, 2]), Some(0.75));
        assert_eq!(share_right("01", &[0, 1, 2]), None);
        assert_eq!(share_right("", &[]), None);
    }
}
