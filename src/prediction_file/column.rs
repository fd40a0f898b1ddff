//! Chooses the column of the predictions, if one column alone can be them.

use super::Question;
use super::cell::{Cell, short};
use super::reading::{Reading, Source, out_of_range};
use super::refusal::Refusal;
use super::scores::{self, Matrix};
use super::table::{Record, Table};

/// What columns of row numbers are called, in lower case.
const ROW_NUMBERS: [&str; 10] =
    ["", "id", "index", "row", "image", "imageid", "image_id", "row_id", "row_number", "unnamed: 0"];

/// Reads the predictions from a table.
pub fn read(table: Table, is_table: bool, question: &Question) -> Result<Reading, Refusal> {
    if let Some(reading) = unshaped(&table, question)? {
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

/// Predictions that are no table: a line of characters, a line of numbers, lines of several numbers.
fn unshaped(table: &Table, question: &Question) -> Result<Option<Reading>, Refusal> {
    let count = question.images;
    if let ([only], None) = (&table.records[..], question.column) {
        let text = only.cells[0].text.as_str();
        let characters = text.chars().count();
        let is_code = text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
        if only.cells.len() == 1 && count > 1 && is_code && (characters == count || characters > 4) {
            if characters != count {
                return Err(Refusal::Characters { found: characters, images: count });
            }
            let numbers: Vec<i64> =
                text.chars().filter_map(|character| character.to_digit(36)).map(i64::from).collect();
            return Reading::of_numbers(&numbers, Source::Characters, question).map(Some);
        }
        // A line of several numbers is a list of predictions, whether or not they are enough.
        let numbers = only.cells.len() > 1 && only.cells.iter().all(|cell| cell.number().is_some());
        if numbers || (only.cells.len() == count && count > 1) {
            return list(&only.cells.iter().collect::<Vec<_>>(), question).map(Some);
        }
    }
    let cells: Vec<&Cell> = table.records.iter().flat_map(|record| &record.cells).collect();
    let in_lines = table.blanks && table.records.len() > 1 && table.records.len() != count;
    if table.short_end || (in_lines && cells.len() == count) {
        let width = table.records[0].cells.len();
        let first: Vec<&Cell> = table.records.iter().map(|record| &record.cells[0]).collect();
        let last = &table.records[table.records.len() - 1];
        let numbers = cells.iter().all(|cell| cell.number().is_some());
        if cells.len() == count && numbers && start_of_counting(&first).is_none() && question.column.is_none()
        {
            return list(&cells, question).map(Some);
        }
        if table.short_end {
            let (line, found) = (last.line, last.cells.len());
            return Err(Refusal::Ragged { line, found, first: table.records[0].line, expected: width });
        }
    }
    Ok(None)
}

/// Cells that are the predictions one after the other.
pub fn list(cells: &[&Cell], question: &Question) -> Result<Reading, Refusal> {
    if cells.len() != question.images {
        return Err(Refusal::Count { found: cells.len(), header: None, images: question.images });
    }
    Ok(Reading { classes: classes(cells, None, question)?, source: Source::List })
}

/// Whether the first record names the columns.
fn has_header(table: &Table, is_table: bool, question: &Question) -> Result<bool, Refusal> {
    if question.no_header {
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
    let is_name = |cell: &Cell| question.class_names.contains(&cell.text);
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
    // pandas names columns 0, 1, 2, ... where they have no names.
    let numbered = first.cells.iter().enumerate().all(|(at, cell)| cell.text == at.to_string());
    if numbered && rest.len() == question.images {
        return Ok(width == 1 || width == question.classes());
    }
    if numbered && width == 1 && table.records.len() == question.images {
        if question.column == Some("0") {
            return Ok(true);
        }
        // Other text is written without a header.
        if is_table && question.column.is_none() {
            return Err(Refusal::HeaderOrPrediction { images: question.images });
        }
    }
    Ok(false)
}

/// One column of a table.
struct Column<'a> {
    name: Option<String>,
    /// From 1.
    number: usize,
    cells: Vec<&'a Cell>,
}

fn columns<'a>(names: Option<&'a [Cell]>, rows: &'a [Record]) -> Vec<Column<'a>> {
    let width = names.map(<[Cell]>::len).or(rows.first().map(|row| row.cells.len())).unwrap_or(0);
    (0..width)
        .map(|at| Column {
            name: names.map(|names| names[at].text.clone()),
            number: at + 1,
            cells: rows.iter().map(|row| &row.cells[at]).collect(),
        })
        .collect()
}

/// The column of this name, or of this number where the columns have no names.
fn named<'a, 'b>(columns: &'b [Column<'a>], name: &str) -> Result<&'b Column<'a>, Refusal> {
    let is_it = |column: &&Column| match &column.name {
        Some(own) => own == name,
        None => column.number.to_string() == name,
    };
    let found: Vec<&Column> = columns.iter().filter(is_it).collect();
    match found[..] {
        [column] => Ok(column),
        [] => {
            let columns = columns.iter().map(Column::plain_name).collect();
            Err(Refusal::UnknownColumn { name: name.into(), columns: first_names(columns) })
        }
        _ => Err(Refusal::SameNames { name: name.into(), count: found.len() }),
    }
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
            Err(Refusal::SeveralColumns { columns, example: first.argument() })
        }
    }
}

