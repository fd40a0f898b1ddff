//! Bad submissions by name: each of `tests/fixtures/bad_submissions.json` changes one thing of a good one, and gets this
//! one line.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::bed::{Bed, PLACE, sample};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    cases: Vec<Case>,
}

/// The changes to the sample. Keys are JSON pointers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    line: String,
    /// Values put in; `{"$repeat": ["x", 3]}` is "xxx".
    #[serde(default)]
    set: BTreeMap<String, Value>,
    #[serde(default)]
    remove: Vec<String>,
    /// Texts cut to this many characters.
    #[serde(default)]
    cut: BTreeMap<String, usize>,
    /// One character of a text replaced.
    #[serde(default)]
    put: BTreeMap<String, (usize, String)>,
    /// The whole file.
    text: Option<String>,
}

impl Case {
    fn file(&self) -> String {
        if let Some(text) = &self.text {
            return text.clone();
        }
        let mut value = sample();
        for (pointer, new) in &self.set {
            let new = match new["$repeat"].as_array() {
                Some(parts) => parts[0].as_str().unwrap().repeat(parts[1].as_u64().unwrap() as usize).into(),
                None => new.clone(),
            };
            let (parent, key) = parent(&mut value, pointer);
            parent.insert(key, new);
        }
        for pointer in &self.remove {
            let (parent, key) = parent(&mut value, pointer);
            parent.remove(&key).unwrap();
        }
        for (pointer, length) in &self.cut {
            let text = value.pointer_mut(pointer).unwrap();
            *text = text.as_str().unwrap()[..*length].into();
        }
        for (pointer, (at, character)) in &self.put {
            let text = value.pointer_mut(pointer).unwrap();
            let mut changed = text.as_str().unwrap().to_string();
            changed.replace_range(at..=at, character);
            *text = changed.into();
        }
        value.to_string()
    }
}

/// The object that a pointer leads into, and the key there.
fn parent<'a>(value: &'a mut Value, pointer: &str) -> (&'a mut serde_json::Map<String, Value>, String) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    (value.pointer_mut(parent).unwrap().as_object_mut().unwrap(), key.to_string())
}

#[test]
fn every_bad_submission_gets_its_line() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bad_submissions.json");
    let table: Table = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let mut names: Vec<&str> = table.cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() >= 60 && names.len() == table.cases.len(), "{} names", names.len());
    let bed = Bed::new();
    let mut wrong = Vec::new();
    for case in &table.cases {
        bed.put(PLACE, case.file());
        let got = bed.problems();
        if got != [case.line.as_str()] {
            wrong.push(format!("{}\t{got:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), table.cases.len(), wrong.join("\n"));
}
