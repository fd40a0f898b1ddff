//! The paths of result files, and reading and writing whole files.
//!
//! `results/<run>/<dataset>/<engine>/<id>.json`. A file appears at once or not at all: it is written beside
//! its place, synced and renamed.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::limits::MAX_FILE_BYTES;
use super::record::Record;
use super::wire::WireRecord;
use crate::file_name::is_name;
use crate::file_systems::best_effort;

/// The result files of one run.
#[derive(Clone, Debug)]
pub struct Store {
    results: PathBuf,
    run: String,
}

impl Store {
    /// The run `run` under `results`. `Err` says why the name cannot be a folder.
    pub fn new(results: impl Into<PathBuf>, run: &str) -> Result<Store, String> {
        if !is_name(run) {
            return Err(format!("run name {run:?} cannot be used: {}", crate::file_name::RULE));
        }
        Ok(Store { results: results.into(), run: run.to_string() })
    }

    pub fn run(&self) -> &str {
        &self.run
    }

    /// The folder of the run.
    pub fn root(&self) -> PathBuf {
        self.results.join(&self.run)
    }

    /// The file of a result.
    pub fn path(&self, dataset: &str, engine: &str, id: &str) -> PathBuf {
        self.root().join(dataset).join(engine).join(format!("{id}.json"))
    }

    /// Makes the folder of an engine's results on a data set, and tries to write there: what cannot be
    /// written is known before anything is trained. Within a run no folder is a link: other commands do not
    /// follow it.
    pub fn prepare(&self, dataset: &str, engine: &str) -> io::Result<()> {
        let folder = self.root().join(dataset).join(engine);
        if let Some(link) = folder.ancestors().take(2).find(|folder| folder.is_symlink()) {
            let message = format!("{}: is a symbolic link: put a folder there", link.display());
            return Err(io::Error::other(message));
        }
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", folder.display()));
        fs::create_dir_all(&folder).map_err(named)?;
        temporary_file(&folder).map(drop).map_err(named)
    }

    /// Writes a record to its place, replacing what stood there, and gives the path.
    pub fn write(&self, record: &Record) -> io::Result<PathBuf> {
        let names = [record.dataset.as_str(), &record.engine, &record.id];
        if let Some(name) = names.iter().find(|name| !is_name(name)) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{name:?} cannot be used as a file name"),
            ));
        }
        let path = self.path(&record.dataset, &record.engine, &record.id);
        write_atomically(&path, &WireRecord::from(record).to_bytes())
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        Ok(path)
    }

    /// The files in the folder of the run. A missing folder is an empty run.
    pub fn files(&self) -> io::Result<Found> {
        find(&self.root())
    }

    /// The names of all runs under `results`, sorted.
    pub fn runs(results: &Path) -> io::Result<Vec<String>> {
        let mut runs = Vec::new();
        if !results.exists() {
            return Ok(runs);
        }
        for entry in fs::read_dir(results)? {
            let entry = entry?;
            // A run's folder may be a link, to where there is room.
            if entry.path().is_dir()
                && let Some(name) = entry.file_name().to_str()
                && is_name(name)
            {
                runs.push(name.to_string());
            }
        }
        runs.sort();
        Ok(runs)
    }
}

/// What lies in a run's folder, each sorted.
#[derive(Debug, Default)]
pub struct Found {
    /// `.json` files.
    pub files: Vec<PathBuf>,
    /// Symbolic links, which may lead anywhere and are not followed, and files without an end, such as a
    /// pipe.
    pub not_regular: Vec<PathBuf>,
}

/// What lies in the folder `root` of a run; nothing when there is no such folder.
pub fn find(root: &Path) -> io::Result<Found> {
    let mut found = Found::default();
    if root.exists() {
        collect(root, 0, &mut found)?;
    }
    found.files.sort();
    found.not_regular.sort();
    Ok(found)
}

/// The bytes of a result file; refuses one that is longer than any result.
pub fn read_bounded(path: &Path) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("is longer than {} MiB, the most that a result may have", MAX_FILE_BYTES >> 20));
    }
    Ok(bytes)
}

/// Moves an invalid result file out of the way, beside itself under a name that nothing reads
/// (`<name>.garbled`, `<name>.garbled-2`, ...), and gives the new path.
pub fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let mut name = path.as_os_str().to_os_string();
        name.push(if number == 1 { ".garbled".to_string() } else { format!(".garbled-{number}") });
        let aside = PathBuf::from(name);
        if !aside.exists() {
            fs::rename(path, &aside)?;
            return Ok(aside);
        }
        number += 1;
    }
}

/// Makes a folder, and tries to write there.
pub fn try_to_write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    temporary_file(folder).map(drop)
}

/// Writes a whole file: temporary file in the same folder, fsync, rename, fsync of the folder.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = temporary_file(folder)?;
    file.write_all(bytes)?;
    // A temporary file is readable by its owner only; a result by everybody.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        best_effort(file.as_file().set_permissions(fs::Permissions::from_mode(0o644)))?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    best_effort(File::open(folder)?.sync_all())
}

/// A temporary file in `folder`, which is deleted with its handle unless it is persisted.
fn temporary_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(".writing-").suffix(".tmp").tempfile_in(folder)
}

/// All `.json` files below a folder, at most three levels down (data set, engine, file).
fn collect(folder: &Path, depth: usize, found: &mut Found) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            if depth < 3 {
                collect(&path, depth + 1, found)?;
            }
        } else if is_hidden(&path) {
            // Not a result, such as a file that is being written.
        } else if kind.is_symlink() {
            found.not_regular.push(path);
        } else if path.extension() == Some(OsStr::new("json")) {
            if kind.is_file() { found.files.push(path) } else { found.not_regular.push(path) }
        }
    }
    Ok(())
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with('.'))
}
