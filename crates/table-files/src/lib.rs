//! A table of typed columns, and the CSV, JSON and Parquet files made of it.
//!
//! A [`Table`] is a polars data frame; any value of it may be absent. The same table gives the same bytes. Only this
//! package depends on polars, which takes longer to build than everything else: packages that write no tables build
//! without it.
//!
//! ```
//! use table_files::Table;
//!
//! let table = Table::builder()
//!     .texts("model", vec![Some("SVC".into()), Some("k-NN".into())])
//!     .numbers("accuracy", vec![Some(0.897), None])
//!     .build()?;
//! assert_eq!(table.to_csv(), b"model,accuracy\nSVC,0.897\nk-NN,\n");
//! # Ok::<(), table_files::TableError>(())
//! ```

#![deny(missing_docs)]

mod csv;
mod json;
mod parquet;
mod table;
mod values;

pub use csv::{CsvError, parse_csv};
pub use table::{Table, TableBuilder, TableError};
