//! The digest of the code that can change a result. `build.rs` includes this file and embeds the digest; the library
//! contains it for its tests alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// What can change a prediction: the data sets and engines of this package, the package pixel-learn, and the
/// versions of all other crates (`Cargo.lock`).
pub const SOURCES: [&str; 5] =
    ["Cargo.lock", "crates/pixel-learn/Cargo.toml", "crates/pixel-learn/src", "src/dataset", "src/engines"];

/// All files of [`SOURCES`] below `root`, by name (`/` between parts on every system), sorted. `Err` when a source is
/// missing or cannot be read.
pub fn files(root: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for source in SOURCES {
        collect(&root.join(source), source, &mut files)?;
    }
    files.sort();
    Ok(files)
}

fn collect(path: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    if !fs::metadata(path).map_err(named)?.is_dir() {
        files.push((name.to_string(), path.to_path_buf()));
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(named)? {
        let entry = entry.map_err(named)?;
        collect(&entry.path(), &format!("{name}/{}", entry.file_name().to_string_lossy()), files)?;
    }
    Ok(())
}

/// SHA-256 over the name, the length and the bytes of every file, in hexadecimal.
pub fn digest(files: &[(String, PathBuf)]) -> io::Result<String> {
    let mut digest = Sha256::new();
    for (name, path) in files {
        let bytes = fs::read(path)?;
        digest.update(format!("{name}\0{}\0", bytes.len()));
        digest.update(&bytes);
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest_of(root: &Path) -> String {
        digest(&files(root).unwrap()).unwrap()
    }

    #[test]
    fn the_embedded_digest_is_that_of_the_sources() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(digest_of(root), env!("MNIST_BENCH_CODE_DIGEST"));
    }

    #[test]
    fn one_byte_of_any_kind_of_source_changes_the_digest() {
        let changed = [
            "Cargo.lock",
            "crates/pixel-learn/Cargo.toml",
            "crates/pixel-learn/src/features.rs",
            "crates/pixel-learn/src/linalg/dot.rs",
            "crates/pixel-learn/src/models/linear/sgd/mod.rs",
            "crates/pixel-learn/src/nn/conv.rs",
            "src/dataset/idx.rs",
            "src/engines/native/svc.rs",
        ];
        let folder = tempfile::tempdir().unwrap();
        for file in changed.iter().chain(&["src/cli/sweep.rs"]) {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "fn a() {}").unwrap();
        }
        let before = digest_of(folder.path());
        for file in changed {
            let path = folder.path().join(file);
            fs::write(&path, "fn b() {}").unwrap();
            assert_ne!(digest_of(folder.path()), before, "{file}");
            fs::write(&path, "fn a() {}").unwrap();
            assert_eq!(digest_of(folder.path()), before, "{file}");
        }
        // The command line changes no result.
        fs::write(folder.path().join("src/cli/sweep.rs"), "fn b() {}").unwrap();
        assert_eq!(digest_of(folder.path()), before);
        fs::rename(folder.path().join("src/dataset/idx.rs"), folder.path().join("src/dataset/read.rs"))
            .unwrap();
        assert_ne!(digest_of(folder.path()), before);
    }

    #[test]
    fn a_missing_source_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Cargo.lock"), "").unwrap();
        let error = files(folder.path()).unwrap_err().to_string();
        assert!(error.contains("pixel-learn"), "{error}");
    }
}
