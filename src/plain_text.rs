//! Characters that no file of results and no message may hold: control characters, and those that a reader
//! does not see or that change how the rest is shown.

use serde_json::Value;

/// Control characters, and those that turn the direction of writing or have no width.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Calls `found` with the JSON pointer and the problem of each text below `place` that holds such a
/// character. Only `/error`, the log of a failure, may hold line breaks and tabs.
pub fn each_hidden(place: &str, value: &Value, found: &mut dyn FnMut(&str, String)) {
    let hidden =
        |text: &str| text.chars().find(|&c| is_hidden(c) && !(place == "/error" && "\n\t".contains(c)));
    match value {
        Value::String(text) => {
            if let Some(c) = hidden(text) {
                found(place, format!("has the control character {c:?}; remove it"));
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                each_hidden(&format!("{place}/{index}"), entry, found);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                let place = format!("{place}/{}", pointer_part(key));
                if let Some(c) = hidden(key) {
                    found(&place, format!("has the control character {c:?} in its key; remove it"));
                }
                each_hidden(&place, value, found);
            }
        }
        _ => {}
    }
}

/// JSON pointer and problem of the first text with a hidden character; `None` without one.
pub fn first_hidden(place: &str, value: &Value) -> Option<(String, String)> {
    let mut first = None;
    each_hidden(place, value, &mut |place, message| {
        first.get_or_insert((place.to_string(), message));
    });
    first
}

/// A key as part of a JSON pointer, cut where it is long and without control characters.
pub fn pointer_part(key: &str) -> String {
    let clean: String = key.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    clean.replace('~', "~0").replace('/', "~1")
}

/// A reason that an engine gave, without characters that a result file may not hold.
pub fn clean_reason(text: &str) -> String {
    let clean: String = text.chars().filter(|&c| !is_hidden(c) || "\n\t".contains(c)).collect();
    if clean.trim().is_empty() { "no reason was given".to_string() } else { clean }
}
