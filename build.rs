//! Embeds what every result names: the git revision, the compiler, and a digest of the code that can change
//! a result. Works without git, and reruns only when that code, Cargo.lock or the commit changes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use sha2::{Digest, Sha256};

/// What can change a result. Tests and programs elsewhere cannot.
const SOURCES: [&str; 6] = ["src/dataset", "src/models", "src/nn", "src/linalg", "src/engines", "Cargo.lock"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let mut files = Vec::new();
    for source in SOURCES {
        collect(Path::new(source), &mut files);
    }
    files.sort();
    let mut digest = Sha256::new();
    for (name, path) in &files {
        let bytes = fs::read(path).unwrap_or_default();
        digest.update(format!("{name}\0{}\0", bytes.len()));
        digest.update(&bytes);
    }
    let hex: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo:rustc-env=MNIST_BENCH_CODE_DIGEST={hex}");

    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let revision = revision().map_or(String::new(), |revision| format!(" (git {revision})"));
    println!("cargo:rustc-env=MNIST_BENCH_VERSION={version}{revision}");

    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_string());
    let rustc = output(&rustc, &["--version"]).unwrap_or_else(|| "rustc of unknown version".to_string());
    println!("cargo:rustc-env=MNIST_BENCH_RUSTC={rustc}");
}

/// Files below a path with their names (`/` between parts on every system), each watched by cargo.
fn collect(path: &Path, files: &mut Vec<(String, PathBuf)>) {
    if !path.exists() {
        // Not watched: cargo would rerun this for ever on a path that does not exist.
        return;
    }
    println!("cargo:rerun-if-changed={}", path.display());
    if let Ok(entries) = fs::read_dir(path) {
        for entry in entries.flatten() {
            collect(&entry.path(), files);
        }
    } else {
        files.push((path.to_string_lossy().replace('\\', "/"), path.to_path_buf()));
    }
}

/// The commit, with `+modified` when the sources above differ from it. None without git or a commit of ours.
fn revision() -> Option<String> {
    // A package unpacked inside somebody else's repository has no revision of its own.
    if !Path::new(".git").exists() {
        return None;
    }
    let commit = output("git", &["rev-parse", "--short=12", "HEAD"])?;
    let branch = output("git", &["symbolic-ref", "-q", "HEAD"]);
    for name in ["HEAD", "packed-refs"].into_iter().map(str::to_string).chain(branch) {
        if let Some(path) = output("git", &["rev-parse", "--git-path", &name])
            && Path::new(&path).exists()
        {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    let mut status = vec!["status", "--porcelain", "--"];
    status.extend(SOURCES);
    let modified = output("git", &status).is_some_and(|status| !status.is_empty());
    Some(if modified { format!("{commit}+modified") } else { commit })
}

/// A command's output without the last line end; None when it fails.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = output.status.success().then(|| String::from_utf8(output.stdout).ok())??;
    Some(text.trim_end().to_string())
}
