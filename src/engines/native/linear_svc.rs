//! `LinearSVC`: rows that mean the same model share its fit (loss and penalty have no effect on
//! crammer_singer, so that four rows of the grid are one), all others are fits of their own.

use super::reader::Reader;
use super::run_one;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use crate::models::linear::LinearSVC;
use crate::models::linear::linear_svc::{SvcLoss, SvcMultiClass};
use crate::models::linear::logistic::Penalty;

pub struct Family;

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "LinearSVC"
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        read(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        format!("{:?}", read(parameters))
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        // Scaling is not part of fitting.
        work.training.features.scaled();
        work.test.scaled();
        let mut done: Vec<(LinearSVC, Result<Outcome, Failure>)> = Vec::new();
        for (index, configuration) in work.configurations.iter().enumerate() {
            let outcome = match read(&configuration.parameters) {
                Err(reason) => Err(Failure::Unsupported(reason)),
                Ok(model) => match done.iter().find(|(other, _)| *other == model) {
                    Some((_, outcome)) => outcome.clone(),
                    None => {
                        let outcome = run_one(work, &model);
                        done.push((model, outcome.clone()));
                        outcome
                    }
                },
            };
            emit(index, outcome);
        }
    }
}

/// The model that the parameters mean: what has no effect stands at its default.
fn read(parameters: &Parameters) -> Result<LinearSVC, String> {
    let default = LinearSVC::default();
    let reader = Reader::new(parameters, &["C", "loss", "penalty", "multi_class", "tol", "max_iter"])?;
    let hinge = reader.choice("loss", "squared_hinge", &["squared_hinge", "hinge"])? == "hinge";
    let penalty = penalty(&reader)?;
    let crammer_singer = reader.choice("multi_class", "ovr", &["ovr", "crammer_singer"])? == "crammer_singer";
    let model = LinearSVC {
        c: reader.positive("C", default.c)?,
        tol: reader.positive("tol", default.tol)?,
        max_iter: reader.integer("max_iter", default.max_iter, 1)?,
        ..default
    };
    if crammer_singer {
        return Ok(LinearSVC { multi_class: SvcMultiClass::CrammerSinger, ..model });
    }
    let loss = if hinge { SvcLoss::Hinge } else { SvcLoss::SquaredHinge };
    Ok(LinearSVC { loss, penalty, ..model })
}

/// The penalty, l2 where it is absent.
pub(super) fn penalty(reader: &Reader) -> Result<Penalty, String> {
    Ok(if reader.choice("penalty", "l2", &["l2", "l1"])? == "l1" { Penalty::L1 } else { Penalty::L2 })
}
