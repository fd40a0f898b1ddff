//! Whether our rows are equivalent to scikit-learn's in this harness: two one-sided tests where the seed decides
//! something, the difference on the same test images where it decides nothing.

use std::collections::BTreeMap;

use pixel_learn::preprocessing::Step;

use super::fidelity::ROUNDING;
use super::peers::OURS;
use super::rows::Row;
use super::sklearn_reference::ENGINE;
use super::tables::{Line, SideBySide, View};
use crate::grid::Configuration;
use crate::results::Status;
use crate::stats::equivalence::{samples_needed, welch};
use crate::stats::interval::Interval;

/// The largest difference of two mean accuracies that counts as none.
pub const MARGIN: f64 = 0.005;
/// Two one-sided tests at level 0.05 are an interval at this confidence within the margin.
pub const CONFIDENCE: f64 = 0.9;

/// The probability at which enough seeds would show equal means to be equivalent.
pub const POWER: f64 = 0.8;

/// Classifiers of which neither our fit nor, where its solver converges, scikit-learn's depends on the seed.
const WITHOUT_SEED: [&str; 12] = [
    "BernoulliNB",
    "ComplementNB",
    "GaussianNB",
    "KNeighborsClassifier",
    "LinearDiscriminantAnalysis",
    "LinearSVC",
    "MultinomialNB",
    "NearestCentroid",
    "NuSVC",
    "QuadraticDiscriminantAnalysis",
    "RidgeClassifier",
    "SVC",
];

/// One row of ours beside the same row of scikit-learn.
pub struct Comparison<'a> {
    pub line: &'a Line,
    /// Mean accuracies.
    pub ours: f64,
    pub theirs: f64,
    pub grounds: Grounds,
    pub verdict: Verdict,
    /// Why it is not equivalent, where the results say why.
    pub reason: Option<Reason>,
}

/// What the verdict rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grounds {
    /// Fits with other seeds on both sides; the interval of the difference of the means, where both have two or more.
    Seeds { ours: usize, theirs: usize, interval: Option<Interval> },
    /// One fit on each side, without chance: how many of the test images both answer alike.
    Answers { alike: usize, all: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The difference is shown to lie within the margin.
    Equivalent,
    /// The difference is shown to lie beyond the margin.
    Different,
    /// Neither is shown.
    NotShown,
}

/// Why a row is not equivalent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// scikit-learn's solver stopped before its tolerance was met, and says so; ours met its own.
    TheirsStopped,
    /// A side has one seed.
    OneSeed,
    /// The spread over seeds is so wide that equal means need more seeds than there are.
    Spread {
        /// On each side, for a power of [`POWER`].
        needed: usize,
    },
    /// There are enough seeds for equal means, but the interval crosses the margin: the means differ too much for a verdict.
    Near,
}

/// The comparisons of one data set, at its place in the table.
pub struct Comparisons<'a> {
    pub dataset: usize,
    pub all: Vec<Comparison<'a>>,
}

impl Comparisons<'_> {
    pub fn count(&self, verdict: Verdict) -> usize {
        self.all.iter().filter(|one| one.verdict == verdict).count()
    }
}

/// Every row of the view beside scikit-learn's, a data set each; none without such a pair. Where several runs have a row,
/// the one with the most repeats stands on either side.
pub fn comparisons<'a>(table: &'a SideBySide, view: &'a View) -> Vec<Comparisons<'a>> {
    let (ours, theirs) = (most_repeats(table, OURS), most_repeats(table, ENGINE));
    let of_dataset = |dataset: usize| {
        let lines = table.view(view).filter(|line| line.engine == OURS && line.subset.is_none());
        let all = lines.filter_map(|line| {
            let key = (dataset, line.id.as_str());
            table.row(line, dataset)?;
            compare(line, ours.get(&key)?, theirs.get(&key)?)
        });
        Comparisons { dataset, all: all.collect() }
    };
    (0..table.datasets.len()).map(of_dataset).filter(|one| !one.all.is_empty()).collect()
}

/// The rows of an engine on the whole training set that have a result, by data set and id.
fn most_repeats<'a>(table: &'a SideBySide, engine: &str) -> BTreeMap<(usize, &'a str), &'a Row> {
    let in_lines = table.lines.iter().flat_map(|line| line.cells.iter().filter_map(|cell| cell.row));
    let candidates = in_lines.map(|row| &table.rows[row]).chain(&table.seeds);
    let mut rows: BTreeMap<(usize, &str), &Row> = BTreeMap::new();
    for row in
        candidates.filter(|row| row.engine == engine && row.subset.is_none() && row.status == Status::Ok)
    {
        let Some(dataset) = table.datasets.iter().position(|name| *name == row.dataset) else { continue };
        let kept = rows.entry((dataset, &row.id)).or_insert(row);
        if row.repeats.len() > kept.repeats.len() {
            *kept = row;
        }
    }
    rows
}

fn compare<'a>(line: &'a Line, ours: &Row, theirs: &Row) -> Option<Comparison<'a>> {
    let (grounds, verdict, reason) = if depends_on_seed(&ours.configuration) {
        let interval = welch(&ours.repeats, &theirs.repeats, CONFIDENCE);
        let grounds = Grounds::Seeds { ours: ours.repeats.len(), theirs: theirs.repeats.len(), interval };
        let verdict = interval.map_or(Verdict::NotShown, judge);
        (grounds, verdict, (verdict == Verdict::NotShown).then(|| undecided(ours, theirs)))
    } else {
        let (first, second) = (ours.predictions.first()?, theirs.predictions.first()?);
        let alike = first.iter().zip(&second[..]).filter(|(one, other)| one == other).count();
        let difference = ours.repeats.first()? - theirs.repeats.first()?;
        let verdict = judge(Interval { low: difference, high: difference });
        let stopped = theirs.converged == Some(false) && ours.converged != Some(false);
        let reason = (verdict != Verdict::Equivalent && stopped).then_some(Reason::TheirsStopped);
        (Grounds::Answers { alike, all: ours.test_size }, verdict, reason)
    };
    Some(Comparison { line, ours: ours.accuracy?, theirs: theirs.accuracy?, grounds, verdict, reason })
}

