//! Copies of data sets without gzip, for many processes that read the same images: unpacking takes most of the time
//! of loading.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::layout::{MANIFEST, find_file};
use super::{FILES, idx, manifest};

/// Whether any file of the data set is gzipped; false for one that cannot be read.
pub fn is_gzipped(data_dir: &Path, name: &str) -> bool {
    let gzipped = |file: &str| -> io::Result<bool> {
        let path = find_file(&data_dir.join(name), file).map_err(io::Error::other)?;
        let content = idx::open_content(io::BufReader::new(File::open(path)?))?;
        Ok(matches!(content, idx::Content::Gzip(_)))
    };
    FILES.iter().any(|file| gzipped(file).unwrap_or(false))
}

/// Writes the four files of the data set `name` of `data_dir` unpacked into a new folder of that name in `into`, with its
/// manifest. Loading the copy gives the same data set with the same digests.
pub fn unpack(data_dir: &Path, name: &str, into: &Path) -> io::Result<()> {
    let (from, into) = (data_dir.join(name), into.join(name));
    fs::create_dir(&into)?;
    for file in FILES {
        let path = find_file(&from, file).map_err(io::Error::other)?;
        let mut content = idx::open_content(io::BufReader::new(File::open(path)?))?;
        io::copy(&mut content, &mut File::create(into.join(file))?)?;
    }
    let manifest = manifest::path(&from);
    if manifest.exists() {
        fs::copy(manifest, into.join(MANIFEST))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::load_from;

    #[test]
    fn the_copy_is_the_same_data_set() {
        let folder = tempfile::tempdir().unwrap();
        unpack(Path::new("data"), "mnist", folder.path()).unwrap();
        let (copy, original) =
            (load_from(folder.path(), "mnist").unwrap(), crate::dataset::load("mnist").unwrap());
        assert_eq!((&copy.digests, &copy.title), (&original.digests, &original.title));
        assert_eq!((&copy.train, &copy.test), (&original.train, &original.test));
        assert_eq!(copy.class_names, original.class_names);
        let plain = fs::read(folder.path().join("mnist").join(FILES[1])).unwrap();
        assert_eq!(plain.len(), 8 + 60_000);
        assert!(is_gzipped(Path::new("data"), "mnist") && !is_gzipped(folder.path(), "mnist"));
        // A folder that is there is not written to.
        assert!(unpack(Path::new("data"), "mnist", folder.path()).is_err());
    }
}
