//! Who may write into the folder of a run: one sweep alone, or the shares of one, each by one process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use super::SweepError;
use super::shares::Shard;

/// A lock on files, held while the sweep runs; the system releases it however the process ends.
#[derive(Debug)]
pub struct Lock {
    _files: Vec<File>,
}

impl Lock {
    const NAME: &str = ".sweep.lock";

    /// For a whole sweep: no other process writes. Makes the folder where needed. The error says who holds
    /// it, or what cannot be written.
    pub fn take(folder: &Path) -> Result<Lock, SweepError> {
        let mut file = open(folder, Self::NAME)?;
        hold(&mut file, folder, File::try_lock)?;
        sign(&mut file, folder)?;
        Ok(Lock { _files: vec![file] })
    }

    /// For one share: other shares may write too, but neither this one again nor a whole sweep.
    pub fn take_share(folder: &Path, shard: &Shard) -> Result<Lock, SweepError> {
        let mut all = open(folder, Self::NAME)?;
        hold(&mut all, folder, File::try_lock_shared)?;
        // Several processes may hold it, so it names none.
        all.set_len(0).map_err(SweepError::io(format!("cannot write to {}", folder.display())))?;
        let mut own = open(folder, &format!(".sweep-{}-of-{}.lock", shard.number, shard.of))?;
        hold(&mut own, folder, File::try_lock)?;
        sign(&mut own, folder)?;
        Ok(Lock { _files: vec![all, own] })
    }
}

fn open(folder: &Path, name: &str) -> Result<File, SweepError> {
    fs::create_dir_all(folder)
        .map_err(SweepError::io(format!("cannot make the results folder {}", folder.display())))?;
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false);
    let file = options.open(folder.join(name));
    file.map_err(SweepError::io(format!("cannot write to the results folder {}", folder.display())))
}

/// Attempts to take a held lock, and the pause between them. Between fork and exec a new process holds its
/// parent's locks, even those that the parent has released.
const ATTEMPTS: usize = 20;
const PAUSE: Duration = Duration::from_millis(10);

fn hold(
    file: &mut File,
    folder: &Path,
    lock: impl Fn(&File) -> Result<(), TryLockError>,
) -> Result<(), SweepError> {
    let mut held = lock(file);
    for _ in 1..ATTEMPTS {
        if !matches!(held, Err(TryLockError::WouldBlock)) {
            break;
        }
        std::thread::sleep(PAUSE);
        held = lock(file);
    }
    match held {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Without the number the message is less helpful, and still true.
            let _ = file.read_to_string(&mut holder);
            let holder = holder.trim();
            let process = (!holder.is_empty()).then(|| holder.to_string());
            Err(SweepError::Locked { folder: folder.to_path_buf(), process })
        }
        // Some network file systems know no locks; better to run than to refuse.
        Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// Writes the holder's process id.
fn sign(file: &mut File, folder: &Path) -> Result<(), SweepError> {
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(SweepError::io(format!("cannot write the lock in {}", folder.display())))
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
    fn shares_run_beside_each_other_and_not_beside_a_whole_sweep() {
        let folder = tempfile::tempdir().unwrap();
        let shard = |number| Shard { number, of: 2, digest: None };
        let first = Lock::take_share(folder.path(), &shard(1)).unwrap();
        let second = Lock::take_share(folder.path(), &shard(2)).unwrap();
        let message = Lock::take_share(folder.path(), &shard(1)).unwrap_err().to_string();
        assert!(message.contains(&std::process::id().to_string()), "{message}");
        assert!(Lock::take(folder.path()).is_err());
        drop(first);
        Lock::take_share(folder.path(), &shard(1)).unwrap();
        drop(second);
        let _whole = Lock::take(folder.path()).unwrap();
        assert!(Lock::take_share(folder.path(), &shard(2)).is_err());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let message = Lock::take(&file.path().join("local")).unwrap_err().to_string();
        assert!(message.contains("results folder"), "{message}");
    }
}
