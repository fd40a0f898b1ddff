//! JSON: an array of objects.

use serde_json::{Map, Value};

use crate::values::Values;

/// All rows as objects, on one line.
pub(crate) fn write(names: &[&str], columns: &[Values]) -> Vec<u8> {
    let height = columns.first().map_or(0, Values::len);
    let row = |row: usize| -> Value {
        let fields = names.iter().zip(columns).map(|(name, column)| (name.to_string(), value(column, row)));
        Value::Object(fields.collect::<Map<_, _>>())
    };
    let mut text = (0..height).map(row).collect::<Value>().to_string();
    text.push('\n');
    text.into_bytes()
}

fn value(column: &Values, row: usize) -> Value {
    match column {
        Values::Texts(values) => values[row].into(),
        Values::Numbers(values) => values[row].into(),
        Values::Counts(values) => values[row].into(),
        Values::Flags(values) => values[row].into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::Table;

    #[test]
    fn keys_keep_their_order_and_absent_values_are_null() {
        let table = Table::builder()
            .texts("z", vec![Some("a \"b\" \u{1}".into()), None])
            .numbers("a", vec![Some(6e-6), Some(2.0)])
            .counts("n", vec![Some(u64::MAX), None])
            .flags("f", vec![Some(true), None])
            .build()
            .unwrap();
        let expected = concat!(
            r#"[{"z":"a \"b\" \u0001","a":6e-6,"n":18446744073709551615,"f":true},"#,
            r#"{"z":null,"a":2.0,"n":null,"f":null}]"#,
            "\n"
        );
        assert_eq!(String::from_utf8(table.to_json()).unwrap(), expected);
    }
}
