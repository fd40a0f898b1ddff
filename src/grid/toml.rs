//! The TOML form of a grid; `docs/FORMAT.md` has it key by key.

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::duration::parse_duration;
use super::suite::{Family, Grid};
use super::{GridError, Preprocessing, digest, models, renamed, spelling};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireGrid {
    #[serde(default)]
    description: String,
    #[serde(default)]
    default: bool,
    #[serde(default = "native")]
    engines: Vec<String>,
    train_size: Option<Spanned<i64>>,
    train_sizes: Option<Spanned<Vec<i64>>>,
    timeout: Option<Spanned<toml::Value>>,
    #[serde(default)]
    model: toml::Table,
    #[serde(default)]
    family: Vec<WireFamily>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFamily {
    classifier: Spanned<String>,
    #[serde(default)]
    analysis: String,
    engines: Option<Vec<String>>,
    train_size: Option<Spanned<i64>>,
    train_sizes: Option<Spanned<Vec<i64>>>,
    #[serde(default)]
    rising: Vec<String>,
    timeout: Option<Spanned<toml::Value>>,
    preprocessing: Option<Spanned<toml::Value>>,
    #[serde(default)]
    parameters: toml::Table,
}

fn native() -> Vec<String> {
    vec!["native".into()]
}

/// Reads a grid from the text of a TOML file called `name`. Errors begin with the line they are about.
pub fn parse(name: &str, text: &str) -> Result<Grid, GridError> {
    let wire: WireGrid = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
        let hint = renamed::python_word(line).map_or(String::new(), |hint| format!(": {hint}"));
        at(text, start, error.message().lines().collect::<Vec<_>>().join(" ") + &hint)
    })?;
    let train_sizes = read_sizes(text, wire.train_size, wire.train_sizes)?.unwrap_or_default();
    let timeout = wire.timeout.map(|limit| read_timeout(text, &limit)).transpose()?;
    let mut grid = Grid {
        name: name.into(),
        description: wire.description,
        default: wire.default,
        digest: digest::of_text(text),
        models: models::read(wire.model)?,
        families: Vec::new(),
        notices: Vec::new(),
    };
    if wire.family.is_empty() && grid.models.is_empty() {
        return Err(GridError::new("the grid has no [[family]]: add at least one"));
    }
    for family in wire.family {
        let start = family.classifier.span().start;
        let wrong = |error: GridError| at(text, start, error.to_string());
        let classifier = family.classifier.into_inner();
        let mut parameters: Vec<(String, Vec<Value>)> = family
            .parameters
            .into_iter()
            .map(|(name, values)| Ok((name.clone(), read_values(&name, values)?)))
            .collect::<Result<_, GridError>>()
            .map_err(wrong)?;
        grid.notices.extend(spelling::replace_names(&classifier, &mut parameters));
        let family = Family {
            classifier,
            analysis: family.analysis,
            parameters,
            preprocessing: read_preprocessing(text, family.preprocessing)?,
            engines: family.engines.unwrap_or_else(|| wire.engines.clone()),
            train_sizes: read_sizes(text, family.train_size, family.train_sizes)?
                .unwrap_or_else(|| train_sizes.clone()),
            rising: family.rising,
            timeout: family.timeout.map(|limit| read_timeout(text, &limit)).transpose()?.or(timeout),
        };
        grid.families.push(family);
        // After each family, so that an error has its line.
        grid.check().map_err(wrong)?;
    }
    Ok(grid)
}

fn at(text: &str, position: usize, message: String) -> GridError {
    let before = text.as_bytes().get(..position).unwrap_or(text.as_bytes());
    let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
    GridError::new(format!("line {line}: {message}"))
}

fn read_size(text: &str, size: &Spanned<i64>) -> Result<usize, GridError> {
    usize::try_from(*size.get_ref()).ok().filter(|&size| size > 0).ok_or_else(|| {
        at(text, size.span().start, format!("train_size = {}: expected a positive integer", size.get_ref()))
    })
}

