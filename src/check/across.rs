//! Files against each other: the same entry twice.

use std::collections::HashMap;

use super::entry::Entry;
use crate::results::Problem;

/// One problem for each entry that another file holds already. Names that differ only in case are one: on some
/// file systems they are one file.
pub fn duplicates(entries: &[Entry]) -> Vec<Problem> {
    let mut first: HashMap<(bool, String, String, String), &Entry> = HashMap::new();
    let mut problems = Vec::new();
    for entry in entries {
        let name = |text: &str| text.to_lowercase();
        let key = (entry.submitted, name(&entry.owner), name(&entry.dataset), name(&entry.id));
        match first.get(&key) {
            None => {
                first.insert(key, entry);
            }
            Some(earlier) => {
                let message = format!(
                    "is the same entry as {} ({} of {} on {}); keep one of the two",
                    earlier.file.display(),
                    entry.id,
                    entry.owner,
                    entry.dataset
                );
                problems.push(Problem::file(&entry.file, message));
            }
        }
    }
    problems
}
