//! Libraries that were built twice: as their users build them, and for the processor at hand.

use std::collections::BTreeSet;

use super::rust_libraries::{NATIVE_CPU, Time, all_ended, results, spelled};
use super::tables::SideBySide;

/// A library built with `target-cpu=native` beside the same library as its users build it.
#[derive(Clone, Debug)]
pub struct NativeBuild {
    pub library: String,
    pub version: String,
    pub configuration: String,
    pub images: usize,
    /// Of both builds, one pair a data set.
    pub accuracies: Vec<(f64, f64)>,
    /// CPU time over the default build's.
    pub time: Option<Time>,
}

/// Every configuration that both builds of a library finished, those with the most training images first.
pub fn of(table: &SideBySide) -> Vec<NativeBuild> {
    let names: BTreeSet<&str> =
        table.rows.iter().filter_map(|row| row.engine.strip_suffix(NATIVE_CPU)).collect();
    let mut builds = Vec::new();
    for library in names {
        let default = results(table, library, |_| true);
        for (key, rows) in results(table, &format!("{library}{NATIVE_CPU}"), |_| true) {
            let (Some(native), Some(default)) =
                (all_ended(&rows), default.get(&key).and_then(|rows| all_ended(rows)))
            else {
                continue;
            };
            let pairs = || native.iter().copied().zip(default.iter().copied());
            builds.push(NativeBuild {
                library: library.to_string(),
                version: native[0].engine_version.clone().unwrap_or_default(),
                configuration: spelled(native[0]),
                images: key.1,
                accuracies: pairs().filter_map(|(a, b)| Some((a.accuracy?, b.accuracy?))).collect(),
                time: Time::over(pairs()),
            });
        }
    }
    builds.sort_by(|a, b| (&a.library, b.images).cmp(&(&b.library, a.images)));
    builds
}