/// `train_size` or `train_sizes`, of which a table may have one.
fn read_sizes(
    text: &str,
    one: Option<Spanned<i64>>,
    several: Option<Spanned<Vec<i64>>>,
) -> Result<Option<Vec<usize>>, GridError> {
    let (sizes, at_byte) = match (one, several) {
        (None, None) => return Ok(None),
        (Some(size), None) => return Ok(Some(vec![read_size(text, &size)?])),
        (Some(_), Some(sizes)) => {
            let message = "found both train_size and train_sizes: delete one of them".to_string();
            return Err(at(text, sizes.span().start, message));
        }
        (None, Some(sizes)) => (sizes.get_ref().clone(), sizes.span().start),
    };
    let read: Option<Vec<usize>> =
        sizes.iter().map(|&size| usize::try_from(size).ok().filter(|&size| size > 0)).collect();
    match read {
        Some(read) if !read.is_empty() && read.windows(2).all(|pair| pair[0] < pair[1]) => Ok(Some(read)),
        _ => Err(at(text, at_byte, format!("train_sizes = {sizes:?}: expected rising positive integers"))),
    }
}

fn read_timeout(text: &str, limit: &Spanned<toml::Value>) -> Result<std::time::Duration, GridError> {
    let written = match limit.get_ref() {
        toml::Value::String(written) => written.clone(),
        other => other.to_string(),
    };
    parse_duration(&written).map_err(|message| at(text, limit.span().start, format!("timeout = {message}")))
}

/// One list of steps, or a list of such lists to try; without the key, one list that is the default.
fn read_preprocessing(
    text: &str,
    steps: Option<Spanned<toml::Value>>,
) -> Result<Vec<Preprocessing>, GridError> {
    let Some(steps) = steps else { return Ok(vec![Preprocessing::default()]) };
    let start = steps.span().start;
    let read = || {
        let steps = step_to_json(steps.into_inner())?;
        match steps.as_array() {
            Some(lists) if !lists.is_empty() && lists.iter().all(Value::is_array) => {
                lists.iter().map(Preprocessing::parse).collect()
            }
            _ => Ok(vec![Preprocessing::parse(&steps)?]),
        }
    };
    read().map_err(|error: GridError| at(text, start, error.to_string()))
}

/// A step or a list of steps; unlike a parameter, a step may be a table.
fn step_to_json(value: toml::Value) -> Result<Value, GridError> {
    match value {
        toml::Value::Table(table) => {
            table.into_iter().map(|(name, value)| Ok((name, step_to_json(value)?))).collect()
        }
        toml::Value::Array(list) => list.into_iter().map(step_to_json).collect(),
        value => to_json("preprocessing", value),
    }
}

/// The values to try: a list of them, or one alone.
fn read_values(name: &str, values: toml::Value) -> Result<Vec<Value>, GridError> {
    match values {
        toml::Value::Array(list) => list.into_iter().map(|value| to_json(name, value)).collect(),
        value => Ok(vec![to_json(name, value)?]),
    }
}

