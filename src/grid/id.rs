//! The canonical id of a configuration, the key that joins results over data sets, engines and published
//! rows. `SVC,C=10,kernel=linear`: the classifier, then `,key=value` sorted by key.
//!
//! - Parameters at scikit-learn 0.19's default are dropped; `None` is written `none`.
//! - Numbers are in shortest form, so 10 and 10.0 are one, 0.0001 is `1e-4`; whole numbers keep their digits.
//! - Lists of numbers are joined by `x` (`100x10`); priors that are the same for every class are `uniform`.
//! - Everything outside letters, digits and `_ . + -` is percent-encoded, so an id is safe in a file name.
//! - The definition of a network is eight digits of a digest.
//! - Steps before the model are one more key, `preprocessing=deskew+pca-50`; without it pixels are standardised.
//! - Ambiguous values (the string "10", nested lists) are percent-encoded JSON after `~`.
//! - Ids longer than `MAX_LENGTH` characters end with a digest of the whole.
//!
//! Equal ids mean the same classifier, steps and parameter values, however the values are written and whether
//! defaults are given or not.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::configuration::{Configuration, is_uniform};
use super::models;
use super::schema::{self, Kind};
use crate::hex::hex;

/// The longest id.
pub const MAX_LENGTH: usize = 120;

impl Configuration {
    /// The canonical id, at most `MAX_LENGTH` characters, such as `SVC,C=10,kernel=linear`.
    pub fn id(&self) -> String {
        cut(self.spelled(true))
    }

    /// The id with all default parameters, for searching.
    pub fn long_id(&self) -> String {
        self.spelled(false)
    }

    fn spelled(&self, drop_defaults: bool) -> String {
        let known = schema::classifier(&self.classifier);
        let mut parts: Vec<(&str, String)> = Vec::new();
        for (name, value) in &self.parameters {
            let parameter = known.and_then(|known| known.parameter(name));
            let text = spell(name, value, parameter.map(|parameter| &parameter.kind));
            let is_default =
                parameter.is_some_and(|p| text == spell(name, &p.default.to_json(), Some(&p.kind)));
            if !(drop_defaults && is_default) {
                parts.push((name, text));
            }
        }
        if !self.preprocessing.is_default() {
            parts.push(("preprocessing", self.preprocessing.short()));
        }
        parts.sort();
        let mut id = encode(&self.classifier);
        // A file name must not start with a dot (hidden) or a dash (an option).
        if id.starts_with(['.', '-']) {
            id = format!("%{:02X}{}", id.as_bytes()[0], &id[1..]);
        }
        for (name, text) in parts {
            id.push_str(&format!(",{}={text}", encode(name)));
        }
        id
    }
}

