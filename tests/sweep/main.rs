//! A sweep with the real program in a sandbox: faults of a worker, a disk or the sweep itself, and what must stay the
//! same whatever happens.

#[path = "../common/mod.rs"]
mod common;
mod disk;
mod early_stop;
mod external_engines;
mod faults;
mod forecast;
mod networks;
mod preprocessing;
mod progress;
mod same_bits;
mod shards;
mod simd_levels;
mod stop;

/// Three rows that share a job, and one with a job of its own.
const PERCEPTRONS_AND_SGD: &str = "
[[family]]
classifier = \"Perceptron\"
[family.parameters]
penalty = [\"l1\", \"l2\", \"elasticnet\"]
[[family]]
classifier = \"SGDClassifier\"
";
