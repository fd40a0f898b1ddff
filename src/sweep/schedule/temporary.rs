//! What a sweep keeps for its workers while it lasts: data sets without gzip, and a place for the files of external
//! engines.

use std::collections::BTreeMap;
use std::path::Path;

use tempfile::TempDir;

use crate::dataset::unpacked;
use crate::engines::external;
use crate::sweep::job::Folders;
use crate::sweep::{Options, Plan, SweepError};

/// So many rows of a data set are worth a copy of it: each of their workers would unpack it.
const WORTH: usize = 4;

pub(super) struct Temporary {
    /// The prepared arrays of external engines and all that they leave behind, where there are any.
    scratch: Option<TempDir>,
    /// The folder that has an unpacked copy of a data set, by its name.
    unpacked: BTreeMap<String, TempDir>,
}

impl Temporary {
    pub fn make(plan: &Plan, waiting: &[usize], options: &Options) -> Result<Temporary, SweepError> {
        let folder = || tempfile::Builder::new().prefix("mnist-bench-").tempdir();
        let has_external = plan.rows.iter().any(|row| external::find(row.engine.name).is_some());
        let action = "cannot make a temporary folder (TMPDIR names another place for it)";
        let scratch = has_external.then(folder).transpose().map_err(SweepError::io(action))?;
        let mut unpacked = BTreeMap::new();
        for outline in &plan.outlines {
            let rows = waiting.iter().filter(|&&row| plan.rows[row].dataset == outline.name).count();
            // Where there is no room for a copy, workers read the data set itself.
            if rows >= WORTH
                && unpacked::is_gzipped(&options.data_dir, &outline.name)
                && let Ok(folder) = folder()
                && unpacked::unpack(&options.data_dir, &outline.name, folder.path()).is_ok()
            {
                unpacked.insert(outline.name.clone(), folder);
            }
        }
        Ok(Temporary { scratch, unpacked })
    }

    /// What a worker on a data set is given.
    pub fn of<'a>(&'a self, dataset: &str, options: &'a Options) -> Folders<'a> {
        Folders {
            data: self.unpacked.get(dataset).map_or(&options.data_dir, |folder| folder.path()),
            scratch: self.scratch.as_ref().map_or(Path::new("."), TempDir::path),
        }
    }
}
