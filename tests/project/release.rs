//! What a release carries: one version everywhere, its notes, and the licences beside each package that is published.

use std::fs;

fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The value of the first line `key = "value"` or `key: "value"`.
fn value<'a>(text: &'a str, key: &str) -> &'a str {
    let line = text
        .lines()
        .find(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', ':'])));
    line.and_then(|line| line.split('"').nth(1)).unwrap_or_default()
}

#[test]
fn one_version_stands_everywhere() {
    let version = env!("CARGO_PKG_VERSION");
    for file in ["crates/pixel-learn/Cargo.toml", "crates/table-files/Cargo.toml", "CITATION.cff"] {
        assert_eq!(value(&read(file), "version"), version, "{file}");
    }
    assert!(read("Cargo.toml").contains(&format!("pixel-learn\", version = \"{version}\"")));
    assert!(read("README.md").contains(&format!("version = {{{version}}}")), "README.md, Cite");
    let newest = read("CHANGELOG.md").lines().find(|line| line.starts_with("## ")).unwrap().to_string();
    assert!(newest.contains(version), "the newest section of CHANGELOG.md is {newest:?}, expected {version}");
}

#[test]
fn the_citation_names_what_the_package_says() {
    let (citation, package) = (read("CITATION.cff"), read("Cargo.toml"));
    assert_eq!(value(&citation, "title"), "mnist-bench");
    assert_eq!(value(&package, "license"), "MIT OR Apache-2.0");
    assert!(citation.contains("license:\n  - MIT\n  - Apache-2.0\n"), "{citation}");
    assert!(citation.starts_with("cff-version: 1.2.0\n") && citation.contains("\nauthors:\n"), "{citation}");
}

#[test]
fn licences_lie_beside_what_is_published() {
    for (file, title) in [("LICENSE-MIT", "MIT License"), ("LICENSE-APACHE", "Apache License")] {
        let text = read(file);
        assert!(text.lines().take(3).any(|line| line.trim() == title), "{file}");
        assert_eq!(read(&format!("crates/pixel-learn/{file}")), text, "{file} of pixel-learn");
    }
    let package = read("crates/pixel-learn/Cargo.toml");
    for key in ["description", "readme"] {
        assert!(!value(&package, key).is_empty(), "crates/pixel-learn/Cargo.toml has no {key}");
    }
}
