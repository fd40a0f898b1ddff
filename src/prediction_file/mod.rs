//! Reads predicted classes from the files that other programs write: text, tables, NumPy arrays.
//!
//! Nothing is guessed. A file that can be read in one way only is read, and [`Reading::summary`] says how; a
//! file with a second reading is refused with one line that names what is in doubt. `docs/INPUT.md` lists
//! what is accepted; `tests/fixtures/predictions/` holds a file of every kind.
//!
//! [`kind`] detects other file types, [`encoding`] decodes text, [`table`] splits it into cells, [`choice`]
//! chooses the [`mod@column`], [`scores`] takes the largest score of each row, [`list`] and [`npy`] read lists
//! and arrays.

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

use flate2::read::MultiGzDecoder;

pub use reading::{Reading, Source};
pub use refusal::Refusal;

/// The longest file that is read: 10,000 rows of 36 scores with 25 characters each take 9 MB.
pub const MAX_BYTES: u64 = 64 << 20;

/// The first bytes of a gzipped file, such as that of `to_csv("p.csv.gz")`.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What the file must hold, and what its reader decided about it.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The number of test images, and therefore of predictions.
    pub images: usize,
    /// One name a class, in the order of the class numbers.
    pub class_names: &'a [String],
    /// The column to read, by its name, or by its number from 1 where the table has no header.
    pub column: Option<&'a str>,
    /// The first line is a prediction, not a header.
    pub no_header: bool,
}

impl Expected<'_> {
    pub fn classes(&self) -> usize {
        self.class_names.len()
    }
}

/// Reads the file at `path`; its name's end tells tables (`.csv`, `.tsv`) from other text.
pub fn read(path: &Path, expected: &Expected) -> Result<Reading, Refusal> {
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
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let table = [".csv", ".tsv"].iter().any(|end| name.ends_with(end));
    parse(&bytes, table, expected)
}

/// Reads the bytes of a file. `is_table`: the file's name says that it is a table, which may have a header.
pub fn parse(bytes: &[u8], is_table: bool, expected: &Expected) -> Result<Reading, Refusal> {
    if bytes.starts_with(&GZIP) {
        let content = unzipped(bytes)?;
        // One level of gzip is unpacked, no more.
        if content.starts_with(&GZIP) {
            return Err(Refusal::Gzip("what is inside is gzipped too".into()));
        }
        return parse(&content, is_table, expected);
    }
    if bytes.starts_with(npy::MAGIC) {
        if expected.column.is_some() {
            return Err(Refusal::NoColumns);
        }
        return npy::read(bytes, expected);
    }
    if let Some(other) = kind::of_bytes(bytes) {
        return Err(other);
    }
    let text = encoding::decode(bytes).map_err(|refusal| raw_numbers(bytes, expected).unwrap_or(refusal))?;
    if text.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    if let Some(other) = kind::of_text(&text) {
        return Err(other);
    }
    if list::is_list(text.trim()) {
        return list::read(&text, expected);
    }
    let table = table::split(&text)?;
    choice::read(table, is_table, expected)
}

fn unzipped(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut content = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(MAX_BYTES + 1).read_to_end(&mut content);
    read.map_err(|error| Refusal::Gzip(error.to_string()))?;
    if content.len() as u64 > MAX_BYTES { Err(Refusal::TooLong) } else { Ok(content) }
}

/// The refusal of raw numbers: bytes as many as one number of 1, 2, 4 or 8 bytes for each test image.
fn raw_numbers(bytes: &[u8], expected: &Expected) -> Option<Refusal> {
    let images = expected.images;
    let is_width = |width: usize| images.checked_mul(width) == Some(bytes.len());
    [1, 2, 4, 8].into_iter().any(is_width).then_some(Refusal::RawNumbers { images })
}
