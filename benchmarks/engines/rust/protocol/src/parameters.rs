//! The parameters of a configuration. A parameter that the engine does not read is refused: a row must not name a
//! parameter that had no effect.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{Failure, unsupported};

/// Parameters as scikit-learn 0.19 spells them, each taken once with its default.
#[derive(Debug)]
pub struct Parameters {
    values: Map<String, Value>,
    asked: RefCell<BTreeSet<String>>,
}

impl Parameters {
    pub fn new(values: Map<String, Value>) -> Parameters {
        Parameters { values, asked: RefCell::default() }
    }

    /// Parameters from JSON, for the tests of engines; none where that is no object.
    pub fn example(json: &str) -> Parameters {
        Parameters::new(serde_json::from_str(json).unwrap_or_default())
    }

    /// The value as it stands; `None` where it is absent or null.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.asked.borrow_mut().insert(name.to_string());
        self.values.get(name).filter(|value| !value.is_null())
    }

    pub fn text(&self, name: &str, default: &str) -> Result<String, Failure> {
        let Some(value) = self.value(name) else { return Ok(default.to_string()) };
        value.as_str().map(str::to_string).ok_or_else(|| wrong(name, value, "a text"))
    }

    pub fn number(&self, name: &str, default: f64) -> Result<f64, Failure> {
        let Some(value) = self.value(name) else { return Ok(default) };
        value.as_f64().ok_or_else(|| wrong(name, value, "a number"))
    }

    /// A whole number; `None` where it is absent or null.
    pub fn whole(&self, name: &str) -> Result<Option<usize>, Failure> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let number = value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0);
        number.map(|number| Some(number as usize)).ok_or_else(|| wrong(name, value, "a whole number"))
    }

    /// Refuses every value but one: the library has no other.
    pub fn only(&self, name: &str, value: impl Into<Value>, reason: &str) -> Result<(), Failure> {
        let only = value.into();
        match self.value(name) {
            Some(found) if *found != only => unsupported(format!("{name}={found}: only {only}: {reason}")),
            _ => Ok(()),
        }
    }

    /// Refuses parameters that were not read.
    pub fn finish(&self) -> Result<(), Failure> {
        let asked = self.asked.borrow();
        let other = self.values.iter().find(|(name, value)| !value.is_null() && !asked.contains(*name));
        match other {
            Some((name, value)) => unsupported(format!("{name}={value}: the library has no such parameter")),
            None => Ok(()),
        }
    }
}

fn wrong(name: &str, value: &Value, expected: &str) -> Failure {
    Failure::Unsupported(format!("{name}={value}: expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_for_is_refused() {
        let some = Parameters::example(r#"{"n_estimators": 10, "max_depth": null, "criterion": "entropy"}"#);
        assert_eq!(some.whole("n_estimators").unwrap(), Some(10));
        assert_eq!(
            some.finish().unwrap_err(),
            Failure::Unsupported("criterion=\"entropy\": the library has no such parameter".into())
        );
        let error = some.only("criterion", "gini", "it has no other").unwrap_err();
        assert_eq!(
            error,
            Failure::Unsupported("criterion=\"entropy\": only \"gini\": it has no other".into())
        );
        assert_eq!(some.finish(), Ok(()));
        assert_eq!(some.whole("max_depth").unwrap(), None);
        assert!(Parameters::example(r#"{"C": "x"}"#).number("C", 1.0).is_err());
    }
}
