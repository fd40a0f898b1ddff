//! The end of a worker's log: the last lines of what it wrote to standard output and standard error.

use std::collections::VecDeque;

use crate::plain_text::is_hidden;

/// Keeps the last [`LogTail::KEPT`] bytes of a stream of any length.
#[derive(Default)]
pub struct LogTail {
    kept: VecDeque<u8>,
    dropped: u64,
}

impl LogTail {
    /// Bytes kept while a worker runs.
    pub const KEPT: usize = 16 * 1024;
    /// The most lines, and the most bytes of all lines, that go into a result file.
    const LINES: usize = 12;
    const BYTES: usize = 2000;

    pub fn push(&mut self, bytes: &[u8]) {
        let skipped = bytes.len().saturating_sub(Self::KEPT);
        let bytes = &bytes[skipped..];
        let over = (self.kept.len() + bytes.len()).saturating_sub(Self::KEPT);
        self.kept.drain(..over);
        self.kept.extend(bytes);
        self.dropped += (skipped + over) as u64;
    }

    /// Whether the kept end contains `text`.
    pub fn contains(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.kept.iter().copied().collect::<Vec<u8>>()).contains(text)
    }

    /// The last lines as text without control characters, or nothing when the log is empty.
    pub fn last_lines(&self) -> Vec<String> {
        let bytes: Vec<u8> = self.kept.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        let clean = |line: &str| -> String { line.chars().filter(|&c| !is_hidden(c)).collect() };
        let mut lines: Vec<String> = Vec::new();
        let mut length = 0;
        for line in text.lines().rev().map(clean).filter(|line| !line.trim().is_empty()).take(Self::LINES) {
            let room = Self::BYTES.saturating_sub(length);
            if room == 0 {
                break;
            }
            length += line.len();
            let start = (line.len().saturating_sub(room)..line.len()).find(|&i| line.is_char_boundary(i));
            lines.push(line[start.unwrap_or(0)..].to_string());
        }
        lines.reverse();
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_whatever_came_before() {
        let mut log = LogTail::default();
        for _ in 0..10_000 {
            log.push(b"flood\n");
        }
        log.push("memory allocation of 5 bytes failed\n\x1b[31mla\u{feff}st\n".as_bytes());
        assert!(log.kept.len() <= LogTail::KEPT);
        assert!(log.contains("memory allocation of"));
        let lines = log.last_lines();
        assert_eq!(lines.len(), LogTail::LINES);
        assert_eq!(lines.last().unwrap(), "[31mlast");
    }

    #[test]
    fn one_endless_line_and_broken_utf8_do_no_harm() {
        let mut log = LogTail::default();
        log.push(&[0xc3; 100_000]);
        let lines = log.last_lines();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].len() <= LogTail::BYTES);
        assert!(LogTail::default().last_lines().is_empty());
    }
}
