//! Arguments that several subcommands share, to be flattened into theirs.

use std::path::PathBuf;

/// Where the data sets are.
#[derive(clap::Args, Clone, Debug)]
pub struct DataDir {
    /// Folder that holds one folder a data set
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data_dir: PathBuf,
}
