//! Engines, each a list of [`Family`]s, one a classifier. The native ones wrap the models of [`pixel_learn`],
//! others another Rust library, and an external one ([`external`]) a program of its own.
//!
//! A family translates parameters from scikit-learn's names, refuses what it does not support, names the
//! configurations that share work, and runs a group of these, giving each outcome as soon as it is ready.

#[allow(unsafe_code, reason = "process groups and pipes below the standard library")]
pub mod external;
pub mod library;
#[cfg(feature = "libsvm")]
pub mod libsvm;
#[cfg(feature = "linfa")]
pub mod linfa;
pub mod native;
pub mod params;
pub mod protocol;
#[cfg(feature = "smartcore")]
pub mod smartcore;
pub mod stopwatch;
pub mod support;

pub use crate::dataset::Shape;
use crate::grid::{Configuration, Parameters};
use pixel_learn::Features;
use pixel_learn::models::{FitError, Training};
pub use stopwatch::{Cost, Stopwatch};
pub use support::Support;

/// An implementation of some classifiers.
pub struct Engine {
    /// The name in result files and on the command line.
    pub name: &'static str,
    /// The version of the implementation, without which nothing is measured.
    pub version: &'static str,
    pub families: &'static [&'static dyn Family],
    /// Whether its families take features that steps other than standardising have made.
    pub transforms: bool,
}

impl Engine {
    /// The family that runs a classifier, if the engine has it.
    pub fn family(&self, classifier: &str) -> Option<&'static dyn Family> {
        self.families.iter().copied().find(|family| family.classifier() == classifier)
    }
}

/// The engines that are part of this binary.
pub static BUILT_IN: &[&Engine] = &[
    &native::NATIVE,
    #[cfg(feature = "linfa")]
    &linfa::LINFA,
    #[cfg(feature = "smartcore")]
    &smartcore::SMARTCORE,
    #[cfg(feature = "libsvm")]
    &libsvm::LIBSVM,
];

/// The engine of that name: built in, or registered from `engines.toml`.
pub fn find(name: &str) -> Option<&'static Engine> {
    BUILT_IN.iter().copied().find(|engine| engine.name == name).or_else(|| external::find(name))
}

/// One classifier of one engine.
pub trait Family: Sync {
    /// scikit-learn's name, such as `KNeighborsClassifier`.
    fn classifier(&self) -> &'static str;

    /// `Err` with the reason when these parameters (or data of this shape) cannot be expressed here:
    /// the configuration becomes an `unsupported` row.
    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String>;

    /// Configurations with the same key share work and run as one job. The key also seeds them, so it must
    /// follow from the parameters alone, and a configuration run alone must give the same bits.
    fn sharing_key(&self, parameters: &Parameters) -> String;

    /// Prepares a run before the clock of the first configuration starts: an external program is started and
    /// loads its data. [`Family::run`] reports its errors.
    fn prepare(&self, _: &Work) {}

    /// Runs a group of configurations with one sharing key, calling `emit` once for each with its index
    /// as soon as it is finished.
    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>));
}

/// A group of configurations to run on prepared data.
pub struct Work<'a> {
    /// All of one classifier and one sharing key, each accepted by [`Family::check`].
    pub configurations: &'a [Configuration],
    pub training: Training<'a>,
    pub test: &'a Features,
    /// The data set's name, and rows and columns of its images.
    pub dataset: &'a str,
    pub image: [usize; 2],
    /// Derived from base seed, data set, engine, sharing key and repeat.
    pub seed: u64,
}

/// The result of one configuration.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// One class a test row, in test order.
    pub predictions: Vec<u8>,
    /// What fitting this configuration alone costs: work shared with others is counted in full.
    pub fit: Cost,
    /// Likewise for predicting the test set.
    pub predict: Cost,
    /// Whether an iterative method met its tolerance; `None` for a method without one.
    pub converged: Option<bool>,
    /// Facts about the fitted model worth keeping (support vectors, nodes, iterations), by name.
    pub facts: serde_json::Map<String, serde_json::Value>,
}

/// Why a configuration gave no predictions.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The engine cannot express the configuration.
    Unsupported(String),
    /// The method ran and did not arrive at a model.
    Diverged(String),
    /// An external program could not get the memory that it asked for.
    OutOfMemory(String),
    /// Anything else that the implementation reports.
    Failed(String),
}

impl From<FitError> for Failure {
    fn from(error: FitError) -> Failure {
        let reason = error.to_string();
        match error {
            FitError::InvalidParameter { .. }
            | FitError::NeedsBytes
            | FitError::UnusableData(_)
            | FitError::TooFewClasses { .. } => Failure::Unsupported(reason),
            FitError::Diverged(_) => Failure::Diverged(reason),
        }
    }
}

#[cfg(all(test, any(feature = "linfa", feature = "smartcore", feature = "libsvm")))]
mod tests {
    /// The versions of a crate in Cargo.lock.
    fn locked(name: &str) -> Vec<&'static str> {
        let lock = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));
        let heading = format!("name = \"{name}\"");
        lock.lines()
            .zip(lock.lines().skip(1))
            .filter(|(line, _)| *line == heading)
            .filter_map(|(_, next)| next.strip_prefix("version = \"")?.strip_suffix('"'))
            .collect()
    }

    #[test]
    #[cfg(feature = "linfa")]
    fn the_version_of_linfa_is_the_locked_one() {
        for part in ["bayes", "ensemble", "logistic", "nn", "svm", "trees"] {
            assert_eq!(locked(&format!("linfa-{part}")), [super::linfa::LINFA.version], "{part}");
        }
        assert_eq!(locked("linfa"), [super::linfa::LINFA.version]);
    }

    #[test]
    #[cfg(feature = "smartcore")]
    fn the_version_of_smartcore_is_the_locked_one() {
        assert_eq!(locked("smartcore"), [super::smartcore::SMARTCORE.version]);
    }

    #[test]
    #[cfg(feature = "libsvm")]
    fn the_version_of_libsvm_rs_is_the_locked_one() {
        assert_eq!(locked("libsvm-rs"), [super::libsvm::LIBSVM.version]);
    }
}
