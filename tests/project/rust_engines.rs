//! The engines on Rust libraries, `benchmarks/engines/rust`: a workspace that is not built here. Each package is in the
//! list of engines, in the suite `rust` and in the README's table, and has a test of its own.

use std::fs;
use std::path::Path;

const WORKSPACE: &str = "benchmarks/engines/rust";

/// The names of the engines: those of the packages `engine-NAME`.
fn engines() -> Vec<String> {
    let folders = fs::read_dir(WORKSPACE).unwrap().map(|entry| entry.unwrap().path());
    let mut engines: Vec<String> = folders
        .filter_map(|folder| fs::read_to_string(folder.join("Cargo.toml")).ok())
        .filter_map(|manifest| {
            let name = manifest.lines().find_map(|line| line.strip_prefix("name = \"engine-"))?;
            Some(name.trim_end_matches('"').to_string())
        })
        .collect();
    engines.sort();
    engines
}

#[test]
fn every_engine_on_a_rust_library_is_listed_documented_and_tested() {
    let read = |file: &str| fs::read_to_string(file).unwrap();
    let (list, suite) = (read("benchmarks/engines.toml"), read("benchmarks/rust.toml"));
    let (readme, lock) = (read(&format!("{WORKSPACE}/README.md")), read(&format!("{WORKSPACE}/Cargo.lock")));
    let engines = engines();
    assert!(engines.len() >= 6, "{engines:?}");
    for name in &engines {
        let program = format!("command = [\"{{here}}/../target/engines/release/engine-{name}\"]");
        assert!(list.contains(&format!("name = \"{name}\"")), "benchmarks/engines.toml has no {name}");
        assert!(
            list.contains(&program),
            "benchmarks/engines.toml does not start {name} where install puts it"
        );
        assert!(suite.contains(&format!("\"{name}\"")), "no family of benchmarks/rust.toml names {name}");
        assert!(
            readme.contains(&format!("\n| {name} | ")),
            "{WORKSPACE}/README.md has no settings of {name}"
        );
        assert!(lock.contains(&format!("name = \"engine-{name}\"")), "{WORKSPACE}/Cargo.lock lacks {name}");
        let source = read(&format!("{WORKSPACE}/{name}/src/main.rs"));
        assert!(source.contains("#[test]"), "{name} has no test");
        let lines = source.lines().count();
        assert!(lines <= 250, "{name}: {lines} lines in one file; expected an engine to be small");
    }
}

/// The build of the harness does not use the engines' workspace.
#[test]
fn the_engines_are_no_part_of_the_build() {
    let lock = fs::read_to_string("Cargo.lock").unwrap();
    let has = |name: &str| lock.contains(&format!("name = \"{name}\"\n"));
    assert!(!engines().iter().any(|name| has(name) || has(&format!("engine-{name}"))));
    assert!(Path::new(WORKSPACE).join("Cargo.toml").is_file());
}

/// The engine that CONTRIBUTING shows is whole, small, and built by CI with the examples of its package.
#[test]
fn an_engine_takes_thirty_lines() {
    let example = "benchmarks/engines/rust/rafor/examples/smallest.rs";
    let source = fs::read_to_string(example).unwrap();
    let lines = source.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("//!")).count();
    assert!(lines <= 30, "{example} has {lines} lines, CONTRIBUTING says thirty");
    assert!(fs::read_to_string("docs/CONTRIBUTING.md").unwrap().contains(example));
}
