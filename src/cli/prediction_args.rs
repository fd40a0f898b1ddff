//! Arguments for files of predictions, which `submit` and `evaluate` share.

use std::path::Path;

use super::stdio::print_err;
use crate::prediction_file::{self, Expected};

/// How a file of predictions is laid out, where it does not say so itself.
#[derive(clap::Args, Clone, Debug)]
pub struct Layout {
    /// Column of the predictions in a table: its name, or its number from 1 where there is no header
    #[arg(long, value_name = "NAME")]
    column: Option<String>,

    /// The first line of a table is a prediction, not a header
    #[arg(long)]
    no_header: bool,
}

impl Layout {
    /// The classes in a file, after one line that says which column they are, how many, and the first three.
    pub fn read(&self, file: &Path, images: usize, class_names: &[String]) -> anyhow::Result<Vec<u8>> {
        let expected =
            Expected { images, class_names, column: self.column.as_deref(), no_header: self.no_header };
        let reading = prediction_file::read(file, &expected)
            .map_err(|refusal| anyhow::anyhow!("{}: {refusal}", file.display()))?;
        print_err(&format!("{}: {}", file.display(), reading.summary(class_names)));
        Ok(reading.classes)
    }
}
