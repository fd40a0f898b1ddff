//! The side-by-side as Parquet: the columns of the CSV with their types, for programs that read tables.
//!
//! One row group, no compression (a table of this size gains nothing that a reader would thank for), statistics a
//! column; nothing of time or machine, so the same table gives the same bytes. Every column is optional, since any
//! figure may be absent.

use std::error::Error;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType as Written, DoubleType, Int64Type};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use polars::prelude::{Column, DataFrame, DataType};

/// A whole file.
pub fn bytes(frame: &DataFrame) -> Result<Vec<u8>, String> {
    write(frame).map_err(|error| format!("cannot write Parquet: {error}"))
}

fn write(frame: &DataFrame) -> Result<Vec<u8>, Box<dyn Error>> {
    let fields = frame.columns().iter().map(|column| field(column).map(Arc::new));
    let fields = fields.collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder("side_by_side").with_fields(fields).build()?;
    let properties = WriterProperties::builder()
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .build();
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, Arc::new(schema), Arc::new(properties))?;
    let mut rows = file.next_row_group()?;
    for column in frame.columns() {
        match column.dtype() {
            DataType::String => {
                let text = |value: &str| ByteArray::from(value.as_bytes().to_vec());
                put::<ByteArrayType>(&mut rows, column.str()?.iter().map(|value| value.map(text)))?;
            }
            DataType::Float64 => put::<DoubleType>(&mut rows, column.f64()?.iter())?,
            DataType::Boolean => put::<BoolType>(&mut rows, column.bool()?.iter())?,
            DataType::UInt64 => {
                // Bytes and counts stay far below what is lost here, and signed numbers are read by everyone.
                let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
                put::<Int64Type>(&mut rows, column.u64()?.iter().map(|value| value.map(signed)))?;
            }
            _ => return Err(unknown(column)),
        }
    }
    rows.close()?;
    file.close()?;
    Ok(bytes)
}

fn field(column: &Column) -> Result<Type, Box<dyn Error>> {
    let (physical, logical) = match column.dtype() {
        DataType::String => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        DataType::Float64 => (Physical::DOUBLE, None),
        DataType::Boolean => (Physical::BOOLEAN, None),
        DataType::UInt64 => (Physical::INT64, None),
        _ => return Err(unknown(column)),
    };
    let builder = Type::primitive_type_builder(column.name(), physical);
    Ok(builder.with_repetition(Repetition::OPTIONAL).with_logical_type(logical).build()?)
}

/// The next column of the group: which rows have a value, and the values.
fn put<T: Written>(
    rows: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), Box<dyn Error>> {
    let (mut there, mut present) = (Vec::new(), Vec::new());
    for value in values {
        there.push(i16::from(value.is_some()));
        present.extend(value);
    }
    let mut column = rows.next_column()?.ok_or("more columns than the schema has")?;
    column.typed::<T>().write_batch(&present, Some(&there), None)?;
    column.close()?;
    Ok(())
}

fn unknown(column: &Column) -> Box<dyn Error> {
    format!("column {} has the type {}", column.name(), column.dtype()).into()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let frame = DataFrame::new(
            3,
            vec![
                Column::new("name".into(), ["SVC C=10", "", "naïve \u{202e} <b>"]),
                Column::new("evidence".into(), [Some("recomputed"), None, None]),
                Column::new("accuracy".into(), [Some(0.8986), None, Some(0.1 + 0.2)]),
                Column::new("quiet".into(), [None, Some(true), Some(false)]),
                Column::new("bytes".into(), [Some(812_000_000u64), Some(0), None]),
            ],
        )
        .unwrap();
        let written = bytes(&frame).unwrap();
        assert_eq!(written, bytes(&frame).unwrap(), "the same table, the same bytes");
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&written).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        assert_eq!(reader.metadata().file_metadata().num_rows(), 3);
        let text = |value: &str| Field::Str(value.to_string());
        let rows: Vec<Vec<Field>> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().into_columns().into_iter().map(|(_, value)| value).collect())
            .collect();
        let expected = [
            vec![
                text("SVC C=10"),
                text("recomputed"),
                Field::Double(0.8986),
                Field::Null,
                Field::Long(812_000_000),
            ],
            vec![text(""), Field::Null, Field::Null, Field::Bool(true), Field::Long(0)],
            vec![
                text("naïve \u{202e} <b>"),
                Field::Null,
                Field::Double(0.1 + 0.2),
                Field::Bool(false),
                Field::Null,
            ],
        ];
        assert_eq!(rows, expected);
        let empty = DataFrame::new(0, vec![Column::new("name".into(), Vec::<String>::new())]).unwrap();
        assert!(bytes(&empty).is_ok(), "a table without lines");
    }
}
