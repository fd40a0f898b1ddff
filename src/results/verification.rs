//! The evidence for a figure, and the file that records which results were reproduced.
//!
//! `results/verified.jsonl`: one line of JSON a result, sorted by file. A line counts only as long as the
//! file's predictions are those that were compared.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::store::write_atomically;
use crate::hex::hex;

/// The file's name in the folder of all results.
pub const FILE: &str = "verified.jsonl";

/// The evidence for a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// `verify` trained it again and got the same predictions.
    Reproduced { version: String, date: String },
    /// The figure follows from the predictions. Since test labels are public, that does not show that the
    /// method was run.
    Recomputed,
    /// A figure only.
    Reported,
}

impl Evidence {
    pub fn name(&self) -> &'static str {
        match self {
            Evidence::Reproduced { .. } => "reproduced",
            Evidence::Recomputed => "recomputed",
            Evidence::Reported => "reported",
        }
    }
}

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// Relative to the folder of all results, with `/` between parts.
    pub file: String,
    /// SHA-256 of the predictions that were compared, see [`digest`].
    pub predictions_sha256: String,
    /// Version of the program that trained the result again.
    pub version: String,
    /// Vector instructions that it used.
    pub cpu_features: String,
    /// The day, such as `2026-11-23`.
    pub date: String,
    /// How many of all predictions differ; 0 unless the CPU was another.
    pub differing: usize,
}

/// All that was reproduced, by file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verifications(BTreeMap<String, Verified>);

impl Verifications {
    /// Reads the file; without one nothing was reproduced. `Err` names the line that cannot be read.
    pub fn read(results: &Path) -> Result<Verifications, String> {
        let path = results.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Verifications::default()),
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        let mut all = Verifications::default();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let one = serde_json::from_str(line)
                .map_err(|error| format!("{} line {}: {error}", path.display(), index + 1))?;
            all.put(one);
        }
        Ok(all)
    }

    /// Adds a line, or replaces that of the same file.
    pub fn put(&mut self, one: Verified) {
        self.0.insert(one.file.clone(), one);
    }

    pub fn write(&self, results: &Path) -> io::Result<()> {
        let mut bytes = Vec::new();
        for one in self.0.values() {
            serde_json::to_writer(&mut bytes, one)?;
            bytes.push(b'\n');
        }
        write_atomically(&results.join(FILE), &bytes)
    }

    /// The evidence for the result in `file` (relative to the results folder) with these predictions.
    pub fn evidence<'a>(&self, file: &str, predictions: impl Iterator<Item = &'a [u8]>) -> Evidence {
        match self.0.get(file) {
            Some(one) if one.predictions_sha256 == digest(predictions) => {
                Evidence::Reproduced { version: one.version.clone(), date: one.date.clone() }
            }
            _ => Evidence::Recomputed,
        }
    }
}

/// SHA-256 over the predictions of all repeats, each after its length.
pub fn digest<'a>(predictions: impl Iterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for classes in predictions {
        hash.update((classes.len() as u64).to_le_bytes());
        hash.update(classes);
    }
    hex(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verified(file: &str, predictions: &[u8]) -> Verified {
        Verified {
            file: file.into(),
            predictions_sha256: digest([predictions].into_iter()),
            version: "0.1.0".into(),
            cpu_features: "avx2".into(),
            date: "2026-11-23".into(),
            differing: 0,
        }
    }

    #[test]
    fn a_line_counts_for_the_predictions_it_saw() {
        let folder = tempfile::tempdir().unwrap();
        let mut all = Verifications::read(folder.path()).unwrap();
        assert_eq!(all, Verifications::default());
        all.put(verified("r/mnist/native/b.json", &[1, 2]));
        all.put(verified("r/mnist/native/a.json", &[3]));
        all.write(folder.path()).unwrap();
        let read = Verifications::read(folder.path()).unwrap();
        assert_eq!(read, all);
        let of = |file: &str, predictions: &[u8]| read.evidence(file, [predictions].into_iter()).name();
        assert_eq!(of("r/mnist/native/b.json", &[1, 2]), "reproduced");
        assert_eq!(of("r/mnist/native/b.json", &[1, 3]), "recomputed");
        assert_eq!(of("r/mnist/native/c.json", &[1, 2]), "recomputed");
        fs::write(folder.path().join(FILE), "{}\n").unwrap();
        assert!(Verifications::read(folder.path()).unwrap_err().contains("line 1"));
    }
}
