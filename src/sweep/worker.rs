//! The worker process: reads its job, prepares the data, runs the engine's family, and writes each outcome as
//! soon as it is there.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};

use super::error::WorkerError;
use super::features::{Loaded, Transformed};
use super::plan::find_engine;
use super::{memory, process};
use crate::engines::protocol::{Reply, WorkerJob};
use crate::engines::{Work, external};
use pixel_learn::models::Training;

/// The longest job that is read.
const LONGEST_JOB: u64 = 16 << 20;
/// Stack of a pool thread: the libraries of other engines grow trees by recursion, without a limit on the
/// depth.
const STACK: usize = 16 << 20;

/// Runs the job on standard input. Does not return when the supervisor goes away.
pub fn run() -> Result<(), WorkerError> {
    let job = read_job()?;
    process::die_with_supervisor().map_err(WorkerError::io("cannot watch for the end of the supervisor"))?;
    let mut results = process::inherited(job.results_descriptor)
        .map_err(WorkerError::io("cannot open the pipe for the results"))?;
    let engine = match &job.external {
        Some(start) => external::of_job(start.clone()),
        None => find_engine(&job.engine).ok_or_else(|| WorkerError::Engine(job.engine.clone()))?,
    };
    let Some(family) = engine.family(&job.classifier) else {
        let (engine, classifier) = (job.engine.clone(), job.classifier.clone());
        return Err(WorkerError::Classifier { engine, classifier });
    };
    let loaded = Loaded::of(&job)?;
    let configurations = job.configurations();
    rayon::ThreadPoolBuilder::new().num_threads(job.threads).stack_size(STACK).build_global()?;
    // The scope runs inside the pool, so that nothing is computed beside it.
    rayon::scope(|_| {
        let built_in = job.external.is_none();
        // `Ready` starts the time limit. A built-in engine makes the features within it; an external one is
        // ready later, once it has been started with finished features.
        if built_in {
            send(&mut results, &Reply::Ready {})?;
        }
        let transformed = Transformed::of(&job, &loaded)?;
        let (train, test) = match &transformed {
            Some(transformed) => (&transformed.train, &transformed.test),
            None => (&loaded.train, &loaded.test),
        };
        let work = Work {
            configurations: &configurations,
            training: Training { features: train, labels: &loaded.labels, classes: loaded.classes },
            test,
            dataset: &job.dataset,
            image: loaded.image,
            seed: job.model_seed,
        };
        family.prepare(&work);
        let mut sent = if built_in { Ok(()) } else { send(&mut results, &Reply::Ready {}) };
        family.run(&work, &mut |index, result| {
            if sent.is_ok() {
                let result = match &transformed {
                    Some(transformed) => result.map(|outcome| transformed.note(outcome, built_in)),
                    None => result,
                };
                let peak = memory::own_peak().max(external::peak_memory_bytes());
                sent = send(&mut results, &Reply::new(index, result, peak));
            }
        });
        sent
    })?;
    Ok(())
}

/// Reads one line of JSON. The rest of standard input stays unread: its end tells that the supervisor is
/// gone.
fn read_job() -> Result<WorkerJob, WorkerError> {
    let mut line = Vec::new();
    io::stdin()
        .lock()
        .take(LONGEST_JOB)
        .read_until(b'\n', &mut line)
        .map_err(WorkerError::io("cannot read the job"))?;
    serde_json::from_slice(&line).map_err(WorkerError::Job)
}

fn send(results: &mut File, reply: &Reply) -> Result<(), WorkerError> {
    let mut line = serde_json::to_vec(reply).map_err(WorkerError::Reply)?;
    line.push(b'\n');
    results.write_all(&line).map_err(WorkerError::io("cannot send a result"))
}
