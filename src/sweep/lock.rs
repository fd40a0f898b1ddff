//! One sweep at a time writes into the folder of a run.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use anyhow::{Context, bail};

/// Held as long as the sweep runs; the system lets go of it however the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    const NAME: &str = ".sweep.lock";

    /// Makes the folder where needed and locks it. The error says who holds it, or what cannot be written.
    pub fn take(folder: &Path) -> anyhow::Result<Lock> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the results folder {}", folder.display()))?;
        let path = folder.join(Self::NAME);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("cannot write to the results folder {}", folder.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Without the number the message is less helpful, and still true.
                let _ = file.read_to_string(&mut holder);
                let holder = holder.trim();
                let who = if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
                bail!(
                    "another sweep{who} writes to {}: wait for it, or give this one another --run or --results-dir",
                    folder.display()
                );
            }
            // Some network file systems know no locks; better to run than to refuse.
            Err(TryLockError::Error(_)) => {}
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Lock { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_sweep_is_told_who_holds_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("local");
        let lock = Lock::take(&run).unwrap();
        let message = Lock::take(&run).unwrap_err().to_string();
        assert!(message.contains(&std::process::id().to_string()) && message.contains("--run"), "{message}");
        drop(lock);
        Lock::take(&run).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let message = format!("{:#}", Lock::take(&file.path().join("local")).unwrap_err());
        assert!(message.contains("results folder"), "{message}");
    }
}
