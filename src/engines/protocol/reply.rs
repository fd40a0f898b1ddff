//! The replies to a job, by a worker or by the program of an external engine.

use serde::{Deserialize, Serialize};

use crate::dataset::{Predictions, PredictionsError};
use crate::engines::stopwatch::LONGEST_SECONDS;
use crate::engines::{Cost, Failure, Outcome};
use crate::grid::Parameters;
use crate::plain_text;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// The data are loaded: the clock of the first configuration starts.
    Ready {},
    /// A configuration has predicted.
    Ok(Answer),
    /// A configuration gave no predictions, for a reason that the engine knows.
    Failed { index: usize, kind: FailureKind, reason: String },
}

/// The result of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Index of the configuration in the job, from 0.
    pub index: usize,
    pub predictions: Predictions,
    pub fit_seconds: f64,
    pub predict_seconds: f64,
    pub fit_cpu_seconds: f64,
    pub predict_cpu_seconds: f64,
    #[serde(default)]
    pub converged: Option<bool>,
    #[serde(default)]
    pub facts: Parameters,
    /// Only from a worker: the highest resident memory so far in bytes, of the worker or of the program that
    /// it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<u64>,
}

/// What kind of failure an engine reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    Unsupported,
    Diverged,
    OutOfMemory,
    Failed,
}

/// Why a line is not a valid reply.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReplyError {
    #[error("{error}{hint}: {start:?}")]
    Unreadable { error: String, hint: String, start: String },
    #[error("a line of more than {longest} bytes, the most that a reply may have")]
    TooLong { longest: usize },
    #[error("index is {index}; the job has {configurations} configurations, counted from 0")]
    Index { index: usize, configurations: usize },
    #[error("{key} is {found}; expected seconds, between 0 and {LONGEST_SECONDS}")]
    Seconds { key: &'static str, found: f64 },
    #[error("{place} {message}")]
    Facts { place: String, message: String },
    #[error("predictions: {0}")]
    Predictions(#[from] PredictionsError),
    #[error("peak_memory_bytes is measured by the worker; leave it out")]
    Peak,
    #[error("'ready' came twice")]
    ReadyTwice,
    #[error("a result came before 'ready'")]
    NotReady,
    #[error("two results for configuration {index}")]
    Twice { index: usize },
}

impl Reply {
    /// The reply for the result of a family. Classes that a result file cannot hold make it a failure.
    pub fn new(index: usize, result: Result<Outcome, Failure>, peak_memory_bytes: u64) -> Reply {
        let answer = result.and_then(|outcome| {
            let predictions = Predictions::try_from(outcome.predictions)
                .map_err(|error| Failure::Failed(format!("predictions: {error}")))?;
            Ok(Answer {
                index,
                predictions,
                fit_seconds: outcome.fit.wall_seconds,
                predict_seconds: outcome.predict.wall_seconds,
                fit_cpu_seconds: outcome.fit.cpu_seconds,
                predict_cpu_seconds: outcome.predict.cpu_seconds,
                converged: outcome.converged,
                facts: outcome.facts,
                peak_memory_bytes: Some(peak_memory_bytes),
            })
        });
        match answer {
            Ok(answer) => Reply::Ok(answer),
            Err(failure) => {
                let (kind, reason) = FailureKind::of(failure);
                Reply::Failed { index, kind, reason }
            }
        }
    }
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Outcome {
        Outcome {
            predictions: answer.predictions.into(),
            fit: Cost { wall_seconds: answer.fit_seconds, cpu_seconds: answer.fit_cpu_seconds },
            predict: Cost { wall_seconds: answer.predict_seconds, cpu_seconds: answer.predict_cpu_seconds },
            converged: answer.converged,
            facts: answer.facts,
        }
    }
}

impl FailureKind {
    fn of(failure: Failure) -> (FailureKind, String) {
        match failure {
            Failure::Unsupported(reason) => (FailureKind::Unsupported, reason),
            Failure::Diverged(reason) => (FailureKind::Diverged, reason),
            Failure::OutOfMemory(reason) => (FailureKind::OutOfMemory, reason),
            Failure::Failed(reason) => (FailureKind::Failed, reason),
        }
    }

    /// The failure of this kind.
    pub fn failure(self, reason: String) -> Failure {
        match self {
            FailureKind::Unsupported => Failure::Unsupported(reason),
            FailureKind::Diverged => Failure::Diverged(reason),
            FailureKind::OutOfMemory => Failure::OutOfMemory(reason),
            FailureKind::Failed => Failure::Failed(reason),
        }
    }
}

/// What the replies to a job must satisfy.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    pub configurations: usize,
    pub test_size: usize,
    pub classes: usize,
}

