//! `LinearDiscriminantAnalysis` and `QuadraticDiscriminantAnalysis`: nothing is shared, nothing is random.

use super::unshared::{Scaled, Unshared};
use super::unshared_key;
use crate::engines::params::ParamReader;
use crate::grid::Parameters;
use pixel_learn::models::discriminant::{
    LdaSolver, LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis, Shrinkage,
};

pub static LINEAR: Unshared<LinearDiscriminantAnalysis> = Unshared {
    classifier: "LinearDiscriminantAnalysis",
    read: linear,
    sharing_key: |parameters| unshared_key("LinearDiscriminantAnalysis", parameters),
    scaled: Scaled::Test,
};

pub static QUADRATIC: Unshared<QuadraticDiscriminantAnalysis> = Unshared {
    classifier: "QuadraticDiscriminantAnalysis",
    read: quadratic,
    sharing_key: |parameters| unshared_key("QuadraticDiscriminantAnalysis", parameters),
    scaled: Scaled::Test,
};

fn linear(parameters: &Parameters) -> Result<LinearDiscriminantAnalysis, String> {
    let reader = ParamReader::new(parameters, &["solver", "shrinkage", "priors", "tol"])?;
    let default = LinearDiscriminantAnalysis::default();
    let solver = match reader.choice("solver", "svd", &["svd", "lsqr"])? {
        "lsqr" => LdaSolver::Lsqr,
        _ => LdaSolver::Svd,
    };
    let shrinkage = match reader.value("shrinkage") {
        None => None,
        Some(value) if value.is_number() => Some(Shrinkage::Value(reader.number("shrinkage", 0.0)?)),
        Some(_) => reader.choice("shrinkage", "auto", &["auto"]).map(|_| Some(Shrinkage::Auto))?,
    };
    Ok(LinearDiscriminantAnalysis {
        solver,
        shrinkage,
        priors: reader.numbers("priors")?,
        tol: reader.number("tol", default.tol)?,
    })
}

fn quadratic(parameters: &Parameters) -> Result<QuadraticDiscriminantAnalysis, String> {
    let reader = ParamReader::new(parameters, &["priors", "reg_param", "tol"])?;
    let default = QuadraticDiscriminantAnalysis::default();
    Ok(QuadraticDiscriminantAnalysis {
        priors: reader.numbers("priors")?,
        reg_param: reader.number("reg_param", default.reg_param)?,
        tol: reader.number("tol", default.tol)?,
    })
}
