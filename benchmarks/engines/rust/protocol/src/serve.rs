//! Runs an engine: the order of the steps, the clocks and the replies.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use crate::npy::read_labels;
use crate::{Failure, Images, Job, Model, Parameters, version};

/// Makes the model of a configuration, or says why the library has none.
pub type MakeModel = fn(&Job, &Parameters) -> Result<Box<dyn Model>, Failure>;

/// Runs an engine as the program's arguments and standard input say. The version of the first of `libraries` becomes
/// that of every result.
pub fn serve(libraries: &[&str], model: MakeModel) -> ExitCode {
    let served = match std::env::args().nth(1).as_deref() {
        Some("--version") => version::reply(libraries).map(|reply| println!("{reply}")),
        Some(other) => Err(format!("unknown argument {other:?}: expected --version, or none and a job")),
        None => job().and_then(|job| run(&job, model)),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn job() -> Result<Job, String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|error| format!("no job on standard input: {error}"))?;
    Job::parse(&line)
}

fn run(job: &Job, make: MakeModel) -> Result<(), String> {
    let at = |error: std::io::Error| format!("{}: {error}", job.results.display());
    let mut results =
        OpenOptions::new().write(true).create(true).truncate(false).open(&job.results).map_err(at)?;
    let mut models = Vec::new();
    for (index, parameters) in job.parameters.iter().enumerate() {
        let parameters = Parameters::new(parameters.clone());
        match make(job, &parameters).and_then(|model| parameters.finish().map(|()| model)) {
            Ok(model) => models.push((index, model)),
            Err(failure) => write(&mut results, &refusal(index, failure)).map_err(at)?,
        }
    }
    if models.is_empty() {
        return Ok(());
    }
    let (x_train, x_test) = (Images::read(&job.x_train)?, Images::read(&job.x_test)?);
    let y_train = read_labels(&job.y_train)?;
    write(&mut results, &json!({"reply": "ready"})).map_err(at)?;
    for (index, mut model) in models {
        let measured =
            catch_unwind(AssertUnwindSafe(|| measure(model.as_mut(), &x_train, &y_train, &x_test)));
        let reply = match measured {
            Ok(Ok(mut reply)) => {
                reply["index"] = index.into();
                reply
            }
            Ok(Err(failure)) => refusal(index, failure),
            Err(panic) => refusal(index, Failure::Failed(format!("panicked: {}", message(panic.as_ref())))),
        };
        write(&mut results, &reply).map_err(at)?;
    }
    Ok(())
}

/// Fits and predicts, timed without anything else.
fn measure(
    model: &mut dyn Model,
    x_train: &Images,
    y_train: &[u8],
    x_test: &Images,
) -> Result<Value, Failure> {
    let began = Clocks::read();
    model.fit(x_train, y_train)?;
    let fitted = Clocks::read();
    let predictions = model.predict(x_test)?;
    let ended = Clocks::read();
    let text: Option<String> = predictions.iter().map(|&class| char::from_digit(class.into(), 36)).collect();
    let mut reply = json!({
        "reply": "ok",
        "index": 0,
        "predictions": text.ok_or_else(|| Failure::Failed("predicted a class above 35".into()))?,
        "fit_seconds": (fitted.wall - began.wall).as_secs_f64(),
        "predict_seconds": (ended.wall - fitted.wall).as_secs_f64(),
        "fit_cpu_seconds": fitted.cpu - began.cpu,
        "predict_cpu_seconds": ended.cpu - fitted.cpu,
        "facts": model.facts(),
    });
    if let Some(converged) = model.converged() {
        reply["converged"] = converged.into();
    }
    Ok(reply)
}

/// Wall clock, and CPU time of all threads in seconds.
struct Clocks {
    wall: Instant,
    cpu: f64,
}

impl Clocks {
    fn read() -> Clocks {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        Clocks { wall: Instant::now(), cpu: cpu.tv_sec as f64 + cpu.tv_nsec as f64 * 1e-9 }
    }
}

fn refusal(index: usize, failure: Failure) -> Value {
    let (kind, reason) = match failure {
        Failure::Unsupported(reason) => ("unsupported", reason),
        Failure::Diverged(reason) => ("diverged", reason),
        Failure::Failed(reason) => ("failed", reason),
    };
    let line: String = reason.lines().next().unwrap_or_default().chars().take(500).collect();
    json!({"reply": "failed", "index": index, "kind": kind, "reason": line})
}

fn write(results: &mut File, reply: &Value) -> std::io::Result<()> {
    results.write_all(format!("{reply}\n").as_bytes())
}

/// The message of a panic, if it is a text.
fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Constant(u8);

    impl Model for Constant {
        fn fit(&mut self, _: &Images, y: &[u8]) -> Result<(), Failure> {
            self.0 = y[0];
            Ok(())
        }

        fn predict(&mut self, x: &Images) -> Result<Vec<u8>, Failure> {
            Ok(vec![self.0; x.rows])
        }

        fn converged(&self) -> Option<bool> {
            Some(false)
        }
    }

    #[test]
    fn a_reply_has_every_key() {
        let x = Images { values: vec![0.0; 6], rows: 3, columns: 2 };
        let reply = measure(&mut Constant(0), &x, &[10, 1, 2], &x).unwrap();
        assert_eq!((&reply["predictions"], &reply["converged"]), (&json!("aaa"), &json!(false)));
        assert!(reply["fit_cpu_seconds"].as_f64().unwrap() >= 0.0);
        let refused = refusal(1, Failure::Diverged("not a number\nmore".into()));
        assert_eq!(
            refused,
            json!({"reply": "failed", "index": 1, "kind": "diverged", "reason": "not a number"})
        );
    }
}