impl Expected {
    /// The longest line that is read: predictions with room for facts and a reason.
    pub fn longest_line(&self) -> usize {
        self.test_size + 64 * 1024
    }

    /// Reads one line.
    pub fn parse(&self, line: &[u8]) -> Result<Reply, ReplyError> {
        if line.len() > self.longest_line() {
            return Err(ReplyError::TooLong { longest: self.longest_line() });
        }
        // Some editors and languages put a byte-order mark in front.
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let reply: Reply = serde_json::from_slice(line).map_err(|error| ReplyError::Unreadable {
            error: error.to_string(),
            hint: hint(line),
            start: String::from_utf8_lossy(line.trim_ascii()).chars().take(60).collect(),
        })?;
        match &reply {
            Reply::Ready {} => {}
            Reply::Failed { index, .. } => self.check_index(*index)?,
            Reply::Ok(answer) => self.check(answer)?,
        }
        Ok(reply)
    }

    fn check(&self, answer: &Answer) -> Result<(), ReplyError> {
        self.check_index(answer.index)?;
        for (key, found) in [
            ("fit_seconds", answer.fit_seconds),
            ("predict_seconds", answer.predict_seconds),
            ("fit_cpu_seconds", answer.fit_cpu_seconds),
            ("predict_cpu_seconds", answer.predict_cpu_seconds),
        ] {
            if !(0.0..=LONGEST_SECONDS).contains(&found) {
                return Err(ReplyError::Seconds { key, found });
            }
        }
        if let Some((place, message)) = plain_text::first_hidden("/facts", &answer.facts.clone().into()) {
            return Err(ReplyError::Facts { place, message });
        }
        Ok(answer.predictions.check(self.test_size, self.classes)?)
    }

    fn check_index(&self, index: usize) -> Result<(), ReplyError> {
        let configurations = self.configurations;
        if index < configurations { Ok(()) } else { Err(ReplyError::Index { index, configurations }) }
    }
}

/// Advice for common mistakes: values in lists of one (R's jsonlite writes them by default), lists of
/// classes, missing values, and JSON over several lines or beside other text.
fn hint(line: &[u8]) -> String {
    let line = line.trim_ascii();
    let text = match serde_json::from_slice::<serde_json::Value>(line) {
        Ok(serde_json::Value::Array(_)) => "; a reply is an object, and each has a line of its own",
        Ok(value) => return hint_of_keys(&value),
        Err(_) if line.contains(&0) => "; write UTF-8, not UTF-16",
        Err(_) if !line.starts_with(b"{") => {
            "; the file that \"results\" names takes replies alone: print all else"
        }
        Err(_) if line.starts_with(b"{'") => "; JSON has double quotes (Python: json.dumps(reply))",
        Err(error) if error.is_eof() => "; one line a reply",
        Err(_) => {
            let has = |word: &[u8]| line.windows(word.len()).any(|part| part == word);
            match (
                has(b"}{"),
                [&b"NaN"[..], b"Infinity", b":NA", b": NA", b": Inf"].iter().any(|word| has(word)),
            ) {
                (true, _) => "; one line a reply",
                (_, true) => "; JSON has no NaN, NA or Infinity",
                _ => "",
            }
        }
    };
    text.to_string()
}

