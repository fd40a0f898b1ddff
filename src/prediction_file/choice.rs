//! Chooses the column of the predictions, if one column alone can be them.

use super::Expected;
use super::cell::Cell;
use super::column::{Column, columns, first_names, named};
use super::header::has_header;
use super::reading::Reading;
use super::refusal::Refusal;
use super::scores::{self, Matrix};
use super::table::Table;
use super::unshaped;

/// Reads the predictions from a table.
pub fn read(table: Table, is_table: bool, expected: &Expected) -> Result<Reading, Refusal> {
    if let Some(reading) = unshaped::read(&table, expected)? {
        return Ok(reading);
    }
    let commented = table.comment.as_ref().map(|comment| &comment.cells[..]);
    let is_whole = table.records.len() == expected.images;
    let header = !(commented.is_some() && is_whole) && has_header(&table, is_table, expected)?;
    let (names, rows) = match table.records.split_first() {
        Some((first, rows)) if header => (Some(&first.cells[..]), rows),
        _ => (commented, &table.records[..]),
    };
    let columns = columns(names, rows);
    if rows.len() != expected.images {
        return Err(wrong_count(rows.len(), &columns, expected));
    }
    let chosen = match expected.column {
        Some(name) => named(&columns, name)?,
        None if columns.len() == 1 => &columns[0],
        None => match only_candidate(&columns, expected)? {
            Choice::Column(column) => column,
            Choice::Scores(reading) => return Ok(reading),
        },
    };
    for other in &columns {
        other.check_order(expected)?;
    }
    chosen.read(columns.len(), expected)
}

/// The refusal of a table with another number of rows than test images.
fn wrong_count(rows: usize, columns: &[Column], expected: &Expected) -> Refusal {
    let (width, images) = (columns.len(), expected.images);
    let cells = rows * width;
    // As many numbers as classes or scores, but in lines of another length; or a few long lines.
    let is_other_shape = [images, images * expected.classes()].contains(&cells) || 2 * rows < width;
    if width > 1 && is_other_shape {
        return Refusal::Shape { rows, columns: width, images };
    }
    let header = columns.first().filter(|_| width == 1).and_then(|column| column.name.clone());
    Refusal::Count { found: rows, header, images }
}

/// The refusal where no column holds classes: columns of scores that are too few or too many, or have a bad
/// cell.
fn no_column(others: &[&Column], expected: &Expected) -> Refusal {
    let mostly_numbers: Vec<&&Column> = others.iter().filter(|column| column.is_mostly_numeric()).collect();
    let (found, classes) = (mostly_numbers.len(), expected.classes());
    if found == classes {
        for row in 0..expected.images {
            if let Some(bad) = mostly_numbers.iter().find(|column| column.cells[row].number().is_none()) {
                return Refusal::ScoreCell { row: row + 1, text: bad.cells[row].text.clone() };
            }
        }
    } else if found > 2 {
        return Refusal::ScoreCount { found, classes };
    }
    let found = others.iter().take(4).map(|column| column.why_none(expected)).collect();
    Refusal::NoColumn { last: classes.saturating_sub(1), found }
}

enum Choice<'a, 'b> {
    Column(&'b Column<'a>),
    Scores(Reading),
}

fn only_candidate<'a, 'b>(columns: &'b [Column<'a>], expected: &Expected) -> Result<Choice<'a, 'b>, Refusal> {
    for column in columns {
        column.check_order(expected)?;
    }
    let others: Vec<&Column> = columns.iter().filter(|column| !column.counts_rows(expected)).collect();
    let numbers: Vec<&Column> = others.iter().copied().filter(|column| column.is_numeric()).collect();
    let classes: Vec<&Column> =
        others.iter().copied().filter(|column| column.may_be_classes(expected)).collect();
    let scores: Vec<&Column> = if numbers.len() == expected.classes() {
        numbers.clone()
    } else {
        numbers.into_iter().filter(|column| !column.may_be_classes(expected)).collect()
    };
    if scores.len() == expected.classes() {
        let names: Option<Vec<&str>> = scores.iter().map(|column| column.name.as_deref()).collect();
        let reading = scores::read(&matrix(&scores), names.as_deref(), false, expected)?;
        let beside = classes.iter().find(|column| !scores.iter().any(|score| score.number == column.number));
        match (reading, beside) {
            (Some(reading), None) => return Ok(Choice::Scores(reading)),
            (Some(_), Some(column)) => {
                let columns = vec![column.plain_name(), format!("the {} columns of scores", scores.len())];
                return Err(Refusal::SeveralColumns { columns, example: column.argument() });
            }
            _ => {}
        }
    }
    if let Some(names) = numbers_or_words(&others)
        && let Some(reading) = scores::read_some(&matrix(&others), &names, expected)?
    {
        return Ok(Choice::Scores(reading));
    }
    match classes[..] {
        [only] => Ok(Choice::Column(only)),
        [] => Err(no_column(&others, expected)),
        [first, ..] => {
            let columns = first_names(classes.iter().map(|column| column.plain_name()).collect());
            let called = |part: &str| {
                let is_called = |column: &&&Column| {
                    column.name.as_ref().is_some_and(|name| name.to_lowercase().contains(part))
                };
                classes.iter().find(is_called)
            };
            let example = called("pred").or_else(|| called("label")).unwrap_or(&first);
            Err(Refusal::SeveralColumns { columns, example: example.argument() })
        }
    }
}

/// The names of columns of numbers, or of true and false.
fn numbers_or_words<'a>(columns: &[&'a Column]) -> Option<Vec<&'a str>> {
    let is_numeric = columns.iter().all(|column| column.is_numeric());
    columns.iter().map(|column| column.name.as_deref()).collect::<Option<_>>().filter(|_| is_numeric)
}

fn matrix(columns: &[&Column]) -> Matrix {
    let rows = columns.first().map_or(0, |column| column.cells.len());
    let value = |cell: &Cell| match cell.number() {
        Some(number) => number,
        None => f64::from(u8::from(cell.text.eq_ignore_ascii_case("true"))),
    };
    let values =
        (0..rows).flat_map(|row| columns.iter().map(move |column| value(column.cells[row]))).collect();
    Matrix { rows, columns: columns.len(), values }
}
