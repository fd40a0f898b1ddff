//! BernoulliNB and MultinomialNB over linfa-bayes, which has no ComplementNB. `alpha` and `binarize` mean the
//! same as in scikit-learn; the priors are estimated from the training images and cannot be given.

use linfa::DatasetView;
use linfa::traits::Fit;
use linfa_bayes::{BernoulliNb, MultinomialNb};

use super::{predict, records, targets};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct Bernoulli;
pub struct Multinomial;

/// `alpha` and the threshold of `binarize`, which is `None` where the features are 0 and 1 already.
fn bernoulli(parameters: &Parameters) -> Result<(f64, Option<f64>), String> {
    let reader = ParamReader::new(parameters, &["alpha", "binarize", "fit_prior", "class_prior"])?;
    // The reader cannot tell null from an absent key.
    let binarize = match parameters.get("binarize") {
        Some(serde_json::Value::Null) => None,
        _ => Some(reader.number("binarize", 0.0)?),
    };
    Ok((smoothing(&reader)?, binarize))
}

fn multinomial(parameters: &Parameters) -> Result<f64, String> {
    smoothing(&ParamReader::new(parameters, &["alpha", "fit_prior", "class_prior"])?)
}

/// `alpha`, which is added to every count. Priors other than the estimated ones are an error.
fn smoothing(reader: &ParamReader) -> Result<f64, String> {
    if !reader.boolean("fit_prior", true)? || reader.value("class_prior").is_some() {
        return Err("linfa-bayes estimates the priors from the training images and takes no others".into());
    }
    match reader.number("alpha", 1.0)? {
        alpha if alpha < 0.0 => Err(format!("alpha={alpha}: must be at least 0")),
        alpha => Ok(alpha),
    }
}

impl Family for Bernoulli {
    fn classifier(&self) -> &'static str {
        "BernoulliNB"
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        bernoulli(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let (train, test) = (records(work.training.features), records(work.test));
        let labels = targets(work.training.labels);
        let dataset = DatasetView::new(train.view(), labels.view());
        library::each(work, emit, bernoulli, |(alpha, binarize)| {
            let parameters = BernoulliNb::<f64, usize>::params().alpha(alpha).binarize(binarize);
            library::outcome(
                || parameters.fit(&dataset).map_err(failed),
                |model| Ok(predict(model, test.view())),
                |_| Description::default(),
            )
        });
    }
}

impl Family for Multinomial {
    fn classifier(&self) -> &'static str {
        "MultinomialNB"
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        multinomial(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let (train, test) = (records(work.training.features), records(work.test));
        let labels = targets(work.training.labels);
        let dataset = DatasetView::new(train.view(), labels.view());
        library::each(work, emit, multinomial, |alpha| {
            library::not_negative(train.iter().chain(&test))?;
            let parameters = MultinomialNb::<f64, usize>::params().alpha(alpha);
            library::outcome(
                || parameters.fit(&dataset).map_err(failed),
                |model| Ok(predict(model, test.view())),
                |_| Description::default(),
            )
        });
    }
}
