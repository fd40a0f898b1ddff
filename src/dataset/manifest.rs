//! The optional `dataset.toml` of a data set: the names of its classes, and the digests of its files.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::layout::{MANIFEST, places, unreadable};
use super::{DatasetError, FILES, MAX_LABELS};

/// The content of `dataset.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name for people, such as `Fashion-MNIST`.
    pub title: Option<String>,
    /// One name a class, in the order of the labels.
    pub class_names: Option<Vec<String>>,
    /// The files hold the images transposed (column-major), as EMNIST's do: loading turns them upright.
    #[serde(default)]
    pub transposed: bool,
    /// By file name without `.gz`.
    #[serde(default)]
    pub files: BTreeMap<String, FileDigests>,
}

/// The digests of a file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDigests {
    /// SHA-256 of the content (unzipped), in hexadecimal: checked whenever the data set is loaded.
    pub sha256: Option<String>,
    /// MD5 of the file as it was published (zipped), in hexadecimal: shown by `data`.
    pub md5: Option<String>,
}

/// Where the `dataset.toml` of a data set is, or would be: in its folder, or in that of its files.
pub fn path(folder: &Path) -> PathBuf {
    let mut paths = places(folder).into_iter().map(|place| place.join(MANIFEST));
    paths.find(|path| path.exists()).unwrap_or_else(|| folder.join(MANIFEST))
}

/// Reads the `dataset.toml` of a data set; a folder without one has an empty manifest.
pub fn read(folder: &Path) -> Result<Manifest, DatasetError> {
    let path = path(folder);
    let wrong = |problem: String| DatasetError::new(&path, problem, "correct it, or delete the file");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Manifest::default()),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            return Err(DatasetError::new(&path, "is not UTF-8 text", "save it as UTF-8"));
        }
        Err(error) => return Err(unreadable(&path, &error)),
    };
    let manifest: Manifest = toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(start).filter(|&byte| byte == b'\n').count();
        wrong(format!("line {line}: {}", error.message().lines().collect::<Vec<_>>().join(" ")))
    })?;
    if let Some(names) = &manifest.class_names {
        if names.is_empty() || names.len() > MAX_LABELS {
            return Err(wrong(format!(
                "class_names has {} names, and labels of one byte have 1 to {MAX_LABELS} classes",
                names.len()
            )));
        }
        if let Some(name) = names.iter().find(|name| name.is_empty() || name.chars().any(char::is_control)) {
            return Err(wrong(format!("class_names holds {name:?}, which is not a name")));
        }
        if let Some((at, name)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
            return Err(wrong(format!("class_names has {name:?} twice, the second time for class {at}")));
        }
    }
    for (file, digests) in &manifest.files {
        if !FILES.contains(&file.as_str()) {
            return Err(wrong(format!("files.{file} is none of {}", FILES.join(", "))));
        }
        for (key, digest, length) in [("sha256", &digests.sha256, 64), ("md5", &digests.md5, 32)] {
            if let Some(digest) = digest
                && (digest.len() != length || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()))
            {
                return Err(wrong(format!("{key} of {file} is not {length} hexadecimal digits")));
            }
        }
    }
    Ok(manifest)
}
