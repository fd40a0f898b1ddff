//! Splits text into a table: one delimiter for the whole file, quotes as in RFC 4180.

use super::cell::Cell;
use super::refusal::Refusal;

/// One line of a table, or several where a quoted cell has line breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The first line, from 1.
    pub line: usize,
    pub cells: Vec<Cell>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// All of one width, but for the last where `short_end` says so.
    pub records: Vec<Record>,
    /// The delimiter is blanks.
    pub blanks: bool,
    /// The first record names the columns, whatever stands in it.
    pub header: bool,
    /// The last line has fewer cells, as in numbers written several to a line.
    pub short_end: bool,
    /// The last comment above the table, if it has one cell a column: the header, unless a line of the table
    /// is.
    pub comment: Option<Record>,
}

/// What stands between two cells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Delimiter {
    Char(char),
    Blanks,
    None,
}

/// Tried in this order: a comma is a decimal comma if another character divides the lines.
const DELIMITERS: [Delimiter; 5] = [
    Delimiter::Char('\t'),
    Delimiter::Char(';'),
    Delimiter::Char(','),
    Delimiter::Char('|'),
    Delimiter::Blanks,
];

/// Splits text into cells.
pub fn split(text: &str) -> Result<Table, Refusal> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut text = text.as_str();
    let mut first_line = 1;
    let mut next = |text: &mut &str| {
        let line = text.split('\n').next().unwrap_or_default();
        *text = text.get(line.len() + 1..).unwrap_or_default();
        first_line += 1;
        line.to_string()
    };
    // Spreadsheets write a first line such as `sep=;`.
    let mut named = None;
    let start: String = text.chars().take(5).collect();
    if start.to_ascii_lowercase().starts_with("sep=")
        && text.split('\n').next().is_some_and(|l| l.chars().count() == 5)
    {
        named = next(&mut text).chars().nth(4).map(Delimiter::Char);
    }
    // numpy.savetxt writes its header behind a number sign.
    let mut comment = None;
    while text.starts_with('#') {
        comment = Some(next(&mut text).trim_start_matches('#').trim().to_string());
    }
    // It writes its footer so too.
    while let Some((before, last)) = text.trim_end().rsplit_once('\n')
        && last.starts_with('#')
    {
        text = before;
    }
    let mut table = match named {
        Some(delimiter) => divide(records(text, delimiter, first_line)?, delimiter)?,
        None => decide(text, first_line)?,
    };
    if let (Some(comment), Some(first)) = (comment, table.records.first()) {
        let width = first.cells.len();
        let by = if table.blanks { Delimiter::Blanks } else { Delimiter::Char(',') };
        let named =
            [by, Delimiter::Char(';'), Delimiter::Char('\t'), Delimiter::None].into_iter().find_map(|by| {
                records(&comment, by, 1).ok()?.into_iter().next().filter(|record| record.cells.len() == width)
            });
        table.comment = named;
    }
    Ok(table)
}

/// The first delimiter that divides all lines alike.
fn decide(text: &str, first_line: usize) -> Result<Table, Refusal> {
    let mut ragged = None;
    for delimiter in DELIMITERS {
        // A quote may end in the middle of a cell where another delimiter is taken for this one.
        let Ok(records) = records(text, delimiter, first_line) else { continue };
        if records.iter().all(|record| record.cells.len() < 2) {
            continue;
        }
        match divide(records, delimiter) {
            Ok(table) => return Ok(table),
            // Blanks divide names too, which may have different numbers of words.
            Err(_) if delimiter == Delimiter::Blanks && !has_numbers_only(text) => {}
            Err(refusal) => ragged = ragged.or(Some(refusal)),
        }
    }
    let single = records(text, Delimiter::None, first_line)?;
    match ragged {
        Some(refusal) if !is_one_column(&single) => Err(refusal),
        _ => divide(single, Delimiter::None),
    }
}

fn has_numbers_only(text: &str) -> bool {
    text.split_whitespace().all(|word| Cell::new(word).number().is_some())
}

/// Whether lines that a comma or blanks divide unevenly are one column: a name, which may have blanks, over
/// whole numbers, which may have a decimal comma before zeros (`7,00`).
fn is_one_column(records: &[Record]) -> bool {
    let is_whole = |text: &str| {
        let zeros = text.split_once(',').map_or("", |(_, zeros)| zeros);
        zeros.bytes().all(|byte| byte == b'0') && !text.contains(char::is_whitespace)
    };
    records.iter().flat_map(|record| &record.cells).enumerate().all(|(row, cell)| match row {
        0 => !cell.text.contains(','),
        _ => is_whole(&cell.text) && cell.number().is_some(),
    })
}

