//! What a job is expected to take, for the order of jobs, the time left and the memory at once.
//!
//! Past results say it best. Without any, a table of the families' costs at 60,000 training rows on one core
//! of 2024 does: it need only be right to a factor of two or three, because it decides the order, not a result.

use crate::grid::Configuration;

/// Expected seconds on one thread and peak bytes of one configuration run alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    pub seconds: f64,
    pub bytes: u64,
}

/// How the cost grows with the training rows: with their number to this power.
struct Rates {
    /// Fit plus predict at full size.
    seconds: f64,
    power: f64,
    /// Beyond data and program.
    mebibytes: f64,
}

/// Memory of any worker: program, bytes of both splits, scaled values.
const BASE_BYTES: u64 = 450 << 20;
/// Training rows of the data sets that the table is for.
const FULL: f64 = 60_000.0;

/// The cost of a configuration, from the table.
pub fn expected(engine: &str, configuration: &Configuration, train_size: usize) -> Expected {
    let rates = rates(configuration);
    let share = (train_size as f64 / FULL).max(1e-4);
    // The other engines sort at every split, compute in f64, and keep whole Gram matrices.
    let (slower, larger) = if engine == "native" { (1.0, 1.0) } else { (10.0, 3.0) };
    let bytes = BASE_BYTES as f64 * larger * (0.3 + 0.7 * share)
        + rates.mebibytes * larger * share.powf(rates.power.min(2.0)) * 1_048_576.0;
    Expected { seconds: 0.05 + slower * rates.seconds * share.powf(rates.power), bytes: bytes as u64 }
}

fn rates(configuration: &Configuration) -> Rates {
    let number = |name: &str, default: f64| {
        configuration.parameters.get(name).and_then(|value| value.as_f64()).unwrap_or(default)
    };
    let text = |name: &str| configuration.parameters.get(name).and_then(|value| value.as_str()).unwrap_or("");
    let depth = number("max_depth", 50.0);
    let (seconds, power, mebibytes) = match configuration.classifier.as_str() {
        "GaussianNB" => (0.6, 1.0, 0.0),
        "DecisionTreeClassifier" => (3.0, 1.1, 50.0),
        "ExtraTreeClassifier" => (0.5, 1.1, 50.0),
        "RandomForestClassifier" => {
            (0.25 * number("n_estimators", 10.0) * if depth > 10.0 { 1.5 } else { 1.0 }, 1.1, 400.0)
        }
        "KNeighborsClassifier" if number("p", 2.0) == 1.0 => (10.0, 1.0, 100.0),
        "KNeighborsClassifier" => (6.0, 1.0, 200.0),
        "SGDClassifier" | "Perceptron" | "PassiveAggressiveClassifier" => (1.5, 1.0, 50.0),
        "LogisticRegression" => (60.0, 1.0, 200.0),
        "LinearSVC" if text("multi_class") == "crammer_singer" => (400.0, 1.0, 200.0),
        "LinearSVC" => (120.0, 1.0, 200.0),
        "SVC" => (200.0, 2.0, 1400.0),
        "MLPClassifier" => (60.0, 1.0, 150.0),
        "Network" => {
            (number("epochs", 10.0) * if has_convolutions(configuration) { 20.0 } else { 1.0 }, 1.0, 600.0)
        }
        "GradientBoostingClassifier" => (number("n_estimators", 100.0) * depth.min(20.0) * 0.6, 1.0, 300.0),
        "GaussianProcessClassifier" => (25.0, 1.5, 300.0),
        _ => (300.0, 1.0, 500.0),
    };
    Rates { seconds, power, mebibytes }
}

/// Whether a network has layers that cost far more than others.
fn has_convolutions(configuration: &Configuration) -> bool {
    let layers =
        configuration.parameters.get("definition").and_then(|definition| definition["layers"].as_array());
    layers.is_some_and(|layers| layers.iter().any(|layer| layer["type"] == "conv"))
}

/// The cost of a group that shares work: the dearest in full, and of the others what is their own. `seconds`
/// are each one's alone.
pub fn group(seconds: impl Iterator<Item = f64>) -> f64 {
    const OWN_SHARE: f64 = 0.2;
    let (most, sum) = seconds.fold((0.0f64, 0.0), |(most, sum), one| (most.max(one), sum + one));
    most + OWN_SHARE * (sum - most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Parameters;

    fn configuration(classifier: &str, parameters: &str) -> Configuration {
        let parameters: Parameters = serde_json::from_str(parameters).unwrap();
        Configuration { classifier: classifier.into(), parameters }
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

    #[test]
    fn shared_work_counts_once() {
        assert_eq!(group([10.0, 10.0, 10.0].into_iter()), 14.0);
        assert_eq!(group(std::iter::empty()), 0.0);
    }
}
