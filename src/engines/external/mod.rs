//! External engines: programs of their own, in any language. [`mod@file`] lists them, `version` asks one for
//! its version, and `adapter` runs one in a worker.
//!
//! An external engine becomes an [`Engine`] like the built-in ones when it is registered, which happens once,
//! at the start of a command; it lives as long as the process.

mod adapter;
mod environment;
mod error;
mod family;
pub mod file;
mod npy;
mod peak;
mod start;
mod version;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::Engine;
pub use error::{EngineError, VersionError};
use family::External;
pub use file::Definition;
pub use peak::peak_memory_bytes;
pub use start::Start;

/// An engine that has been registered.
#[derive(Clone, Copy)]
struct Registered {
    engine: &'static Engine,
    definition: &'static Definition,
    /// Facts about its environment that the program printed with its version.
    environment: &'static BTreeMap<String, String>,
}

static REGISTERED: Mutex<Vec<Registered>> = Mutex::new(Vec::new());

/// Whether registering an engine asks its program for the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To measure: a result needs a version.
    Version,
    /// To list and plan: the program need not be installed.
    Nothing,
}

/// Registers an engine for this process. Fails if a version is needed and the program gives none; the error
/// says how to install it.
pub fn register(definition: &Definition, need: Need) -> Result<(), EngineError> {
    if find(&definition.name).is_some() {
        return Ok(());
    }
    let reply = match need {
        Need::Version => version::ask(definition).map_err(|source| EngineError::NoVersion {
            name: definition.name.clone(),
            install: definition.install.clone(),
            source: Box::new(source),
        })?,
        Need::Nothing => version::VersionReply::default(),
    };
    let engine = engine(&definition.name, &reply.version, &definition.classifiers, None);
    let one = Registered {
        engine,
        definition: Box::leak(Box::new(definition.clone())),
        environment: Box::leak(Box::new(reply.environment)),
    };
    REGISTERED.lock().unwrap_or_else(PoisonError::into_inner).push(one);
    Ok(())
}

/// The registered engine of that name.
pub fn find(name: &str) -> Option<&'static Engine> {
    registered(name).map(|one| one.engine)
}

/// The environment for the provenance of an engine's results; empty for a built-in engine.
pub fn environment(name: &str) -> BTreeMap<String, String> {
    registered(name).map_or_else(BTreeMap::new, |one| one.environment.clone())
}

/// What a worker needs to start a registered engine; `None` for a built-in engine.
pub fn start(name: &str, scratch: &std::path::Path) -> Option<Start> {
    let Registered { engine, definition, .. } = registered(name)?;
    Some(Start {
        name: definition.name.clone(),
        version: engine.version.to_string(),
        command: definition.command.clone(),
        classifiers: definition.classifiers.clone(),
        preprocessing: definition.preprocessing.clone(),
        env: definition.env.clone(),
        scratch: scratch.to_path_buf(),
    })
}

/// In a worker: the engine that the job describes.
pub fn of_job(start: Start) -> &'static Engine {
    let (name, version, classifiers) = (start.name.clone(), start.version.clone(), start.classifiers.clone());
    engine(&name, &version, &classifiers, Some(start))
}

fn registered(name: &str) -> Option<Registered> {
    let all = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    all.iter().find(|one| one.engine.name == name).copied()
}

/// The engine is leaked: all of the program holds `&'static` references to engines, and none is ever removed.
fn engine(name: &str, version: &str, classifiers: &[String], start: Option<Start>) -> &'static Engine {
    let families: Vec<&'static dyn super::Family> = classifiers
        .iter()
        .map(|classifier| {
            let family = External::new(leak(classifier), start.clone());
            &*Box::leak(Box::new(family)) as &'static dyn super::Family
        })
        .collect();
    Box::leak(Box::new(Engine {
        name: leak(name),
        version: leak(version),
        families: Vec::leak(families),
        transforms: true,
    }))
}

fn leak(text: &str) -> &'static str {
    String::leak(text.to_string())
}
