//! How the program ends: the exit codes, and the one place that turns an error into them.

use std::io::{self, Write};

use super::stdio::visible;

/// The exit codes, documented in docs/FORMAT.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Everything asked for was done.
    Success,
    /// The command ran, and something in it failed: rows of a sweep, a report that is not current.
    Failed,
    /// Bad input or usage: nothing was done.
    Usage,
    /// Stopped by Ctrl-C or a termination signal.
    Interrupted,
}

impl ExitCode {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            ExitCode::Success => 0,
            ExitCode::Failed => 1,
            ExitCode::Usage => 2,
            ExitCode::Interrupted => 130,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.code().into()
    }
}

/// Ends a command: an error becomes one line on standard error, whatever `RUST_BACKTRACE` says, and exit code 2.
pub fn finish(result: anyhow::Result<ExitCode>) -> std::process::ExitCode {
    let code = result.unwrap_or_else(|error| {
        let line = one_line(&format!("{error:#}"));
        // There is no channel left when standard error is closed too.
        let _ = writeln!(io::stderr(), "error: {line}");
        ExitCode::Usage
    });
    code.into()
}

/// Errors quote file names and other programs' messages: line breaks in those must not make several lines,
/// and control characters must not reach the terminal.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    visible(&words.join(" ").replace('\t', "\u{fffd}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_without_control_characters() {
        assert_eq!(one_line("a\n  b\r\n\nc\x1b[31m\t\u{202e}"), "a b c\u{fffd}[31m\u{fffd}\u{fffd}");
    }
}
