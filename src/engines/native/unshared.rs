//! Families whose configurations share no work: one fit and one prediction after the other.

use super::run_each;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::Classifier;

/// A family of classifiers `C`, each fitted alone.
pub struct Unshared<C> {
    /// scikit-learn's name.
    pub classifier: &'static str,
    /// Reads the parameters of one configuration.
    pub read: fn(&Parameters) -> Result<C, String>,
    /// The sharing key, which seeds a configuration.
    pub sharing_key: fn(&Parameters) -> String,
    /// Which images are scaled before the clock starts, since scaling is no part of the method.
    pub scaled: Scaled,
}

/// Images whose scaled values a classifier reads; the others it reads as bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scaled {
    Neither,
    Test,
    Both,
}

impl<C: Classifier + 'static> engines::Family for Unshared<C> {
    fn classifier(&self) -> &'static str {
        self.classifier
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        (self.read)(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        (self.sharing_key)(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        if self.scaled == Scaled::Both {
            work.training.features.scaled();
        }
        if self.scaled != Scaled::Neither {
            work.test.scaled();
        }
        run_each(work, emit, |parameters| Ok(Box::new((self.read)(parameters)?) as Box<dyn Classifier>));
    }
}
