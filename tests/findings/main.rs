//! Defects of the Rust libraries that docs/FINDINGS.md describes, each in its smallest form. A test here passes as
//! long as the defect is there; when an upgrade mends it, the test fails and says what to change.
//!
//! In a binary of its own, because one test measures the memory of its process.
#![cfg(any(feature = "libsvm", feature = "linfa", feature = "smartcore"))]

#[cfg(feature = "libsvm")]
mod libsvm;
#[cfg(feature = "linfa")]
mod linfa;
#[cfg(feature = "smartcore")]
mod smartcore;

/// Passes while the defect shows.
fn still(shows: bool, finding: &str) {
    assert!(
        shows,
        "{finding} is mended upstream: take the finding out of docs/FINDINGS.md, delete this test, and run \
         `mnist-bench sweep --suite crates` again"
    );
}