/// At most six names of columns, and how many more there are.
fn first_names(mut names: Vec<String>) -> Vec<String> {
    const MOST: usize = 6;
    if names.len() > MOST {
        let more = format!("{} more", names.len() - MOST);
        names.truncate(MOST);
        names.push(more);
    }
    names
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

impl Column<'_> {
    /// `column "label"`, or `column 2` where the columns have no names.
    fn plain_name(&self) -> String {
        match &self.name {
            Some(name) => format!("column {}", short(name)),
            None => format!("column {}", self.number),
        }
    }

    /// What `--column` takes for it.
    fn argument(&self) -> String {
        match &self.name {
            Some(name) if name.contains(|c: char| !c.is_alphanumeric() && !"_-.".contains(c)) => short(name),
            Some(name) => name.clone(),
            None => self.number.to_string(),
        }
    }

    fn is_numeric(&self) -> bool {
        self.cells.iter().all(|cell| cell.number().is_some())
            || self.cells.iter().all(|cell| cell.is_boolean())
    }

    /// At least half of the cells are classes: a column with one bad cell is still in doubt.
    fn may_be_classes(&self, question: &Question) -> bool {
        let classes = self.cells.iter().filter(|cell| cell.class(question.class_names).is_some()).count();
        2 * classes >= self.cells.len()
    }

    /// Whether it numbers the rows. Numbers that could all be classes do so only under a name that says it.
    fn counts_rows(&self, question: &Question) -> bool {
        let name = self.name.as_deref().map(str::to_lowercase);
        let is_called_so = name.is_some_and(|name| ROW_NUMBERS.contains(&name.as_str()));
        match start_of_counting(&self.cells) {
            Some(start) => {
                is_called_so || start.saturating_add(self.cells.len() as i64) > question.classes() as i64
            }
            None => false,
        }
    }

    /// Refuses row numbers, or names of files with numbers in them, in another order than that of the images.
    fn check_order(&self, question: &Question) -> Result<(), Refusal> {
        let text = self.cells.iter().all(|cell| cell.number().is_none());
        let numbers: Option<Vec<i64>> =
            self.cells.iter().map(|cell| if text { last_number(&cell.text) } else { cell.whole() }).collect();
        let Some(numbers) = numbers else { return Ok(()) };
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        let consecutive = sorted.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let could_be_classes = !text && sorted.last().is_some_and(|&last| last < question.classes() as i64);
        let wrong = numbers.iter().zip(&sorted).position(|(number, sorted)| number != sorted);
        match wrong {
            Some(row) if consecutive && !could_be_classes => Err(Refusal::Unordered {
                column: self.plain_name(),
                found: short(&self.cells[row].text),
                row: row + 1,
            }),
            _ => Ok(()),
        }
    }

    fn why_none(&self, question: &Question) -> String {
        let cell = self.cells.iter().find(|cell| cell.class(question.class_names).is_none());
        format!("{} has {}", self.plain_name(), short(cell.map_or("", |cell| &cell.text)))
    }

    fn read(&self, of: usize, question: &Question) -> Result<Reading, Refusal> {
        let label = (of > 1 || self.name.is_some()).then(|| self.plain_name());
        let classes = classes(&self.cells, label, question)?;
        let source = Source::Column { name: self.name.clone(), number: self.number, of };
        Ok(Reading { classes, source })
    }
}

/// The classes of cells, each of which must be one.
fn classes(cells: &[&Cell], column: Option<String>, question: &Question) -> Result<Vec<u8>, Refusal> {
    if cells.iter().all(|cell| cell.is_boolean()) && !cells.is_empty() {
        return Err(Refusal::Booleans);
    }
    let numbers: Vec<i64> = cells.iter().filter_map(|cell| cell.whole()).collect();
    let class = |(at, cell): (usize, &&Cell)| {
        cell.class(question.class_names).ok_or_else(|| match (cell.whole(), cell.number()) {
            (Some(number), _) => out_of_range(at, column.clone(), number, &numbers, question),
            (None, number) => {
                let why = if number.is_some() {
                    "which is no whole number: save the predicted classes, not their scores"
                } else if cell.is_empty() {
                    "where a class is missing"
                } else {
                    "which is neither a class number nor a class name"
                };
                Refusal::NoClass { at, column: column.clone(), text: cell.text.clone(), why: why.into() }
            }
        })
    };
    cells.iter().enumerate().map(class).collect()
}

/// The first number where the cells count up from it, one a row.
fn start_of_counting(cells: &[&Cell]) -> Option<i64> {
    let number = |cell: &Cell| cell.whole().or_else(|| last_number(&cell.text));
    let start = number(cells.first()?).filter(|start| *start >= 0)?;
    let counts = |(row, cell): (usize, &&Cell)| {
        number(cell) == i64::try_from(row).ok().and_then(|row| row.checked_add(start))
    };
    cells.iter().enumerate().all(counts).then_some(start)
}

/// The last number in a text that is no number itself, such as 12 in `img_0012.png`.
fn last_number(text: &str) -> Option<i64> {
    let stem = text.rsplit_once('.').map_or(text, |(stem, _)| stem);
    let end = stem.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = stem[..end]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + stem[at..].chars().next().map_or(1, char::len_utf8));
    stem[start..end].parse().ok()
}
