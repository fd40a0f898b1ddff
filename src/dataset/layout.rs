//! Finds the four files of a data set in the folders and under the names that mirrors and archive programs
//! use.

use std::fs;
use std::path::{Path, PathBuf};

use super::{DatasetError, FILES};
use crate::nearest::list;

/// The file that says what a data set is.
pub const MANIFEST: &str = "dataset.toml";

/// The environment variable that names the folder of all data sets, unless `--data-dir` does.
pub const VARIABLE: &str = "MNIST_BENCH_DATA";

/// The folder that macOS puts into archives, with a file of its own for each.
const MACOS: &str = "__MACOSX";

/// Where torchvision puts the files within a folder.
const RAW: &str = "raw";

/// The path of one of [`FILES`] in the folder of a data set: zipped or not; spelled `train-images-idx3-ubyte`
/// or `train-images.idx3-ubyte`; in upper case; with `test` for `t10k` and a name in front, as in EMNIST; in
/// a folder called like the file. All of that also in `raw/`, and in the only subfolder.
pub fn find_file(folder: &Path, file: &str) -> Result<PathBuf, DatasetError> {
    for place in places(folder) {
        if let Some(path) = exactly(&place, file) {
            return Ok(path);
        }
        let found = loosely(&place, file);
        match &found[..] {
            [] => {}
            [only] => return Ok(only.clone()),
            [first, second, ..] => {
                let problem = format!("{} and {} could both be {file}", name(first), name(second));
                return Err(DatasetError::new(&place, problem, "give each data set a folder of its own"));
            }
        }
    }
    if let Err(error) = fs::read_dir(folder) {
        return Err(unreadable(folder, &error));
    }
    Err(missing(folder, file))
}

/// A folder or a file that is there and cannot be read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> DatasetError {
    DatasetError::new(
        path,
        format!("cannot be read: {error}"),
        "check that it is there and that you may read it",
    )
}

/// The folders in which the files of a data set are looked for, in this order.
pub fn places(folder: &Path) -> Vec<PathBuf> {
    let mut places = vec![folder.to_path_buf(), folder.join(RAW)];
    if let Some(inner) = only_folder(folder) {
        places.extend([inner.join(RAW), inner]);
    }
    places
}

/// The only subfolder of a folder. Archive programs make one called like the archive (which may lie beside
/// it), torchvision one called like the data set.
fn only_folder(folder: &Path) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = entries(folder)
        .iter()
        .filter(|name| *name != MACOS)
        .map(|name| folder.join(name))
        .filter(|inner| inner.is_dir())
        .collect();
    match &folders[..] {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// The file under one of its own names; of several, the first in this order.
fn exactly(place: &Path, file: &str) -> Option<PathBuf> {
    let dotted = file.replace("-idx", ".idx");
    let names = [format!("{file}.gz"), file.to_string(), format!("{dotted}.gz"), dotted];
    names.iter().find_map(|name| in_place(&place.join(name), &names))
}

/// The path itself or, if it is a folder, the file of the same name in it.
fn in_place(path: &Path, names: &[String]) -> Option<PathBuf> {
    // A broken link is returned too: reading it gives the error.
    path.symlink_metadata().ok()?;
    if !path.is_dir() {
        return Some(path.to_path_buf());
    }
    names.iter().map(|name| path.join(name)).find(|path| path.is_file())
}

/// The files of a folder whose names mean `file`; a zipped one is left out if it is there unzipped too.
fn loosely(place: &Path, file: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = entries(place)
        .into_iter()
        .filter(|name| meaning(name) == Some(file))
        .filter_map(|name| {
            in_place(&place.join(&name), &[name.clone(), file.to_string(), format!("{file}.gz")])
        })
        .collect();
    let all = found.clone();
    found.retain(|path| {
        let unzipped = path.to_str().and_then(|text| text.strip_suffix(".gz"));
        !unzipped.is_some_and(|unzipped| all.iter().any(|other| other.to_str() == Some(unzipped)))
    });
    found
}

/// The one of [`FILES`] that a name means. Ignored are case, text in front, a missing end, the number that a
/// browser adds, and what a file manager adds to the name of a copy.
fn meaning(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let lower = lower.strip_prefix("copy of ").unwrap_or(&lower);
    let lower = lower.strip_suffix(".gz").unwrap_or(lower);
    let mut lower = [" - copy", " copy"]
        .iter()
        .fold(lower, |name, end| name.strip_suffix(end).unwrap_or(name))
        .to_string();
    if let Some((start, number)) = lower.strip_suffix(')').and_then(|rest| rest.rsplit_once('('))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        lower = start.trim_end().to_string();
    }
    let lower = lower.strip_suffix(".gz").unwrap_or(&lower);
    let lower = lower
        .strip_suffix(".bin")
        .unwrap_or(lower)
        .replace('_', "-")
        .replace(".idx", "-idx")
        .replace(".ubyte", "-ubyte");
    FILES.into_iter().find(|file| {
        let without_type = file.strip_suffix("-ubyte").unwrap_or(file);
        let short = without_type.split("-idx").next().unwrap_or(file);
        [*file, without_type, short].iter().any(|wanted| {
            [wanted.to_string(), wanted.replace("t10k", "test")].iter().any(|wanted| {
                lower
                    .strip_suffix(wanted.as_str())
                    .is_some_and(|front| front.is_empty() || front.ends_with(['-', '.']))
            })
        })
    })
}

