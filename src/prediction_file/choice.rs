//! Chooses the column of the predictions, if one column alone can be them.

use super::Question;
use super::cell::Cell;
use super::column::{Column, columns, first_names, named};
use super::header::has_header;
use super::reading::Reading;
use super::refusal::Refusal;
use super::scores::{self, Matrix};
use super::table::Table;
use super::unshaped;

/// Reads the predictions from a table.
pub fn read(table: Table, is_table: bool, question: &Question) -> Result<Reading, Refusal> {
    if let Some(reading) = unshaped::read(&table, question)? {
        return Ok(reading);
    }
    let header = has_header(&table, is_table, question)?;
    let (names, rows) = match table.records.split_first() {
        Some((first, rows)) if header => (Some(&first.cells[..]), rows),
        _ => (None, &table.records[..]),
    };
    let columns = columns(names, rows);
    if rows.len() != question.images {
        let header = columns.first().filter(|_| columns.len() == 1).and_then(|column| column.name.clone());
        if columns.len() > 1 && rows.len() * columns.len() == question.images {
            let (rows, columns) = (rows.len(), columns.len());
            return Err(Refusal::Shape { rows, columns, images: question.images });
        }
        return Err(Refusal::Count { found: rows.len(), header, images: question.images });
    }
    let chosen = match question.column {
        Some(name) => named(&columns, name)?,
        None if columns.len() == 1 => &columns[0],
        None => match only_candidate(&columns, question)? {
            Choice::Column(column) => column,
            Choice::Scores(reading) => return Ok(reading),
        },
    };
    for other in &columns {
        other.check_order(question)?;
    }
    chosen.read(columns.len(), question)
}

enum Choice<'a, 'b> {
    Column(&'b Column<'a>),
    Scores(Reading),
}

fn only_candidate<'a, 'b>(columns: &'b [Column<'a>], question: &Question) -> Result<Choice<'a, 'b>, Refusal> {
    for column in columns {
        column.check_order(question)?;
    }
    let others: Vec<&Column> = columns.iter().filter(|column| !column.counts_rows(question)).collect();
    let numbers: Vec<&Column> = others.iter().copied().filter(|column| column.is_numeric()).collect();
    let classes: Vec<&Column> =
        others.iter().copied().filter(|column| column.may_be_classes(question)).collect();
    let scores: Vec<&Column> = if numbers.len() == question.classes() {
        numbers.clone()
    } else {
        numbers.into_iter().filter(|column| !column.may_be_classes(question)).collect()
    };
    if scores.len() == question.classes() {
        let names: Option<Vec<&str>> = scores.iter().map(|column| column.name.as_deref()).collect();
        let reading = scores::read(&matrix(&scores), names.as_deref(), false, question)?;
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
    match classes[..] {
        [only] => Ok(Choice::Column(only)),
        [] => {
            let found = others.iter().take(4).map(|column| column.why_none(question)).collect();
            Err(Refusal::NoColumn { last: question.classes().saturating_sub(1), found })
        }
        [first, ..] => {
            let columns = first_names(classes.iter().map(|column| column.plain_name()).collect());
            let is_prediction = |name: &String| name.to_lowercase().contains("pred");
            let example = classes.iter().find(|column| column.name.as_ref().is_some_and(is_prediction));
            Err(Refusal::SeveralColumns { columns, example: example.unwrap_or(&first).argument() })
        }
    }
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
