//! Finds entries that two files have.

use std::collections::HashMap;

use super::file::Entry;
use crate::results::Problem;

/// One problem for each entry that another file holds already. Names that differ only in case are one: on some
/// file systems they are one file.
pub fn find(entries: &[Entry]) -> Vec<Problem> {
    let mut first: HashMap<[String; 3], &Entry> = HashMap::new();
    let mut problems = Vec::new();
    for entry in entries {
        let owner = entry.owner.to_string().to_lowercase();
        let key = [owner, entry.dataset.to_lowercase(), entry.id.to_lowercase()];
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
