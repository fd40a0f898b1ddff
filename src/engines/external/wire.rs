//! What the harness and an engine's program say to each other, one line of JSON each. This is read by
//! strangers: `docs/FORMAT.md` has it key by key.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::engines::{Cost, Failure, Outcome};
use crate::grid::Parameters;

/// The version of this protocol.
pub const PROTOCOL: u32 = 1;

/// The line on the program's standard input.
#[derive(Debug, Serialize)]
pub struct Job<'a> {
    pub protocol: u32,
    /// To be opened for writing: takes the replies.
    pub results: String,
    #[serde(rename = "X_train")]
    pub x_train: &'a Path,
    pub y_train: &'a Path,
    #[serde(rename = "X_test")]
    pub x_test: &'a Path,
    pub dataset: &'a str,
    pub train_size: usize,
    pub test_size: usize,
    pub features: usize,
    pub classes: usize,
    /// Rows and columns of an image.
    pub image: [usize; 2],
    pub classifier: &'a str,
    /// The configurations to run, in order: spelled and meant as in scikit-learn 0.19, what stands at its default
    /// left out or not.
    pub parameters: Vec<&'a Parameters>,
    /// All randomness is to follow from it.
    pub seed: u64,
    /// The seed's low 31 bits, for what takes no more: NumPy takes 32, R's `set.seed` 31.
    pub seed_31: u32,
    pub threads: usize,
}

/// A line from the program.
#[derive(Debug, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// The arrays are loaded: the clock starts now.
    Ready {},
    /// A configuration has predicted.
    Ok {
        index: usize,
        /// One character a test image.
        predictions: String,
        fit_seconds: f64,
        predict_seconds: f64,
        fit_cpu_seconds: f64,
        predict_cpu_seconds: f64,
        #[serde(default)]
        converged: Option<bool>,
        #[serde(default)]
        facts: Parameters,
    },
    /// A configuration gave no predictions.
    Failed { index: usize, kind: Kind, reason: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Unsupported,
    Diverged,
    OutOfMemory,
    Failed,
}

impl Reply {
    /// Reads a line; the error says what is wrong with it.
    pub fn parse(line: &[u8]) -> Result<Reply, String> {
        serde_json::from_slice(line).map_err(|error| {
            let start: String = String::from_utf8_lossy(line.trim_ascii()).chars().take(60).collect();
            format!("a line that is no reply ({error}{}): {start:?}", hint(line))
        })
    }

    /// Which configuration it is for, and what came out; `None` for [`Reply::Ready`].
    pub fn outcome(self) -> Option<(usize, Result<Outcome, Failure>)> {
        match self {
            Reply::Ready {} => None,
            Reply::Failed { index, kind, reason } => {
                let failure = match kind {
                    Kind::Unsupported => Failure::Unsupported(reason),
                    Kind::Diverged => Failure::Diverged(reason),
                    Kind::OutOfMemory => Failure::OutOfMemory(reason),
                    Kind::Failed => Failure::Failed(reason),
                };
                Some((index, Err(failure)))
            }
            Reply::Ok {
                index,
                predictions,
                fit_seconds,
                predict_seconds,
                fit_cpu_seconds,
                predict_cpu_seconds,
                converged,
                facts,
            } => {
                let outcome = classes(&predictions).map(|predictions| Outcome {
                    predictions,
                    fit: Cost { wall_seconds: fit_seconds, cpu_seconds: fit_cpu_seconds },
                    predict: Cost { wall_seconds: predict_seconds, cpu_seconds: predict_cpu_seconds },
                    converged,
                    facts,
                });
                Some((index, outcome.map_err(Failure::Failed)))
            }
        }
    }
}

/// What beginners' programs do: values in lists of one, as R's jsonlite writes by default, and JSON over several lines.
fn hint(line: &[u8]) -> &'static str {
    match serde_json::from_slice::<serde_json::Value>(line) {
        Ok(value) if value.get("reply").is_some_and(serde_json::Value::is_array) => {
            "; \"reply\" is a text, not a list (R: toJSON(..., auto_unbox = TRUE))"
        }
        Err(error) if error.is_eof() && line.trim_ascii().starts_with(b"{") => "; one line a reply",
        _ => "",
    }
}

/// Classes from characters. Their number, and whether each exists, is for the supervisor to check.
fn classes(text: &str) -> Result<Vec<u8>, String> {
    let class = |c: char| match c {
        '0'..='9' => Ok(c as u8 - b'0'),
        'a'..='z' => Ok(c as u8 - b'a' + 10),
        _ => Err(format!("{c:?} among the predictions is no class: 0 to 9, then a to z")),
    };
    text.chars().map(class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_read_strictly() {
        let ok = br#"{"reply":"ok","index":0,"predictions":"09az","fit_seconds":1,"predict_seconds":2,
                      "fit_cpu_seconds":3,"predict_cpu_seconds":4,"facts":{"trees":5}}"#;
        let (index, outcome) = Reply::parse(ok).unwrap().outcome().unwrap();
        let outcome = outcome.unwrap();
        assert_eq!((index, outcome.predictions), (0, vec![0, 9, 10, 35]));
        assert_eq!(outcome.fit, Cost { wall_seconds: 1.0, cpu_seconds: 3.0 });
        assert!(Reply::parse(br#"{"reply":"ready"}"#).unwrap().outcome().is_none());
        let failed = br#"{"reply":"failed","index":1,"kind":"unsupported","reason":"no"}"#;
        let (_, outcome) = Reply::parse(failed).unwrap().outcome().unwrap();
        assert_eq!(outcome.unwrap_err(), Failure::Unsupported("no".into()));
        for wrong in ["", "hello", "{}", r#"{"reply":"ok","index":0}"#, r#"{"reply":"ready","accuracy":1}"#] {
            assert!(Reply::parse(wrong.as_bytes()).unwrap_err().contains("no reply"), "{wrong}");
        }
        let boxed = Reply::parse(br#"{"reply":["ready"]}"#).unwrap_err();
        assert!(boxed.contains("a text, not a list (R: toJSON(..., auto_unbox = TRUE))"), "{boxed}");
        for part in [&b"{\n"[..], b"{", b"{ \"reply\":\n"] {
            let pretty = Reply::parse(part).unwrap_err();
            assert!(pretty.contains("one line a reply"), "{pretty}");
        }
        assert!(classes("0A").unwrap_err().contains("'A'"));
    }
}
