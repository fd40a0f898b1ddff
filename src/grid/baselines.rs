//! The JSON grid of the Fashion-MNIST repository, `baselines.json`: `{"common": {...}, "classifiers": {"SVC":
//! [{"C": [1.0]}, {"kernel": ["rbf"]}]}}`. A family is the Cartesian product over all its objects; tuples are
//! strings such as `"(100,10,)"`. Without the key `classifiers` the whole object is the list of classifiers.

use serde_json::{Map, Value};

use super::suite::{Family, Grid};
use super::{GridError, Preprocessing, digest, schema, spelling};

/// Reads a grid from the text of a JSON file called `name`.
pub fn parse(name: &str, text: &str) -> Result<Grid, GridError> {
    let document: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| GridError::new(error.to_string()))?;
    let nothing = Map::new();
    let common = match document.get("common") {
        None | Some(Value::Null) => &nothing,
        Some(Value::Object(common)) => common,
        Some(_) => return Err(GridError::new("\"common\": expected an object of parameters")),
    };
    let classifiers = match document.get("classifiers") {
        None => &document,
        Some(Value::Object(classifiers)) => classifiers,
        Some(_) => return Err(GridError::new("\"classifiers\": expected an object of families")),
    };
    let mut grid = Grid {
        name: name.into(),
        description: String::new(),
        default: false,
        digest: digest::of_text(text),
        models: Vec::new(),
        families: Vec::new(),
        notices: Vec::new(),
    };
    for (classifier, parts) in classifiers.iter().filter(|(name, _)| *name != "common") {
        let mut parameters = Vec::new();
        // Common parameters apply to the classifiers that have them, as in upstream's runner.
        let known = schema::classifier(classifier);
        let shared =
            common.iter().filter(|(name, _)| known.is_some_and(|known| known.parameter(name).is_some()));
        let own = objects(classifier, parts)?.into_iter().flatten();
        for (name, values) in shared.chain(own) {
            if parameters.iter().any(|(before, _)| before == name) {
                return Err(GridError::new(format!(
                    "{classifier}: duplicate parameter {name}: delete one of them"
                )));
            }
            parameters.push((name.clone(), read_values(values)));
        }
        grid.notices.extend(spelling::replace_names(classifier, &mut parameters));
        grid.families.push(Family {
            classifier: classifier.clone(),
            analysis: String::new(),
            parameters,
            preprocessing: vec![Preprocessing::default()],
            engines: vec!["native".into()],
            train_sizes: Vec::new(),
            rising: Vec::new(),
            timeout: None,
        });
    }
    if grid.families.is_empty() {
        return Err(GridError::new("the grid has no classifier: add at least one"));
    }
    grid.check()?;
    Ok(grid)
}

/// The objects of a family, given as a list or as one object.
fn objects<'a>(classifier: &str, parts: &'a Value) -> Result<Vec<&'a Map<String, Value>>, GridError> {
    let parts = match parts {
        Value::Array(parts) => parts.iter().collect(),
        part => vec![part],
    };
    parts.into_iter().map(|part| part.as_object()).collect::<Option<_>>().ok_or_else(|| {
        GridError::new(format!("{classifier}: expected a list of objects such as {{\"C\": [1, 10]}}"))
    })
}

fn read_values(values: &Value) -> Vec<Value> {
    match values {
        Value::Array(list) => list.iter().map(read_value).collect(),
        value => vec![read_value(value)],
    }
}

/// A tuple in a string, such as `"(100,10,)"`, becomes a list.
fn read_value(value: &Value) -> Value {
    let tuple = || -> Option<Value> {
        let inside = value.as_str()?.trim().strip_prefix('(')?.strip_suffix(')')?;
        let inside = inside.trim().strip_suffix(',').unwrap_or(inside);
        inside.split(',').map(|size| size.trim().parse::<u64>().ok().map(Value::from)).collect()
    };
    tuple().unwrap_or_else(|| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_upstreams_form() {
        let text = r#"{"common": {"tol": [0.01]}, "classifiers": {
            "SVC": [{"C": [1.0, 10.0]}, {"kernel": ["rbf", "poly"]}],
            "GaussianNB": [{"priors": [[0.5, 0.5]]}],
            "MLPClassifier": [{"activation": ["tanh"], "hidden_layer_sizes": ["(10,)", "(100,10,)", "(5, 4)"]}]}}"#;
        let ids: Vec<String> =
            parse("test", text).unwrap().expand(&[]).iter().map(|p| p.configuration.id()).collect();
        assert_eq!(
            ids,
            [
                "SVC,tol=0.01",
                "SVC,kernel=poly,tol=0.01",
                "SVC,C=10,tol=0.01",
                "SVC,C=10,kernel=poly,tol=0.01",
                "GaussianNB,priors=uniform",
                "MLPClassifier,activation=tanh,hidden_layer_sizes=10,tol=0.01",
                "MLPClassifier,activation=tanh,hidden_layer_sizes=100x10,tol=0.01",
                "MLPClassifier,activation=tanh,hidden_layer_sizes=5x4,tol=0.01",
            ]
        );
        assert_eq!(parse("test", r#"{"SVC": {"C": 10}}"#).unwrap().expand(&[]).len(), 1);
    }

    #[test]
    fn errors_are_one_line() {
        for (text, expected) in [
            ("", "EOF while parsing"),
            ("[]", "invalid type: sequence"),
            ("{}", "no classifier"),
            (r#"{"classifiers": 3}"#, "\"classifiers\": expected an object"),
            (r#"{"classifiers": {"SVC": 3}}"#, "SVC: expected a list of"),
            (r#"{"classifiers": {"SVC": [{"C": []}]}}"#, "C = [] has no value"),
            (r#"{"classifiers": {"SVC": [{"C": [1]}, {"C": [2]}]}}"#, "SVC: duplicate parameter C"),
            (r#"{"classifiers": {"SCV": [{"C": [1]}]}}"#, "did you mean SVC?"),
            (r#"{"classifiers": {"MLPClassifier": [{"hidden_layer_sizes": ["(a,)"]}]}}"#, "[100, 10]"),
        ] {
            let error = parse("test", text).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains('\n'), "{text}: {error}");
        }
    }
}