fn to_json(name: &str, value: toml::Value) -> Result<Value, GridError> {
    let refuse = |what: &str| {
        let message =
            format!("{name}: found {what}, expected numbers, strings, true, false or lists of them");
        Err(GridError::new(message))
    };
    match value {
        // TOML has no null.
        toml::Value::String(text) if text == "None" => Ok(Value::Null),
        toml::Value::String(text) => Ok(text.into()),
        toml::Value::Integer(number) => Ok(number.into()),
        toml::Value::Float(number) if !number.is_finite() => refuse(&number.to_string()),
        toml::Value::Float(number) => Ok(number.into()),
        toml::Value::Boolean(flag) => Ok(flag.into()),
        toml::Value::Array(list) => list.into_iter().map(|value| to_json(name, value)).collect(),
        toml::Value::Datetime(_) => refuse("a date"),
        toml::Value::Table(_) => refuse("a table"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::grid::{Planned, Smaller};

    fn error(text: &str) -> String {
        parse("test", text).unwrap_err().to_string()
    }

    #[test]
    fn expands_in_the_order_of_the_file() {
        let text = "
            engines = ['native', 'linfa']
            train_size = 5000
            timeout = '30s'
            [[family]]
            classifier = 'SVC'
            parameters = { kernel = ['rbf', 'linear'], C = [10, 1] }
            [[family]]
            classifier = 'DecisionTreeClassifier'
            engines = ['native']
            timeout = 5
            parameters = { max_depth = [3, 'None'], criterion = 'entropy' }
        ";
        let plan = parse("test", text).unwrap().expand(&[]);
        let rows: Vec<String> =
            plan.iter().map(|p| format!("{} {}", p.engine, p.configuration.long_id())).collect();
        assert_eq!(
            rows,
            [
                "native SVC,C=10,kernel=rbf",
                "native SVC,C=1,kernel=rbf",
                "native SVC,C=10,kernel=linear",
                "native SVC,C=1,kernel=linear",
                "linfa SVC,C=10,kernel=rbf",
                "linfa SVC,C=1,kernel=rbf",
                "linfa SVC,C=10,kernel=linear",
                "linfa SVC,C=1,kernel=linear",
                "native DecisionTreeClassifier,criterion=entropy,max_depth=3",
                "native DecisionTreeClassifier,criterion=entropy,max_depth=none",
            ]
        );
        assert_eq!((plan[0].train_size, plan[0].timeout), (Some(5000), Some(Duration::from_secs(30))));
        assert_eq!((plan[9].train_size, plan[9].timeout), (Some(5000), Some(Duration::from_secs(5))));
    }

    #[test]
    fn several_train_sizes_follow_each_other() {
        let text = "
            train_sizes = [100, 500, 60000]
            [[family]]
            classifier = 'SVC'
            parameters = { C = [1, 10] }
            [[family]]
            classifier = 'GaussianNB'
            train_size = 50
        ";
        let plan = parse("test", text).unwrap().expand(&[]);
        let before = |planned: &Planned| {
            let same = |smaller: &Smaller| smaller.configuration == planned.configuration;
            assert!(planned.after.len() < 2 && planned.after.iter().all(same));
            planned.after.first().and_then(|smaller| smaller.train_size)
        };
        let rows: Vec<_> = plan.iter().map(|p| (p.configuration.id(), p.train_size, before(p))).collect();
        let svc = |id: &str, size, after| (id.to_string(), Some(size), after);
        assert_eq!(
            rows,
            [
                svc("SVC", 100, None),
                svc("SVC", 500, Some(100)),
                svc("SVC", 60000, Some(500)),
                svc("SVC,C=10", 100, None),
                svc("SVC,C=10", 500, Some(100)),
                svc("SVC,C=10", 60000, Some(500)),
                svc("GaussianNB", 50, None),
            ]
        );
    }

    #[test]
    fn rising_parameters_follow_the_value_before() {
        let text = "
            [[family]]
            classifier = 'SVC'
            rising = ['C']
            parameters = { kernel = ['rbf', 'linear'], C = [10, 1] }
        ";
        let plan = parse("test", text).unwrap().expand(&[]);
        let rows: Vec<(String, Vec<String>)> = plan
            .iter()
            .map(|p| (p.configuration.id(), p.after.iter().map(|less| less.configuration.id()).collect()))
            .collect();
        let svc =
            |id: &str, after: &[&str]| (id.to_string(), after.iter().map(|id| id.to_string()).collect());
        assert_eq!(
            rows,
            [
                svc("SVC,C=10", &[]),
                svc("SVC", &["SVC,C=10"]),
                svc("SVC,C=10,kernel=linear", &[]),
                svc("SVC,kernel=linear", &["SVC,C=10,kernel=linear"]),
            ]
        );
        let error = parse("test", &text.replace("['C']", "['c']")).unwrap_err().to_string();
        assert_eq!(
            error,
            "line 3: SVC: rising: the family has no parameter \"c\": add it with a list of values"
        );
    }

    #[test]
    fn errors_say_the_line_and_what_to_do() {
        let family = "[[family]]\nclassifier = 'SVC'\n";
        for (text, expected) in [
            (String::new(), "the grid has no [[family]]"),
            ("[[family]]\n".into(), "line 1: missing field `classifier`"),
            ("x = 1\n".into(), "line 1: unknown field `x`"),
            (format!("{family}parameters = {{ C = [] }}"), "line 2: SVC: C = [] has no value"),
            (format!("{family}engines = []"), "line 2: SVC: engines = [] is empty"),
            (format!("{family}parameters = {{ C = [1, nan] }}"), "line 2: C: found NaN"),
            (format!("{family}parameters = {{ C = [inf] }}"), "line 2: C: found inf"),
            (format!("{family}parameters = {{ C = [1979-05-27] }}"), "line 2: C: found a date"),
            (format!("{family}parameters = {{ C = {{ a = 1 }} }}"), "line 2: C: found a table"),
            (
                format!("{family}parameters = {{ C = [1, 1.0] }}"),
                "line 2: duplicate configuration SVC for engine native",
            ),
            (format!("{family}engines = ['native', 'native']"), "duplicate configuration"),
            (format!("{family}{family}"), "line 4: duplicate configuration SVC"),
            (format!("{family}classifier = 'SVC'"), "line 3: duplicate key"),
            (format!("{family}parameters = {{ C = 1, C = 2 }}"), "line 3: duplicate key"),
            (format!("{family}parameters = 3"), "line 3: invalid type: integer `3`"),
            (
                format!("{family}parameters = {{ kernel = ['rfb'] }}"),
                "line 2: SVC: kernel = \"rfb\": expected",
            ),
            (
                "[[family]]\nclassifier = 'SVM'".into(),
                "line 2: unknown classifier \"SVM\": did you mean SVC?",
            ),
            (format!("train_size = 0\n{family}"), "line 1: train_size = 0: expected a positive integer"),
            (format!("{family}train_size = -5"), "line 3: train_size = -5"),
            (format!("{family}train_size = 1.5"), "line 3: invalid type"),
            (format!("{family}train_sizes = []"), "line 3: train_sizes = []: expected rising"),
            (format!("{family}train_sizes = [5, 5]"), "line 3: train_sizes = [5, 5]: expected rising"),
            (format!("train_sizes = [0, 5]\n{family}"), "line 1: train_sizes = [0, 5]: expected rising"),
            (
                format!("{family}train_size = 5\ntrain_sizes = [5, 6]"),
                "line 4: found both train_size and train_sizes",
            ),
            (format!("{family}timeout = 'soon'"), "line 3: timeout = \"soon\": expected a duration"),
            (format!("{family}timeout = -1"), "line 3: timeout = \"-1\": expected a duration"),
            ("family = 3".into(), "line 1: invalid type"),
            ("[[family".into(), "line 1: "),
        ] {
            let error = error(&text);
            assert!(error.starts_with(expected) || error.contains(expected), "{text}\n{error}\n{expected}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_huge_product_is_refused_before_it_is_made() {
        let list = format!("{:?}", (1..200).collect::<Vec<_>>());
        let text = format!(
            "[[family]]\nclassifier = 'SVC'\nparameters = {{ C = {list}, degree = {list}, tol = {list}, coef0 = {list} }}"
        );
        assert!(error(&text).contains("more than 100000 configurations"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_grid_or_one_line_of_error(text in "\\PC*|([\\[\\]a-zA-Z='{}, \n0-9.]|family|classifier|SVC|parameters|engines)*") {
            if let Err(error) = parse("test", &text) {
                proptest::prop_assert!(!error.to_string().contains('\n'));
            }
        }
    }
}
