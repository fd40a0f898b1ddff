//! Opens a page in the browser, by the platform's own program.

use std::path::Path;
use std::process::{Command, Stdio};

use super::stdio::print_err;

/// The program that opens a file as a double click does, and its arguments before the file.
const OPENER: &[&str] = if cfg!(target_os = "macos") {
    &["open"]
} else if cfg!(windows) {
    // The empty text is the window's title; otherwise `start` would take a quoted path for it.
    &["cmd", "/C", "start", ""]
} else {
    &["xdg-open"]
};

/// Opens a page; where there is no program for it, says where the page is.
pub fn open(page: &Path) {
    let mut command = Command::new(OPENER[0]);
    command.args(&OPENER[1..]).arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Err(error) = command.spawn() {
        let (program, page) = (OPENER[0], page.display());
        print_err(&format!("{program} cannot be started ({error}): open {page} in a browser yourself"));
    }
}
