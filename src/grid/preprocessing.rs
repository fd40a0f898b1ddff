//! The steps before a model as grids, result files and ids write them: `["deskew", { pca = 50 }]` in a grid,
//! `["deskew", {"pca": 50}]` in a result file, `deskew+pca-50` in an id.
//!
//! A step is its name, or a table with its name and either its first parameter or all parameters by name. No
//! steps and `["standard"]` both mean the published sweep's standardising, and are left out of ids and files.

use pixel_learn::preprocessing::Step;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::GridError;
use crate::nearest::{did_you_mean, list};

/// The steps before a model. Empty for the standardising of the published sweep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Preprocessing(Vec<Step>);

/// Every step with its parameters; the first may be given without its name.
const STEPS: [(&str, &[&str]); 11] = [
    ("raw", &[]),
    ("unit", &[]),
    ("standard", &[]),
    ("binarize", &["threshold"]),
    ("deskew", &[]),
    ("pca", &["n_components", "whiten"]),
    ("hog", &["orientations", "pixels_per_cell", "cells_per_block"]),
    ("nystroem", &["n_components", "gamma"]),
    ("rbf_sampler", &["n_components", "gamma"]),
    ("pixel_differences", &["n_features"]),
    ("kmeans_patches", &["n_clusters"]),
];

impl Preprocessing {
    /// Steps in the order in which they run.
    pub fn new(steps: Vec<Step>) -> Preprocessing {
        if steps == [Step::Standard] { Preprocessing::default() } else { Preprocessing(steps) }
    }

    /// Reads the list of steps of a grid or a result file. `Err` names the step and what it takes.
    pub fn parse(value: &Value) -> Result<Preprocessing, GridError> {
        match value {
            Value::Array(steps) => {
                Ok(Preprocessing::new(steps.iter().map(parse_step).collect::<Result<_, _>>()?))
            }
            other => Ok(Preprocessing::new(vec![parse_step(other)?])),
        }
    }

    /// Whether it is the published sweep's standardising.
    pub fn is_default(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps that run; standardising is listed too.
    pub fn steps(&self) -> &[Step] {
        if self.0.is_empty() { &[Step::Standard] } else { &self.0 }
    }

    /// The list as a result file has it.
    pub fn to_json(&self) -> Value {
        self.0.iter().map(step_to_json).collect()
    }

    /// The names of all steps.
    pub const NAMES: [&str; STEPS.len()] = {
        let mut names = [""; STEPS.len()];
        let mut index = 0;
        while index < names.len() {
            names[index] = STEPS[index].0;
            index += 1;
        }
        names
    };

    /// Splits the steps after the last one that is not among `names`, so that all of the second part are.
    /// Standardising is never in the second part.
    pub fn split_at(&self, names: &[String]) -> (&[Step], Preprocessing) {
        let foreign = |step: &Step| !names.iter().any(|name| name == step.name());
        let first = self.0.iter().rposition(foreign).map_or(0, |last| last + 1);
        match self.is_default() {
            true => (self.steps(), Preprocessing::default()),
            false => (&self.0[..first], Preprocessing(self.0[first..].to_vec())),
        }
    }

    /// The name of each step as an id has it; standardising is listed too.
    pub fn names(&self) -> Vec<String> {
        self.steps().iter().map(short_step).collect()
    }

    /// The steps as ids and tables have them, such as `deskew+pca-50`; empty for the default.
    pub fn short(&self) -> String {
        self.0.iter().map(short_step).collect::<Vec<_>>().join("+")
    }
}

impl TryFrom<Value> for Preprocessing {
    type Error = GridError;

    fn try_from(value: Value) -> Result<Preprocessing, GridError> {
        Preprocessing::parse(&value)
    }
}

impl From<Preprocessing> for Value {
    fn from(preprocessing: Preprocessing) -> Value {
        preprocessing.to_json()
    }
}

/// The values of a step's parameters by name.
struct Given<'a> {
    step: &'a str,
    values: Map<String, Value>,
}

