//! libsvm-rs as an engine: LIBSVM's algorithms in Rust, without the C library. Of the grid it has SVC and NuSVC.
//!
//! Rows are sparse, as LIBSVM's: pairs of a column (from 1) and an `f64`, those at zero left out. On
//! standardised pixels next to none are. Labels are `f64` that hold whole numbers.

mod svc;

use libsvm_rs::SvmNode;

use super::{Engine, library};
use pixel_learn::Features;

/// libsvm-rs, of the version in Cargo.lock.
pub static LIBSVM: Engine =
    Engine { name: "libsvm-rs", version: VERSION, families: &[&svc::Svc, &svc::NuSvc], transforms: true };

/// As in Cargo.lock; a test holds it to that.
const VERSION: &str = "0.9.2";

/// The features as LIBSVM's rows.
fn instances(features: &Features) -> Vec<Vec<SvmNode>> {
    let stored = |row: &[f64]| {
        let values = row.iter().enumerate().filter(|&(_, &value)| value != 0.0);
        values.map(|(j, &value)| SvmNode { index: j as i32 + 1, value }).collect()
    };
    library::values(features).chunks(features.d().max(1)).map(stored).collect()
}
