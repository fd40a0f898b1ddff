//! The page's reader of prediction files against the program's: the page accepts no file that the program refuses, and
//! every fixture gives the same classes or is left to `submit`.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use mnist_bench::prediction_file::{self, Expected};
use serde::Deserialize;
use serde_json::json;

use crate::browser::{Browser, browser};
use crate::{COMMITTED, committed};

/// The scripts of the reader, in the order in which the page has them.
const READER: [&str; 2] = [
    include_str!("../../src/report/page/text_cells.js"),
    include_str!("../../src/report/page/predictions.js"),
];

/// What this test needs of the manifest.
#[derive(Deserialize)]
struct Manifest {
    images: usize,
    class_names: Vec<String>,
    files: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    file: String,
}

/// What the page makes of a file.
#[derive(Deserialize)]
enum Outcome {
    Classes(Vec<u8>),
    Refused {},
    Failed(String),
}

#[test]
fn every_fixture_reads_as_in_the_program_or_is_left_to_it() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    let html = std::str::from_utf8(&COMMITTED.files["benchmark.html"]).unwrap();
    assert!(READER.iter().all(|script| html.contains(script)), "the page has another reader");
    browser.open(&page.path, "");
    // Left to the command: scores, lists of lists, gzip, and arrays of more than one column.
    for (name, least, most) in [("predictions", 95, 35), ("real_predictions", 100, 25)] {
        let (read, left) = compare(&mut browser, name);
        assert!(read >= least && left <= most, "{name}: {read} read, {left} left to the command");
    }
}

/// How many files of a folder the page reads as the program does, and how many it leaves to the command.
fn compare(browser: &mut Browser, name: &str) -> (usize, usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let manifest: Manifest =
        serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let bytes = |case: &Case| fs::read(folder.join(&case.file)).unwrap();
    let files: Vec<_> =
        manifest.files.iter().map(|case| json!([case.file, BASE64.encode(bytes(case))])).collect();
    let outcomes = browser.eval(&format!(
        "(() => {{ {} const [files, images, names] = {}; return files.map(([name, text]) => {{ try {{ return {{ Classes: \
         parsePredictions(name, Uint8Array.from(atob(text), (one) => one.charCodeAt(0)), images, names) }}; }} catch (error) \
         {{ return error instanceof Refused ? {{ Refused: {{}} }} : {{ Failed: String(error.stack) }}; }} }}); }})()",
        READER.concat(),
        json!([files, manifest.images, manifest.class_names]),
    ));
    let outcomes: Vec<Outcome> = serde_json::from_value(outcomes).unwrap();
    assert_eq!(outcomes.len(), manifest.files.len());
    let expected = Expected {
        images: manifest.images,
        class_names: &manifest.class_names,
        column: None,
        no_header: false,
    };
    let (mut read, mut left) = (0, 0);
    let mut wrong = Vec::new();
    for (Case { file }, outcome) in manifest.files.iter().zip(outcomes) {
        match (outcome, prediction_file::read(&folder.join(file), &expected)) {
            (Outcome::Classes(classes), Ok(reading)) if classes == reading.classes => read += 1,
            (Outcome::Refused {}, Ok(_)) => left += 1,
            (Outcome::Refused {}, Err(_)) => {}
            (Outcome::Classes(classes), Ok(_)) => wrong.push(format!("{file}: other classes {classes:?}")),
            (Outcome::Classes(_), Err(refusal)) => wrong.push(format!("{file}: read, though it {refusal}")),
            (Outcome::Failed(error), _) => wrong.push(format!("{file}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    (read, left)
}
