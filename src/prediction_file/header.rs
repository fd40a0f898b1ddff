//! Tells whether the first line of a table names its columns.

use super::Expected;
use super::cell::{Cell, named};
use super::refusal::Refusal;
use super::table::Table;

/// Whether the first record names the columns.
pub fn has_header(table: &Table, is_table: bool, expected: &Expected) -> Result<bool, Refusal> {
    if expected.no_header {
        return Ok(false);
    }
    let Some((first, rest)) = table.records.split_first() else { return Ok(false) };
    let width = first.cells.len();
    // The index of pandas has no name.
    if table.header || (width > 1 && first.cells[0].is_empty()) {
        return Ok(true);
    }
    let most = |at: usize, is: &dyn Fn(&Cell) -> bool| {
        !rest.is_empty() && 2 * rest.iter().filter(|record| is(&record.cells[at])).count() > rest.len()
    };
    let is_name = |cell: &Cell| named(&cell.text, expected.class_names).is_some();
    for (at, cell) in first.cells.iter().enumerate() {
        if cell.number().is_none() && !cell.is_empty() {
            let above_numbers = most(at, &|cell| cell.number().is_some());
            let above_words = !cell.is_boolean() && most(at, &|cell| cell.is_boolean());
            if above_numbers || above_words || (!is_name(cell) && most(at, &is_name)) {
                return Ok(true);
            }
        }
        if cell.quoted && most(at, &|cell| !cell.quoted) {
            return Ok(true);
        }
    }
    // One column a class, named by its number: with one line more than images, the first line is the header.
    let is_first = |at: usize| first.cells[..at].iter().all(|other| other.text != first.cells[at].text);
    let are_classes =
        (0..width).all(|at| is_first(at) && first.cells[at].class(expected.class_names).is_some());
    if width > 2 && rest.len() == expected.images && are_classes {
        return Ok(true);
    }
    // pandas names columns 0, 1, 2, ... where they have no names.
    let numbered = first.cells.iter().enumerate().all(|(at, cell)| cell.text == at.to_string());
    if numbered && rest.len() == expected.images {
        return Ok(width == 1 || width == expected.classes());
    }
    if numbered && width == 1 && table.records.len() == expected.images {
        if expected.column == Some("0") {
            return Ok(true);
        }
        // Other text is written without a header.
        if is_table && expected.column.is_none() {
            return Err(Refusal::HeaderOrPrediction { images: expected.images });
        }
    }
    Ok(false)
}
