//! The other end: a worker process reads its job, prepares the data, runs the engine's family, and writes
//! each outcome as soon as it is there.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;

use anyhow::{Context, bail};

use super::plan::find_engine;
use super::{memory, process};
use crate::dataset::{self, Split, split};
use crate::engines::protocol::{Reply, WorkerJob};
use crate::engines::{Work, external};
use pixel_learn::models::Training;
use pixel_learn::{Features, Scaling};

/// The longest job that is read.
const LONGEST_JOB: u64 = 16 << 20;
/// Stack of a pool thread: the libraries of other engines grow trees by recursion, without a limit on the depth.
const STACK: usize = 16 << 20;

/// Runs the job on standard input. Does not return when the supervisor goes away.
pub fn run() -> anyhow::Result<()> {
    let job = read_job()?;
    process::die_with_supervisor().context("cannot watch for the end of the supervisor")?;
    let mut results = process::inherited(job.results_descriptor)?;
    let engine = match &job.external {
        Some(start) => external::of_job(start.clone()),
        None => find_engine(&job.engine).with_context(|| format!("no engine {:?}", job.engine))?,
    };
    let Some(family) = engine.family(&job.classifier) else {
        bail!("{} has no {:?}", job.engine, job.classifier)
    };
    let Prepared { train, labels, classes, test, image } = prepare(&job)?;
    let configurations = job.configurations();
    rayon::ThreadPoolBuilder::new()
        .num_threads(job.threads)
        .stack_size(STACK)
        .build_global()
        .context("cannot start the threads")?;
    // The scope runs inside the pool, so that nothing is computed beside it.
    rayon::scope(|_| {
        let training = Training { features: &train, labels: &labels, classes };
        let work = Work {
            configurations: &configurations,
            training,
            test: &test,
            dataset: &job.dataset,
            image,
            seed: job.model_seed,
        };
        family.prepare(&work);
        let mut sent = send(&mut results, &Reply::Ready {});
        family.run(&work, &mut |index, result| {
            if sent.is_ok() {
                sent = send(
                    &mut results,
                    &Reply::new(index, result, memory::own_peak().max(external::peak_memory_bytes())),
                );
            }
        });
        sent
    })?;
    Ok(())
}

/// One line of JSON. The rest of standard input is left to the watch for its end.
fn read_job() -> anyhow::Result<WorkerJob> {
    let mut line = Vec::new();
    io::stdin().lock().take(LONGEST_JOB).read_until(b'\n', &mut line).context("cannot read the job")?;
    serde_json::from_slice(&line).context("invalid job on standard input: a worker is started by a sweep")
}

fn send(results: &mut File, reply: &Reply) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    results.write_all(&line).context("cannot send a result")
}

/// What a family gets.
struct Prepared {
    train: Features,
    labels: Vec<u8>,
    classes: usize,
    test: Features,
    image: [usize; 2],
}

/// Loads the data, takes the subset, orders the rows, and fits the scaling on what is left to train on.
fn prepare(job: &WorkerJob) -> anyhow::Result<Prepared> {
    let dataset = dataset::load_from(&job.data_dir, &job.dataset)?;
    if dataset.digests != job.digests {
        bail!("the files of {} have changed since the sweep began", job.dataset);
    }
    let classes = dataset.classes();
    let train = dataset.train;
    let image = [train.images.rows, train.images.columns];
    let d = image[0] * image[1];
    let mut rows = match job.train_size {
        Some(size) => split::stratified(&train.labels, size, job.subset_seed),
        None => (0..train.labels.len()).collect(),
    };
    let order = split::shuffled(rows.len(), job.shuffle_seed);
    rows = order.into_iter().map(|place| rows[place]).collect();
    let Split { images, labels } = train.select(&rows);
    drop(train);
    let scaling = Arc::new(Scaling::standard(&images.pixels, images.count, d));
    let train = Features::new(images.pixels, images.count, d, scaling.clone());
    let test = Features::new(dataset.test.images.pixels, dataset.test.images.count, d, scaling);
    Ok(Prepared { train, labels, classes, test, image })
}
