//! The steps before a model as grids, result files and ids write them: `["deskew", { binarize = 50 }]` in a grid,
//! `["deskew", {"binarize": 50}]` in a result file, `deskew+binarize-50` in an id.
//!
//! A step is its name, or a table of its name with its first parameter or with all of them by name. No steps at all,
//! and `["standard"]`, are the published sweep's standardising, and leave no trace in ids and files.

use pixel_learn::preprocessing::Step;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::GridError;
use crate::nearest::{did_you_mean, list};

/// The steps before a model. Empty for the standardising of the published sweep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Preprocessing(Vec<Step>);

/// Every step with its parameters, the one that may be given alone first.
const STEPS: [(&str, &[&str]); 10] = [
    ("raw", &[]),
    ("unit", &[]),
    ("standard", &[]),
    ("binarize", &["threshold"]),
    ("deskew", &[]),
    ("pca", &["n_components", "whiten"]),
    ("hog", &["pixels_per_cell", "cells_per_block", "orientations"]),
    ("nystroem", &["n_components", "gamma"]),
    ("rbf_sampler", &["n_components", "gamma"]),
    ("pixel_differences", &["n_features"]),
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

    /// The steps as they run, the standardising by name.
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

    /// The steps in two parts: those that come first, and those behind the last step that is not among `names`. The
    /// standardising is never in the second part.
    pub fn split_at(&self, names: &[String]) -> (&[Step], Preprocessing) {
        let foreign = |step: &Step| !names.iter().any(|name| name == step.name());
        let first = self.0.iter().rposition(foreign).map_or(0, |last| last + 1);
        match self.is_default() {
            true => (self.steps(), Preprocessing::default()),
            false => (&self.0[..first], Preprocessing(self.0[first..].to_vec())),
        }
    }

    /// Each step as an id has it, the standardising by name.
    pub fn names(&self) -> Vec<String> {
        self.steps().iter().map(short_step).collect()
    }

    /// As an id and a table have it, such as `deskew+pca-50`; empty for the default.
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

    fn byte(&self, name: &str, default: u8) -> Result<u8, GridError> {
        let Some(value) = self.values.get(name) else { return Ok(default) };
        let byte = value.as_u64().and_then(|byte| u8::try_from(byte).ok());
        byte.filter(|&byte| byte < 255).ok_or_else(|| self.wrong(name, value, "a pixel value from 0 to 254"))
    }

    fn count(&self, name: &str, default: usize) -> Result<usize, GridError> {
        let Some(value) = self.values.get(name) else { return Ok(default) };
        let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
        count.ok_or_else(|| self.wrong(name, value, "a whole number"))
    }

    /// A count that has no default.
    fn needed(&self, name: &str) -> Result<usize, GridError> {
        if self.values.contains_key(name) {
            return self.count(name, 0);
        }
        let step = self.step;
        Err(GridError::new(format!("preprocessing: {step} needs {name}: write {{ {step} = NUMBER }}")))
    }

    fn flag(&self, name: &str) -> Result<bool, GridError> {
        let Some(value) = self.values.get(name) else { return Ok(false) };
        value.as_bool().ok_or_else(|| self.wrong(name, value, "true or false"))
    }

    fn number(&self, name: &str) -> Result<Option<f64>, GridError> {
        let Some(value) = self.values.get(name) else { return Ok(None) };
        value.as_f64().map(Some).ok_or_else(|| self.wrong(name, value, "a number"))
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
                "preprocessing: found {other}, expected a step such as \"deskew\" or {{ binarize = 100 }}"
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
        "pca" => Step::Pca { n_components: given.needed("n_components")?, whiten: given.flag("whiten")? },
        "hog" => Step::Hog {
            orientations: given.count("orientations", 9)?,
            pixels_per_cell: given.count("pixels_per_cell", 4)?,
            cells_per_block: given.count("cells_per_block", 2)?,
        },
        "nystroem" => {
            Step::Nystroem { n_components: given.count("n_components", 100)?, gamma: given.number("gamma")? }
        }
        "rbf_sampler" => Step::RbfSampler {
            n_components: given.count("n_components", 100)?,
            gamma: given.number("gamma")?,
        },
        "pixel_differences" => Step::PixelDifferences { n_features: given.needed("n_features")? },
        _ => Step::Deskew,
    })
}

