//! Standard output and standard error for readers who may leave early, such as `head`: what is written after that goes
//! nowhere, and the command ends with the exit code that it would have had.

use std::io::{self, ErrorKind, StdoutLock, Write};

/// Standard output, locked, until the reader leaves.
pub fn stdout() -> PipeWriter<StdoutLock<'static>> {
    PipeWriter { inner: io::stdout().lock(), left: false }
}

/// A line on standard error.
pub fn print_err(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A writer whose reader may leave.
pub struct PipeWriter<W> {
    inner: W,
    left: bool,
}

impl<W: Write> PipeWriter<W> {
    /// Nothing, once the reader has left.
    fn unless_left<T>(&mut self, nothing: T, what: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.left {
            return Ok(nothing);
        }
        match what(&mut self.inner) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.left = true;
                Ok(nothing)
            }
            other => other,
        }
    }
}

impl<W: Write> Write for PipeWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_left(bytes.len(), |inner| inner.write(bytes))
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
    fn a_reader_who_left_is_no_error_and_is_not_asked_again() {
        let mut out =
            PipeWriter { inner: Failing(vec![ErrorKind::StorageFull, ErrorKind::BrokenPipe]), left: false };
        assert_eq!(out.write_all(b"a").unwrap_err().kind(), ErrorKind::StorageFull);
        out.write_all(b"b").unwrap();
        out.write_all(b"c").unwrap();
        assert!(out.inner.0.is_empty());
    }
}
