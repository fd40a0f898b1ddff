//! Linear classifiers: one weight vector and one intercept per class. The class with the largest score is
//! predicted.

mod convex;
pub mod linear_svc;
pub mod logistic;
mod model;
pub mod passive_aggressive;
mod path;
pub mod perceptron;
pub mod sgd;

pub use linear_svc::LinearSVC;
pub use logistic::LogisticRegression;
pub use model::{LinearModel, TrainingRows};
pub use passive_aggressive::PassiveAggressiveClassifier;
pub use path::{RegularisationPath, WarmStart};
pub use perceptron::Perceptron;
pub use sgd::SGDClassifier;