/// The names in a folder that are not hidden, sorted.
fn entries(place: &Path) -> Vec<String> {
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What a data set is, for those who have none.
pub fn expected() -> String {
    format!("a data set is a folder with {}, each zipped (.gz) or not", list(&FILES).replace(" or ", " and "))
}

/// What a folder holds, for a message: `it has a, b and 3 more`.
pub fn contents(place: &Path) -> String {
    const MOST: usize = 6;
    let mut names = entries(place);
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    match (names.is_empty(), more) {
        (true, _) => "it is empty".into(),
        (false, 0) => format!("it has {}", names.join(", ")),
        (false, more) => format!("it has {} and {more} more", names.join(", ")),
    }
}

/// How to name the folder of all data sets, and where there is one.
pub fn other_folder() -> String {
    format!(
        "name the folder of the data sets by --data-dir or in {VARIABLE}; the repository of mnist-bench has MNIST and \
         Fashion-MNIST in its folder data"
    )
}

/// The error if no data set is in the folder of all data sets: what was found, and what is expected.
pub fn no_data_set(data_dir: &Path) -> DatasetError {
    const MOST: usize = 3;
    if FILES.iter().any(|file| find_file(data_dir, file).is_ok()) {
        let problem = "it holds the files of a data set itself, not folders of data sets";
        return DatasetError::new(data_dir, problem, "name the folder above it with --data-dir");
    }
    let folders: Vec<String> = entries(data_dir)
        .into_iter()
        .filter(|name| data_dir.join(name).is_dir())
        .take(MOST)
        .map(|name| format!("in {name}: {}", contents(&data_dir.join(&name))))
        .collect();
    let found = if folders.is_empty() { contents(data_dir) } else { folders.join("; ") };
    let advice = format!("{}; {}", expected(), other_folder());
    DatasetError::new(data_dir, format!("there is no data set in it ({found})"), advice)
}

fn missing(folder: &Path, file: &str) -> DatasetError {
    let path = folder.join(format!("{file}.gz"));
    let problem = if [file.to_string(), format!("{file}.gz")].iter().any(|name| folder.join(name).is_dir()) {
        format!("there is a folder of this name without the file in it ({})", contents(&folder.join(file)))
    } else {
        format!("there is no such file in the folder ({})", contents(folder))
    };
    DatasetError::new(&path, problem, expected())
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGES: &str = FILES[0];

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        }
        folder
    }

    #[track_caller]
    fn finds(files: &[&str], wanted: &str) {
        let folder = folder(files);
        assert_eq!(find_file(folder.path(), IMAGES), Ok(folder.path().join(wanted)), "{files:?}");
    }

    #[test]
    fn every_layout_is_found() {
        for name in [
            "train-images-idx3-ubyte.gz",
            "train-images-idx3-ubyte",
            "train-images.idx3-ubyte",
            "train-images.idx3-ubyte.gz",
            "TRAIN-IMAGES-IDX3-UBYTE.GZ",
            "Train-Images.idx3-ubyte",
            "emnist-letters-train-images-idx3-ubyte.gz",
            "kmnist_train-images-idx3-ubyte",
            "raw/train-images-idx3-ubyte",
            "raw/emnist-letters-train-images-idx3-ubyte.gz",
            "train-images-idx3-ubyte/train-images-idx3-ubyte",
            "train-images-idx3-ubyte/train-images.idx3-ubyte",
            "train-images.idx3-ubyte/train-images-idx3-ubyte",
            "train-images-idx3-ubyte.gz/train-images-idx3-ubyte.gz",
            "train-images-idx3-ubyte (1).gz",
            "train-images-idx3-ubyte.gz (2)",
            "train_images_idx3_ubyte",
            "train-images.idx3",
            "train-images.gz",
            "Train_Images.bin",
            "train-images-idx3.ubyte",
            "Copy of train-images-idx3-ubyte.gz",
            "train-images-idx3-ubyte - Copy.gz",
            "train-images-idx3-ubyte copy",
        ] {
            finds(&[name, "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"], name);
        }
        finds(&["train-images-idx3-ubyte/other", "train-images.idx3-ubyte"], "train-images.idx3-ubyte");
        finds(
            &["emnist-train-images-idx3-ubyte", "emnist-train-images-idx3-ubyte.gz"],
            "emnist-train-images-idx3-ubyte",
        );
        // Alone in a folder that holds nothing else.
        for name in [
            "mnist/train-images-idx3-ubyte",
            "MNIST/raw/train-images-idx3-ubyte.gz",
            "archive/emnist-letters-train-images-idx3-ubyte",
        ] {
            finds(&[name], name);
        }
        finds(&["archive/train-images.idx3-ubyte", "archive.zip"], "archive/train-images.idx3-ubyte");
        finds(
            &["archive/raw/train-images.gz", "__MACOSX/archive/._train-images.gz"],
            "archive/raw/train-images.gz",
        );
        finds(&["train-images-idx3-ubyte", "train-images-idx3-ubyte - Copy"], "train-images-idx3-ubyte");
        let two = folder(&["a/train-images-idx3-ubyte", "b/train-images-idx3-ubyte"]);
        assert!(find_file(two.path(), IMAGES).is_err());
        let test = folder(&["emnist-digits-test-images-idx3-ubyte.gz"]);
        assert!(find_file(test.path(), FILES[2]).is_ok());
    }

    #[test]
    fn what_is_missing_or_doubled_is_named_with_what_is_there() {
        let none = folder(&["train.bin", "notes.txt", ".hidden"]);
        let error = find_file(none.path(), IMAGES).unwrap_err().to_string();
        assert!(error.contains("no such file") && error.contains("it has notes.txt, train.bin)"), "{error}");
        assert!(error.contains("a data set is a folder with train-images-idx3-ubyte"), "{error}");
        let two =
            folder(&["emnist-letters-train-images-idx3-ubyte", "emnist-digits-train-images-idx3-ubyte"]);
        let error = find_file(two.path(), IMAGES).unwrap_err().to_string();
        assert!(error.contains("could both be train-images-idx3-ubyte"), "{error}");
        let empty = folder(&["train-images-idx3-ubyte/readme"]);
        let error = find_file(empty.path(), IMAGES).unwrap_err().to_string();
        assert!(error.contains("a folder of this name without the file in it (it has readme)"), "{error}");
        for name in
            ["pretrain-images-idx3-ubyte", "train-images.png", "train-images (a).gz", "images-idx3-ubyte"]
        {
            assert_eq!(meaning(name), None, "{name}");
        }
    }
}
