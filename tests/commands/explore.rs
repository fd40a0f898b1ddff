//! `explore` from a data folder to the page: pictures beside the file that names them, a check that notices
//! changes, the pictures on the page.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::files::{gzip, idx};

/// Images of 6 x 5 pixels in three classes, each bright in another place, with noise that never changes.
fn write_set(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let put = |name: &str, dimensions: &[usize], bytes: &[u8]| {
        fs::write(folder.join(name), gzip(&idx(dimensions, bytes))).unwrap();
    };
    for (split, count) in [("train", 90u32), ("t10k", 60)] {
        let labels: Vec<u8> = (0..count).map(|index| (index % 3) as u8).collect();
        let pixel = |image: u32, pixel: u32| {
            let noise = (image * 7919 + pixel * 104_729 + count) % 40;
            (noise + if pixel / 10 == image % 3 { 180 } else { 0 }) as u8
        };
        let pixels: Vec<u8> = (0..count).flat_map(|image| (0..30).map(move |at| pixel(image, at))).collect();
        put(&format!("{split}-images-idx3-ubyte.gz"), &[count as usize, 6, 5], &pixels);
        put(&format!("{split}-labels-idx1-ubyte.gz"), &[count as usize], &labels);
    }
}

fn run(folder: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = assert_cmd::Command::cargo_bin("mnist-bench").unwrap();
    command.args(["explore", "tiny", "--data-dir"]).arg(folder.join("data"));
    command.arg("--reports-dir").arg(folder.join("reports")).args(arguments).output().unwrap()
}

#[test]
fn pictures_are_written_named_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    write_set(&folder.path().join("data/tiny"));
    let reports = folder.path().join("reports");
    let first = run(folder.path(), &[]);
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    let file: Value = serde_json::from_slice(&fs::read(reports.join("explore.json")).unwrap()).unwrap();
    let pictures = file["pictures"].as_array().unwrap();
    let kinds: Vec<&str> = pictures.iter().map(|picture| picture["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["sprite", "class-counts", "class-means", "pixels", "one-image", "pca", "tsne"]);
    for picture in pictures {
        let bytes = fs::read(reports.join(picture["file"].as_str().unwrap())).unwrap();
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
        // Width and height in the PNG header.
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!(picture["width"], number(16));
        assert_eq!(picture["height"], number(20));
    }
    let caption = |kind: &str| {
        let picture = pictures.iter().find(|picture| picture["kind"] == kind).unwrap();
        picture["caption"].as_str().unwrap().to_string()
    };
    assert!(caption("class-counts").starts_with("90 training and 60 test images; of the former 30 in each"));
    assert!(caption("pca").contains("% of the variance"));
    // Two axes separate the three classes, so every nearest neighbour has the image's own class.
    assert!(caption("tsne").contains("100.0 % of the images"), "{}", caption("tsne"));

    assert_eq!(run(folder.path(), &["--check"]).status.code(), Some(0), "the same images, the same bytes");
    fs::write(reports.join("pca-tiny.png"), b"another").unwrap();
    let changed = run(folder.path(), &["--check"]);
    assert_eq!(changed.status.code(), Some(1));
    let told = String::from_utf8(changed.stdout).unwrap();
    assert!(told.contains("pca-tiny.png: not up to date") && !told.contains("tsne"), "{told}");
}

#[test]
fn the_report_names_a_missing_picture() {
    let folder = tempfile::tempdir().unwrap();
    write_set(&folder.path().join("data/tiny"));
    assert_eq!(run(folder.path(), &[]).status.code(), Some(0));
    let report = || {
        let mut command = assert_cmd::Command::cargo_bin("mnist-bench").unwrap();
        command.args(["report", "--run", "reference", "--reports-dir"]).arg(folder.path().join("reports"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
    };
    assert_eq!(report().status.code(), Some(0));
    let page = fs::read_to_string(folder.path().join("reports/benchmark.html")).unwrap();
    assert_eq!(page.matches("src=\"data:image/png;base64,").count(), 7);
    fs::remove_file(folder.path().join("reports/tsne-tiny.png")).unwrap();
    let missing = report();
    assert_eq!(missing.status.code(), Some(2));
    let told = String::from_utf8(missing.stderr).unwrap();
    assert!(told.contains("tsne-tiny.png") && told.contains("run `explore` again"), "{told}");
}
