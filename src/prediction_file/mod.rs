//! Reads predicted classes from the files that other programs write: text, tables, NumPy arrays.
//!
//! Nothing is guessed. A file that can be read in one way only is read, and [`Reading::summary`] says how; a file
//! with a second reading is refused with one line that names what is in doubt. `docs/INPUT.md` lists what is
//! accepted; `tests/fixtures/predictions/` holds a file of every kind.
//!
//! [`kind`] tells other file types apart, [`encoding`] decodes text, [`table`] splits it into cells, [`choice`]
//! chooses the [`column`], [`scores`] takes the largest of one column a class, [`list`] and [`npy`] read lists and arrays.

pub mod cell;
pub mod choice;
pub mod column;
pub mod encoding;
pub mod header;
pub mod kind;
pub mod list;
pub mod npy;
pub mod reading;
pub mod refusal;
pub mod scores;
pub mod table;
pub mod unshaped;

use std::fs::File;
use std::io::Read;
use std::path::Path;

pub use reading::{Reading, Source};
pub use refusal::Refusal;

/// No file of predictions is longer: 10,000 rows of 36 scores with 25 characters each take 9 MB.
pub const MAX_BYTES: u64 = 64 << 20;

/// What the file must hold, and what its reader decided about it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The number of test images, and therefore of predictions.
    pub images: usize,
    /// One name a class, in the order of the class numbers.
    pub class_names: &'a [String],
    /// The column to read, by its name, or by its number from 1 where the table has no header.
    pub column: Option<&'a str>,
    /// The first line is a prediction, not a header.
    pub no_header: bool,
}

impl Question<'_> {
    pub fn classes(&self) -> usize {
        self.class_names.len()
    }
}

/// Reads the file at `path`; its name's end tells tables (`.csv`, `.tsv`) from other text.
pub fn read(path: &Path, question: &Question) -> Result<Reading, Refusal> {
    let unreadable = |error: std::io::Error| Refusal::Unreadable(error.to_string());
    // Opening a named pipe would wait for ever.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Refusal::NoFile);
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Refusal::TooLong);
    }
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let table = ["csv", "tsv"].iter().any(|known| extension.eq_ignore_ascii_case(known));
    parse(&bytes, table, question)
}

/// Reads what would stand in a file. `is_table`: the file's name says that it is a table, which may have a header.
pub fn parse(bytes: &[u8], is_table: bool, question: &Question) -> Result<Reading, Refusal> {
    if bytes.starts_with(npy::MAGIC) {
        if question.column.is_some() {
            return Err(Refusal::NoColumns);
        }
        return npy::read(bytes, question);
    }
    if let Some(other) = kind::of_bytes(bytes) {
        return Err(other);
    }
    let text = encoding::decode(bytes)?;
    if text.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    if let Some(other) = kind::of_text(&text) {
        return Err(other);
    }
    if list::is_list(text.trim()) {
        return list::read(&text, question);
    }
    let table = table::split(&text)?;
    choice::read(table, is_table, question)
}
