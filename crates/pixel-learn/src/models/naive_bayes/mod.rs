//! Naive Bayes: within a class, every feature is independent of the others. [`GaussianNB`] takes any values,
//! [`MultinomialNB`] and [`ComplementNB`] take counts, [`BernoulliNB`] binary values.

mod bernoulli;
mod complement;
mod discrete;
mod gaussian;
mod multinomial;

pub use bernoulli::{BernoulliNB, FittedBernoulliNB};
pub use complement::ComplementNB;
pub use gaussian::GaussianNB;
pub use multinomial::MultinomialNB;