/// The step as a result file has it: its name, or a table with its first parameter or with several by name.
fn step_to_json(step: &Step) -> Value {
    match *step {
        Step::Raw | Step::Unit | Step::Standard | Step::Deskew | Step::Binarize { threshold: 127 } => {
            step.name().into()
        }
        Step::Binarize { threshold } => json!({ "binarize": threshold }),
        Step::Pca { n_components, whiten: false } => json!({ "pca": n_components }),
        Step::Pca { n_components, whiten } => {
            json!({ "pca": { "n_components": n_components, "whiten": whiten } })
        }
        Step::Hog { orientations: 9, pixels_per_cell: 4, cells_per_block: 2 } => step.name().into(),
        Step::Hog { orientations, pixels_per_cell, cells_per_block } => json!({ "hog": {
            "pixels_per_cell": pixels_per_cell,
            "cells_per_block": cells_per_block,
            "orientations": orientations,
        } }),
        Step::Nystroem { n_components, gamma } | Step::RbfSampler { n_components, gamma } => {
            let parameters = match gamma {
                Some(gamma) => json!({ "n_components": n_components, "gamma": gamma }),
                None => n_components.into(),
            };
            json!({ (step.name()): parameters })
        }
        Step::PixelDifferences { n_features } => json!({ "pixel_differences": n_features }),
    }
}

/// The step in letters, digits, `-`, `_` and `.`: different steps have different texts.
fn short_step(step: &Step) -> String {
    match *step {
        Step::Raw | Step::Unit | Step::Standard | Step::Deskew | Step::Binarize { threshold: 127 } => {
            step.name().to_string()
        }
        Step::Binarize { threshold } => format!("binarize-{threshold}"),
        Step::Pca { n_components, whiten: false } => format!("pca-{n_components}"),
        Step::Pca { n_components, whiten: true } => format!("pca-{n_components}-whiten"),
        Step::Hog { orientations: 9, pixels_per_cell: 4, cells_per_block: 2 } => "hog".to_string(),
        Step::Hog { orientations: 9, pixels_per_cell, cells_per_block: 2 } => {
            format!("hog-{pixels_per_cell}")
        }
        Step::Hog { orientations, pixels_per_cell, cells_per_block } => {
            format!("hog-{pixels_per_cell}-{cells_per_block}-{orientations}")
        }
        Step::Nystroem { n_components, gamma } | Step::RbfSampler { n_components, gamma } => {
            let gamma = gamma.map(|gamma| format!("-{gamma}")).unwrap_or_default();
            format!("{}-{n_components}{gamma}", step.name())
        }
        Step::PixelDifferences { n_features } => format!("pixel_differences-{n_features}"),
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
        assert_eq!(parse(json!(["binarize"])), parse(json!([{"binarize": 127}])));
        assert_eq!(parse(json!(["deskew", {"binarize": 50}])).short(), "deskew+binarize-50");
        assert_eq!(parse(json!(["hog"])), parse(json!([{"hog": {"cells_per_block": 2, "orientations": 9}}])));
        let steps = json!([{"hog": 7}, {"pca": {"n_components": 9, "whiten": true}}]);
        assert_eq!(parse(steps).short(), "hog-7+pca-9-whiten");
        assert_eq!(parse(json!([{"nystroem": {"gamma": 0.5}}])).short(), "nystroem-100-0.5");
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
            (
                json!([{"binarize": {"n": 3}}]),
                "preprocessing: binarize: unknown parameter \"n\" (known: threshold)",
            ),
            (json!(["pca"]), "preprocessing: pca needs n_components: write { pca = NUMBER }"),
            (
                json!([{"pca": {"n_components": 4, "whiten": 1}}]),
                "preprocessing: pca: whiten = 1: expected true or false",
            ),
            (json!([{"hog": -1}]), "preprocessing: hog: pixels_per_cell = -1: expected a whole number"),
            (
                json!([{"nystroem": {"gamma": "scale"}}]),
                "preprocessing: nystroem: gamma = \"scale\": expected a number",
            ),
            (json!([{"deskew": 1}]), "preprocessing: deskew has no parameters: write \"deskew\" alone"),
            (
                json!([{"binarize": 255}]),
                "preprocessing: binarize: threshold = 255: expected a pixel value from 0 to 254",
            ),
            (json!([3]), "preprocessing: found 3, expected a step such as \"deskew\" or { binarize = 100 }"),
        ] {
            assert_eq!(error(value), expected);
        }
    }

    fn any_step() -> impl Strategy<Value = Step> {
        let gamma = prop::option::of(1e-6f64..10.0);
        prop_oneof![
            Just(Step::Raw),
            Just(Step::Unit),
            Just(Step::Standard),
            Just(Step::Deskew),
            (0u8..255).prop_map(|threshold| Step::Binarize { threshold }),
            (0usize..300, any::<bool>())
                .prop_map(|(n_components, whiten)| Step::Pca { n_components, whiten }),
            (8usize..10, 3usize..5, 1usize..3).prop_map(
                |(orientations, pixels_per_cell, cells_per_block)| {
                    Step::Hog { orientations, pixels_per_cell, cells_per_block }
                }
            ),
            (1usize..300, gamma.clone())
                .prop_map(|(n_components, gamma)| Step::Nystroem { n_components, gamma }),
            (1usize..300, gamma).prop_map(|(n_components, gamma)| Step::RbfSampler { n_components, gamma }),
            (0usize..300).prop_map(|n_features| Step::PixelDifferences { n_features }),
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
