//! What people read: the page in a real browser (headless Chromium, from disk, with the network watched), and
//! the figures of the README.
//!
//! Both are made here from the committed results, never read from `reports/`: that folder holds what the
//! last sweep made. `.ci/run` holds the committed files to the results. Paths are relative to the current
//! directory, so that `after_a_sweep` can run these tests in another copy of the project.
//!
//! Where there is no Chromium the tests of the page say so on one line and pass; with `MNIST_BENCH_BROWSER`
//! set, as CI does, its absence fails.

mod after_a_sweep;
mod browser;
#[path = "../common/mod.rs"]
mod common;
mod figures;
mod look;
mod media;
mod newcomer;
mod predictions;
mod readme;
mod repository;
mod same_figures;
mod size;
mod table;
mod text;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use mnist_bench::report::{Report, Request};
use mnist_bench::results::{Record, Status};
use serde_json::Value;

use common::records::{self, failed, put};

/// A page in a folder of its own.
pub struct Page {
    pub path: PathBuf,
    _folder: tempfile::TempDir,
}

/// The report of the committed results, as `report --run reference` makes it. The run `local` is not in it;
/// of `reports/` it takes only the pictures of the data and the one-pixel figures, which no sweep changes.
pub static COMMITTED: LazyLock<Report> = LazyLock::new(|| {
    let [results, data, reports] = ["results", "data", "reports"].map(Path::new);
    Report::make(&Request {
        results,
        data,
        reports,
        run: "reference",
        subset: None,
        repository: "",
        draft: false,
    })
    .unwrap()
});

/// The page of the committed results.
pub fn committed() -> Page {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("benchmark.html");
    fs::write(&path, &COMMITTED.files["benchmark.html"]).unwrap();
    Page { path, _folder: folder }
}

/// The page of made-up results in a run called `r`.
pub fn page_of(records: impl Iterator<Item = Record>) -> Page {
    page_with(records, |_| ())
}

/// The page of made-up results; `also` may add files to the results folder.
pub fn page_with(records: impl Iterator<Item = Record>, also: impl Fn(&Path)) -> Page {
    let folder = tempfile::tempdir().unwrap();
    let (results, reports) = (folder.path().join("results"), folder.path().join("reports"));
    fs::create_dir(folder.path().join("docs")).unwrap();
    let mut real = true;
    for record in records {
        real &= record.repeats.is_empty() || record.test_size > 4;
        put(&results, "r", &record);
    }
    also(&results);
    // Results with four made-up predictions fit no data set: with the real data the report would leave them out.
    let data = if real { PathBuf::from("data") } else { folder.path().join("none") };
    let request = Request {
        results: &results,
        data: &data,
        reports: &reports,
        run: "r",
        subset: None,
        repository: "",
        draft: false,
    };
    Report::make(&request).unwrap().write(&reports).unwrap();
    Page { path: reports.join("benchmark.html"), _folder: folder }
}

/// The least time that `open` takes, in at most `tries`; it is not tried again once it takes less than `enough`.
pub fn least_of(tries: usize, enough: Duration, mut open: impl FnMut() -> Duration) -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..tries {
        least = least.min(open());
        if least < enough {
            break;
        }
    }
    least
}

/// A result with one repeat for each accuracy; without accuracies, the result of a worker that died.
pub fn record(dataset: &str, classifier: &str, parameters: Value, accuracies: &[f64]) -> Record {
    let record = records::record(dataset, classifier, parameters, accuracies, |_| vec![0; 4]);
    if accuracies.is_empty() { failed(record, Status::Crashed, "the worker died") } else { record }
}
