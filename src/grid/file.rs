//! Reads grid files: one by its path, or the suites of the benchmarks folder by name.

use std::fs;
use std::path::Path;

use super::models::{self, Models};
use super::schema::NETWORK;
use super::{Grid, GridError, baselines, toml};
use crate::nearest::{did_you_mean, list};

/// The largest grid file that is read.
const MAX_BYTES: u64 = 4 << 20;
/// The list of external engines in the benchmarks folder, which is not a suite.
const ENGINES: &str = "engines.toml";
/// The file in the benchmarks folder whose models every grid may name.
pub const MODELS: &str = "neural.toml";

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

/// Suites of a benchmarks folder: those in `names`, all for `all`, or the default ones for an empty list.
pub fn suites(folder: &Path, names: &[String]) -> Result<Vec<Grid>, GridError> {
    let available = suite_names(folder)?;
    let listed: Vec<&str> = available.iter().map(String::as_str).collect();
    if let Some(name) = names.iter().find(|name| *name != "all" && !available.contains(name)) {
        let hint = did_you_mean(name, &listed);
        let message = format!("unknown suite {name:?}{hint} ({} has {})", folder.display(), list(&listed));
        return Err(GridError::new(message));
    }
    let named = |suite: &&str| names.is_empty() || names.iter().any(|name| name == "all" || name == suite);
    let mut grids = Vec::new();
    for suite in listed.into_iter().filter(named) {
        let grid = read(&folder.join(format!("{suite}.toml")))?;
        if !names.is_empty() || grid.default {
            grids.push(grid);
        }
    }
    Ok(grids)
}

/// The names of the suites in a benchmarks folder, in alphabetical order.
fn suite_names(folder: &Path) -> Result<Vec<String>, GridError> {
    let advice = "run from the project's folder, or name the folder of the suites by --benchmarks-dir";
    let entries = fs::read_dir(folder)
        .map_err(|error| GridError::new(format!("{}: {error}: {advice}", folder.display())))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|file| file != ENGINES)
        .filter_map(|file| file.strip_suffix(".toml").map(str::to_string))
        .collect();
    if names.is_empty() {
        return Err(GridError::new(format!("{}: no suites (.toml files): {advice}", folder.display())));
    }
    names.sort();
    Ok(names)
}

/// Gives the grids the models of the benchmarks folder that they name and do not define. A model that nobody
/// defines is an error.
pub fn complete_models(grids: &mut [Grid], folder: &Path) -> Result<(), GridError> {
    let mut shared: Option<Models> = None;
    for grid in grids {
        for name in named(grid) {
            if grid.models.iter().any(|(known, _)| *known == name) {
                continue;
            }
            if shared.is_none() {
                shared = Some(models_of_folder(folder)?);
            }
            let models = shared.as_deref().unwrap_or_default();
            let model = models::find(models, &name)
                .map_err(|error| GridError::new(format!("{}: {error}", grid.name)))?;
            grid.models.push((name, model.clone()));
        }
    }
    Ok(())
}

/// The models of the benchmarks folder; none where it has no file of them.
pub fn models_of_folder(folder: &Path) -> Result<Models, GridError> {
    let path = folder.join(MODELS);
    if path.exists() { Ok(read(&path)?.models) } else { Ok(Models::new()) }
}

/// The models that a grid's configurations name, each once.
fn named(grid: &Grid) -> Vec<String> {
    let families = grid.families.iter().filter(|family| family.classifier == NETWORK);
    let values = families.flat_map(|family| &family.parameters).filter(|(name, _)| name == "model");
    let mut names: Vec<String> = values
        .flat_map(|(_, values)| values)
        .filter_map(|value| value.as_str().map(str::to_string))
        .collect();
    names.dedup();
    names
}
