//! Why a file of predictions is not read: what was found, what was expected, what to do, in one line.

use super::cell::short;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("cannot be read: {0}")]
    Unreadable(String),
    #[error("is not a file: name a file of predictions")]
    NoFile,
    #[error("is longer than 64 MiB, which no file of predictions is: save the predicted classes alone")]
    TooLong,
    #[error("is empty: save one class a test image")]
    Empty,
    /// Another type of file.
    #[error("is {what}, not a list of classes: {advice}")]
    OtherFile { what: String, advice: String },
    #[error("is neither text nor a NumPy array: save one class a line")]
    Binary,
    #[error("is gzipped, and cannot be unpacked ({0}): save it again")]
    Gzip(String),
    /// As many bytes as that many numbers.
    #[error(
        "is neither text nor a NumPy array, but as long as {images} numbers, as ndarray.tofile writes them: np.save(\"p.npy\", p)"
    )]
    RawNumbers { images: usize },
    #[error("ends early: {0}: save it again with np.save")]
    Damaged(String),
    /// The number of predictions differs from that of test images.
    #[error("{found} prediction{}{under} for {images} test images: save one prediction a test image, in their order",
        if *found == 1 { "" } else { "s" },
        under = header.as_ref().map_or(String::new(), |name| format!(" under the header {}", short(name))))]
    Count { found: usize, header: Option<String>, images: usize },
    /// A line of characters, one an image.
    #[error("a line of {found} characters for {images} test images: write one character a test image")]
    Characters { found: usize, images: usize },
    /// A cell that is no class.
    #[error("prediction {at}{of} is {}, {why}", short(text), of = column.as_ref().map_or(String::new(), |name| format!(" of {name}")))]
    NoClass { at: usize, column: Option<String>, text: String, why: String },
    /// True and False.
    #[error("holds true and false, not classes: save {}",
        if *classes == 2 { "0 and 1, such as np.save(\"p.npy\", p.astype(int))" }
        else { "what the model predicted, not whether it is right" })]
    Booleans { classes: usize },
    /// Lines of different widths.
    #[error(
        "line {line} has {found} cells where line {first} has {expected}: separate the cells of every line alike"
    )]
    Ragged { line: usize, found: usize, first: usize, expected: usize },
    #[error("line {0} has a quote that never ends: close it, or save the table again")]
    OpenQuote(usize),
    /// Several columns could be the predictions.
    #[error("{} could all be the predictions: say which with --column, such as --column {}",
        columns.join(", "), example)]
    SeveralColumns { columns: Vec<String>, example: String },
    #[error("no column holds classes 0 to {last} ({}): say which with --column, or save the predicted classes",
        found.join("; "))]
    NoColumn { last: usize, found: Vec<String> },
    #[error("there is no column {}: the columns are {}", short(name), columns.join(", "))]
    UnknownColumn { name: String, columns: Vec<String> },
    #[error("{count} columns are called {}: give them names of their own", short(name))]
    SameNames { name: String, count: usize },
    #[error("has no columns by name: --column is for tables; leave it out")]
    NoColumns,
    /// The first line may be a header.
    #[error("the first line, 0, is either a column's name ({} predictions for {images} test images) or the first \
        of {images} predictions: give the column a name such as label, or use --no-header", images - 1)]
    HeaderOrPrediction { images: usize },
    #[error(
        "the rows are not in the order of the test images ({column} has {found} in row {row}): sort the table by \
        it, and save it again"
    )]
    Unordered { column: String, found: String, row: usize },
    /// Rows and columns that are no list and no table of one row an image.
    #[error("has {rows} rows of {columns} numbers for {images} test images: write one row a test image")]
    Shape { rows: usize, columns: usize, images: usize },
    /// Columns of scores whose class cannot be told.
    #[error(
        "has {found} columns of scores whose names do not say the classes ({names}): name them by the class \
        numbers 0 to {last}, or save the index of the largest"
    )]
    ScoreNames { found: usize, names: String, last: usize },
    #[error(
        "row {row} of the scores holds {}, which is not a finite number: save the predicted classes",
        short(text)
    )]
    ScoreCell { row: usize, text: String },
    /// Columns of scores, but not one a class.
    #[error(
        "has {found} columns of scores for {classes} classes: save one column a class, or the predicted classes"
    )]
    ScoreCount { found: usize, classes: usize },
    /// An array of another shape.
    #[error("is an array of shape {shape} for {images} test images of {classes} classes: {advice}")]
    ArrayShape { shape: String, images: usize, classes: usize, advice: String },
    #[error("is an array of {what}: {advice}")]
    ArrayType { what: String, advice: String },
}
