//! `LinearSVC`: configurations that differ only in C share one regularisation path, and those that mean the same
//! model (loss and penalty have no effect on crammer_singer) share its fit.

use super::along_c;
use crate::engines::params::ParamReader;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::linear::LinearSVC;
use pixel_learn::models::linear::linear_svc::{Solver, SvcLoss, SvcMultiClass};
use pixel_learn::models::linear::logistic::Penalty;

pub struct Family;

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "LinearSVC"
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        read(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        // All C share one path.
        format!("{:?}", read(parameters).map(|model| LinearSVC { c: 1.0, ..model }))
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        // Scaling is not part of predicting.
        work.test.scaled();
        let mut models = Vec::new();
        for (index, configuration) in work.configurations.iter().enumerate() {
            match read(&configuration.parameters) {
                Ok(model) => models.push((index, model)),
                Err(reason) => emit(index, Err(Failure::Unsupported(reason))),
            }
        }
        let Some((_, settings)) = models.first() else { return };
        let wanted = models.iter().map(|(index, model)| (*index, model.c)).collect();
        along_c::run::<Solver>(work, settings, wanted, emit);
    }
}

/// The model of these parameters; those without effect are set to their defaults.
fn read(parameters: &Parameters) -> Result<LinearSVC, String> {
    let default = LinearSVC::default();
    let reader = ParamReader::new(parameters, &["C", "loss", "penalty", "multi_class", "tol", "max_iter"])?;
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
pub(super) fn penalty(reader: &ParamReader) -> Result<Penalty, String> {
    Ok(if reader.choice("penalty", "l2", &["l2", "l1"])? == "l1" { Penalty::L1 } else { Penalty::L2 })
}
