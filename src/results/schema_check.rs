//! Checks a JSON value against a schema, and names every error, not only the first.
//!
//! It supports the part of JSON Schema that [`super::schema`] uses, and is stricter in one thing: an integer
//! is written without a point.

use serde_json::{Map, Value};

use crate::nearest::{did_you_mean, list};
use crate::plain_text::{self, pointer_part};

/// Place (a JSON pointer) and what is wrong there.
pub type SchemaError = (String, String);

/// Errors that are reported at most, so that a file of nothing else cannot fill the memory.
const MOST: usize = 1000;

/// The errors of `value`. Unknown keys are reported and removed from it, so that the rest may still be read
/// and checked.
pub fn check(value: &mut Value, schema: &Value) -> Vec<SchemaError> {
    let mut walk = Walk { root: schema, errors: Vec::new() };
    walk.value("", value, schema);
    plain_text::each_hidden("", value, &mut |place, message| {
        walk.errors.push((place.to_string(), message));
    });
    walk.errors
}

/// A value for a message: its type, or its text, cut if it is long.
pub fn show(value: &Value) -> String {
    match value {
        Value::Null => "null".to_string(),
        Value::Bool(flag) => format!("the boolean {flag}"),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quote(text),
        Value::Array(_) => "a list".to_string(),
        Value::Object(_) => "an object".to_string(),
    }
}

/// The beginning of a text, in quotes, with control characters escaped.
pub fn quote(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    if start.len() < text.len() { format!("{start:?}...") } else { format!("{start:?}") }
}

struct Walk<'a> {
    root: &'a Value,
    errors: Vec<SchemaError>,
}

impl<'a> Walk<'a> {
    fn error(&mut self, place: &str, message: impl Into<String>) {
        if self.errors.len() < MOST {
            self.errors.push((place.to_string(), message.into()));
        }
    }

    fn value(&mut self, place: &str, value: &mut Value, schema: &'a Value) {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            if let Some(target) = name.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) {
                self.value(place, value, target);
            }
            return;
        }
        if let Some(names) = names(schema) {
            if !value.as_str().is_some_and(|text| names.contains(&text)) {
                let near = value.as_str().map_or(String::new(), |text| did_you_mean(text, &names));
                self.error(place, format!("is {}; expected one of {}{near}", show(value), list(&names)));
            }
            return;
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => match value {
                Value::Object(map) => self.object(place, map, schema),
                _ => self.error(place, format!("is {}; expected an object {{...}}", show(value))),
            },
            Some("array") => match value {
                Value::Array(entries) => {
                    let Some(items) = schema.get("items") else { return };
                    for (index, entry) in entries.iter_mut().enumerate() {
                        self.value(&format!("{place}/{index}"), entry, items);
                    }
                }
                _ => self.error(place, format!("is {}; expected a list [...]", show(value))),
            },
            Some("string") if !value.is_string() => {
                self.error(place, format!("is {}; expected a text in quotes", show(value)));
            }
            Some("boolean") if !value.is_boolean() => {
                self.error(place, format!("is {}; expected true or false", show(value)));
            }
            Some("number") if !value.is_number() => {
                self.error(place, format!("is {}; expected a number, without quotes", show(value)));
            }
            Some("integer") if !value.is_u64() => {
                self.error(place, format!("is {}; expected a non-negative integer", show(value)));
            }
            _ => {}
        }
    }

    fn object(&mut self, place: &str, map: &mut Map<String, Value>, schema: &'a Value) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let known: Vec<&str> =
            properties.map_or(Vec::new(), |properties| properties.keys().map(String::as_str).collect());
        if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
            let unknown: Vec<String> =
                map.keys().filter(|key| !known.contains(&key.as_str())).cloned().collect();
            for key in unknown {
                let near = did_you_mean(&key, &known);
                self.error(
                    &format!("{place}/{}", pointer_part(&key)),
                    format!("unknown key{near}; remove it"),
                );
                map.remove(&key);
            }
        }
        for key in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if let Some(key) = key.as_str().filter(|key| !map.contains_key(*key)) {
                self.error(&format!("{place}/{key}"), "is missing; every file of this kind must have it");
            }
        }
        let others = schema.get("additionalProperties").filter(|schema| schema.is_object());
        for (key, value) in map.iter_mut() {
            if let Some(schema) = properties.and_then(|properties| properties.get(key)).or(others) {
                self.value(&format!("{place}/{}", pointer_part(key)), value, schema);
            }
        }
    }
}

/// The names that an enumeration allows.
fn names(schema: &Value) -> Option<Vec<&str>> {
    if let Some(names) = schema.get("enum").and_then(Value::as_array) {
        return Some(names.iter().filter_map(Value::as_str).collect());
    }
    let choices = schema.get("oneOf")?.as_array()?;
    let mut names = Vec::new();
    for choice in choices {
        match (choice.get("const"), choice.get("enum").and_then(Value::as_array)) {
            (Some(name), _) => names.extend(name.as_str()),
            (None, Some(several)) => names.extend(several.iter().filter_map(Value::as_str)),
            (None, None) => return None,
        }
    }
    Some(names)
}
