//! `engines.toml`: the list of external engines and how each is started. `docs/FORMAT.md` has it key by key.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{EngineError, environment};
use crate::engines::BUILT_IN;
use crate::grid::{Preprocessing, schema};
use crate::nearest::did_you_mean;

/// The largest list of engines that is read.
const MAX_BYTES: u64 = 1 << 20;
/// Placeholder for the folder of the file.
const HERE: &str = "{here}";
/// Placeholder for the user's home in a variable: R, Python, Julia and Perl keep a user's own packages there.
const HOME: &str = "{home}";

/// One external engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    pub name: String,
    /// What it is, in a line.
    pub description: String,
    /// Program and arguments, ready to be started from any folder.
    pub command: Vec<String>,
    /// Arguments after those of `command` that make the program print its version.
    pub version: Vec<String>,
    pub classifiers: Vec<String>,
    /// The command that installs it.
    pub install: String,
    /// Files among the arguments that lie in the list's own folder (`{here}`): their digest is recorded with
    /// the version.
    pub files: Vec<PathBuf>,
    /// Steps before a model that the program runs itself, by name; of other steps it gets the resulting
    /// features.
    pub preprocessing: Vec<String>,
    /// Variables of the program's environment beside those that every engine has.
    pub env: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default)]
    engine: Vec<WireEngine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEngine {
    name: Spanned<String>,
    #[serde(default)]
    description: String,
    command: Vec<String>,
    #[serde(default = "version")]
    version: Vec<String>,
    classifiers: Vec<String>,
    install: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    preprocessing: Vec<String>,
}

fn version() -> Vec<String> {
    vec!["--version".into()]
}

/// The engines of a file; an absent file is an error.
pub fn read(path: &Path) -> Result<Vec<Definition>, EngineError> {
    let unreadable = |source| EngineError::Unreadable { path: path.to_path_buf(), source };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return Err(EngineError::NoList(path.to_path_buf()));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    // A file that is named without a folder has an empty parent, until it is absolute.
    let absolute = std::path::absolute(path).map_err(unreadable)?;
    parse(&text, absolute.parent().unwrap_or(Path::new("/"))).map_err(|(line, message)| EngineError::Line {
        path: path.to_path_buf(),
        line,
        message,
    })
}

/// Reads the list. `Err` has the line number and what is wrong there.
fn parse(text: &str, here: &Path) -> Result<Vec<Definition>, (usize, String)> {
    let line = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
    let wire: Wire = toml::from_str(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join(" ");
        (line(error.span().map_or(0, |span| span.start)), message)
    })?;
    let mut names = HashSet::new();
    let mut engines = Vec::new();
    for one in wire.engine {
        let line = line(one.name.span().start);
        let name = one.name.get_ref().clone();
        check(&one, &name).map_err(|message| (line, message))?;
        if !names.insert(name.clone()) {
            return Err((line, format!("engine {name:?} is listed twice: delete one of them")));
        }
        let folder = here.to_string_lossy();
        let home = std::env::var("HOME").unwrap_or_default();
        let put = |argument: &String| argument.replace(HERE, &folder);
        let mut command: Vec<String> = one.command.iter().map(put).collect();
        // A bare program name is searched for in PATH; one with a relative folder is relative to the list's
        // folder.
        if command[0].contains('/') && !Path::new(&command[0]).is_absolute() {
            command[0] = here.join(&command[0]).to_string_lossy().into_owned();
        }
        let ours = one.command.iter().skip(1).filter(|argument| argument.starts_with(HERE)).map(put);
        engines.push(Definition {
            name,
            description: one.description,
            files: ours.map(PathBuf::from).collect(),
            command,
            version: one.version.iter().map(put).collect(),
            classifiers: one.classifiers,
            install: one.install,
            preprocessing: one.preprocessing,
            env: one
                .env
                .iter()
                .map(|(name, value)| (name.clone(), put(&value.replace(HOME, &home))))
                .collect(),
        });
    }
    Ok(engines)
}

