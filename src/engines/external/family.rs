//! A classifier of an external engine, as the sweep sees it.

use std::sync::{Mutex, PoisonError};

use super::Start;
use super::adapter::Program;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct External {
    classifier: &'static str,
    /// In a worker: the program to start.
    start: Option<Start>,
    /// The program that is ready to run, or why it is not.
    program: Mutex<Option<Result<Program, String>>>,
}

impl External {
    pub fn new(classifier: &'static str, start: Option<Start>) -> External {
        External { classifier, start, program: Mutex::new(None) }
    }
}

impl Family for External {
    fn classifier(&self) -> &'static str {
        self.classifier
    }

    /// Accepts everything: only the program knows what it supports, and refuses the rest when it runs.
    fn check(&self, _: &Parameters, _: &Shape) -> Result<(), String> {
        Ok(())
    }

    /// Nothing is shared: one program for each configuration.
    fn sharing_key(&self, parameters: &Parameters) -> String {
        let mut sorted: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        sorted.sort();
        sorted.join(",")
    }

    fn prepare(&self, work: &Work) {
        let program = match &self.start {
            Some(start) => Program::start(start, self.classifier, work),
            None => Err("an external engine runs in a worker only".to_string()),
        };
        *self.program.lock().unwrap_or_else(PoisonError::into_inner) = Some(program);
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let prepared = self.program.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut done = vec![false; work.configurations.len()];
        let ended = match prepared {
            Some(Ok(program)) => program.run(&mut done, emit),
            Some(Err(reason)) => Err(reason),
            None => Err("the program was not started".to_string()),
        };
        if let Err(reason) = ended {
            for index in (0..done.len()).filter(|&index| !done[index]) {
                emit(index, Err(Failure::Failed(reason.clone())));
            }
        }
    }
}
