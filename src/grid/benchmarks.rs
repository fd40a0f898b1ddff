//! The source of suites: a folder of grid files, or the program itself, which has those that need no other
//! program.

use std::fs;
use std::path::{Path, PathBuf};

use super::models::{self, Models};
use super::schema::NETWORK;
use super::{Grid, GridError, file, toml};
use crate::nearest::{did_you_mean, list};

/// The folder of suites if no other is named.
pub const FOLDER: &str = "benchmarks";
/// The list of external engines in such a folder, which is not a suite.
const ENGINES: &str = "engines.toml";
/// The suite whose models every grid may name.
const MODELS: &str = "neural";

/// The built-in suites by name, in alphabetical order, with the text of their files. Left out are suites that
/// need programs of the repository, and `held-out`, whose data set has to be made first.
const BUILT_IN: [(&str, &str); 7] = [
    ("classic", include_str!("../../benchmarks/classic.toml")),
    ("crates", include_str!("../../benchmarks/crates.toml")),
    ("extensions", include_str!("../../benchmarks/extensions.toml")),
    (MODELS, include_str!("../../benchmarks/neural.toml")),
    ("neural-quick", include_str!("../../benchmarks/neural-quick.toml")),
    ("solvers", include_str!("../../benchmarks/solvers.toml")),
    ("today", include_str!("../../benchmarks/today.toml")),
];

/// A set of suites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Benchmarks {
    /// A folder with a `.toml` file for each suite.
    Folder(PathBuf),
    /// The suites of this program.
    BuiltIn,
}

impl Benchmarks {
    /// The folder that the user named; else `benchmarks` in the current folder, if it has suites; else the
    /// built-in suites.
    pub fn find(named: Option<&Path>) -> Benchmarks {
        let here = Path::new(FOLDER);
        match named {
            Some(folder) => Benchmarks::Folder(folder.to_path_buf()),
            None if suites_of(here).is_ok_and(|suites| !suites.is_empty()) => Benchmarks::Folder(here.into()),
            None => Benchmarks::BuiltIn,
        }
    }

    /// The notice to the user if the built-in suites are used without being asked for.
    pub fn notice(&self) -> Option<String> {
        match self {
            Benchmarks::Folder(_) => None,
            Benchmarks::BuiltIn => Some(format!(
                "there is no folder {FOLDER} with suites here: this program's own are used ({}); --benchmarks-dir names \
                 another folder",
                list(&BUILT_IN.map(|(name, _)| name)).replace(" or ", " and ")
            )),
        }
    }

    /// The suites in `names`, all for `all`, or the default ones for an empty list.
    pub fn suites(&self, names: &[String]) -> Result<Vec<Grid>, GridError> {
        let available = self.names()?;
        let listed: Vec<&str> = available.iter().map(String::as_str).collect();
        if let Some(name) = names.iter().find(|name| *name != "all" && !available.contains(name)) {
            let (hint, listed) = (did_you_mean(name, &listed), list(&listed));
            return Err(GridError::new(match self {
                Benchmarks::Folder(folder) => {
                    format!("unknown suite {name:?}{hint} ({} has {listed})", folder.display())
                }
                Benchmarks::BuiltIn => format!(
                    "unknown suite {name:?}{hint} (this program has {listed}; --benchmarks-dir names a folder of others)"
                ),
            }));
        }
        let named =
            |suite: &&str| names.is_empty() || names.iter().any(|name| name == "all" || name == suite);
        let mut grids = Vec::new();
        for suite in listed.into_iter().filter(named) {
            let grid = self.read(suite)?;
            if !names.is_empty() || grid.default {
                grids.push(grid);
            }
        }
        Ok(grids)
    }

    /// Adds to each grid the models of the suite `neural` that it names and does not define. A model that is
    /// defined nowhere is an error.
    pub fn complete_models(&self, grids: &mut [Grid]) -> Result<(), GridError> {
        let mut shared: Option<Models> = None;
        for grid in grids {
            for name in models_named_in(grid) {
                if grid.models.iter().any(|(known, _)| *known == name) {
                    continue;
                }
                if shared.is_none() {
                    shared = Some(self.shared_models()?);
                }
                let models = shared.as_deref().unwrap_or_default();
                let model = models::find(models, &name)
                    .map_err(|error| GridError::new(format!("{}: {error}", grid.name)))?;
                grid.models.push((name, model.clone()));
            }
        }
        Ok(())
    }

