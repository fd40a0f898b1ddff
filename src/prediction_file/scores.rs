//! Tables and arrays with one column a class: scores, shares of votes, or one 1 a row (one-hot).

use super::Expected;
use super::cell::Cell;
use super::reading::{Reading, Source};
use super::refusal::Refusal;

/// Numbers in rows, row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<f64>,
}

impl Matrix {
    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.columns.max(1))
    }

    /// Exactly one 1 a row, and 0 elsewhere.
    fn is_one_hot(&self) -> bool {
        self.rows().all(|row| {
            row.iter().all(|&value| value == 0.0 || value == 1.0)
                && row.iter().filter(|&&value| value == 1.0).count() == 1
        })
    }

    /// Nothing negative, and the same sum in every row.
    fn is_shares(&self) -> bool {
        let mut sums = self.rows().map(|row| row.iter().sum::<f64>());
        let Some(total) = sums.next().filter(|&total| total > 0.0) else { return false };
        sums.all(|sum| (sum - total).abs() <= 0.01 * total) && self.values.iter().all(|&value| value >= 0.0)
    }

    /// Every column has a value that is not whole.
    fn is_fractional(&self) -> bool {
        (0..self.columns).all(|column| self.rows().any(|row| row[column].fract() != 0.0))
    }

    fn is_whole(&self) -> bool {
        self.values.iter().all(|value| value.fract() == 0.0)
    }
}

/// The index of the largest of each row; `None` where the numbers may be something else than scores. `names`
/// are those of the columns; `is_array`: the numbers are an array, whose second dimension is the classes.
pub fn read(
    matrix: &Matrix,
    names: Option<&[&str]>,
    is_array: bool,
    expected: &Expected,
) -> Result<Option<Reading>, Refusal> {
    let order = names.map(|names| order(names, expected.class_names));
    let named = matches!(order, Some(Some(_)));
    // Two columns of 0 and 1 may as well be predictions and labels.
    let many = matrix.columns > 2;
    let are_scores = if matrix.is_one_hot() {
        many || named
    } else if matrix.is_whole() {
        let beyond_classes = matrix.values.iter().any(|&value| value >= expected.classes() as f64);
        matrix.is_shares() && (named || (many && beyond_classes))
    } else {
        matrix.is_shares() || named || (matrix.is_fractional() && (many || is_array))
    };
    if !are_scores {
        return Ok(None);
    }
    let order = match order {
        None => (0..matrix.columns).collect(),
        Some(Some(order)) => order,
        Some(None) => {
            let names: Vec<&str> = names.unwrap_or_default().iter().copied().take(4).collect();
            return Err(Refusal::ScoreNames {
                found: matrix.columns,
                names: format!("{:?}", names.join(", ")),
                last: matrix.columns - 1,
            });
        }
    };
    let mut ties = 0;
    let largest = |row: &[f64]| {
        let value = |class: usize| row[order[class]];
        let best =
            (1..order.len()).fold(0, |best, class| if value(class) > value(best) { class } else { best });
        ties += usize::from(row.iter().filter(|&&other| other == value(best)).count() > 1);
        i64::try_from(best).unwrap_or(i64::MAX)
    };
    let classes: Vec<i64> = matrix.rows().map(largest).collect();
    let source = Source::Scores { columns: matrix.columns, ties };
    Reading::of_numbers(&classes, source, expected).map(Some)
}

/// Reads one-hot rows without columns of classes that are never predicted, which `get_dummies` of pandas
/// leaves out. `None` unless each column has the name or the number of its class.
pub fn read_some(matrix: &Matrix, names: &[&str], expected: &Expected) -> Result<Option<Reading>, Refusal> {
    let class = |name: &&str| Cell::new(*name).class(expected.class_names).map(i64::from);
    let Some(classes) = names.iter().map(class).collect::<Option<Vec<i64>>>() else { return Ok(None) };
    let is_twice = (1..classes.len()).any(|at| classes[..at].contains(&classes[at]));
    if is_twice || matrix.columns < 3 || !matrix.is_one_hot() {
        return Ok(None);
    }
    let place = |row: &[f64]| row.iter().position(|&value| value == 1.0).map_or(0, |at| classes[at]);
    let classes: Vec<i64> = matrix.rows().map(place).collect();
    Reading::of_numbers(&classes, Source::Scores { columns: matrix.columns, ties: 0 }, expected).map(Some)
}

/// The column of each class, by the names of the columns: names of classes, numbers from 0, or ascending
/// numbers from 1, all after the same prefix.
fn order(names: &[&str], class_names: &[String]) -> Option<Vec<usize>> {
    let place = |name: &str| names.iter().position(|other| *other == name);
    if let Some(order) = class_names.iter().map(|name| place(name)).collect() {
        return Some(order);
    }
    if let Some(order) = order_of_names(names, class_names) {
        return Some(order);
    }
    let parts: Vec<(&str, usize)> = names.iter().map(|name| split_number(name)).collect::<Option<_>>()?;
    if parts.iter().any(|(start, _)| *start != parts[0].0) {
        return None;
    }
    let numbers: Vec<usize> = parts.iter().map(|(_, number)| *number).collect();
    if numbers.iter().copied().eq(1..=names.len()) {
        return Some((0..names.len()).collect());
    }
    (0..names.len()).map(|class| numbers.iter().position(|&number| number == class)).collect()
}

/// The column of each class by names that differ in case, punctuation and a common prefix: R writes
/// `T-shirt/top` as `T.shirt.top`, tidymodels as `.pred_T-shirt/top`. `None` where two classes would have one
/// name.
fn order_of_names(names: &[&str], class_names: &[String]) -> Option<Vec<usize>> {
    let plain = |name: &str| {
        let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("_").to_lowercase()
    };
    let columns: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let classes: Vec<String> = class_names.iter().map(|name| plain(name)).collect();
    let is_one_each = (1..classes.len()).all(|at| !classes[..at].contains(&classes[at]));
    let fronts = columns.first()?.match_indices('_').map(|(at, _)| at + 1).chain([0]);
    let mut fronts = fronts
        .filter_map(|end| columns[0].get(..end))
        .filter(|front| columns.iter().all(|name| name.starts_with(front)));
    fronts.find_map(|front| {
        let place = |class: &String| columns.iter().position(|name| name.strip_prefix(front) == Some(class));
        classes.iter().map(place).collect::<Option<Vec<usize>>>().filter(|_| is_one_each)
    })
}

/// `prob_12` as `prob_` and 12.
fn split_number(name: &str) -> Option<(&str, usize)> {
    let start = name.trim_end_matches(|c: char| c.is_ascii_digit());
    Some((start, name[start.len()..].parse().ok()?))
}
