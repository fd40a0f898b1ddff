//! libsvm-rs as an engine: LIBSVM's algorithms in Rust, without the C library. Of the grid it has SVC.
//!
//! Rows are sparse, as LIBSVM's: pairs of a column (from 1) and an `f64`, those at zero left out. On
//! standardised pixels next to none are. Labels are `f64` that hold whole numbers.

mod svc;

use libsvm_rs::SvmNode;

use super::Engine;
use pixel_learn::Features;

/// libsvm-rs, of the version in Cargo.lock.
pub static LIBSVM: Engine =
    Engine { name: "libsvm-rs", version: VERSION, families: &[&svc::Svc], transforms: false };

/// As in Cargo.lock; a test holds it to that.
const VERSION: &str = "0.9.2";

/// The scaled rows as LIBSVM's.
fn instances(features: &Features) -> Vec<Vec<SvmNode>> {
    let scaling = features.scaling();
    (0..features.n())
        .map(|i| {
            let values =
                features.pixel_row(i).iter().enumerate().map(|(j, &pixel)| (j, scaling.value(j, pixel)));
            let stored = values.filter(|&(_, value)| value != 0.0);
            stored.map(|(j, value)| SvmNode { index: j as i32 + 1, value }).collect()
        })
        .collect()
}
