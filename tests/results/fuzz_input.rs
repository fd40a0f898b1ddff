//! Users' files, changed at random: the readers of predictions, pictures and IDX files accept one or give an error. The
//! longer run is `cargo run --release --example fuzz_input -- predictions 600`, and likewise `pictures` and `idx`.

use crate::inputs::{self, Samples};

fn run(target: &str, cases: u64) {
    let samples = Samples::new();
    let accepted =
        (0..cases).filter(|&seed| inputs::read(target, &samples.changed(target, seed), seed)).count();
    // If all or none were accepted, the changes would not test the readers.
    assert!(accepted > 0 && (accepted as u64) < cases, "{target}: {accepted} of {cases}");
}

#[test]
fn predictions() {
    run("predictions", 20_000);
}

#[test]
fn pictures() {
    run("pictures", 5_000);
}

#[test]
fn idx() {
    run("idx", 20_000);
}

#[test]
fn every_target_has_a_test() {
    assert_eq!(inputs::TARGETS, ["predictions", "pictures", "idx"]);
}