    /// The suite whose models every grid may name, and its place for messages.
    pub fn models(&self) -> Result<(Grid, String), GridError> {
        let place = match self {
            Benchmarks::Folder(folder) => folder.join(format!("{MODELS}.toml")).display().to_string(),
            Benchmarks::BuiltIn => format!("this program's suite {MODELS}"),
        };
        Ok((self.read(MODELS)?, place))
    }

    /// The list of external engines, where there is one.
    pub fn engines(&self) -> Option<PathBuf> {
        match self {
            Benchmarks::Folder(folder) => Some(folder.join(ENGINES)).filter(|path| path.exists()),
            Benchmarks::BuiltIn => None,
        }
    }

    /// The models of the suite `neural`; empty if the folder does not have it.
    fn shared_models(&self) -> Result<Models, GridError> {
        if self.names()?.iter().any(|name| name == MODELS) {
            Ok(self.read(MODELS)?.models)
        } else {
            Ok(Models::new())
        }
    }

    /// One suite by its name.
    pub fn read(&self, suite: &str) -> Result<Grid, GridError> {
        match self {
            Benchmarks::Folder(folder) => file::read(&folder.join(format!("{suite}.toml"))),
            Benchmarks::BuiltIn => match built_in(suite) {
                Some(text) => toml::parse(suite, text),
                None => Err(GridError::new(format!("this program has no suite {suite:?}"))),
            },
        }
    }

    /// The names of the suites, in alphabetical order.
    fn names(&self) -> Result<Vec<String>, GridError> {
        let Benchmarks::Folder(folder) = self else {
            return Ok(BUILT_IN.iter().map(|(name, _)| name.to_string()).collect());
        };
        let advice =
            "name the folder of the suites by --benchmarks-dir, or name none for this program's own suites";
        let names = suites_of(folder)
            .map_err(|error| GridError::new(format!("{}: {error}: {advice}", folder.display())))?;
        if names.is_empty() {
            return Err(GridError::new(format!("{}: no suites (.toml files): {advice}", folder.display())));
        }
        Ok(names)
    }
}

/// The text of a suite of this program.
fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(suite, _)| *suite == name).map(|(_, text)| *text)
}

/// The names of the suites in a folder, in alphabetical order.
fn suites_of(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names: Vec<String> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|file| file != ENGINES)
        .filter_map(|file| file.strip_suffix(".toml").map(str::to_string))
        .collect();
    names.sort();
    Ok(names)
}

/// The models that a grid's configurations name, each once.
fn models_named_in(grid: &Grid) -> Vec<String> {
    let families = grid.families.iter().filter(|family| family.classifier == NETWORK);
    let values = families.flat_map(|family| &family.parameters).filter(|(name, _)| name == "model");
    let mut names: Vec<String> = values
        .flat_map(|(_, values)| values)
        .filter_map(|value| value.as_str().map(str::to_string))
        .collect();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same rows with the same digests, whether the folder is there or not.
    #[test]
    fn the_programs_suites_are_those_of_the_folder() {
        let folder = Benchmarks::find(None);
        assert_eq!(folder, Benchmarks::Folder(FOLDER.into()));
        let grids = |benchmarks: &Benchmarks, names: &[String]| {
            let mut grids = benchmarks.suites(names).unwrap();
            benchmarks.complete_models(&mut grids).unwrap();
            grids
        };
        let names = Benchmarks::BuiltIn.names().unwrap();
        assert!(names.is_sorted());
        assert_eq!(grids(&Benchmarks::BuiltIn, &names), grids(&folder, &names));
        assert_eq!(grids(&Benchmarks::BuiltIn, &[]), grids(&folder, &[]));
        assert_eq!(Benchmarks::BuiltIn.models().unwrap().0, folder.models().unwrap().0);
    }

    /// A suite that is added to the folder is not forgotten here.
    #[test]
    fn every_suite_without_other_programs_is_built_in() {
        let folder = Benchmarks::Folder(FOLDER.into());
        let engines: Vec<&str> = crate::engines::BUILT_IN.iter().map(|engine| engine.name).collect();
        for grid in folder.suites(&["all".to_string()]).unwrap() {
            let alone = grid.expand(&[]).iter().all(|row| engines.contains(&row.engine.as_str()));
            let expected = alone && grid.name != "held-out";
            assert_eq!(built_in(&grid.name).is_some(), expected, "{}", grid.name);
        }
    }
}
