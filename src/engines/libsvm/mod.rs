//! libsvm-rs as an engine: LIBSVM's algorithms in Rust, without the C library. Of the grid it has SVC and
//! NuSVC.
//!
//! Rows are sparse, as in LIBSVM: pairs of a column (from 1) and an `f64`, without zeros. Standardised pixels
//! have almost no zeros. Labels are whole numbers in `f64`.

mod svc;

use libsvm_rs::SvmNode;

use super::{Engine, library};
use pixel_learn::Features;

/// libsvm-rs, of the version in Cargo.lock.
pub static LIBSVM: Engine =
    Engine { name: "libsvm-rs", version: VERSION, families: &[&svc::Svc, &svc::NuSvc], transforms: true };

/// The version in Cargo.lock; a test compares them.
const VERSION: &str = "0.9.2";

/// The features as LIBSVM's rows.
fn instances(features: &Features) -> Vec<Vec<SvmNode>> {
    let stored = |row: &[f64]| {
        let values = row.iter().enumerate().filter(|&(_, &value)| value != 0.0);
        values.map(|(j, &value)| SvmNode { index: j as i32 + 1, value }).collect()
    };
    library::values(features).chunks(features.d().max(1)).map(stored).collect()
}
