//! The README's tables are those of the committed results.

use std::fs;

use crate::COMMITTED;

/// What stands between the marks in the README.
fn in_the_readme(mark: &str) -> String {
    let readme = fs::read_to_string("README.md").unwrap();
    let (begin, end) = (format!("<!-- BEGIN: {mark} -->"), format!("<!-- END: {mark} -->"));
    readme[readme.find(&begin).unwrap() + begin.len()..readme.find(&end).unwrap()].trim().into()
}

/// A file of the report of the committed results.
fn made(name: &str) -> &'static str {
    std::str::from_utf8(&COMMITTED.files[name]).unwrap()
}

#[test]
fn the_readme_shows_the_families() {
    assert_eq!(
        in_the_readme("results"),
        made("families.md").trim(),
        "copy families.md of `report --run reference` between the marks of README.md"
    );
}

#[test]
fn the_readme_shows_the_peers() {
    let table: Vec<&str> = made("peers.md").lines().skip_while(|line| !line.starts_with('|')).collect();
    let table: Vec<&str> = table.into_iter().take_while(|line| line.starts_with('|')).collect();
    assert_eq!(
        in_the_readme("peers"),
        table.join("\n"),
        "copy the first table of peers.md of `report --run reference` between the marks of README.md"
    );
}
