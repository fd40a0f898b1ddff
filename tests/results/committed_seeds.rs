//! The committed rows of the native models have the seeds that this program derives, so that `verify` trains
//! them again as they were trained.

use std::path::Path;
use std::time::Duration;

use mnist_bench::analysis::equivalence::depends_on_seed;
use mnist_bench::dataset::Outline;
use mnist_bench::results::{Status, load};
use mnist_bench::sweep::job::model_seed;
use mnist_bench::sweep::{Options, Plan, Request};

#[test]
fn committed_rows_have_the_seeds_that_are_derived_today() {
    let (outlines, _) = Outline::load_all(Path::new("data")).unwrap();
    let scan = load::below(Path::new("results"), |name| outlines.get(name)).unwrap();
    // A method that draws no random numbers has the same predictions with any seed.
    let records: Vec<_> = scan
        .records
        .iter()
        .filter(|record| record.engine == "native" && record.status == Status::Ok)
        .filter(|record| depends_on_seed(&record.configuration))
        .collect();
    assert!(records.len() > 400, "only {} rows of native models", records.len());
    let mut others = Vec::new();
    for record in records {
        let request = Request {
            dataset: record.dataset.clone(),
            engine: record.engine.clone(),
            configuration: record.configuration.clone(),
            train_size: Some(record.train_size),
            after: Vec::new(),
            timeout: Duration::from_secs(1),
            grid_digest: String::new(),
        };
        let outline = outlines[&record.dataset].clone();
        let plan = Plan::with(vec![outline], vec![request], Path::new("data")).unwrap();
        let options = Options { seed: record.provenance.as_ref().unwrap().base_seed, ..Options::default() };
        for (index, repeat) in record.repeats.iter().enumerate() {
            let derived = model_seed(&plan.rows[0], index, &options);
            if repeat.seed != derived {
                others.push(format!(
                    "{}: repeat {index}: {}, derived {derived}",
                    record.path().display(),
                    repeat.seed
                ));
            }
        }
    }
    assert_eq!(others, Vec::<String>::new());
}
