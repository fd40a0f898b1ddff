//! Comma-separated values as RFC 4180 has them, with line feeds alone between rows.

use thiserror::Error;

use crate::values::Values;

/// All rows below a line of names.
pub(crate) fn write(names: &[&str], columns: &[Values]) -> Vec<u8> {
    let height = columns.first().map_or(0, Values::len);
    let mut text = String::new();
    let header = names.iter().map(|name| quoted(name));
    text += &line(header);
    for row in 0..height {
        text += &line(columns.iter().map(|column| value(column, row)));
    }
    text.into_bytes()
}

fn line(fields: impl Iterator<Item = String>) -> String {
    let mut line = fields.collect::<Vec<_>>().join(",");
    line.push('\n');
    line
}

fn value(column: &Values, row: usize) -> String {
    match column {
        Values::Texts(values) => values[row].map(quoted),
        // The shortest text that gives the same number again.
        Values::Numbers(values) => values[row].map(|number| serde_json::Value::from(number).to_string()),
        Values::Counts(values) => values[row].map(|count| count.to_string()),
        Values::Flags(values) => values[row].map(|flag| flag.to_string()),
    }
    .unwrap_or_default()
}

/// A text as a field. An empty one has quotes, because an absent value has none.
fn quoted(text: &str) -> String {
    if text.is_empty() || text.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_string()
}

/// Why a text is not comma-separated values.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CsvError {
    /// A quoted field without its end.
    #[error("line {0}: a quoted field has no closing quote")]
    Open(usize),
    /// Text between a closing quote and the next comma or line end.
    #[error("line {0}: expected a comma or the line's end after the closing quote")]
    AfterQuote(usize),
}

/// The rows of comma-separated values, the line of names first. Errors name the line, from 1.
pub fn parse_csv(text: &str) -> Result<Vec<Vec<String>>, CsvError> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut after_quote) = (1, false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ',' => {
                row.push(std::mem::take(&mut field));
                after_quote = false;
            }
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
                line += 1;
                after_quote = false;
            }
            _ if after_quote => return Err(CsvError::AfterQuote(line)),
            '"' if field.is_empty() => {
                let begin = line;
                loop {
                    match letters.next() {
                        Some('"') if letters.peek() == Some(&'"') => {
                            letters.next();
                            field.push('"');
                        }
                        Some('"') => break,
                        Some(letter) => {
                            line += usize::from(letter == '\n');
                            field.push(letter);
                        }
                        None => return Err(CsvError::Open(begin)),
                    }
                }
                after_quote = true;
            }
            _ => field.push(letter),
        }
    }
    if !field.is_empty() || !row.is_empty() || after_quote {
        row.push(field);
        rows.push(row);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Table;

    #[test]
    fn quotes_stand_where_they_are_needed() {
        let table = Table::builder()
            .texts(
                "a,b",
                ["plain", "", "a,b", "say \"x\"", "two\nlines"].map(|text| Some(text.into())).to_vec(),
            )
            .numbers("x", vec![Some(0.1 + 0.2), Some(6e-6), Some(1.0), None, Some(-0.0)])
            .build()
            .unwrap();
        let expected = concat!(
            "\"a,b\",x\n",
            "plain,0.30000000000000004\n",
            "\"\",6e-6\n",
            "\"a,b\",1.0\n",
            "\"say \"\"x\"\"\",\n",
            "\"two\nlines\",-0.0\n",
        );
        assert_eq!(String::from_utf8(table.to_csv()).unwrap(), expected);
    }

    #[test]
    fn damaged_files_name_the_line() {
        assert_eq!(parse_csv("a,b\nc,\"d\n\n"), Err(CsvError::Open(2)));
        assert_eq!(parse_csv("a,b\n\"c\"d,e\n"), Err(CsvError::AfterQuote(2)));
        assert_eq!(parse_csv("a,\r\n\"\"").unwrap(), [vec!["a", ""], vec![""]]);
        assert_eq!(parse_csv("").unwrap(), Vec::<Vec<String>>::new());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(rows in prop::collection::vec(("[ -~\n\"é]{0,8}", "[,\"\n\r]{0,4}"), 0..6)) {
            let column = |of: fn(&(String, String)) -> &String| rows.iter().map(|row| Some(of(row).clone())).collect();
            let table = Table::builder().texts("a", column(|row| &row.0)).texts("b", column(|row| &row.1));
            let text = String::from_utf8(table.build().unwrap().to_csv()).unwrap();
            let read = parse_csv(&text).unwrap();
            prop_assert_eq!(&read[0], &["a", "b"]);
            prop_assert_eq!(read.len(), rows.len() + 1);
            for (read, (a, b)) in read[1..].iter().zip(&rows) {
                prop_assert_eq!(read, &[a.clone(), b.clone()]);
            }
        }
    }
}
