//! Every kind of bad data set gives exactly one line on standard error, which names the file, what is wrong and
//! what to do, and exit code 2.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

use crate::common::files::{gzip, idx};

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

/// A data folder with a sound set `tiny`: 4 + 2 images of 2 x 3, labels 0 to 2; one file raw, the others zipped.
fn tiny() -> TempDir {
    let data = TempDir::new().unwrap();
    let folder = data.path().join("tiny");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(TRAIN_IMAGES), idx(&[4, 2, 3], &[1; 24])).unwrap();
    fs::write(folder.join(format!("{TRAIN_LABELS}.gz")), gzip(&idx(&[4], &[0, 1, 2, 0]))).unwrap();
    fs::write(folder.join(format!("{TEST_IMAGES}.gz")), gzip(&idx(&[2, 2, 3], &[2; 12]))).unwrap();
    fs::write(folder.join(format!("{TEST_LABELS}.gz")), gzip(&idx(&[2], &[1, 2]))).unwrap();
    data
}

/// Puts `content` where the set has the raw or zipped `file`.
fn replace(data: &TempDir, file: &str, content: &[u8]) {
    let folder = data.path().join("tiny");
    for name in [file.to_string(), format!("{file}.gz")] {
        if folder.join(&name).exists() {
            fs::write(folder.join(name), content).unwrap();
        }
    }
}

fn remove(data: &TempDir, file: &str) {
    for name in [file.to_string(), format!("{file}.gz")] {
        let _ = fs::remove_file(data.path().join("tiny").join(name));
    }
}

fn binary() -> Command {
    let mut command = Command::cargo_bin("mnist-bench").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("RUST_BACKTRACE");
    command
}

/// The error line of `data NAME`. Checks that there is one line, that the exit code is 2 and that nothing is printed.
fn error_of(data: &Path, name: &str) -> String {
    let output = binary().args(["data", name, "--data-dir"]).arg(data).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(output.stdout.is_empty());
    stderr
}

/// Checks the error on `tiny` after one of its files was replaced.
#[track_caller]
fn expect(data: &TempDir, file: &str, parts: &[&str]) {
    let error = error_of(data.path(), "tiny");
    for part in [file].iter().chain(parts) {
        assert!(error.contains(part), "{error}\nlacks {part:?}");
    }
}

#[test]
fn valid_data_load_raw_or_zipped() {
    let data = tiny();
    let output = binary().args(["data", "--json", "--data-dir"]).arg(data.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list[0]["splits"]["train"]["images_shape"], serde_json::json!([4, 2, 3]));
    assert_eq!(list[0]["splits"]["test"]["class_counts"], serde_json::json!({"0": 0, "1": 1, "2": 1}));
    assert_eq!(list[0]["splits"]["test"]["mean"], 2.0);
}

#[test]
fn missing_files_and_folders() {
    let data = tiny();
    remove(&data, TEST_LABELS);
    expect(&data, TEST_LABELS, &["there is no such file", "a data set is a folder with"]);
    let error = error_of(data.path(), "tyni");
    assert!(error.contains("no data set \"tyni\"") && error.contains("did you mean tiny?"), "{error}");
    let error = error_of(&data.path().join("nowhere"), "tiny");
    assert!(error.contains("nowhere") && error.contains("--data-dir"), "{error}");
    for name in ["../tiny", ".", "..", "tiny/../tiny", ""] {
        assert!(error_of(data.path(), name).contains("there is no data set"), "{name}");
    }
}

#[test]
fn damaged_gzip() {
    let whole = gzip(&idx(&[4], &[0, 1, 2, 0]));
    let data = tiny();
    replace(&data, TRAIN_LABELS, &whole[..whole.len() - 3]);
    expect(&data, TRAIN_LABELS, &["truncated", "download or copy it again"]);
    replace(&data, TRAIN_LABELS, &[&whole[..], b"more"].concat());
    expect(&data, TRAIN_LABELS, &["more bytes after the end of the gzip data"]);
    let mut flipped = whole.clone();
    let sum = whole.len() - 6;
    flipped[sum] ^= 0xff;
    replace(&data, TRAIN_LABELS, &flipped);
    expect(&data, TRAIN_LABELS, &["damaged"]);
    replace(&data, TRAIN_LABELS, b"");
    expect(&data, TRAIN_LABELS, &["empty"]);
}

#[test]
fn wrong_headers() {
    let data = tiny();
    replace(&data, TRAIN_IMAGES, b"<html>404</html>");
    expect(&data, TRAIN_IMAGES, &["not an IDX file", "a web page", "put the right IDX file in its place"]);
    replace(&data, TRAIN_IMAGES, &[0, 0, 0x0d, 3, 0, 0, 0, 1]);
    expect(&data, TRAIN_IMAGES, &["32-bit floats (type 0x0d)", "convert it"]);
    replace(&data, TRAIN_IMAGES, &idx(&[4], &[0; 4]));
    expect(&data, TRAIN_IMAGES, &["1 dimensions (a file of labels?) where images have 3"]);
    replace(&data, TRAIN_IMAGES, &idx(&[4, 2, 3], &[0; 23]));
    expect(&data, TRAIN_IMAGES, &["4 x 2 x 3 = 24 bytes of data, found 23"]);
    replace(&data, TRAIN_IMAGES, &idx(&[4, 2, 3], &[0; 25]));
    expect(&data, TRAIN_IMAGES, &["24 bytes of data, found more"]);
    replace(&data, TRAIN_IMAGES, &idx(&[u32::MAX as usize, u32::MAX as usize, u32::MAX as usize], &[0; 24]));
    expect(&data, TRAIN_IMAGES, &["more than 4 GiB"]);
    replace(&data, TRAIN_IMAGES, &idx(&[60000, 250, 250], &[0; 24]));
    expect(&data, TRAIN_IMAGES, &["3750000000 bytes of data, found 24"]);
    replace(&data, TRAIN_IMAGES, &idx(&[0, 2, 3], &[]));
    expect(&data, TRAIN_IMAGES, &["holds nothing"]);
}