impl Given<'_> {
    fn wrong(&self, name: &str, value: &Value, expected: &str) -> GridError {
        GridError::new(format!("preprocessing: {}: {name} = {value}: expected {expected}", self.step))
    }

    /// A whole number of at least 1.
    fn count(&self, name: &str, default: Option<usize>) -> Result<usize, GridError> {
        match (self.values.get(name), default) {
            (None, Some(default)) => Ok(default),
            (None, None) => {
                let step = self.step;
                let message = format!("preprocessing: {step} needs {name}: write {{ {step} = 50 }}");
                Err(GridError::new(message))
            }
            (Some(value), _) => match value.as_f64() {
                Some(count) if count.fract() == 0.0 && (1.0..1e9).contains(&count) => Ok(count as usize),
                _ => Err(self.wrong(name, value, "an integer of at least 1")),
            },
        }
    }

    fn byte(&self, name: &str, default: u8) -> Result<u8, GridError> {
        let Some(value) = self.values.get(name) else { return Ok(default) };
        let byte = value.as_u64().and_then(|byte| u8::try_from(byte).ok());
        byte.filter(|&byte| byte < 255).ok_or_else(|| self.wrong(name, value, "a pixel value from 0 to 254"))
    }

    fn flag(&self, name: &str) -> Result<bool, GridError> {
        let Some(value) = self.values.get(name) else { return Ok(false) };
        value.as_bool().ok_or_else(|| self.wrong(name, value, "true or false"))
    }

    fn positive(&self, name: &str) -> Result<Option<f64>, GridError> {
        let Some(value) = self.values.get(name) else { return Ok(None) };
        match value.as_f64() {
            Some(number) if number > 0.0 && number.is_finite() => Ok(Some(number)),
            _ => Err(self.wrong(name, value, "a number greater than 0")),
        }
    }
}

fn parse_step(value: &Value) -> Result<Step, GridError> {
    let (name, argument) = match value {
        Value::String(name) => (name.as_str(), None),
        Value::Object(table) if table.len() == 1 => {
            table.iter().next().map_or(("", None), |(name, argument)| (name.as_str(), Some(argument)))
        }
        other => {
            return Err(GridError::new(format!(
                "preprocessing: found {other}, expected a step such as \"deskew\" or {{ pca = 50 }}"
            )));
        }
    };
    let names = Preprocessing::NAMES;
    let Some((_, parameters)) = STEPS.iter().find(|(known, _)| *known == name) else {
        let hint = did_you_mean(name, &names);
        return Err(GridError::new(format!("preprocessing: unknown step {name:?}{hint}")));
    };
    build(&given(name, parameters, argument)?)
}

/// The parameters by name, whichever way they are written.
fn given<'a>(step: &'a str, parameters: &[&str], argument: Option<&Value>) -> Result<Given<'a>, GridError> {
    let values = match (argument, parameters.first()) {
        (None, _) => Map::new(),
        (Some(Value::Object(values)), _) => values.clone(),
        (Some(value), Some(first)) => Map::from_iter([(first.to_string(), value.clone())]),
        (Some(_), None) => {
            return Err(GridError::new(format!(
                "preprocessing: {step} has no parameters: write \"{step}\" alone"
            )));
        }
    };
    if let Some(unknown) = values.keys().find(|key| !parameters.contains(&key.as_str())) {
        let known = if parameters.is_empty() { "none".to_string() } else { list(parameters) };
        return Err(GridError::new(format!(
            "preprocessing: {step}: unknown parameter {unknown:?} (known: {known})"
        )));
    }
    Ok(Given { step, values })
}

fn build(given: &Given) -> Result<Step, GridError> {
    Ok(match given.step {
        "raw" => Step::Raw,
        "unit" => Step::Unit,
        "standard" => Step::Standard,
        "binarize" => Step::Binarize { threshold: given.byte("threshold", 127)? },
        "deskew" => Step::Deskew,
        "pca" => {
            Step::Pca { n_components: given.count("n_components", None)?, whiten: given.flag("whiten")? }
        }
        "hog" => Step::Hog {
            orientations: given.count("orientations", Some(9))?,
            pixels_per_cell: given.count("pixels_per_cell", Some(4))?,
            cells_per_block: given.count("cells_per_block", Some(2))?,
        },
        "nystroem" => Step::Nystroem {
            n_components: given.count("n_components", Some(100))?,
            gamma: given.positive("gamma")?,
        },
        "rbf_sampler" => Step::RbfSampler {
            n_components: given.count("n_components", Some(100))?,
            gamma: given.positive("gamma")?,
        },
        "pixel_differences" => Step::PixelDifferences { n_features: given.count("n_features", None)? },
        _ => Step::KmeansPatches { n_clusters: given.count("n_clusters", None)? },
    })
}

