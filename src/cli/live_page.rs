//! The page of a running sweep: written soon after the start, and then once a minute if more rows have ended.
//!
//! Another process of this program writes it, with the lowest priority, so that the jobs lose almost no time.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::opener;
use crate::report::PAGE;
use crate::sweep::progress::{Snapshot, describe, minute};

/// Time before the first page: a shorter sweep has a page only at its end.
const FIRST: Duration = Duration::from_secs(1);

pub struct Folders<'a> {
    pub results: &'a Path,
    pub data: &'a Path,
    pub reports: &'a Path,
}

pub struct LivePage {
    arguments: Vec<OsString>,
    page: PathBuf,
    /// The process that writes.
    writer: Option<Child>,
    since: Instant,
    /// Rows that had ended when the page was written last.
    shown: Option<usize>,
    /// Whether the page is still to be opened.
    open: bool,
}

impl LivePage {
    pub fn new(run: &str, folders: &Folders, open: bool) -> LivePage {
        let [results, data, reports] = [folders.results, folders.data, folders.reports].map(Path::as_os_str);
        let named = [("--results-dir", results), ("--data-dir", data), ("--reports-dir", reports)];
        let mut arguments: Vec<OsString> = vec!["report".into(), format!("--run={run}").into()];
        for (name, folder) in named {
            arguments.extend([OsStr::new(name), folder].map(OsStr::to_os_string));
        }
        let page = folders.reports.join(PAGE);
        LivePage { arguments, page, writer: None, since: Instant::now(), shown: None, open }
    }

    /// Writes the page when it is time to, and opens it once it is there.
    pub fn news(&mut self, snapshot: &Snapshot) {
        if let Some(writer) = &mut self.writer {
            match writer.try_wait() {
                Ok(None) => return,
                Ok(Some(status)) if status.success() => self.open_once(),
                // A failure is reported at the end of the sweep, when the page is written again.
                _ => {}
            }
            self.writer = None;
        }
        let is_due = match self.shown {
            None => self.since.elapsed() >= FIRST,
            Some(shown) => shown != snapshot.finished && self.since.elapsed() >= minute(),
        };
        if is_due {
            self.since = Instant::now();
            self.shown = Some(snapshot.finished);
            self.writer = self.write(&describe(snapshot)).ok();
        }
    }

    /// Waits for a page that is being written, which would replace the final one. Returns whether the final
    /// page is still to be opened.
    pub fn end(mut self) -> bool {
        if let Some(mut writer) = self.writer.take() {
            let _ = writer.wait();
        }
        self.open
    }

    fn open_once(&mut self) {
        if std::mem::take(&mut self.open) {
            opener::open(&self.page);
        }
    }

    fn write(&self, progress: &str) -> std::io::Result<Child> {
        // Not /proc/self/exe, which in the process of `nice` is `nice`.
        let program = std::env::current_exe()?;
        let start = |mut command: Command| {
            let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            quiet.args(&self.arguments).arg(format!("--unfinished={progress}")).spawn()
        };
        let mut patient = Command::new("nice");
        patient.args(["-n", "19"]).arg(&program);
        start(patient).or_else(|_| start(Command::new(&program)))
    }
}