/// Checks that the records have one width.
fn divide(mut records: Vec<Record>, delimiter: Delimiter) -> Result<Table, Refusal> {
    let blanks = delimiter == Delimiter::Blanks;
    let (mut header, mut short_end) = (false, false);
    let widths: Vec<usize> = records.iter().map(|record| record.cells.len()).collect();
    let width = widths.get(1).or(widths.first()).copied().unwrap_or(0);
    let odd = |from: usize| widths.iter().skip(from).position(|&found| found != width).map(|at| at + from);
    match odd(0) {
        None => {}
        // R's write.table names all columns but that of the row names.
        Some(0) if widths[0] + 1 == width && odd(1).is_none() && has_row_names(&records[1..]) => {
            records[0].cells.insert(0, Cell::default());
            header = true;
        }
        Some(at) if blanks && at + 1 == widths.len() && widths[at] < width => short_end = true,
        Some(at) => {
            let (odd, usual) = if at == 0 { (0, 1) } else { (at, 0) };
            return Err(Refusal::Ragged {
                line: records[odd].line,
                found: widths[odd],
                first: records[usual].line,
                expected: widths[usual],
            });
        }
    }
    // A delimiter at the end of every line adds no column.
    while width > 1
        && !short_end
        && records.iter().all(|record| record.cells.last().is_some_and(Cell::is_empty))
    {
        records.iter_mut().for_each(|record| drop(record.cells.pop()));
        if records.iter().any(|record| record.cells.len() < 2) {
            break;
        }
    }
    Ok(Table { records, blanks, header, short_end, comment: None })
}

/// Row names are quoted, or are no numbers, or count from 1 as R's do, or from 0 as those that pandas prints.
fn has_row_names(records: &[Record]) -> bool {
    let start =
        records.first().and_then(|record| record.cells[0].whole()).filter(|start| [0, 1].contains(start));
    records.iter().zip(start.unwrap_or(1)..).all(|(record, row)| {
        let name = &record.cells[0];
        name.quoted || name.number().is_none() || name.whole() == Some(row)
    })
}

/// The records of a text, without empty lines.
fn records(text: &str, delimiter: Delimiter, first_line: usize) -> Result<Vec<Record>, Refusal> {
    let mut reader = Reader { records: Vec::new(), cells: Vec::new(), cell: Cell::default(), begun: false };
    let mut characters = text.chars().peekable();
    let (mut line, mut start) = (first_line, first_line);
    while let Some(c) = characters.next() {
        let blank_start = reader.cell.text.trim().is_empty() && !reader.cell.quoted;
        match c {
            '"' if blank_start => {
                reader.cell = Cell { text: String::new(), quoted: true };
                reader.begun = true;
                let opened = line;
                loop {
                    match characters.next() {
                        Some('"') if characters.peek() == Some(&'"') => {
                            characters.next();
                            reader.cell.text.push('"');
                        }
                        Some('"') => break,
                        Some(c) => {
                            line += usize::from(c == '\n');
                            reader.cell.text.push(c);
                        }
                        None => return Err(Refusal::OpenQuote(opened)),
                    }
                }
            }
            '\n' => {
                reader.end_record(start, delimiter);
                line += 1;
                start = line;
            }
            c if delimiter == Delimiter::Char(c) => reader.end_cell(),
            c if delimiter == Delimiter::Blanks && c.is_whitespace() => {
                if reader.begun {
                    reader.end_cell();
                }
            }
            // Blanks behind a closing quote are no part of the cell.
            c if reader.cell.quoted && c.is_whitespace() => {}
            c => {
                reader.begun = true;
                reader.cell.text.push(c);
            }
        }
    }
    reader.end_record(start, delimiter);
    Ok(reader.records)
}

struct Reader {
    records: Vec<Record>,
    cells: Vec<Cell>,
    cell: Cell,
    /// The cell has a character or a quote.
    begun: bool,
}

impl Reader {
    fn end_cell(&mut self) {
        let mut cell = std::mem::take(&mut self.cell);
        cell.text = cell.text.trim().to_string();
        let inner = cell.text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        if let Some(inner) = inner.filter(|_| !cell.quoted) {
            cell = Cell { text: inner.to_string(), quoted: true };
        }
        self.cells.push(cell);
        self.begun = false;
    }

    fn end_record(&mut self, line: usize, delimiter: Delimiter) {
        if delimiter != Delimiter::Blanks || self.begun {
            self.end_cell();
        }
        self.cell = Cell::default();
        self.begun = false;
        let cells = std::mem::take(&mut self.cells);
        let is_blank = |cell: &Cell| cell.is_empty() && !cell.quoted;
        if cells.iter().any(|cell| !is_blank(cell)) {
            self.records.push(Record { line, cells });
        }
    }
}