fn check(one: &WireEngine, name: &str) -> Result<(), String> {
    // The name is also that of a folder of results.
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 60 || !name.chars().all(good) || name.starts_with('-') {
        return Err(format!("name = {name:?}: a name is made of a-z, 0-9 and '-', such as scikit-learn"));
    }
    if BUILT_IN.iter().any(|engine| engine.name == name) {
        return Err(format!("name = {name:?}: an engine of this name is part of the program: take another"));
    }
    if one.command.first().is_none_or(String::is_empty) {
        return Err(format!("{name}: command = [] starts nothing: give a program and its arguments"));
    }
    let known: Vec<&str> = schema::CLASSIFIERS.iter().map(|classifier| classifier.name).collect();
    if let Some(wrong) = one.classifiers.iter().find(|classifier| !known.contains(&classifier.as_str())) {
        return Err(format!("{name}: unknown classifier {wrong:?}{}", did_you_mean(wrong, &known)));
    }
    if one.classifiers.is_empty() {
        return Err(format!("{name}: classifiers = [] leaves nothing to run: name one, such as GaussianNB"));
    }
    if let Some(wrong) = one.preprocessing.iter().find(|step| !Preprocessing::NAMES.contains(&step.as_str()))
    {
        let hint = did_you_mean(wrong, &Preprocessing::NAMES);
        return Err(format!("{name}: preprocessing: unknown step {wrong:?}{hint}"));
    }
    for variable in one.env.keys() {
        let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if variable.is_empty()
            || !variable.chars().all(good)
            || variable.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err(format!(
                "{name}: env has {variable:?}, which is not a variable name; expected one such as PYTHONPATH"
            ));
        }
        if environment::is_set(variable) {
            return Err(format!("{name}: env has {variable}, which every job sets itself: leave it out"));
        }
    }
    if one.install.trim().is_empty() {
        return Err(format!("{name}: install is empty: say the command that installs it"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engines(text: &str) -> Result<Vec<Definition>, String> {
        parse(text, Path::new("/somewhere/benchmarks"))
            .map_err(|(line, message)| format!("line {line}: {message}"))
    }

    const ONE: &str = "[[engine]]\nname = 'mine'\ncommand = ['{here}/../bin/run', '{here}/mine.py', 'x']\n\
                       classifiers = ['GaussianNB']\ninstall = 'make'\n";

    #[test]
    fn paths_begin_at_the_file() {
        let engine = &engines(ONE).unwrap()[0];
        assert_eq!(engine.command[0], "/somewhere/benchmarks/../bin/run");
        assert_eq!(engine.command[1..], ["/somewhere/benchmarks/mine.py", "x"]);
        assert_eq!(engine.files, [Path::new("/somewhere/benchmarks/mine.py")]);
        assert_eq!(engine.version, ["--version"]);
        let named = engines(&ONE.replace("{here}/../bin/run", "perl")).unwrap();
        assert_eq!(named[0].command[0], "perl");
        let beside = engines(&ONE.replace("{here}/../bin/run", "./run")).unwrap();
        assert_eq!(beside[0].command[0], "/somewhere/benchmarks/./run");
    }

    #[test]
    fn variables_are_passed_and_those_of_the_job_are_not() {
        let with = |env: &str| engines(&format!("{ONE}env = {{ {env} }}\n"));
        let env = &with("R_LIBS_USER = '{here}/lib', X_1 = 'a'").unwrap()[0].env;
        assert_eq!(env["R_LIBS_USER"], "/somewhere/benchmarks/lib");
        assert_eq!(env["X_1"], "a");
        let home = std::env::var("HOME").unwrap_or_default();
        assert_eq!(with("PYTHONPATH = '{home}/x'").unwrap()[0].env["PYTHONPATH"], format!("{home}/x"));
        for (env, told) in [
            ("HOME = '/root'", "HOME, which every job sets itself"),
            ("OMP_NUM_THREADS = '8'", "OMP_NUM_THREADS, which every job sets"),
            ("'A B' = 'x'", "not a variable name"),
        ] {
            assert!(with(env).unwrap_err().contains(told), "{env}");
        }
    }

    #[test]
    fn mistakes_name_line_and_remedy() {
        let wrong = |from: &str, to: &str| engines(&ONE.replace(from, to)).unwrap_err();
        assert!(wrong("'mine'", "'native'").starts_with("line 2: name = \"native\""));
        assert!(wrong("'mine'", "'../x'").contains("a name is made of"));
        assert!(wrong("GaussianNB", "GaussianMB").contains("did you mean GaussianNB?"));
        assert!(wrong("['{here}/../bin/run', '{here}/mine.py', 'x']", "[]").contains("starts nothing"));
        assert!(wrong("install = 'make'", "instal = 'make'").starts_with("line 5: unknown field"));
        assert!(engines(&ONE.repeat(2)).unwrap_err().contains("line 7: engine \"mine\" is listed twice"));
    }

    #[test]
    fn the_committed_file_is_good() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks/engines.toml");
        let engines = read(&path).unwrap();
        assert!(engines.iter().all(|engine| engine.files.iter().all(|file| file.is_file())));
        assert!(engines.iter().any(|engine| engine.name == "scikit-learn"));
    }
}
