//! What is wrong with a file, and where.

use std::fmt;
use std::path::{Path, PathBuf};

/// One problem of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: PathBuf,
    /// JSON pointer of the value, such as `/repeats/0/accuracy`; empty for the whole file.
    pub pointer: String,
    /// What was found, what was expected, and what to do.
    pub message: String,
}

impl Problem {
    /// A problem with the file as a whole.
    pub fn file(file: &Path, message: impl Into<String>) -> Problem {
        Problem { file: file.to_path_buf(), pointer: String::new(), message: message.into() }
    }

    /// A problem with the value at a JSON pointer.
    pub fn at(file: &Path, pointer: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem { file: file.to_path_buf(), pointer: pointer.into(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let mut line = self.file.display().to_string();
        if !self.pointer.is_empty() {
            line += &format!(" {}", self.pointer);
        }
        line += &format!(": {}", self.message);
        // File names and texts come from anybody: a control character in them must not reach a terminal, and a
        // line break must not make two lines of one.
        let plain: String = line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        formatter.write_str(&plain)
    }
}
