//! The environment of an engine's program: the variables listed below and no others, so that no secret of the
//! user's shell reaches a program of somebody else.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Variables passed on if they are set: where programs and libraries are, and the time zone.
const PASSED: [&str; 4] = ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ"];

/// Variables set to the number of threads of the job. Others, such as `OPENBLAS_CORETYPE` and
/// `OPENBLAS_L2_SIZE`, are not set: the library then chooses its kernel for this processor.
const THREADS: [&str; 9] = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "JULIA_NUM_THREADS",
    "GOMAXPROCS",
];

/// Gives `command` the environment of an engine whose working directory is `folder`.
/// `own` are the variables that the engine's `env` asks for.
pub fn scrub(command: &mut Command, folder: &Path, threads: usize, own: &BTreeMap<String, String>) {
    command.env_clear();
    command.envs(PASSED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.envs(THREADS.iter().map(|name| (name, threads.to_string())));
    // No settings of the user are read, and temporary files are removed with the job.
    command.envs([("HOME", folder), ("TMPDIR", folder)]);
    command.envs([("LANG", "C.UTF-8"), ("LC_ALL", "C.UTF-8")]);
    command.envs(own);
    command.current_dir(folder);
}

/// Whether every job sets the variable; an engine's `env` may not.
pub fn is_set(name: &str) -> bool {
    THREADS.contains(&name) || ["HOME", "TMPDIR", "LANG", "LC_ALL"].contains(&name)
}

/// Advice for a program that does not find its packages.
pub fn advice() -> String {
    format!(
        "of the environment only {} are passed on, and HOME is another; env in engines.toml passes more, such as \
         PYTHONPATH, R_LIBS_USER or JULIA_DEPOT_PATH",
        PASSED.join(", ")
    )
}
