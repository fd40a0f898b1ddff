//! Every line of the tables of docs/INPUT.md, tried.

use std::fs;
use std::path::Path;

use mnist_bench::dataset::picture::{self, Ink};
use mnist_bench::dataset::{FILES, layout};
use mnist_bench::prediction_file::{self, Expected};

use crate::pictures;

/// The cells of the table below a heading, without the table's header and rule.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/INPUT.md")).unwrap();
    let (_, rest) = page.split_once(&format!("## {heading}\n")).unwrap();
    let part = rest.split("\n## ").next().unwrap();
    let cells = |line: &str| {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`').to_string()).collect()
    };
    let rows: Vec<Vec<String>> =
        part.lines().filter(|line| line.starts_with('|')).skip(2).map(cells).collect();
    assert!(rows.len() >= 8, "{heading}: {rows:?}");
    rows
}

#[test]
fn predictions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/predictions");
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let class_names: Vec<String> = serde_json::from_value(manifest["class_names"].clone()).unwrap();
    let expected = Expected { images: 24, class_names: &class_names, column: None, no_header: false };
    for row in table("Predictions") {
        let told = match prediction_file::read(&folder.join(&row[1]), &expected) {
            Ok(reading) => reading.source.to_string(),
            Err(refusal) => refusal.to_string(),
        };
        assert!(told.contains(&row[2]), "{}: {told}", row[1]);
    }
}

#[test]
fn pictures() {
    for row in table("Pictures") {
        let file = pictures::sample(&row[0]);
        let told = match picture::read(&file, Ink::Auto) {
            Ok(picture) if picture.pixels == pictures::ink() => "the drawing".to_string(),
            Ok(_) => "something else".to_string(),
            Err(error) => error.to_string(),
        };
        assert!(told.contains(&row[1]), "{}: {told}", row[0]);
    }
}

#[test]
fn data_sets() {
    for row in table("Data sets") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(&row[1]);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"x").unwrap();
        let found = layout::find_file(folder.path(), FILES[0]);
        assert_eq!(found.is_ok_and(|found| found == path), row[2] == "yes", "{}", row[1]);
    }
}
