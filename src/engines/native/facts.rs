//! The facts of a fitted model as result files keep them: JSON by name.

use pixel_learn::models::{Fact, Facts};
use serde_json::{Map, Value};

/// Facts in the model's order. A number that is not finite becomes null.
pub fn to_json(facts: &Facts) -> Map<String, Value> {
    facts.iter().map(|(name, fact)| (name.to_string(), value(fact))).collect()
}

fn value(fact: &Fact) -> Value {
    match fact {
        Fact::Integer(count) => (*count).into(),
        Fact::Number(number) => (*number).into(),
        Fact::Text(text) => text.as_str().into(),
        Fact::List(items) => items.iter().map(value).collect(),
    }
}
