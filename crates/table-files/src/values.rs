//! The values of a column, as the writers take them.

use polars::prelude::{Column, DataType};

/// The values of one column.
pub(crate) enum Values<'a> {
    Texts(Vec<Option<&'a str>>),
    Numbers(Vec<Option<f64>>),
    Counts(Vec<Option<u64>>),
    Flags(Vec<Option<bool>>),
}

impl Values<'_> {
    /// `None` for a type that the builder has no method for.
    pub(crate) fn of(column: &Column) -> Option<Values<'_>> {
        Some(match column.dtype() {
            DataType::String => Values::Texts(column.str().ok()?.iter().collect()),
            DataType::Float64 => Values::Numbers(column.f64().ok()?.iter().collect()),
            DataType::UInt64 => Values::Counts(column.u64().ok()?.iter().collect()),
            DataType::Boolean => Values::Flags(column.bool().ok()?.iter().collect()),
            _ => return None,
        })
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Values::Texts(values) => values.len(),
            Values::Numbers(values) => values.len(),
            Values::Counts(values) => values.len(),
            Values::Flags(values) => values.len(),
        }
    }
}