/// The step as a result file has it: its name, or a table with its first parameter or with all of them by
/// name.
fn step_to_json(step: &Step) -> Value {
    let with_gamma = |name: &str, n_components: usize, gamma: Option<f64>| match gamma {
        None => json!({ name: n_components }),
        Some(gamma) => json!({ name: { "n_components": n_components, "gamma": gamma } }),
    };
    match *step {
        Step::Raw | Step::Unit | Step::Standard | Step::Deskew | Step::Binarize { threshold: 127 } => {
            step.name().into()
        }
        Step::Binarize { threshold } => json!({ "binarize": threshold }),
        Step::Pca { n_components, whiten: false } => json!({ "pca": n_components }),
        Step::Pca { n_components, whiten } => {
            json!({"pca": {"n_components": n_components, "whiten": whiten}})
        }
        Step::Hog { orientations, pixels_per_cell, cells_per_block } => json!({"hog": {
            "orientations": orientations,
            "pixels_per_cell": pixels_per_cell,
            "cells_per_block": cells_per_block,
        }}),
        Step::Nystroem { n_components, gamma } => with_gamma("nystroem", n_components, gamma),
        Step::RbfSampler { n_components, gamma } => with_gamma("rbf_sampler", n_components, gamma),
        Step::PixelDifferences { n_features } => json!({ "pixel_differences": n_features }),
        Step::KmeansPatches { n_clusters } => json!({ "kmeans_patches": n_clusters }),
    }
}

