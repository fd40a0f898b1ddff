//! From bytes to a typed file, or all that is wrong with them.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::duplicate_keys;
use super::schema_check::{self, SchemaError};

/// The parsed file, if it could be parsed, and all its faults.
#[derive(Debug)]
pub struct Reading<T> {
    /// `None` if the content is too far from a file of this schema to be checked further.
    pub file: Option<T>,
    pub faults: Vec<SchemaError>,
}

/// Reads bytes that should be a file of this schema. A file without faults is read once, into its type; only
/// one with a fault is read again as a JSON value, to name every fault.
pub fn read<T: DeserializeOwned>(bytes: &[u8], schema: &Value) -> Reading<T> {
    if is_plain(bytes)
        && duplicate_keys::find(bytes).is_ok_and(|places| places.is_empty())
        && let Ok(file) = serde_json::from_slice(bytes)
    {
        return Reading { file: Some(file), faults: Vec::new() };
    }
    read_with_faults(bytes, schema)
}

/// Whether no text can hold a character that [`schema_check::check`] refuses: such characters are not ASCII,
/// or escaped.
fn is_plain(bytes: &[u8]) -> bool {
    !bytes.iter().any(|&byte| byte == b'\\' || byte >= 0x7f)
}

fn read_with_faults<T: DeserializeOwned>(bytes: &[u8], schema: &Value) -> Reading<T> {
    let mut faults = Vec::new();
    match duplicate_keys::find(bytes) {
        Ok(places) => {
            let message = "duplicate key; keep one of the two";
            faults.extend(places.into_iter().map(|place| (place, message.to_string())));
        }
        Err(error) => {
            let message = no_json(bytes, &error);
            return Reading { file: None, faults: vec![(String::new(), message)] };
        }
    }
    let file = match serde_json::from_slice::<Value>(bytes) {
        Err(error) => {
            faults.push((String::new(), no_json(bytes, &error)));
            None
        }
        Ok(mut value) => {
            let found = schema_check::check(&mut value, schema);
            let clean = found.is_empty();
            faults.extend(found);
            match serde_json::from_value(value) {
                Ok(file) => Some(file),
                Err(error) => {
                    // The schema's errors say more about the same value; only what they miss is added here.
                    if clean {
                        faults.push((String::new(), error.to_string()));
                    }
                    None
                }
            }
        }
    };
    Reading { file, faults }
}

/// Why bytes are no JSON, with advice for what programs often write.
fn no_json(bytes: &[u8], error: &serde_json::Error) -> String {
    let advice = if std::str::from_utf8(bytes).is_err() {
        "; save it as UTF-8"
    } else if bytes.starts_with(b"\xef\xbb\xbf") {
        "; save it without a byte order mark"
    } else if at(bytes, error).is_some_and(|rest| {
        ["NaN", "Infinity", "-Infinity"].iter().any(|name| rest.starts_with(name.as_bytes()))
    }) {
        "; JSON has no NaN and no Infinity: write a number, or leave the key out"
    } else {
        ""
    };
    format!("invalid JSON: {error}{advice}")
}

/// The text where an error was found, from the start of its word.
fn at<'a>(bytes: &'a [u8], error: &serde_json::Error) -> Option<&'a [u8]> {
    let line = bytes.split(|&byte| byte == b'\n').nth(error.line().checked_sub(1)?)?;
    let end = error.column().min(line.len());
    let word = |byte: &u8| !byte.is_ascii_alphabetic() && *byte != b'-';
    let start = line[..end].iter().rposition(word).map_or(0, |place| place + 1);
    line.get(start..)
}
