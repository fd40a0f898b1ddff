//! Predictions in text that is no table: lines of characters, a line of numbers, lines of several numbers.

use super::Expected;
use super::cell::Cell;
use super::column::{list, start_of_counting};
use super::reading::{Reading, Source};
use super::refusal::Refusal;
use super::table::Table;

/// The shortest line of characters, one an image, in a file of several: shorter lines may be numbers.
const LINE_OF_CHARACTERS: usize = 10;

/// Reads predictions that stand one after the other; `None` where each line is one row.
pub fn read(table: &Table, expected: &Expected) -> Result<Option<Reading>, Refusal> {
    if expected.column.is_none()
        && let Some(text) = characters(table, expected.images)
    {
        let found = text.len();
        if found != expected.images {
            return Err(Refusal::Characters { found, images: expected.images });
        }
        let numbers: Vec<i64> = text.into_iter().map(i64::from).collect();
        return Reading::of_numbers(&numbers, Source::Characters, expected).map(Some);
    }
    let count = expected.images;
    if let ([only], None) = (&table.records[..], expected.column) {
        // A line of several numbers is a list of predictions, whether or not they are enough.
        let numbers = only.cells.len() > 1 && only.cells.iter().all(|cell| cell.number().is_some());
        if numbers || (only.cells.len() == count && count > 1) {
            return list(&only.cells.iter().collect::<Vec<_>>(), expected).map(Some);
        }
    }
    let cells: Vec<&Cell> = table.records.iter().flat_map(|record| &record.cells).collect();
    let in_lines = table.blanks && table.records.len() > 1 && table.records.len() != count;
    if table.short_end || (in_lines && cells.len() == count) {
        let width = table.records[0].cells.len();
        let first: Vec<&Cell> = table.records.iter().map(|record| &record.cells[0]).collect();
        let last = &table.records[table.records.len() - 1];
        let numbers = cells.iter().all(|cell| cell.number().is_some());
        if cells.len() == count && numbers && start_of_counting(&first).is_none() && expected.column.is_none()
        {
            return list(&cells, expected).map(Some);
        }
        if table.short_end {
            let (line, found) = (last.line, last.cells.len());
            return Err(Refusal::Ragged { line, found, first: table.records[0].line, expected: width });
        }
    }
    Ok(None)
}

/// The classes of a line of characters, or of lines of one length that together have one an image.
fn characters(table: &Table, images: usize) -> Option<Vec<u32>> {
    let is_code = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    let single = table.records.iter().all(|record| record.cells.len() == 1);
    let lines: Vec<&str> = table.records.iter().map(|record| record.cells[0].text.as_str()).collect();
    let first = lines.first()?.len();
    let total: usize = lines.iter().map(|line| line.len()).sum();
    let is_meant = match lines[..] {
        [only] => images > 1 && (only.len() == images || only.len() > 4),
        [.., last] => {
            let alike = lines[..lines.len() - 1].iter().all(|line| line.len() == first);
            first >= LINE_OF_CHARACTERS && alike && last.len() <= first && total == images
        }
        [] => false,
    };
    (single && is_meant && lines.iter().all(|line| is_code(line)))
        .then(|| lines.iter().flat_map(|line| line.chars()).filter_map(|c| c.to_digit(36)).collect())
}
