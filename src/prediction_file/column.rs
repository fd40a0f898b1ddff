//! One column of a table: what it is called, what its cells can be, and its classes.

use super::Expected;
use super::cell::{Cell, short};
use super::reading::{Reading, Source, out_of_range};
use super::refusal::Refusal;
use super::table::Record;

/// What columns of row numbers are called, in lower case.
const ROW_NUMBERS: [&str; 10] =
    ["", "id", "index", "row", "image", "imageid", "image_id", "row_id", "row_number", "unnamed: 0"];

/// One column of a table.
pub struct Column<'a> {
    pub name: Option<String>,
    /// From 1.
    pub number: usize,
    pub cells: Vec<&'a Cell>,
}

pub fn columns<'a>(names: Option<&'a [Cell]>, rows: &'a [Record]) -> Vec<Column<'a>> {
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
pub fn named<'a, 'b>(columns: &'b [Column<'a>], name: &str) -> Result<&'b Column<'a>, Refusal> {
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

/// At most six names of columns, and how many more there are.
pub fn first_names(mut names: Vec<String>) -> Vec<String> {
    const MOST: usize = 6;
    if names.len() > MOST {
        let more = format!("{} more", names.len() - MOST);
        names.truncate(MOST);
        names.push(more);
    }
    names
}

impl Column<'_> {
    /// `column "label"`, or `column 2` where the columns have no names.
    pub fn plain_name(&self) -> String {
        match &self.name {
            Some(name) => format!("column {}", short(name)),
            None => format!("column {}", self.number),
        }
    }

    /// The argument of `--column` that names this column.
    pub fn argument(&self) -> String {
        match &self.name {
            Some(name)
                if name.is_empty() || name.contains(|c: char| !c.is_alphanumeric() && !"_-.".contains(c)) =>
            {
                short(name)
            }
            Some(name) => name.clone(),
            None => self.number.to_string(),
        }
    }

    pub fn is_numeric(&self) -> bool {
        self.cells.iter().all(|cell| cell.number().is_some())
            || self.cells.iter().all(|cell| cell.is_boolean())
    }

    pub fn is_mostly_numeric(&self) -> bool {
        2 * self.cells.iter().filter(|cell| cell.number().is_some()).count() > self.cells.len()
    }

    /// Whether at least half of the cells are classes, so that a column with one bad cell is still a
    /// candidate.
    pub fn may_be_classes(&self, expected: &Expected) -> bool {
        let classes = self.cells.iter().filter(|cell| cell.class(expected.class_names).is_some()).count();
        2 * classes >= self.cells.len()
    }

    /// Whether the column numbers the rows. Numbers that could all be classes count only under a name such as
    /// `index`.
    pub fn counts_rows(&self, expected: &Expected) -> bool {
        let name = self.name.as_deref().map(str::to_lowercase);
        let is_called_so = name.is_some_and(|name| ROW_NUMBERS.contains(&name.as_str()));
        match start_of_counting(&self.cells) {
            Some(start) => {
                is_called_so || start.saturating_add(self.cells.len() as i64) > expected.classes() as i64
            }
            None => false,
        }
    }

    /// Refuses row numbers, or names of files with numbers in them, in another order than that of the images.
    pub fn check_order(&self, expected: &Expected) -> Result<(), Refusal> {
        let text = self.cells.iter().all(|cell| cell.number().is_none());
        let numbers: Option<Vec<i64>> =
            self.cells.iter().map(|cell| if text { last_number(&cell.text) } else { cell.whole() }).collect();
        let Some(numbers) = numbers else { return Ok(()) };
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        let consecutive = sorted.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let could_be_classes = !text && sorted.last().is_some_and(|&last| last < expected.classes() as i64);
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

    pub fn why_none(&self, expected: &Expected) -> String {
        let cell = self.cells.iter().find(|cell| cell.class(expected.class_names).is_none());
        format!("{} has {}", self.plain_name(), short(cell.map_or("", |cell| &cell.text)))
    }

    pub fn read(&self, of: usize, expected: &Expected) -> Result<Reading, Refusal> {
        let label = (of > 1 || self.name.is_some()).then(|| self.plain_name());
        let classes = classes(&self.cells, label, expected)?;
        let source = Source::Column { name: self.name.clone(), number: self.number, of };
        Ok(Reading { classes, source })
    }
}

/// The classes of cells, each of which must be one.
fn classes(cells: &[&Cell], column: Option<String>, expected: &Expected) -> Result<Vec<u8>, Refusal> {
    if cells.iter().all(|cell| cell.is_boolean()) && !cells.is_empty() {
        return Err(Refusal::Booleans { classes: expected.classes() });
    }
    let numbers: Vec<i64> = cells.iter().filter_map(|cell| cell.whole()).collect();
    let class = |(at, cell): (usize, &&Cell)| {
        cell.class(expected.class_names).ok_or_else(|| match (cell.whole(), cell.number()) {
            (Some(number), _) => out_of_range(at, column.clone(), number, &numbers, expected),
            (None, number) => {
                let why = if number.is_some() {
                    "which is not a whole number: save the predicted classes, not their scores"
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

/// The first number, if the cells count up from it by one a row.
pub fn start_of_counting(cells: &[&Cell]) -> Option<i64> {
    let number = |cell: &Cell| cell.whole().or_else(|| last_number(&cell.text));
    let start = number(cells.first()?).filter(|start| *start >= 0)?;
    let counts = |(row, cell): (usize, &&Cell)| {
        number(cell) == i64::try_from(row).ok().and_then(|row| row.checked_add(start))
    };
    cells.iter().enumerate().all(counts).then_some(start)
}

/// The last number in a text that is not a number itself, such as 12 in `img_0012.png`.
fn last_number(text: &str) -> Option<i64> {
    let stem = text.rsplit_once('.').map_or(text, |(stem, _)| stem);
    let end = stem.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = stem[..end]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + stem[at..].chars().next().map_or(1, char::len_utf8));
    stem[start..end].parse().ok()
}

/// Reads cells that hold the predictions one after the other.
pub fn list(cells: &[&Cell], expected: &Expected) -> Result<Reading, Refusal> {
    if cells.len() != expected.images {
        return Err(Refusal::Count { found: cells.len(), header: None, images: expected.images });
    }
    Ok(Reading { classes: classes(cells, None, expected)?, source: Source::List })
}
