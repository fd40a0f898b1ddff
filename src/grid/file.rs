//! Reads a grid file by its path.

use std::fs;
use std::path::Path;

use super::{Grid, GridError, baselines, toml};

/// The largest grid file that is read.
const MAX_BYTES: u64 = 4 << 20;

/// Reads a grid file, `.toml` or upstream's `.json`. Errors name the file.
pub fn read(path: &Path) -> Result<Grid, GridError> {
    let wrong = |message: String| GridError::new(format!("{}: {message}", path.display()));
    let parse = match path.extension().and_then(|ending| ending.to_str()) {
        Some("toml") => toml::parse,
        Some("json") => baselines::parse,
        _ => {
            return Err(wrong(
                "expected a .toml file, or a .json file in the form of upstream's baselines.json".into(),
            ));
        }
    };
    let metadata = fs::metadata(path).map_err(|error| wrong(format!("cannot read the grid: {error}")))?;
    if !metadata.is_file() {
        return Err(wrong("not a file: expected a grid file".into()));
    }
    if metadata.len() > MAX_BYTES {
        return Err(wrong(format!("found {} bytes, expected at most {MAX_BYTES}", metadata.len())));
    }
    let bytes = fs::read(path).map_err(|error| wrong(format!("cannot read the grid: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("not UTF-8 text: save it as UTF-8".into()))?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    parse(&name, &text).map_err(|error| wrong(error.to_string()))
}
