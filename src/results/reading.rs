//! From bytes to a typed file, with all that is wrong on the way.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::shape::{self, Fault};
use super::strict;

/// What could be read, and what is wrong with it.
#[derive(Debug)]
pub struct Reading<T> {
    /// The file, when it is near enough to one that its content can be checked too.
    pub file: Option<T>,
    pub faults: Vec<Fault>,
}

/// Reads bytes that should be a file of this schema.
pub fn read<T: DeserializeOwned>(bytes: &[u8], schema: &Value) -> Reading<T> {
    let mut faults = Vec::new();
    match strict::duplicate_keys(bytes) {
        Ok(places) => {
            let message = "stands there twice; leave one";
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
            let found = shape::check(&mut value, schema);
            let clean = found.is_empty();
            faults.extend(found);
            match serde_json::from_value(value) {
                Ok(file) => Some(file),
                Err(error) => {
                    // The shape says more about the same; what only the types know is told here.
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
    format!("is no JSON: {error}{advice}")
}

/// The text where an error was found, from the start of its word.
fn at<'a>(bytes: &'a [u8], error: &serde_json::Error) -> Option<&'a [u8]> {
    let line = bytes.split(|&byte| byte == b'\n').nth(error.line().checked_sub(1)?)?;
    let end = error.column().min(line.len());
    let word = |byte: &u8| !byte.is_ascii_alphabetic() && *byte != b'-';
    let start = line[..end].iter().rposition(word).map_or(0, |place| place + 1);
    line.get(start..)
}
