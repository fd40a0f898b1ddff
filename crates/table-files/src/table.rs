//! The table and how it is built.

use polars::prelude::{Column, DataFrame, PlSmallStr, PolarsError};
use thiserror::Error;

use super::values::Values;
use super::{csv, json, parquet};

/// Columns of the same length, each with a name and a type.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    frame: DataFrame,
}

/// Why a table cannot be built or written.
#[derive(Debug, Error)]
pub enum TableError {
    /// Columns differ in length, or two have the same name.
    #[error("invalid table: {0}")]
    Columns(#[from] PolarsError),
    /// The Parquet writer failed.
    #[error("cannot write Parquet: {0}")]
    Parquet(#[from] ::parquet::errors::ParquetError),
}

/// Columns from left to right.
#[derive(Debug, Default)]
pub struct TableBuilder {
    columns: Vec<Column>,
}

impl TableBuilder {
    /// Adds a column of texts.
    #[must_use]
    pub fn texts(mut self, name: &str, values: Vec<Option<String>>) -> TableBuilder {
        self.columns.push(Column::new(PlSmallStr::from_str(name), values));
        self
    }

    /// Adds a column of numbers.
    #[must_use]
    pub fn numbers(mut self, name: &str, values: Vec<Option<f64>>) -> TableBuilder {
        self.columns.push(Column::new(PlSmallStr::from_str(name), values));
        self
    }

    /// Adds a column of integers that are not negative.
    #[must_use]
    pub fn counts(mut self, name: &str, values: Vec<Option<u64>>) -> TableBuilder {
        self.columns.push(Column::new(PlSmallStr::from_str(name), values));
        self
    }

    /// Adds a column of truth values.
    #[must_use]
    pub fn flags(mut self, name: &str, values: Vec<Option<bool>>) -> TableBuilder {
        self.columns.push(Column::new(PlSmallStr::from_str(name), values));
        self
    }

    /// The table. Fails when columns differ in length or two have the same name.
    pub fn build(self) -> Result<Table, TableError> {
        let height = self.columns.first().map_or(0, Column::len);
        Ok(Table { frame: DataFrame::new(height, self.columns)? })
    }
}

impl Table {
    /// A table without columns, to add some.
    pub fn builder() -> TableBuilder {
        TableBuilder::default()
    }

    /// Comma-separated values with a line of names. An absent value is empty, an empty text is `""`.
    pub fn to_csv(&self) -> Vec<u8> {
        csv::write(&self.names(), &self.values())
    }

    /// A JSON array with an object for each row and a line break at the end. An absent value is `null`.
    pub fn to_json(&self) -> Vec<u8> {
        json::write(&self.names(), &self.values())
    }

    /// A Parquet file with one row group, not compressed.
    pub fn to_parquet(&self) -> Result<Vec<u8>, TableError> {
        Ok(parquet::write(&self.names(), &self.values())?)
    }

    fn names(&self) -> Vec<&str> {
        self.frame.columns().iter().map(|column| column.name().as_str()).collect()
    }

    /// The values by column, as the writers take them.
    fn values(&self) -> Vec<Values<'_>> {
        self.frame.columns().iter().filter_map(Values::of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_different_length_or_equal_names_are_refused() {
        let short = Table::builder().counts("a", vec![Some(1)]).counts("b", vec![]).build();
        assert!(short.is_err());
        let twice = Table::builder().counts("a", vec![Some(1)]).flags("a", vec![None]).build();
        assert!(twice.unwrap_err().to_string().contains('a'));
    }

    #[test]
    fn a_table_without_rows_has_its_names() {
        let table = Table::builder().texts("name", vec![]).numbers("accuracy", vec![]).build().unwrap();
        assert_eq!(table.to_csv(), b"name,accuracy\n");
        assert_eq!(table.to_json(), b"[]\n");
        assert!(table.to_parquet().is_ok());
    }
}
