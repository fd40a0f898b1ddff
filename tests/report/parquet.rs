//! The Parquet file holds what the JSON beside it holds, row by row.

use std::fs::File;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};

use super::{make, sample};

#[test]
fn parquet_and_json_hold_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    sample(&folder.path().join("results"));
    let report = make(folder.path(), "reference");
    let path = folder.path().join("table.parquet");
    std::fs::write(&path, &report.files["side-by-side.parquet"]).unwrap();
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let rows: Vec<Value> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| {
            let columns = row.unwrap().into_columns();
            Value::Object(columns.into_iter().map(|(name, field)| (name, value(field))).collect())
        })
        .collect();
    let table: Vec<Value> = serde_json::from_slice(&report.files["side-by-side.json"]).unwrap();
    assert_eq!(rows.len(), table.len());
    for (row, line) in rows.iter().zip(&table) {
        assert_eq!(row, line);
    }
    assert!(rows.iter().any(|row| row["mnist_accuracy"] == json!(0.975) && row["mnist_repeats"] == json!(2)));
}

fn value(field: Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(flag) => json!(flag),
        Field::Long(number) => json!(number),
        Field::Double(number) => json!(number),
        Field::Str(text) => json!(text),
        other => panic!("a column of another type: {other:?}"),
    }
}
