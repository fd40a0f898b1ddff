//! Whether a JSON value has the shape that a schema asks for: all that is wrong, not only the first.
//!
//! It knows the part of JSON Schema that [`super::schema`] makes, and is stricter than that in one thing: a whole
//! number is written without a point.

use serde_json::{Map, Value};

use crate::nearest::{did_you_mean, list};

/// Place (a JSON pointer) and what is wrong there.
pub type Fault = (String, String);

/// Faults that are told at most, so that a file of nothing else cannot fill the memory.
const MOST: usize = 1000;

/// The faults of `value`. Keys that the schema does not know are told and taken out, so that what is left may
/// still be read and checked.
pub fn check(value: &mut Value, schema: &Value) -> Vec<Fault> {
    let mut walk = Walk { root: schema, faults: Vec::new() };
    walk.value("", value, schema);
    texts("", value, &mut walk.faults);
    walk.faults
}

/// A value for a message: what it is, and its beginning.
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

/// A part of a JSON pointer, bounded and without control characters.
pub fn part(key: &str) -> String {
    let clean: String = key.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    clean.replace('~', "~0").replace('/', "~1")
}

struct Walk<'a> {
    root: &'a Value,
    faults: Vec<Fault>,
}

impl<'a> Walk<'a> {
    fn fault(&mut self, place: &str, message: impl Into<String>) {
        if self.faults.len() < MOST {
            self.faults.push((place.to_string(), message.into()));
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
                self.fault(place, format!("is {}; write one of {}{near}", show(value), list(&names)));
            }
            return;
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => match value {
                Value::Object(map) => self.object(place, map, schema),
                _ => self.fault(place, format!("is {}; an object {{...}} belongs here", show(value))),
            },
            Some("array") => match value {
                Value::Array(entries) => {
                    let Some(items) = schema.get("items") else { return };
                    for (index, entry) in entries.iter_mut().enumerate() {
                        self.value(&format!("{place}/{index}"), entry, items);
                    }
                }
                _ => self.fault(place, format!("is {}; a list [...] belongs here", show(value))),
            },
            Some("string") if !value.is_string() => {
                self.fault(place, format!("is {}; a text in quotes belongs here", show(value)));
            }
            Some("boolean") if !value.is_boolean() => {
                self.fault(place, format!("is {}; write true or false", show(value)));
            }
            Some("number") if !value.is_number() => {
                self.fault(place, format!("is {}; a number belongs here, without quotes", show(value)));
            }
            Some("integer") if !value.is_u64() => {
                self.fault(place, format!("is {}; a whole number of at least 0 belongs here", show(value)));
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
                self.fault(&format!("{place}/{}", part(&key)), format!("is no key here{near}; take it out"));
                map.remove(&key);
            }
        }
        for key in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if let Some(key) = key.as_str().filter(|key| !map.contains_key(*key)) {
                self.fault(&format!("{place}/{key}"), "is missing; every file of this kind has it");
            }
        }
        let others = schema.get("additionalProperties").filter(|schema| schema.is_object());
        for (key, value) in map.iter_mut() {
            if let Some(schema) = properties.and_then(|properties| properties.get(key)).or(others) {
                self.value(&format!("{place}/{}", part(key)), value, schema);
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

/// Characters that a reader does not see, or that change how the rest is shown. Line breaks and tabs stand only
/// in the log of a failure.
fn texts(place: &str, value: &Value, faults: &mut Vec<Fault>) {
    let hidden =
        |text: &str| text.chars().find(|&c| is_hidden(c) && !(place == "/error" && "\n\t".contains(c)));
    match value {
        Value::String(text) => {
            if let Some(c) = hidden(text) {
                faults.push((place.to_string(), format!("holds the control character {c:?}; take it out")));
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                texts(&format!("{place}/{index}"), entry, faults);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                let place = format!("{place}/{}", part(key));
                if let Some(c) = hidden(key) {
                    faults.push((place.clone(), format!("holds the control character {c:?} in its key")));
                }
                texts(&place, value, faults);
            }
        }
        _ => {}
    }
}

/// The first text below `place` with a character that no result file may hold.
pub fn hidden(place: &str, value: &Value) -> Option<Fault> {
    let mut faults = Vec::new();
    texts(place, value, &mut faults);
    faults.into_iter().next()
}

/// What an engine says of a failure, without characters that a result file may not hold.
pub fn clean_reason(text: &str) -> String {
    let clean: String = text.chars().filter(|&c| !is_hidden(c) || "\n\t".contains(c)).collect();
    if clean.trim().is_empty() { "no reason was given".to_string() } else { clean }
}

/// Control characters, and those that turn the direction of writing or have no width.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
