//! `SGDClassifier`: each configuration is a job of its own, since it takes well under a second.

use super::unshared::{Scaled, Unshared};
use crate::engines::params::ParamReader;
use crate::grid::Parameters;
use pixel_learn::models::linear::SGDClassifier;
use pixel_learn::models::linear::sgd::{Loss, Penalty};

pub static FAMILY: Unshared<SGDClassifier> = Unshared {
    classifier: "SGDClassifier",
    read,
    sharing_key: |parameters| format!("{:?}", read(parameters)),
    scaled: Scaled::Test,
};

fn read(parameters: &Parameters) -> Result<SGDClassifier, String> {
    let default = SGDClassifier::default();
    let known = ["loss", "penalty", "alpha", "l1_ratio", "max_iter", "shuffle", "fit_intercept"];
    let reader = ParamReader::new(parameters, &known)?;
    let losses = ["hinge", "squared_hinge", "perceptron", "log", "modified_huber"];
    let loss = match reader.choice("loss", "hinge", &losses)? {
        "squared_hinge" => Loss::SquaredHinge,
        "perceptron" => Loss::Perceptron,
        "log" => Loss::Log,
        "modified_huber" => Loss::ModifiedHuber,
        _ => Loss::Hinge,
    };
    let l1_ratio = reader.number("l1_ratio", default.l1_ratio)?;
    if !(0.0..=1.0).contains(&l1_ratio) {
        return Err(format!("l1_ratio={l1_ratio}: must be between 0 and 1"));
    }
    Ok(SGDClassifier {
        loss,
        penalty: penalty(&reader, "l2")?,
        alpha: reader.positive("alpha", default.alpha)?,
        l1_ratio,
        max_iter: reader.integer("max_iter", default.max_iter, 1)?,
        shuffle: reader.boolean("shuffle", default.shuffle)?,
        fit_intercept: reader.boolean("fit_intercept", default.fit_intercept)?,
    })
}

/// The penalty by its scikit-learn name, `default` where it is absent.
pub(super) fn penalty(reader: &ParamReader, default: &str) -> Result<Penalty, String> {
    Ok(match reader.choice("penalty", default, &["none", "l2", "l1", "elasticnet"])? {
        "l2" => Penalty::L2,
        "l1" => Penalty::L1,
        "elasticnet" => Penalty::ElasticNet,
        _ => Penalty::None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::{Family as _, Shape};

    #[test]
    fn bad_parameters_are_refused_and_equal_ones_share_a_key() {
        let shape = Shape { train_size: 10, test_size: 10, features: 4, image: [2, 2], classes: 2 };
        let parameters = |json: &str| serde_json::from_str::<Parameters>(json).unwrap();
        for bad in [
            r#"{"loss": "hing"}"#,
            r#"{"alpha": 0}"#,
            r#"{"alpha": -1}"#,
            r#"{"l1_ratio": 1.5}"#,
            r#"{"max_iter": 0}"#,
            r#"{"penality": "l2"}"#,
        ] {
            assert!(FAMILY.check(&parameters(bad), &shape).is_err(), "{bad}");
        }
        let key = |json| FAMILY.sharing_key(&parameters(json));
        assert_eq!(key(r#"{"alpha": 0.0001, "penalty": "l2"}"#), key(r#"{"penalty": "l2"}"#));
        assert_ne!(key(r#"{"penalty": "l1"}"#), key(r#"{"penalty": "l2"}"#));
    }
}