/// The key whose value has another type than it must.
fn hint_of_keys(reply: &serde_json::Value) -> String {
    if reply.get("reply").is_some_and(serde_json::Value::is_array) {
        return "; \"reply\" is a text, not a list (R: toJSON(..., auto_unbox = TRUE))".into();
    }
    if reply.get("predictions").is_some_and(serde_json::Value::is_array) {
        return "; \"predictions\" is one text (Python: \"\".join(map(str, p)), R: paste(p, collapse = \"\"))".into();
    }
    let numbers = ["index", "fit_seconds", "predict_seconds", "fit_cpu_seconds", "predict_cpu_seconds"];
    let is_other = |key: &&str| reply.get(*key).is_some_and(|value| !value.is_number());
    numbers.into_iter().find(is_other).map_or_else(String::new, |key| format!("; {key:?} is a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: Expected = Expected { configurations: 2, test_size: 3, classes: 10 };

    fn outcome(predictions: &[u8]) -> Outcome {
        Outcome {
            predictions: predictions.to_vec(),
            fit: Cost { wall_seconds: 1.5, cpu_seconds: 1.25 },
            predict: Cost::default(),
            converged: Some(true),
            facts: Parameters::new(),
        }
    }

    fn ok(predictions: &[u8]) -> Reply {
        Reply::new(0, Ok(outcome(predictions)), 7)
    }

    fn line(reply: &Reply) -> Vec<u8> {
        serde_json::to_vec(reply).unwrap()
    }

    #[test]
    fn a_reply_is_read_as_it_was_written() {
        let mut many_bits = outcome(&[0, 9, 5]);
        many_bits.fit.wall_seconds = 0.1 + 0.2;
        for reply in [
            Reply::Ready {},
            Reply::new(1, Ok(many_bits), 1 << 40),
            Reply::new(0, Err(Failure::Diverged("NaN".into())), 0),
        ] {
            assert_eq!(EXPECTED.parse(&line(&reply)).unwrap(), reply);
        }
    }

    #[test]
    fn the_program_of_an_external_engine_may_leave_out_what_is_optional() {
        let text = br#"{"reply":"ok","index":0,"predictions":"099","fit_seconds":1,"predict_seconds":2,
                      "fit_cpu_seconds":3,"predict_cpu_seconds":4,"facts":{"trees":5}}"#;
        let Reply::Ok(answer) = EXPECTED.parse(text).unwrap() else { panic!("an answer") };
        assert_eq!((answer.converged, answer.peak_memory_bytes), (None, None));
        let outcome = Outcome::from(answer);
        assert_eq!(outcome.predictions, [0, 9, 9]);
        assert_eq!(outcome.fit, Cost { wall_seconds: 1.0, cpu_seconds: 3.0 });
        let failed = br#"{"reply":"failed","index":1,"kind":"unsupported","reason":"no"}"#;
        let Reply::Failed { kind, reason, .. } = EXPECTED.parse(failed).unwrap() else { panic!("a failure") };
        assert_eq!(kind.failure(reason), Failure::Unsupported("no".into()));
    }

    #[test]
    fn a_reply_that_does_not_fit_the_job_is_refused() {
        let refused = |reply: Reply| EXPECTED.parse(&line(&reply)).unwrap_err().to_string();
        assert_eq!(
            refused(ok(&[1, 2])),
            "predictions: found 2 predictions; expected 3, one for each test image"
        );
        assert_eq!(
            refused(ok(&[1, 2, 10])),
            "predictions: class 10 at position 2 does not exist; expected 0 to 9"
        );
        let Reply::Failed { kind, reason, .. } = ok(&[1, 2, 200]) else { panic!("no character for 200") };
        assert_eq!(kind, FailureKind::Failed);
        assert!(reason.contains("class 200"), "{reason}");
        let index = refused(Reply::new(2, Ok(outcome(&[1, 2, 3])), 0));
        assert_eq!(index, "index is 2; the job has 2 configurations, counted from 0");
        assert!(refused(Reply::new(7, Err(Failure::Failed(String::new())), 0)).contains("index is 7"));
        let mut negative = outcome(&[1, 2, 3]);
        negative.fit.wall_seconds = -1.0;
        assert!(refused(Reply::new(0, Ok(negative), 0)).starts_with("fit_seconds is -1; expected seconds"));
    }

    #[test]
    fn an_unreadable_line_is_quoted_in_part() {
        let error = |line: &[u8]| EXPECTED.parse(line).unwrap_err().to_string();
        let message = error(&[b'x'; 5000]);
        assert!(message.contains("expected value") && message.len() < 300, "{message}");
        assert!(error(&[b'x'; 70_000]).contains("more than 65539 bytes"));
        for wrong in [
            "",
            "{}",
            r#"{"reply":"ok","index":0}"#,
            r#"{"reply":"ready","train_size":5}"#,
            r#"{"reply":"ok","index":0,"predictions":"0A9","fit_seconds":1,"predict_seconds":2,
                "fit_cpu_seconds":3,"predict_cpu_seconds":4}"#,
            r#"{"reply":"ok","index":0,"predictions":"099","fit_seconds":1,"predict_seconds":2,
                "fit_cpu_seconds":3,"predict_cpu_seconds":4,"accuracy":1}"#,
            r#"{"reply":"ok","index":0,"predictions":"099","fit_seconds":1e400,"predict_seconds":2,
                "fit_cpu_seconds":3,"predict_cpu_seconds":4}"#,
        ] {
            error(wrong.as_bytes());
        }
        error(b"\xff\xfe");
    }

    #[test]
    fn what_beginners_write_gets_a_hint() {
        let error = |line: &[u8]| EXPECTED.parse(line).unwrap_err().to_string();
        let boxed = error(br#"{"reply":["ready"]}"#);
        assert!(boxed.contains("a text, not a list (R: toJSON(..., auto_unbox = TRUE))"), "{boxed}");
        for part in [&b"{\n"[..], b"{", b"{ \"reply\":\n"] {
            let pretty = error(part);
            assert!(pretty.contains("one line a reply"), "{pretty}");
        }
        for (wrote, told) in [
            (
                r#"{"reply":"ok","index":0,"predictions":[0,9,9]}"#,
                r#""predictions" is one text (Python: "".join"#,
            ),
            (
                r#"{"reply":"ok","index":0,"predictions":"099","fit_seconds":"1"}"#,
                "\"fit_seconds\" is a number",
            ),
            (
                r#"{"reply":"ok","index":0,"predictions":"099","fit_seconds":null}"#,
                "\"fit_seconds\" is a number",
            ),
            (r#"{"reply":"ok","index":0,"predictions":"099","fit_seconds":NaN}"#, "JSON has no NaN"),
            (r#"{"reply":"ok","fit_seconds":NA}"#, "JSON has no NaN, NA"),
            (r#"{"reply":"ready"}{"reply":"ok"}"#, "one line a reply"),
            (r#"[{"reply":"ready"},{"reply":"ok"}]"#, "a reply is an object"),
            ("{'reply': 'ready'}", "JSON has double quotes (Python: json.dumps(reply))"),
            ("Epoch 1/5", "takes replies alone: print all else"),
        ] {
            let error = error(wrote.as_bytes());
            assert!(error.contains(told), "{error}");
        }
        assert!(error(b"\xff\xfe{\0").contains("write UTF-8, not UTF-16"));
        assert_eq!(EXPECTED.parse(b"\xef\xbb\xbf{\"reply\":\"ready\"}\r\n"), Ok(Reply::Ready {}));
    }
}
