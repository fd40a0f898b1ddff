//! Parquet: the columns with their types, for programs that read tables.
//!
//! One row group without compression, which a table of a thousand rows does not need; statistics for each column.
//! The file names neither time nor machine, so that the same table gives the same bytes. Every column is optional.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use crate::values::Values;

/// A whole file.
pub(crate) fn write(names: &[&str], columns: &[Values]) -> Result<Vec<u8>> {
    let fields = names.iter().zip(columns).map(|(name, column)| field(name, column).map(Arc::new));
    let schema =
        Type::group_type_builder("side_by_side").with_fields(fields.collect::<Result<_>>()?).build()?;
    let properties = WriterProperties::builder()
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .build();
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, Arc::new(schema), Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    for column in columns {
        match column {
            Values::Texts(values) => {
                let text = |value: &str| ByteArray::from(value.as_bytes().to_vec());
                put::<ByteArrayType>(&mut group, values.iter().map(|value| value.map(text)))?;
            }
            Values::Numbers(values) => put::<DoubleType>(&mut group, values.iter().copied())?,
            Values::Flags(values) => put::<BoolType>(&mut group, values.iter().copied())?,
            Values::Counts(values) => {
                // Every reader has signed numbers, and bytes and counts stay far below their largest.
                let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
                put::<Int64Type>(&mut group, values.iter().map(|value| value.map(signed)))?;
            }
        }
    }
    group.close()?;
    file.close()?;
    Ok(bytes)
}

fn field(name: &str, column: &Values) -> Result<Type> {
    let (physical, logical) = match column {
        Values::Texts(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Values::Numbers(_) => (Physical::DOUBLE, None),
        Values::Flags(_) => (Physical::BOOLEAN, None),
        Values::Counts(_) => (Physical::INT64, None),
    };
    let builder = Type::primitive_type_builder(name, physical);
    builder.with_repetition(Repetition::OPTIONAL).with_logical_type(logical).build()
}

/// Writes the next column of the group: which rows have a value (definition levels 0 and 1), and the values.
fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<()> {
    let (mut levels, mut present) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        present.extend(value);
    }
    let no_column = || ParquetError::General("the schema has fewer columns than the table".to_string());
    let mut column = group.next_column()?.ok_or_else(no_column)?;
    column.typed::<T>().write_batch(&present, Some(&levels), None)?;
    column.close()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    use crate::Table;

    #[test]
    fn a_written_file_reads_back_the_same() {
        let texts = |values: [Option<&str>; 3]| values.map(|text| text.map(String::from)).to_vec();
        let table = Table::builder()
            .texts("name", texts([Some("SVC C=10"), Some(""), Some("naïve \u{202e} <b>")]))
            .texts("evidence", texts([Some("recomputed"), None, None]))
            .numbers("accuracy", vec![Some(0.8986), None, Some(0.1 + 0.2)])
            .flags("quiet", vec![None, Some(true), Some(false)])
            .counts("bytes", vec![Some(812_000_000), Some(0), None])
            .build()
            .unwrap();
        let written = table.to_parquet().unwrap();
        assert_eq!(written, table.to_parquet().unwrap(), "the same table, the same bytes");
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
    }
}
