//! `BernoulliNB`, `MultinomialNB` and `ComplementNB`: nothing is shared, nothing is random.

use super::unshared::{Scaled, Unshared};
use super::unshared_key;
use crate::engines::params::ParamReader;
use crate::grid::Parameters;
use pixel_learn::models::naive_bayes::{BernoulliNB, ComplementNB, MultinomialNB};

pub static BERNOULLI: Unshared<BernoulliNB> = Unshared {
    classifier: "BernoulliNB",
    read: bernoulli,
    sharing_key: |parameters| unshared_key("BernoulliNB", parameters),
    scaled: Scaled::Neither,
};

pub static MULTINOMIAL: Unshared<MultinomialNB> = Unshared {
    classifier: "MultinomialNB",
    read: multinomial,
    sharing_key: |parameters| unshared_key("MultinomialNB", parameters),
    scaled: Scaled::Neither,
};

pub static COMPLEMENT: Unshared<ComplementNB> = Unshared {
    classifier: "ComplementNB",
    read: complement,
    sharing_key: |parameters| unshared_key("ComplementNB", parameters),
    scaled: Scaled::Neither,
};

fn bernoulli(parameters: &Parameters) -> Result<BernoulliNB, String> {
    let reader = ParamReader::new(parameters, &["alpha", "binarize", "fit_prior", "class_prior"])?;
    let default = BernoulliNB::default();
    // Null says that the features are 0 and 1 already, which the reader cannot tell from an absent key.
    let binarize = match parameters.get("binarize") {
        Some(serde_json::Value::Null) => None,
        None => default.binarize,
        Some(_) => Some(reader.number("binarize", 0.0)?),
    };
    Ok(BernoulliNB {
        alpha: smoothing(&reader, default.alpha)?,
        binarize,
        fit_prior: reader.boolean("fit_prior", default.fit_prior)?,
        class_prior: reader.numbers("class_prior")?,
    })
}

fn multinomial(parameters: &Parameters) -> Result<MultinomialNB, String> {
    let reader = ParamReader::new(parameters, &["alpha", "fit_prior", "class_prior"])?;
    let default = MultinomialNB::default();
    Ok(MultinomialNB {
        alpha: smoothing(&reader, default.alpha)?,
        fit_prior: reader.boolean("fit_prior", default.fit_prior)?,
        class_prior: reader.numbers("class_prior")?,
    })
}

fn complement(parameters: &Parameters) -> Result<ComplementNB, String> {
    let reader = ParamReader::new(parameters, &["alpha", "fit_prior", "class_prior", "norm"])?;
    let default = ComplementNB::default();
    Ok(ComplementNB {
        alpha: smoothing(&reader, default.alpha)?,
        norm: reader.boolean("norm", default.norm)?,
        fit_prior: reader.boolean("fit_prior", default.fit_prior)?,
        class_prior: reader.numbers("class_prior")?,
    })
}

/// `alpha`, which is added to every count; it must not be negative.
fn smoothing(reader: &ParamReader, default: f64) -> Result<f64, String> {
    let alpha = reader.number("alpha", default)?;
    if alpha < 0.0 { Err(format!("alpha={alpha}: must be at least 0")) } else { Ok(alpha) }
}