#[test]
fn files_that_do_not_belong_together() {
    let data = tiny();
    replace(&data, TRAIN_LABELS, &gzip(&idx(&[5], &[0; 5])));
    expect(&data, TRAIN_LABELS, &["5 labels for the 4 images", TRAIN_IMAGES]);
    let data = tiny();
    replace(&data, TEST_IMAGES, &gzip(&idx(&[2, 3, 2], &[0; 12])));
    expect(&data, TEST_IMAGES, &["test images of 3 x 2 for the training images of 2 x 3", TRAIN_IMAGES]);
    let data = tiny();
    fs::write(data.path().join("tiny/dataset.toml"), "class_names = ['a', 'b']").unwrap();
    expect(&data, TRAIN_LABELS, &["label 2 of image 2: dataset.toml names 2 classes, 0 to 1"]);
}

#[test]
fn known_files_under_other_names() {
    let data = tiny();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let folder = data.path().join("fashion-mnist");
    fs::create_dir(&folder).unwrap();
    for file in [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS] {
        let name = format!("{file}.gz");
        fs::copy(root.join("mnist").join(&name), folder.join(&name)).unwrap();
    }
    let error = error_of(data.path(), "fashion-mnist");
    assert!(
        error.contains(
            "this is train-images-idx3-ubyte of mnist, not train-images-idx3-ubyte of fashion-mnist"
        )
    );

    // The user's own data under the name of a published data set.
    fs::remove_dir_all(&folder).unwrap();
    fs::rename(data.path().join("tiny"), &folder).unwrap();
    let error = error_of(data.path(), "fashion-mnist");
    assert!(error.contains("not the one published") && error.contains("another name"), "{error}");

    // Images of one data set and labels of the other, in a folder with a third name.
    let mixed = data.path().join("mixed");
    fs::create_dir(&mixed).unwrap();
    for (set, file) in [("mnist", TRAIN_IMAGES), ("fashion-mnist", TRAIN_LABELS)] {
        let name = format!("{file}.gz");
        fs::copy(root.join(set).join(&name), mixed.join(&name)).unwrap();
    }
    let error = error_of(data.path(), "mixed");
    assert!(error.contains("labels of fashion-mnist and the images are those of mnist"), "{error}");
}

#[test]
fn bad_manifests() {
    let data = tiny();
    let manifest = data.path().join("tiny/dataset.toml");
    let zeros = "0".repeat(64);
    for (text, expected) in [
        ("class_names = []".to_string(), "class_names has 0 names, and labels of one byte have 1 to 256"),
        (format!("class_names = {:?}", (0..257).map(|n| n.to_string()).collect::<Vec<_>>()), "has 257 names"),
        ("class_names = ['a', 'a', 'b']".into(), "class_names has \"a\" twice"),
        ("class_names = ['a', '', 'b']".into(), "which is not a name"),
        ("class_names = 3".into(), "line 1: invalid type"),
        ("\nclass_name = ['a']".into(), "line 2: unknown field `class_name`"),
        ("[files.train]".into(), "files.train is none of"),
        (format!("[files.{TRAIN_IMAGES}]\nsha256 = '12'"), "sha256 of train-images-idx3-ubyte is not 64"),
        ("= broken".into(), "line 1: "),
    ] {
        fs::write(&manifest, text).unwrap();
        expect(&data, "dataset.toml", &[expected, "correct it, or delete the file"]);
    }
    fs::write(&manifest, [0xff, 0xfe]).unwrap();
    expect(&data, "dataset.toml", &["is not UTF-8 text: save it as UTF-8"]);
    fs::write(&manifest, format!("[files.{TRAIN_IMAGES}]\nsha256 = '{zeros}'")).unwrap();
    expect(&data, TRAIN_IMAGES, &["not the one declared in dataset.toml", &zeros]);
}

#[cfg(unix)]
#[test]
fn things_that_are_not_files() {
    use std::os::unix::fs::symlink;
    let data = tiny();
    let file = data.path().join("tiny").join(TRAIN_IMAGES);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    expect(&data, TRAIN_IMAGES, &["a folder of this name without the file in it (it is empty)"]);
    fs::remove_dir(&file).unwrap();
    symlink(&file, &file).unwrap();
    expect(&data, TRAIN_IMAGES, &["cannot be read"]);
    fs::remove_file(&file).unwrap();
    symlink(data.path().join("gone"), &file).unwrap();
    expect(&data, TRAIN_IMAGES, &["cannot be read"]);
    fs::remove_file(&file).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&file).status();
    if made.is_ok_and(|status| status.success()) {
        expect(&data, TRAIN_IMAGES, &["is not a file"]);
    }
}

#[test]
fn the_published_figures() {
    let output = binary().args(["data", "fashion-mnist", "--json"]).output().unwrap();
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let train = &list[0]["splits"]["train"];
    assert_eq!(train["images_shape"], serde_json::json!([60000, 28, 28]));
    assert_eq!(format!("{:.2}", train["mean"].as_f64().unwrap()), "72.94");
    assert_eq!((train["min"].as_u64(), train["max"].as_u64()), (Some(0), Some(255)));
    assert!(train["class_counts"].as_object().unwrap().values().all(|count| count == 6000));
    let files = list[0]["files"].as_array().unwrap();
    assert!(files.len() == 4 && files.iter().all(|file| file["md5_as_published"] == true));
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    use std::process::Stdio;
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("mnist-bench"))
        .args(["data", "mnist", "fashion-mnist"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
