//! `NuSVC`: every configuration is solved alone.

use super::svc::{gamma, kernel};
use super::unshared::{Scaled, Unshared};
use super::unshared_key;
use crate::engines::params::ParamReader;
use crate::grid::Parameters;
use pixel_learn::models::svm::NuSVC;

pub static FAMILY: Unshared<NuSVC> = Unshared {
    classifier: "NuSVC",
    read,
    sharing_key: |parameters| unshared_key("NuSVC", parameters),
    scaled: Scaled::Both,
};

/// Parameters that change neither the model nor its predictions are accepted and ignored.
fn read(parameters: &Parameters) -> Result<NuSVC, String> {
    let known = ["nu", "kernel", "gamma", "degree", "coef0", "tol", "shrinking"];
    let reader = ParamReader::new(parameters, &known)?;
    let default = NuSVC::default();
    Ok(NuSVC {
        nu: reader.positive("nu", default.nu)?,
        kernel: kernel(&reader)?,
        gamma: gamma(&reader, "scale")?,
        degree: reader.integer("degree", default.degree as usize, 0)? as u32,
        coef0: reader.number("coef0", default.coef0)?,
        tol: reader.positive("tol", default.tol)?,
    })
}
