//! Embeds the provenance that every result names: the git revision, the compiler, and a digest of the code that can
//! change a result. Works without git, and reruns only when that code, Cargo.lock or the commit changes.

use std::env;
use std::path::Path;
use std::process::Command;

#[path = "src/code_digest.rs"]
mod code_digest;

use code_digest::SOURCES;

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/code_digest.rs");
    // A missing source ends the build: a digest of only a part would identify code that nobody has.
    let files = code_digest::files(Path::new(""))?;
    for source in SOURCES {
        println!("cargo:rerun-if-changed={source}");
    }
    println!("cargo:rustc-env=MNIST_BENCH_CODE_DIGEST={}", code_digest::digest(&files)?);

    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let revision = revision().map_or(String::new(), |revision| format!(" (git {revision})"));
    println!("cargo:rustc-env=MNIST_BENCH_VERSION={version}{revision}");

    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_string());
    let rustc = output(&rustc, &["--version"]).unwrap_or_else(|| "rustc of unknown version".to_string());
    println!("cargo:rustc-env=MNIST_BENCH_RUSTC={rustc}");
    Ok(())
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
