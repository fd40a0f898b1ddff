//! Dependencies and unsafe code: every package comes from crates.io and has a licence compatible with ours, in the
//! program and in the engines on Rust libraries; few packages come in several versions; unsafe code is only in the
//! listed places, each block with its reason. `deny.toml` has the same rules for cargo-deny. Known vulnerabilities are
//! not checked here: their list is a separate git repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Licences that ask no more of a program than to be named.
const LICENCES: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];
/// Further licences of the engines on Rust libraries, which nothing distributes: burn takes `colored` unchanged, and
/// forust-ml has Apache-2.0 as a file.
const ENGINES: [(&str, &str); 2] = [("colored", "MPL-2.0"), ("forust-ml", "")];
/// The most packages of `Cargo.lock` that may have several versions: linfa and smartcore need old ones. Every other
/// such package is built twice: use the version that is already there.
const DOUBLED: usize = 12;
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Whether a licence expression can be met with these licences: one of every `OR`, all of every `AND`.
fn is_met(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], " ( ");
    // No package mixes the two without brackets, and none has more than one pair of them.
    let parts: Vec<&str> = expression.split(" ( ").map(str::trim).filter(|part| !part.is_empty()).collect();
    let met = |part: &str| {
        let part = part.trim().trim_start_matches("AND ").trim_end_matches(" AND");
        part.split(" AND ").all(|all| {
            all.split(" OR ")
                .any(|one| LICENCES.contains(&one.trim().trim_end_matches(" WITH LLVM-exception")))
        })
    };
    parts.iter().all(|part| met(part))
}

#[test]
fn licence_expressions_are_parsed() {
    for good in
        ["MIT", "MIT OR GPL-3.0", "Apache-2.0/MIT", "MIT AND Apache-2.0", "(MIT OR GPL-3.0) AND Unicode-3.0"]
    {
        assert!(is_met(good), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND GPL-3.0", ""] {
        assert!(!is_met(bad) || bad.is_empty(), "{bad}");
    }
}

#[test]
fn sources_and_licences_are_allowed() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "{} packages", packages.len());
    let mut wrong = Vec::new();
    for package in packages {
        let name = format!("{} {}", package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
        let licence = package["license"].as_str().unwrap_or_default();
        if licence.is_empty() || !is_met(licence) {
            wrong.push(format!("{name}: licence {licence:?}"));
        }
        // The project's own packages have no source.
        match package["source"].as_str() {
            Some(CRATES_IO) => {}
            None if ["mnist-bench", "pixel-learn", "table-files"]
                .map(Value::from)
                .contains(&package["name"]) => {}
            source => wrong.push(format!("{name}: comes from {source:?}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    eprintln!(
        "known vulnerabilities were NOT looked up: that list is a git repository; with network, `cargo deny check advisories`"
    );
}

#[test]
fn few_packages_come_in_several_versions() {
    let lock = fs::read_to_string("Cargo.lock").unwrap();
    let mut names: Vec<&str> = lock.lines().filter_map(|line| line.strip_prefix("name = ")).collect();
    names.sort();
    let mut doubled: Vec<&str> =
        names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    doubled.dedup();
    assert!(
        doubled.len() <= DOUBLED,
        "{} packages in several versions, at most {DOUBLED}: {doubled:?}",
        doubled.len()
    );
}

/// Sources from the lock file alone. Licences need the packages, which only `benchmarks/engines/install --rust` and CI
/// download.
#[test]
fn so_are_those_of_the_engines_on_rust_libraries() {
    let folder = Path::new("benchmarks/engines/rust");
    let lock = fs::read_to_string(folder.join("Cargo.lock")).unwrap();
    let sources: Vec<&str> = lock.lines().filter_map(|line| line.strip_prefix("source = ")).collect();
    assert!(sources.len() > 100, "{} packages", sources.len());
    let elsewhere: Vec<&&str> =
        sources.iter().filter(|source| source.trim_matches('"') != CRATES_IO).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");

    let required = std::env::var_os("MNIST_BENCH_LICENCES").is_some();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    // Only packages that are built for this target: the lock file has hundreds more.
    command.args([
        "tree",
        "--workspace",
        "--locked",
        "--prefix=none",
        "--edges=normal,build",
        "--format={p}|{l}",
    ]);
    if !required {
        command.arg("--offline");
    }
    let output = command.current_dir(folder).output().unwrap();
    if !output.status.success() {
        assert!(!required, "{}", String::from_utf8_lossy(&output.stderr));
        eprintln!(
            "licences of the engines on Rust libraries were NOT checked: their packages are not downloaded"
        );
        return;
    }
    let tree = String::from_utf8(output.stdout).unwrap();
    let packages: Vec<(&str, &str)> =
        tree.lines().filter_map(|line| line.trim_end_matches(" (*)").split_once('|')).collect();
    assert!(packages.len() > 100, "{} packages", packages.len());
    let is_allowed = |(package, licence): &(&str, &str)| {
        let name = package.split(' ').next().unwrap_or_default();
        (!licence.is_empty() && is_met(licence)) || ENGINES.contains(&(name, licence))
    };
    let wrong: Vec<_> = packages.iter().filter(|package| !is_allowed(package)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Where unsafe code may stand: the kernels, the benchmark of the machine's limits, the supervision of processes, and the
/// clock of CPU time, which the standard library does not have.
const UNSAFE: [&str; 5] = [
    "crates/pixel-learn/src/linalg/",
    "crates/pixel-learn/benches/roofline/limits.rs",
    "src/sweep/process.rs",
    "src/engines/external/",
    "src/engines/stopwatch.rs",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn unsafe_code_is_listed_with_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "examples", "crates"] {
        sources(&root.join(folder), &mut files);
    }
    let (mut blocks, mut wrong) = (0, Vec::new());
    for file in files {
        let place = file.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if !code.contains("unsafe {") && !code.contains("unsafe fn") {
                continue;
            }
            blocks += 1;
            if !UNSAFE.iter().any(|may| place.starts_with(may)) {
                wrong.push(format!("{place}:{}: unsafe code has no place here", number + 1));
            }
            // An unsafe function documents its requirements; each unsafe block says in a SAFETY comment why they hold.
            if !code.contains("unsafe {") {
                continue;
            }
            let above = &lines[number.saturating_sub(6)..=number];
            if !above.iter().any(|line| line.contains("SAFETY") || line.contains("# Safety")) {
                wrong.push(format!("{place}:{}: no SAFETY comment", number + 1));
            }
        }
    }
    assert!(blocks > 20 && wrong.is_empty(), "{blocks} blocks, {wrong:#?}");
}
