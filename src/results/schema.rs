//! JSON Schemas of result files and submissions, made from the types that read them. `docs/schema/` has a
//! copy of each; a test compares the two.

use std::sync::LazyLock;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use super::submission::Submission;
use super::wire::WireRecord;

/// The schema of a result file, as a sweep writes it.
pub static RESULT: LazyLock<Value> = LazyLock::new(of::<WireRecord>);

/// The schema of a submission, as any program writes it.
pub static SUBMISSION: LazyLock<Value> = LazyLock::new(of::<Submission>);

/// The schema of a type. `null` is nowhere allowed: a key without a value is left out.
fn of<T: JsonSchema>() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    without_null(&mut schema);
    schema
}

fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.remove("default");
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    map.insert("type".into(), only);
                }
            }
            if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
                choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    map.remove("anyOf");
                    map.extend(only);
                }
            }
            map.values_mut().for_each(without_null);
        }
        Value::Array(list) => list.iter_mut().for_each(without_null),
        _ => {}
    }
}
