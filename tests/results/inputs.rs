//! Files of predictions, pictures and IDX files changed at random, and the rules for their readers: no panic, and no
//! incomplete file is accepted.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::{Compression, write::GzEncoder};
use mnist_bench::dataset::idx;
use mnist_bench::dataset::picture::{self, Ink};
use mnist_bench::prediction_file::{self, Expected};

use crate::mutate::Chance;

/// The valid files that are then changed.
pub struct Samples {
    predictions: Vec<Vec<u8>>,
    pictures: Vec<Vec<u8>>,
    idx: Vec<Vec<u8>>,
}

/// The readers, by the name that the example takes.
pub const TARGETS: [&str; 3] = ["predictions", "pictures", "idx"];

impl Samples {
    pub fn new() -> Samples {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/predictions");
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let labels = [&[0, 0, 8, 1, 0, 0, 0, 9][..], &[7; 9]].concat();
        let images = [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2][..], &[9; 12]].concat();
        let idx = vec![
            gzip(&labels),
            [gzip(&images[..9]), gzip(&images[9..]), vec![0; 9]].concat(),
            labels,
            images,
        ];
        Samples {
            predictions: paths.iter().map(|path| fs::read(path).unwrap()).collect(),
            pictures: pictures(),
            idx,
        }
    }

    /// A good file with a few changes: bytes, parts, and pieces of another file.
    pub fn changed(&self, target: &str, seed: u64) -> Vec<u8> {
        let files = match target {
            "predictions" => &self.predictions,
            "pictures" => &self.pictures,
            _ => &self.idx,
        };
        let mut chance = Chance::new(seed);
        let mut bytes = files[chance.below(files.len())].clone();
        for _ in 0..chance.below(5) {
            let at = chance.below(bytes.len() + 1);
            let to = (at + chance.below(20)).min(bytes.len());
            match chance.below(6) {
                0 if at < bytes.len() => bytes[at] = chance.next() as u8,
                1 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
                2 => drop(bytes.drain(at..to)),
                3 => bytes.insert(at, b",;\t \n\"'0[]\xff\0"[chance.below(12)]),
                4 => {
                    let part: Vec<u8> = bytes[at..to].to_vec();
                    bytes.splice(at..at, part);
                }
                _ => {
                    let other = &files[chance.below(files.len())];
                    let from = chance.below(other.len() + 1);
                    bytes.extend(&other[from..(from + 40).min(other.len())]);
                }
            }
        }
        bytes
    }
}

/// Gives a file to its reader. Returns whether the reader accepted it.
pub fn read(target: &str, bytes: &[u8], seed: u64) -> bool {
    match target {
        "predictions" => {
            let class_names: Vec<String> =
                (0..2 + seed as usize % 9).map(|class| format!("c{class}")).collect();
            let column = [None, None, Some("label"), Some("2")][seed as usize / 9 % 4];
            let expected =
                Expected { images: 24, class_names: &class_names, column, no_header: seed.is_multiple_of(7) };
            match prediction_file::parse(bytes, seed.is_multiple_of(2), &expected) {
                Ok(reading) => {
                    assert_eq!(reading.classes.len(), 24);
                    assert!(reading.classes.iter().all(|&class| usize::from(class) < class_names.len()));
                    assert!(!reading.summary(&class_names).contains(char::is_control));
                    true
                }
                Err(refusal) => {
                    let line = refusal.to_string();
                    assert!(!line.contains(char::is_control) && line.len() < 2000, "{line:?}");
                    false
                }
            }
        }
        "pictures" => {
            let ink = [Ink::Auto, Ink::Dark, Ink::Light][seed as usize % 3];
            let read = picture::read(bytes, ink);
            if let Ok(picture) = &read {
                assert_eq!(picture.pixels.len(), picture.rows * picture.columns);
                assert_eq!(picture.fitted([5, 4]).0.len(), 20);
            }
            read.is_ok()
        }
        _ => {
            let rank = if seed.is_multiple_of(2) { 1 } else { 3 };
            idx::check(bytes, rank).is_ok_and(|dimensions| dimensions.len() == rank)
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A small drawing in every colour type.
fn pictures() -> Vec<Vec<u8>> {
    use png::BitDepth::{Eight, Sixteen};
    use png::ColorType::{Grayscale, GrayscaleAlpha, Rgb, Rgba};
    let encode = |color: png::ColorType, depth: png::BitDepth| {
        let size = 6 * 7 * color.samples() * if depth == Sixteen { 2 } else { 1 };
        let data: Vec<u8> = (0..size).map(|at| (at * 37 % 256) as u8).collect();
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 6, 7);
        encoder.set_color(color);
        encoder.set_depth(depth);
        encoder.write_header().unwrap().write_image_data(&data).unwrap();
        bytes
    };
    [Grayscale, GrayscaleAlpha, Rgb, Rgba]
        .into_iter()
        .flat_map(|color| [encode(color, Eight), encode(color, Sixteen)])
        .collect()
}