/// The step in letters, digits, `-`, `_` and `.`: different steps have different texts.
fn short_step(step: &Step) -> String {
    let gamma = |gamma: Option<f64>| gamma.map_or(String::new(), |gamma| format!("-gamma{gamma}"));
    match *step {
        Step::Raw | Step::Unit | Step::Standard | Step::Deskew | Step::Binarize { threshold: 127 } => {
            step.name().to_string()
        }
        Step::Binarize { threshold } => format!("binarize-{threshold}"),
        Step::Pca { n_components, whiten } => {
            format!("pca-{n_components}{}", if whiten { "-whiten" } else { "" })
        }
        Step::Hog { orientations, pixels_per_cell, cells_per_block } => {
            format!("hog-{orientations}-{pixels_per_cell}-{cells_per_block}")
        }
        Step::Nystroem { n_components, gamma: g } => format!("nystroem-{n_components}{}", gamma(g)),
        Step::RbfSampler { n_components, gamma: g } => format!("rbf_sampler-{n_components}{}", gamma(g)),
        Step::PixelDifferences { n_features } => format!("pixel_differences-{n_features}"),
        Step::KmeansPatches { n_clusters } => format!("kmeans_patches-{n_clusters}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(value: Value) -> Preprocessing {
        Preprocessing::parse(&value).unwrap()
    }

    fn error(value: Value) -> String {
        Preprocessing::parse(&value).unwrap_err().to_string()
    }

    #[test]
    fn the_same_steps_in_every_spelling() {
        assert_eq!(parse(json!([])), Preprocessing::default());
        assert_eq!(parse(json!(["standard"])), Preprocessing::default());
        assert_eq!(Preprocessing::default().steps(), [Step::Standard]);
        assert_eq!(parse(json!("deskew")), parse(json!(["deskew"])));
        assert_eq!(
            parse(json!([{"pca": 50}])),
            parse(json!([{"pca": {"n_components": 50, "whiten": false}}]))
        );
        assert_eq!(parse(json!(["binarize"])), parse(json!([{"binarize": 127}])));
        assert_eq!(parse(json!(["deskew", {"pca": 50}])).short(), "deskew+pca-50");
        assert_eq!(parse(json!(["hog"])).short(), "hog-9-4-2");
        assert_eq!(parse(json!([{"nystroem": {"gamma": 0.01}}])).short(), "nystroem-100-gamma0.01");
    }

    #[test]
    fn an_engine_has_the_last_steps_or_none() {
        let steps = parse(json!(["deskew", "binarize", "unit"]));
        let split = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
            let (first, last) = steps.split_at(&names);
            (first.len(), last.short())
        };
        assert_eq!(split(&[]), (3, String::new()));
        assert_eq!(split(&["unit", "binarize"]), (1, "binarize+unit".into()));
        assert_eq!(split(&["deskew", "unit"]), (2, "unit".into()));
        assert_eq!(split(&Preprocessing::NAMES), (0, "deskew+binarize+unit".into()));
        let standard = Preprocessing::default();
        let (first, last) = standard.split_at(&["standard".into()]);
        assert_eq!((first, last.is_default()), (&[Step::Standard][..], true));
    }

    #[test]
    fn errors_name_the_step_and_what_it_takes() {
        for (value, expected) in [
            (json!(["deskw"]), "preprocessing: unknown step \"deskw\": did you mean deskew?"),
            (json!(["pca"]), "preprocessing: pca needs n_components: write { pca = 50 }"),
            (json!([{"pca": 0}]), "preprocessing: pca: n_components = 0: expected an integer of at least 1"),
            (
                json!([{"pca": 0.5}]),
                "preprocessing: pca: n_components = 0.5: expected an integer of at least 1",
            ),
            (
                json!([{"pca": {"n": 3}}]),
                "preprocessing: pca: unknown parameter \"n\" (known: n_components or whiten)",
            ),
            (json!([{"deskew": 1}]), "preprocessing: deskew has no parameters: write \"deskew\" alone"),
            (
                json!([{"binarize": 255}]),
                "preprocessing: binarize: threshold = 255: expected a pixel value from 0 to 254",
            ),
            (
                json!([{"nystroem": {"gamma": 0}}]),
                "preprocessing: nystroem: gamma = 0: expected a number greater than 0",
            ),
            (json!([3]), "preprocessing: found 3, expected a step such as \"deskew\" or { pca = 50 }"),
            (
                json!([{"pca": 3, "hog": 4}]),
                "preprocessing: found {\"pca\":3,\"hog\":4}, expected a step such as \"deskew\" or { pca = 50 }",
            ),
        ] {
            assert_eq!(error(value), expected);
        }
    }

    fn any_step() -> impl Strategy<Value = Step> {
        let gamma = || prop::option::of(1e-6f64..10.0);
        prop_oneof![
            Just(Step::Raw),
            Just(Step::Unit),
            Just(Step::Standard),
            Just(Step::Deskew),
            (0u8..255).prop_map(|threshold| Step::Binarize { threshold }),
            (1usize..1000, any::<bool>())
                .prop_map(|(n_components, whiten)| Step::Pca { n_components, whiten }),
            (1usize..20, 1usize..20, 1usize..20).prop_map(
                |(orientations, pixels_per_cell, cells_per_block)| {
                    Step::Hog { orientations, pixels_per_cell, cells_per_block }
                }
            ),
            (1usize..9000, gamma()).prop_map(|(n_components, gamma)| Step::Nystroem { n_components, gamma }),
            (1usize..9000, gamma())
                .prop_map(|(n_components, gamma)| Step::RbfSampler { n_components, gamma }),
            (1usize..20000).prop_map(|n_features| Step::PixelDifferences { n_features }),
            (1usize..20000).prop_map(|n_clusters| Step::KmeansPatches { n_clusters }),
        ]
    }

    proptest! {
        #[test]
        fn files_keep_the_steps_and_ids_tell_them_apart(
            one in prop::collection::vec(any_step(), 0..4),
            other in prop::collection::vec(any_step(), 0..4),
        ) {
            let (one, other) = (Preprocessing::new(one), Preprocessing::new(other));
            prop_assert_eq!(&parse(one.to_json()), &one);
            prop_assert_eq!(one == other, one.short() == other.short());
            prop_assert!(one.short().chars().all(|c| c.is_ascii_alphanumeric() || "_.+-".contains(c)));
        }
    }
}
