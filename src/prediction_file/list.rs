//! Lists in brackets: JSON and Python lists and tuples, and what `print` shows of a NumPy array.

use super::Expected;
use super::cell::Cell;
use super::column;
use super::reading::Reading;
use super::refusal::Refusal;
use super::scores::{self, Matrix};

/// Whether trimmed text is a list. A tuple must also end with its bracket, because a name may start with one.
pub fn is_list(text: &str) -> bool {
    text.starts_with('[') || (text.starts_with('(') && text.ends_with(')'))
}

/// Reads a text that is a list.
pub fn read(text: &str, expected: &Expected) -> Result<Reading, Refusal> {
    if expected.column.is_some() {
        return Err(Refusal::NoColumns);
    }
    let text = text.trim();
    if text.contains("...") || text.contains('…') {
        return Err(Refusal::OtherFile {
            what: "print() output of an array, whose middle is cut".into(),
            advice: "np.save(\"p.npy\", p)".into(),
        });
    }
    if !text.ends_with([']', ')']) {
        return Err(Refusal::OtherFile {
            what: "what R's print or a log shows".into(),
            advice: "writeLines(as.character(p), \"p.txt\") in R, np.save(\"p.npy\", p) in Python".into(),
        });
    }
    let text = without_types(text);
    let rows = if has_rows_in_lines(&text) { rows(&format!("[{text}]")) } else { rows(&text) }?;
    match rows {
        Rows::Flat(cells) => column::list(&cells.iter().collect::<Vec<_>>(), expected),
        Rows::Nested(rows) => nested(&rows, expected),
    }
}

/// Whether each line is a list of its own, as in JSON Lines or in rows printed one by one.
fn has_rows_in_lines(text: &str) -> bool {
    let is_list = |line: &str| {
        let line = line.trim().trim_end_matches(',');
        line.starts_with('[') && line.ends_with(']') && line.matches(['[', ']']).count() == 2
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.clone().count() > 1 && lines.all(is_list)
}

/// The text with `7` for `np.int64(7)` and `tensor(7)`, as NumPy 2 and PyTorch print the numbers of a list.
fn without_types(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some(at) = ["np.", "tensor("].iter().filter_map(|word| rest.find(word)).min() {
        let (before, typed) = rest.split_at(at);
        let inside = typed.split_once('(').and_then(|(kind, behind)| {
            let is_type = kind[3..].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let (number, behind) = behind.split_once(')')?;
            // A tensor says its device behind the number.
            let number = if kind == "tensor" { number.split(',').next()? } else { number };
            (is_type && !number.contains(['(', '[', ','])).then_some((number, behind))
        });
        plain += before;
        match inside {
            Some((number, behind)) => {
                plain += number;
                rest = behind;
            }
            None => {
                plain += &typed[..3];
                rest = &typed[3..];
            }
        }
    }
    plain + rest
}

enum Rows {
    Flat(Vec<Cell>),
    Nested(Vec<Vec<Cell>>),
}

/// The elements between brackets, divided by blanks or commas, at most two deep; those in quotes may have
/// blanks.
fn rows(text: &str) -> Result<Rows, Refusal> {
    let odd = || Refusal::OtherFile {
        what: "a list of lists of another depth".into(),
        advice: "save one list with one class a test image".into(),
    };
    let (mut depth, mut flat, mut nested, mut ended) = (0, Vec::new(), Vec::<Vec<Cell>>::new(), false);
    let mut word: Option<Cell> = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        // MATLAB divides rows by semicolons.
        let is_edge = c.is_whitespace() || ",;[]()".contains(c);
        if !is_edge {
            if ended || depth == 0 {
                return Err(odd());
            }
            let cell = word.get_or_insert_default();
            match c {
                '"' | '\'' if cell.is_empty() => loop {
                    match characters.next() {
                        Some(end) if end == c => break,
                        Some(inner) => cell.text.push(inner),
                        None => return Err(odd()),
                    }
                },
                c => cell.text.push(c),
            }
            continue;
        }
        if let Some(cell) = word.take() {
            match (depth, nested.last_mut()) {
                (1, None) => flat.push(cell),
                (2, Some(row)) => row.push(cell),
                _ => return Err(odd()),
            }
        }
        match c {
            '[' | '(' if ended || depth == 2 || !flat.is_empty() => return Err(odd()),
            '[' | '(' => {
                depth += 1;
                if depth == 2 {
                    nested.push(Vec::new());
                }
            }
            ']' | ')' if depth == 0 => return Err(odd()),
            ']' | ')' => {
                depth -= 1;
                ended = depth == 0;
            }
            _ => {}
        }
    }
    match (ended, nested.is_empty()) {
        (false, _) => Err(odd()),
        (true, true) => Ok(Rows::Flat(flat)),
        (true, false) => Ok(Rows::Nested(nested)),
    }
}

/// A list of rows: one class each, one row of all, or one score a class.
fn nested(rows: &[Vec<Cell>], expected: &Expected) -> Result<Reading, Refusal> {
    let width = rows.first().map_or(0, Vec::len);
    if let Some(odd) = rows.iter().position(|row| row.len() != width) {
        return Err(Refusal::Ragged { line: odd + 1, found: rows[odd].len(), first: 1, expected: width });
    }
    if width == 1 || rows.len() == 1 {
        return column::list(&rows.iter().flatten().collect::<Vec<_>>(), expected);
    }
    let shape = Refusal::Shape { rows: rows.len(), columns: width, images: expected.images };
    if rows.len() != expected.images || width != expected.classes() {
        return Err(shape);
    }
    let values: Option<Vec<f64>> = rows.iter().flatten().map(Cell::number).collect();
    let Some(values) = values else { return Err(shape) };
    let matrix = Matrix { rows: rows.len(), columns: width, values };
    scores::read(&matrix, None, true, expected)?.ok_or(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_numpy_are_left_out() {
        for (text, plain) in [
            ("[np.int64(7), np.uint8(0)]", "[7, 0]"),
            ("[np.float32(7.0)]", "[7.0]"),
            ("[tensor(7), tensor(0, device='cuda:0')]", "[7, 0]"),
            ("[tensor([7])]", "[tensor([7])]"),
            ("[np.array([7])]", "[np.array([7])]"),
            ("np.", "np."),
            ("[7]", "[7]"),
        ] {
            assert_eq!(without_types(text), plain);
        }
    }
}