fn spell(name: &str, value: &Value, kind: Option<&Kind>) -> String {
    match value {
        priors if name == "priors" && is_uniform(priors) => "uniform".into(),
        Value::Object(_) if kind.is_some_and(Kind::is_definition) => models::digest(canonical(value)),
        Value::Null => "none".into(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => spell_number(number),
        Value::String(text) if reads_as_something_else(text) => as_json(value),
        Value::String(text) => encode(text),
        // scikit-learn treats `hidden_layer_sizes=100` and `(100,)` alike.
        Value::Array(list) if matches!(kind, Some(Kind::Sizes)) && list.len() == 1 => {
            spell(name, &list[0], None)
        }
        Value::Array(list) if list.iter().all(Value::is_number) => match list.as_slice() {
            [Value::Number(only)] => format!("{}x", spell_number(only)),
            [] => "x".into(),
            _ => list.iter().map(|v| spell(name, v, None)).collect::<Vec<_>>().join("x"),
        },
        Value::Array(_) | Value::Object(_) => as_json(value),
    }
}

/// The shortest decimal form: equal numbers give equal text, whatever their JSON type.
fn spell_number(number: &serde_json::Number) -> String {
    if let Some(whole) = number.as_i64() {
        return whole.to_string();
    }
    if let Some(whole) = number.as_u64() {
        return whole.to_string();
    }
    let value = number.as_f64().unwrap_or_default();
    if value.fract() == 0.0 && value.abs() < u64::MAX as f64 {
        return (value as i128).to_string();
    }
    let (plain, scientific) = (value.to_string(), format!("{value:e}"));
    if scientific.len() < plain.len() { scientific } else { plain }
}

/// Whether a string looks like a number, a list of numbers, a boolean or `None`.
fn reads_as_something_else(text: &str) -> bool {
    matches!(text, "" | "none" | "true" | "false")
        || text.parse::<f64>().is_ok()
        || text.chars().all(|c| c.is_ascii_digit() || "+-.eEx".contains(c))
}

fn as_json(value: &Value) -> String {
    format!("~{}", encode(&canonical(value).to_string()))
}

/// JSON with sorted keys, and with numbers as the text of their shortest form.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Number(number) => match spell_number(number).parse() {
            Ok(number) => Value::Number(number),
            Err(_) => value.clone(),
        },
        Value::Array(list) => list.iter().map(canonical).collect(),
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), canonical(value))).collect())
        }
        _ => value.clone(),
    }
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn cut(id: String) -> String {
    if id.len() <= MAX_LENGTH {
        return id;
    }
    let digest: String = hex(&Sha256::digest(&id)[..8]);
    format!("{}~{digest}", &id[..MAX_LENGTH - 1 - digest.len()])
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn configuration(classifier: &str, parameters: Value) -> Configuration {
        let Value::Object(parameters) = parameters else { unreachable!("parameters are an object") };
        Configuration::new(classifier, parameters)
    }

    fn id(classifier: &str, parameters: Value) -> String {
        configuration(classifier, parameters).id()
    }

    #[test]
    fn the_solver_of_the_published_grid_is_not_in_the_id_and_others_are() {
        let of = |parameters| id("LogisticRegression", parameters);
        let plain = "LogisticRegression,multi_class=multinomial,penalty=l1";
        assert_eq!(of(json!({"penalty": "l1", "multi_class": "multinomial"})), plain);
        assert_eq!(of(json!({"penalty": "l1", "multi_class": "multinomial", "solver": "liblinear"})), plain);
        assert_eq!(
            of(json!({"C": 10, "solver": "lbfgs", "max_iter": 100})),
            "LogisticRegression,C=10,solver=lbfgs"
        );
    }

    #[test]
    fn ids_of_the_published_grid() {
        assert_eq!(id("SVC", json!({"kernel": "linear", "C": 10.0})), "SVC,C=10,kernel=linear");
        assert_eq!(id("SVC", json!({"C": 1, "kernel": "rbf"})), "SVC");
        assert_eq!(
            id("MLPClassifier", json!({"activation": "tanh", "hidden_layer_sizes": [100, 10]})),
            "MLPClassifier,activation=tanh,hidden_layer_sizes=100x10"
        );
        assert_eq!(id("GaussianNB", json!({"priors": vec![0.1; 10]})), "GaussianNB,priors=uniform");
        assert_eq!(
            id("KNeighborsClassifier", json!({"n_neighbors": 5, "p": 2, "weights": "uniform"})),
            "KNeighborsClassifier"
        );
    }

    #[test]
    fn the_same_meaning_has_one_id() {
        assert_eq!(id("SVC", json!({"C": 10})), id("SVC", json!({"C": 10.0, "gamma": "auto"})));
        assert_eq!(
            id("MLPClassifier", json!({"hidden_layer_sizes": 10})),
            id("MLPClassifier", json!({"hidden_layer_sizes": [10.0]}))
        );
        assert_eq!(
            id("GaussianNB", json!({"priors": vec![0.1; 10]})),
            id("GaussianNB", json!({"priors": vec![1.0 / 26.0; 26]}))
        );
        assert_eq!(
            id("GaussianNB", json!({"priors": "uniform"})),
            id("GaussianNB", json!({"priors": vec![0.1; 10]}))
        );
        assert_eq!(id("X", json!({"a": 1, "b": 2})), id("X", json!({"b": 2, "a": 1})));
    }

    #[test]
    fn numbers_are_short_and_sane() {
        let spelled = |number: Value| id("X", json!({"a": number}));
        assert_eq!(spelled(json!(1e-4)), "X,a=1e-4");
        assert_eq!(spelled(json!(0.1)), "X,a=0.1");
        assert_eq!(spelled(json!(5000.0)), "X,a=5000");
        assert_eq!(spelled(json!(-0.0)), "X,a=0");
        assert_eq!(spelled(json!(1e300)), "X,a=1e300");
    }

    #[test]
    fn names_from_elsewhere_are_safe() {
        assert_eq!(id("../../etc", json!({"a/b": "c,d=e"})), "%2E.%2F..%2Fetc,a%2Fb=c%2Cd%3De");
        assert_eq!(id("X", json!({"a": "10"})), "X,a=~%2210%22");
    }

    #[test]
    fn long_ids_end_in_a_digest() {
        let sizes = |last: usize| {
            configuration(
                "MLPClassifier",
                json!({"hidden_layer_sizes": (0..60).chain([last]).collect::<Vec<_>>()}),
            )
        };
        assert_eq!(sizes(1).id().len(), MAX_LENGTH);
        assert_ne!(sizes(1).id(), sizes(2).id());
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-20i64..20).prop_map(Value::from),
            (-20i64..20).prop_map(|n| Value::from(n as f64 / 4.0)),
            any::<f64>().prop_map(Value::from),
            "[a-z0-9.x~%,=-]{0,4}".prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            Just(Value::from("none")),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Value::from))
    }

    fn any_configuration() -> impl Strategy<Value = Configuration> {
        let name = prop_oneof![Just("C".to_string()), Just("kernel".into()), "[a-c,=~]{1,2}"];
        let parameters = prop::collection::vec((name, any_value()), 0..4);
        (prop_oneof![Just("SVC".to_string()), "[A-C,=./]{1,3}"], parameters)
            .prop_map(|(classifier, list)| Configuration::new(classifier, list.into_iter().collect()))
    }

    /// Parameters with numbers in one type and defaults dropped: equal exactly when the meaning is.
    fn meaning(configuration: &Configuration) -> (String, Vec<(String, String)>) {
        let known = schema::classifier(&configuration.classifier);
        let mut parameters: Vec<(String, String)> = configuration
            .parameters
            .iter()
            .filter(|(name, value)| {
                !known
                    .and_then(|k| k.parameter(name))
                    .is_some_and(|p| canonical(value) == canonical(&p.default.to_json()))
            })
            .map(|(name, value)| (name.clone(), canonical(value).to_string()))
            .collect();
        parameters.sort();
        (configuration.classifier.clone(), parameters)
    }

    proptest! {
        #[test]
        fn ids_are_safe_and_do_not_depend_on_order(configuration in any_configuration()) {
            let id = configuration.id();
            prop_assert!(id.len() <= MAX_LENGTH);
            prop_assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || "_.+-,=%~".contains(c)));
            prop_assert!(!id.starts_with(['.', '-']));
            let mut reversed = configuration.clone();
            reversed.parameters = configuration.parameters.into_iter().rev().collect();
            prop_assert_eq!(id, reversed.id());
        }

        #[test]
        fn different_meanings_have_different_ids(list in prop::collection::vec(any_configuration(), 2..40)) {
            let mut seen = HashMap::new();
            for configuration in list {
                let meaning = meaning(&configuration);
                let before = seen.insert(configuration.id(), meaning.clone());
                prop_assert!(before.is_none_or(|before| before == meaning));
            }
        }
    }
}
