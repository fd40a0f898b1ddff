//! Random files: reading and validating one always ends, quickly, with a result or an error message. The longer run
//! is `cargo run --release --example fuzz -- 3600`.

use std::path::Path;
use std::sync::LazyLock;

use crate::bed::{self, Bed, PLACE};
use mnist_bench::check::file;
use mnist_bench::results::submission::Submission;
use mnist_bench::results::wire::WireRecord;
use mnist_bench::results::{Problem, parse, schema};
use proptest::prelude::*;
use serde_json::Value;

static BED: LazyLock<Bed> = LazyLock::new(Bed::new);

fn judge(place: &str, bytes: &[u8]) -> Vec<Problem> {
    file::parse(&Path::new("/results").join(place), bytes, &BED.outlines).err().unwrap_or_default()
}

/// An accepted file must be right: its accuracy is the accuracy of its predictions.
fn accepted_means_right(bytes: &[u8]) {
    let file: Submission = serde_json::from_slice(bytes).unwrap();
    for repeat in &file.repeats {
        assert_eq!(bed::share(repeat.predictions.as_ref().unwrap()), repeat.accuracy);
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        "status|ok|accuracy|repeats|tiny".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec(("[a-z_]{0,10}|status|repeats|method|submitter", inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_submissions(seed: u64) {
        let bytes = crate::mutate::mutate(&bed::sample(), &mut crate::mutate::Chance::new(seed));
        let problems = judge(PLACE, &bytes);
        for problem in &problems {
            prop_assert!(!problem.to_string().contains(char::is_control), "{problem}");
        }
        if problems.is_empty() {
            accepted_means_right(&bytes);
        }
    }

    #[test]
    fn changed_results(seed: u64) {
        let good = bed::result("SVC", &bed::with_errors(9));
        let bytes = crate::mutate::mutate(&good, &mut crate::mutate::Chance::new(seed));
        let problems = judge("r/tiny/native/SVC.json", &bytes);
        // The typed reader must also read a file without problems.
        if problems.is_empty() {
            let record = serde_json::from_slice::<WireRecord>(&bytes).map(|wire| wire.into_record("SVC"));
            prop_assert!(matches!(record, Ok(Ok(_))), "{record:?}");
        }
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        judge(PLACE, &bytes);
        judge("r/tiny/native/SVC.json", &bytes);
    }

    #[test]
    fn any_json(value in json_value()) {
        let bytes = value.to_string().into_bytes();
        prop_assert!(!judge(PLACE, &bytes).is_empty());
        prop_assert!(!judge("r/tiny/native/SVC.json", &bytes).is_empty());
    }

    /// The schema check refuses at least what the typed reader refuses, so no file is rejected without a message.
    #[test]
    fn a_refusal_has_words(seed: u64) {
        let bytes = crate::mutate::mutate(&bed::sample(), &mut crate::mutate::Chance::new(seed));
        let reading = parse::read::<Submission>(&bytes, &schema::SUBMISSION);
        prop_assert!(reading.file.is_some() || !reading.faults.is_empty());
    }
}
