//! The predicted classes of a file, and how they were read.

use std::fmt;

use super::Expected;
use super::cell::short;
use super::refusal::Refusal;

/// What was taken for the predictions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// One character a test image, as in result files.
    Characters,
    /// Numbers in a list, or in the lines of one.
    List,
    /// A column of a table: its name where there is a header, its number from 1, of how many.
    Column { name: Option<String>, number: usize, of: usize },
    /// A NumPy array.
    Array { shape: String, kind: String },
    /// One column a class: the largest score of a row wins. Ties go to the first class, as with
    /// `numpy.argmax`.
    Scores { columns: usize, ties: usize },
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Source::Characters => write!(out, "a line of characters"),
            Source::List => write!(out, "a list of numbers"),
            Source::Column { name: Some(name), .. } => write!(out, "column {}", short(name)),
            Source::Column { name: None, of: 1, .. } => write!(out, "one column without a header"),
            Source::Column { name: None, number, of } => write!(out, "column {number} of {of}"),
            Source::Array { shape, kind } => write!(out, "an array of shape {shape}, {kind}"),
            Source::Scores { columns, ties } => {
                write!(out, "{columns} columns of scores, the largest of each row (argmax)")?;
                match ties {
                    0 => Ok(()),
                    1 => write!(out, ", 1 tie given to the first class"),
                    _ => write!(out, ", {ties} ties given to the first class"),
                }
            }
        }
    }
}

/// Predicted classes, one a test image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub classes: Vec<u8>,
    pub source: Source,
}

impl Reading {
    /// Which column was read, how many rows, and what the first three mean, in one line.
    pub fn summary(&self, class_names: &[String]) -> String {
        let name = |class: &u8| {
            let number = class.to_string();
            match class_names.get(usize::from(*class)) {
                Some(name) if *name != number => format!("{number} ({name})"),
                _ => number,
            }
        };
        let first: Vec<String> = self.classes.iter().take(3).map(name).collect();
        let more = if self.classes.len() > 3 { ", ..." } else { "" };
        let rows =
            if self.classes.len() == 1 { "1 row".into() } else { format!("{} rows", self.classes.len()) };
        format!("{}, {rows}: from image 0 on the classes are {}{more}", self.source, first.join(", "))
    }

    /// Reads whole numbers as classes; refuses them unless there is one for each test image, and each is a
    /// class.
    pub fn of_numbers(numbers: &[i64], source: Source, expected: &Expected) -> Result<Reading, Refusal> {
        if numbers.len() != expected.images {
            return Err(Refusal::Count { found: numbers.len(), header: None, images: expected.images });
        }
        let mut classes = Vec::with_capacity(numbers.len());
        for (at, &number) in numbers.iter().enumerate() {
            match u8::try_from(number) {
                Ok(class) if usize::from(class) < expected.classes() => classes.push(class),
                _ => return Err(out_of_range(at, None, number, numbers, expected)),
            }
        }
        Ok(Reading { classes, source })
    }
}

/// The refusal of a number that is no class, with a hint where the classes seem to count from 1.
pub fn out_of_range(
    at: usize,
    column: Option<String>,
    number: i64,
    numbers: &[i64],
    expected: &Expected,
) -> Refusal {
    let classes = expected.classes();
    let from_one =
        number == classes as i64 && numbers.iter().all(|&number| (1..=classes as i64).contains(&number));
    let hint = if from_one { "; these count from 1: subtract 1 from each" } else { "" };
    let why = format!("and the classes are 0 to {}{hint}", classes.saturating_sub(1));
    Refusal::NoClass { at, column, text: number.to_string(), why }
}
