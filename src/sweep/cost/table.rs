//! The built-in table of costs at 60,000 training rows, for configurations without recorded results.
//!
//! It holds for one core of 2024 and need only be right within a factor of two or three: it decides an order,
//! not a result. Its powers also carry recorded costs to other train sizes.

use super::{Basis, Expected};
use crate::grid::Configuration;

/// Cost of a configuration at [`TABLE_ROWS`] training rows; it grows as the number of rows to the power
/// `power`.
struct Rates {
    /// Fit plus predict at full size.
    seconds: f64,
    power: f64,
    /// Peak memory beyond [`BASE_BYTES`], at [`TABLE_ROWS`].
    mebibytes: f64,
}

/// Memory of any worker: program, bytes of both splits, scaled values.
const BASE_BYTES: u64 = 105 << 20;
/// Training rows at which the table's seconds and mebibytes were measured.
const TABLE_ROWS: f64 = 60_000.0;

/// The cost of a configuration, from the table.
pub fn expected(engine: &str, configuration: &Configuration, train_size: usize) -> Expected {
    let rates = rates(configuration);
    let share = (train_size as f64 / TABLE_ROWS).max(1e-4);
    // The other engines sort at every split, compute in f64, and keep whole Gram matrices.
    let (slower, larger) = if engine == "native" { (1.0, 1.0) } else { (10.0, 3.0) };
    let bytes = BASE_BYTES as f64 * larger * (0.3 + 0.7 * share)
        + rates.mebibytes * larger * share.powf(rates.power.min(2.0)) * 1_048_576.0;
    let seconds = 0.05 + slower * rates.seconds * share.powf(rates.power);
    Expected { seconds, bytes: bytes as u64, basis: Basis::Guess }
}

fn rates(configuration: &Configuration) -> Rates {
    let number = |name: &str, default: f64| {
        configuration.parameters.get(name).and_then(|value| value.as_f64()).unwrap_or(default)
    };
    let text = |name: &str| configuration.parameters.get(name).and_then(|value| value.as_str()).unwrap_or("");
    let depth = number("max_depth", 50.0);
    let (seconds, power, mebibytes) = match configuration.classifier.as_str() {
        "GaussianNB" => (0.04, 1.0, 2.0),
        "DecisionTreeClassifier" => (if depth > 10.0 { 0.8 } else { 0.5 }, 1.1, 5.0),
        "ExtraTreeClassifier" => (0.08, 1.1, 5.0),
        "RandomForestClassifier" => {
            (0.026 * number("n_estimators", 10.0) * if depth > 10.0 { 1.6 } else { 1.0 }, 1.1, 50.0)
        }
        "KNeighborsClassifier" if number("p", 2.0) == 1.0 => (8.0, 1.0, 530.0),
        "KNeighborsClassifier" => (4.7, 1.0, 530.0),
        "SGDClassifier" => (0.5, 1.0, 2.0),
        "Perceptron" | "PassiveAggressiveClassifier" => (0.4, 1.0, 2.0),
        "LogisticRegression" => (6.0, 1.0, 335.0),
        "LinearSVC" if text("multi_class") == "crammer_singer" => (35.0, 1.0, 365.0),
        "LinearSVC" => (19.0, 1.0, 365.0),
        "SVC" => (25.0, 2.0, 2300.0),
        "MLPClassifier" => (4.0, 1.0, 170.0),
        "Network" => {
            (number("epochs", 10.0) * if has_convolutions(configuration) { 20.0 } else { 1.0 }, 1.0, 600.0)
        }
        "GradientBoostingClassifier" => {
            (number("n_estimators", 100.0) * if depth > 3.0 { 0.9 } else { 0.4 }, 1.0, 110.0)
        }
        "GaussianProcessClassifier" => (20.0, 1.5, 430.0),
        _ => (300.0, 1.0, 500.0),
    };
    Rates { seconds, power, mebibytes }
}

/// Whether a network has convolutions, which cost far more than other layers.
fn has_convolutions(configuration: &Configuration) -> bool {
    let layers =
        configuration.parameters.get("definition").and_then(|definition| definition["layers"].as_array());
    layers.is_some_and(|layers| layers.iter().any(|layer| layer["type"] == "conv"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Parameters;

    fn configuration(classifier: &str, parameters: &str) -> Configuration {
        let parameters: Parameters = serde_json::from_str(parameters).unwrap();
        Configuration::new(classifier, parameters)
    }

    #[test]
    fn more_rows_and_more_trees_cost_more() {
        let forest =
            |n: usize| configuration("RandomForestClassifier", &format!(r#"{{"n_estimators": {n}}}"#));
        let small = expected("native", &forest(10), 60_000);
        assert!(expected("native", &forest(100), 60_000).seconds > small.seconds);
        assert!(expected("native", &forest(10), 5_000).seconds < small.seconds);
        assert!(expected("linfa", &forest(10), 60_000).seconds > small.seconds);
        let unknown = expected("native", &configuration("NoSuch", "{}"), 0);
        assert!(unknown.seconds.is_finite() && unknown.seconds > 0.0);
    }
}
