//! Networks that grid files define (`[model.NAME]`) and configurations name (`Network` with `model =
//! "NAME"`).
//!
//! A configuration contains the whole definition of its model, so that a result documents what was trained.
//! Its id has a digest of the definition, so that a changed model is another row.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{GridError, Parameters};
use crate::hex::hex;
use crate::nearest::{did_you_mean, list};
use pixel_learn::nn::Definition;

/// Models by name, in the order of the file.
pub type Models = Vec<(String, Value)>;

/// Reads the `[model]` tables of a grid file.
pub(super) fn read(tables: toml::Table) -> Result<Models, GridError> {
    let mut models = Models::new();
    for (name, table) in tables {
        let wrong = |reason: String| GridError::new(format!("model {name}: {reason}"));
        let value = serde_json::to_value(table).map_err(|error| wrong(error.to_string()))?;
        Definition::from_json(&value).map_err(|error| wrong(error.to_string()))?;
        models.push((name, value));
    }
    Ok(models)
}

/// The model `name`; the error suggests the nearest name.
pub fn find<'a>(models: &'a [(String, Value)], name: &str) -> Result<&'a Value, GridError> {
    models.iter().find(|(known, _)| known == name).map(|(_, model)| model).ok_or_else(|| {
        let names: Vec<&str> = models.iter().map(|(name, _)| name.as_str()).collect();
        let hint = did_you_mean(name, &names);
        GridError::new(format!("unknown model {name:?}{hint} (known: {})", list(&names)))
    })
}

/// Adds the definition of the named model to the parameters, and its number of epochs where none is given.
pub(super) fn define(parameters: &mut Parameters, models: &[(String, Value)]) {
    let name = parameters.get("model").and_then(Value::as_str).unwrap_or_default();
    let Some((_, model)) = models.iter().find(|(known, _)| known == name) else { return };
    if let Some(epochs) = model.get("epochs")
        && !parameters.contains_key("epochs")
    {
        parameters.insert("epochs".into(), epochs.clone());
    }
    parameters.insert("definition".into(), model.clone());
}

/// Digest of a definition in an id: eight hexadecimal digits of the SHA-256 of its canonical JSON, without
/// the description (which changes nothing) and the epochs (which are a parameter).
pub(super) fn digest(canonical: Value) -> String {
    let mut canonical = canonical;
    if let Value::Object(map) = &mut canonical {
        map.retain(|key, _| key != "description" && key != "epochs");
    }
    hex(&Sha256::digest(canonical.to_string())[..4])
}
