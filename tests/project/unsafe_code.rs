//! The list of unsafe code in docs/UNSAFE.md: made from the sources by this test, and compared.
//!
//! `MNIST_BENCH_WRITE=1 cargo test --test project unsafe_code` writes it.

use std::fs;
use std::path::{Path, PathBuf};

const LIST: &str = "docs/UNSAFE.md";

const HEAD: &str = "# Unsafe code

Where it is, and which tests run it. Made from the sources by `tests/project/unsafe_code.rs`; changes are lost.

Vector kernels are called for what the machine has (`linalg/simd.rs`), and their tests compare every level with a scalar definition. `unsafe` is denied
everywhere but in the modules of this list, each of which says why at its `allow`. Benchmarks, which no program contains, are left out.

| file | lines | tests | in |
|---|---:|---:|---|
";

/// Files without tests of their own, with the file whose tests run them.
const ELSEWHERE: [(&str, &str); 7] = [
    (
        "crates/pixel-learn/src/linalg/histogram/bin_sums.rs",
        "crates/pixel-learn/src/linalg/histogram/gradient_histogram.rs",
    ),
    (
        "crates/pixel-learn/src/linalg/histogram/small_node.rs",
        "crates/pixel-learn/src/linalg/histogram/residual_histogram.rs",
    ),
    ("crates/pixel-learn/src/linalg/simd.rs", "tests/sweep/simd_levels.rs"),
    ("src/engines/external/adapter.rs", "tests/sweep/external_engines.rs"),
    ("src/engines/external/version.rs", "tests/sweep/external_engines.rs"),
    ("src/engines/stopwatch.rs", "tests/sweep/same_bits.rs"),
    ("src/sweep/process.rs", "tests/sweep/faults.rs"),
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.ends_with("benches") {
            continue;
        } else if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension() == Some("rs".as_ref()) {
            found.push(path);
        }
    }
}

/// Lines of a source that hold the keyword.
fn unsafe_lines(text: &str) -> usize {
    let code = |line: &str| line.split("//").next().unwrap_or("").to_string();
    let is_keyword = |word: &str| word == "unsafe";
    let words = |line: String| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(is_keyword);
    text.lines().map(code).filter(|line| words(line.clone())).count()
}

fn tests(path: &Path) -> usize {
    fs::read_to_string(path).map_or(0, |text| text.matches("#[test]").count())
}

/// The file whose tests run a file: itself, the module that it is part of, or what [`ELSEWHERE`] says.
fn tested_in(path: &Path) -> Option<PathBuf> {
    let elsewhere = ELSEWHERE.iter().find(|(file, _)| Path::new(file) == path);
    let module = path.parent().map(|folder| folder.with_extension("rs"));
    let candidates = [Some(path.to_path_buf()), elsewhere.map(|(_, tests)| tests.into()), module];
    candidates.into_iter().flatten().find(|path| tests(path) > 0)
}

fn list() -> String {
    let mut files = Vec::new();
    ["src", "crates"].iter().for_each(|folder| rust_files(Path::new(folder), &mut files));
    files.sort();
    let mut text = HEAD.to_string();
    for path in files {
        let count = unsafe_lines(&fs::read_to_string(&path).unwrap());
        if count > 0 {
            let tested = tested_in(&path).unwrap_or_else(|| panic!("{}: no test runs it", path.display()));
            let place =
                if tested == path { "the file".to_string() } else { format!("`{}`", tested.display()) };
            text += &format!("| `{}` | {count} | {} | {place} |\n", path.display(), tests(&tested));
        }
    }
    text
}

#[test]
fn every_unsafe_line_is_listed_with_the_tests_that_run_it() {
    let made = list();
    if std::env::var_os("MNIST_BENCH_WRITE").is_some() {
        fs::write(LIST, &made).unwrap();
    }
    let found = fs::read_to_string(LIST).unwrap_or_default();
    assert_eq!(found, made, "{LIST} is not what the sources say: MNIST_BENCH_WRITE=1 writes it");
}

#[test]
fn comments_and_other_words_are_no_unsafe_code() {
    assert_eq!(unsafe_lines("// unsafe\nfn is_unsafe() {}\nallow(unsafe_code)\n"), 0);
    assert_eq!(unsafe_lines("unsafe { f() } // unsafe\nreturn unsafe { g() };\n"), 2);
}