/// Why the seeds of the two rows decide nothing.
fn undecided(ours: &Row, theirs: &Row) -> Reason {
    let seeds = ours.repeats.len().min(theirs.repeats.len());
    match samples_needed(&ours.repeats, &theirs.repeats, MARGIN, CONFIDENCE, POWER) {
        None => Reason::OneSeed,
        Some(needed) if needed > seeds => Reason::Spread { needed },
        Some(_) => Reason::Near,
    }
}

fn judge(Interval { low, high }: Interval) -> Verdict {
    // Accuracies are decimals, whose difference may miss the margin by a rounding error.
    let margin = MARGIN + ROUNDING;
    if -margin <= low && high <= margin {
        Verdict::Equivalent
    } else if low > margin || high < -margin {
        Verdict::Different
    } else {
        Verdict::NotShown
    }
}

/// Whether a model of this configuration draws random numbers.
pub fn depends_on_seed(configuration: &Configuration) -> bool {
    // Other steps draw nothing, or scikit-learn lacks them and the harness hands both the same features.
    let draws = |step: &Step| matches!(step, Step::Nystroem { .. } | Step::RbfSampler { .. });
    let is =
        |parameter: &str, value: serde_json::Value| configuration.parameters.get(parameter) == Some(&value);
    let by_classifier = match configuration.classifier.as_str() {
        "LogisticRegression" => is("solver", "saga".into()),
        // The seed draws the inducing points.
        "GaussianProcessClassifier" => {
            configuration.parameters.get("inducing").is_some_and(|count| !count.is_null())
        }
        // The seed splits off the rows that early stopping watches.
        "HistGradientBoostingClassifier" => !is("early_stopping", false.into()),
        classifier => !WITHOUT_SEED.contains(&classifier),
    };
    by_classifier || configuration.preprocessing.steps().iter().any(draws)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Parameters;

    #[test]
    fn a_verdict_needs_the_whole_interval() {
        let of = |low, high| judge(Interval { low, high });
        assert_eq!(of(-0.004, 0.0049), Verdict::Equivalent);
        assert_eq!(of(0.0049, 0.0051), Verdict::NotShown);
        assert_eq!(of(-0.02, 0.01), Verdict::NotShown);
        assert_eq!(of(-0.02, -0.0051), Verdict::Different);
        assert_eq!(of(0.006, 0.007), Verdict::Different);
        // 0.973 - 0.968 is 0.0050000000000000044.
        assert_eq!(of(0.973 - 0.968, 0.973 - 0.968), Verdict::Equivalent);
    }

    #[test]
    fn the_seed_decides_by_classifier_solver_and_steps() {
        let of = |classifier: &str, parameters: serde_json::Value, steps: serde_json::Value| {
            let parameters: Parameters = serde_json::from_value(parameters).unwrap();
            let steps = crate::grid::Preprocessing::parse(&steps).unwrap();
            depends_on_seed(&Configuration::new(classifier, parameters).with_preprocessing(steps))
        };
        use serde_json::json;
        assert!(!of("SVC", json!({"C": 1}), json!(["raw"])));
        assert!(!of("SVC", json!({}), json!(["deskew", {"pca": 50}])));
        assert!(of("RidgeClassifier", json!({}), json!(["unit", {"nystroem": 100}])));
        assert!(!of("RidgeClassifier", json!({}), json!([{"kmeans_patches": 400}])));
        assert!(of("LogisticRegression", json!({"solver": "saga"}), json!(["standard"])));
        assert!(!of("LogisticRegression", json!({"C": 1}), json!(["standard"])));
        assert!(!of("HistGradientBoostingClassifier", json!({"early_stopping": false}), json!(["raw"])));
        assert!(of("HistGradientBoostingClassifier", json!({}), json!(["raw"])));
        assert!(of("RandomForestClassifier", json!({}), json!(["raw"])));
        assert!(of("GaussianProcessClassifier", json!({"inducing": 2000}), json!(["standard"])));
        assert!(!of("GaussianProcessClassifier", json!({"inducing": null}), json!(["standard"])));
        assert!(!of("GaussianProcessClassifier", json!({}), json!(["standard"])));
    }
}
