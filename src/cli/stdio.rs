//! Standard output and standard error that tolerate a closed pipe (`... | head`): later writes are dropped,
//! and the exit code stays the same.

use std::io::{self, ErrorKind, StdoutLock, Write};

/// Standard output, locked. Writes after a closed pipe are dropped.
pub fn stdout() -> PipeWriter<StdoutLock<'static>> {
    PipeWriter { inner: io::stdout().lock(), left: false }
}

/// Prints a line on standard error, without control characters; write errors are ignored.
pub fn print_err(line: &str) {
    let _ = writeln!(io::stderr(), "{}", visible(line));
}

/// Text with control characters other than line breaks and tabs, and with those that turn the direction of writing,
/// replaced by U+FFFD.
pub fn visible(text: &str) -> String {
    text.chars().map(|c| if is_unsafe(c) && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A writer that drops everything after the first broken pipe, and replaces control characters as [`visible`] does.
pub struct PipeWriter<W> {
    inner: W,
    left: bool,
}

impl<W: Write> PipeWriter<W> {
    /// Runs `what` unless the pipe is closed; returns `nothing` then.
    fn unless_left<T>(&mut self, nothing: T, what: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.left {
            return Ok(nothing);
        }
        match what(&mut self.inner) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.left = true;
                Ok(nothing)
            }
            Err(error) => {
                Err(io::Error::new(error.kind(), format!("cannot write to standard output: {error}")))
            }
            done => done,
        }
    }
}

impl<W: Write> Write for PipeWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = str::from_utf8(bytes).ok().filter(|text| text.chars().any(is_unsafe));
        match text.map(visible).filter(|shown| shown.as_bytes() != bytes) {
            // Nearly all text is fine as it is.
            None => self.unless_left(bytes.len(), |inner| inner.write(bytes)),
            Some(shown) => {
                self.unless_left(bytes.len(), |inner| inner.write_all(shown.as_bytes()).map(|()| bytes.len()))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_left((), Write::flush)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails with every kind in turn.
    struct Failing(Vec<ErrorKind>);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.remove(0).into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn control_characters_are_shown() {
        let mut out = PipeWriter { inner: Vec::new(), left: false };
        writeln!(out, "a\x1b[31m\tb\u{9b}\u{202e}").unwrap();
        assert_eq!(String::from_utf8(out.inner).unwrap(), "a\u{fffd}[31m\tb\u{fffd}\u{fffd}\n");
    }

    #[test]
    fn a_reader_who_left_is_no_error_and_is_not_asked_again() {
        let mut out =
            PipeWriter { inner: Failing(vec![ErrorKind::StorageFull, ErrorKind::BrokenPipe]), left: false };
        assert_eq!(out.write_all(b"a").unwrap_err().kind(), ErrorKind::StorageFull);
        out.write_all(b"b").unwrap();
        out.write_all(b"c").unwrap();
        assert!(out.inner.0.is_empty());
    }
}
