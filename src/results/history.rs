//! The history of a training, from the facts of a result: one object for each epoch. `docs/FORMAT.md`
//! describes each key.

use serde::Deserialize;
use serde_json::{Map, Value};

/// One epoch.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    pub epoch: usize,
    pub learning_rate: f64,
    /// Loss and accuracy on the training rows, of each batch before its step.
    pub loss: f64,
    pub accuracy: f64,
    /// Loss and accuracy on the rows held out from the training set, if any.
    pub validation_loss: Option<f64>,
    pub validation_accuracy: Option<f64>,
    pub seconds: f64,
}

/// The epochs in a repeat's facts; none where the model has no history. `Err` says what does not fit.
pub fn read(facts: &Map<String, Value>) -> Result<Vec<Epoch>, String> {
    match facts.get("history") {
        None => Ok(Vec::new()),
        Some(history) => {
            serde_json::from_value(history.clone()).map_err(|error| format!("facts/history: {error}"))
        }
    }
}

/// A table of the epochs; empty for none.
pub fn to_text(epochs: &[Epoch]) -> String {
    if epochs.is_empty() {
        return String::new();
    }
    let optional = |value: Option<f64>| value.map_or("-".to_string(), |value| format!("{value:.4}"));
    let mut text =
        "\nepoch  rate      loss    accuracy  validation loss  validation accuracy  seconds\n".to_string();
    for one in epochs {
        text += &format!(
            "{:>5}  {:<8.2e}  {:.4}  {:>8.4}  {:>15}  {:>19}  {:>7.1}\n",
            one.epoch,
            one.learning_rate,
            one.loss,
            one.accuracy,
            optional(one.validation_loss),
            optional(one.validation_accuracy),
            one.seconds
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_trainer_writes_is_read() {
        let written = pixel_learn::nn::Epoch {
            epoch: 1,
            learning_rate: 1e-3,
            loss: 0.5,
            accuracy: 0.75,
            validation_loss: Some(0.25),
            validation_accuracy: None,
            seconds: 1.5,
        };
        let facts = json!({ "history": [written] });
        let epochs = read(facts.as_object().unwrap()).unwrap();
        assert_eq!((epochs[0].validation_loss, epochs[0].validation_accuracy), (Some(0.25), None));
        assert_eq!(to_text(&epochs).lines().count(), 3);
        assert_eq!(read(&Map::new()), Ok(Vec::new()));
        assert!(
            read(json!({ "history": [{"epoch": 1}] }).as_object().unwrap()).unwrap_err().contains("missing")
        );
    }
}
