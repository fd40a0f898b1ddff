//! scikit-learn's classic classifiers on byte images: exact, deterministic for any number of threads, and several
//! times as fast as scikit-learn.
//!
//! An image of any size is a row of bytes, one per pixel ([`Features`]); labels are bytes from 0. A
//! classifier is a plain struct of parameters with scikit-learn's names. The defaults are those of
//! scikit-learn 0.19, or of 1.9 where the classifier says so. [`Classifier::fit`] returns a [`Model`], which
//! predicts one class per row. Vector instructions (AVX2, AVX-512) are chosen at run time; work runs in the
//! rayon pool that the caller installed. The same seed gives the same bits on any number of threads.
//!
//! | classifier | method | parameters |
//! |---|---|---|
//! | [`LinearSVC`] | augmented Lagrangian, ADMM; to a duality gap | `c`, `loss`, `penalty`, `multi_class`, `tol`, `max_iter` |
//! | [`LogisticRegression`] | truncated Newton, L-BFGS or SAGA | `c`, `penalty`, `multi_class`, `solver`, `tol`, `max_iter` |
//! | [`SGDClassifier`] | stochastic gradient descent | `loss`, `penalty`, `alpha`, `l1_ratio`, `max_iter`, `shuffle`, `fit_intercept` |
//! | [`Perceptron`] | Rosenblatt's rule | `penalty`, `alpha`, `eta0`, `max_iter`, `shuffle`, `fit_intercept` |
//! | [`PassiveAggressiveClassifier`] | PA-I | `c`, `max_iter`, `shuffle`, `fit_intercept` |
//! | [`SVC`] | SMO; augmented Lagrangian for the linear kernel | `c`, `kernel`, `gamma`, `degree`, `coef0`, `tol` |
//! | [`NuSVC`] | SMO | `nu`, `kernel`, `gamma`, `degree`, `coef0`, `tol` |
//! | [`KNeighborsClassifier`] | exhaustive search | `n_neighbors`, `weights`, `metric` |
//! | [`RidgeClassifier`] | exact, Cholesky | `alpha`, `fit_intercept` |
//! | [`LinearDiscriminantAnalysis`] | exact, from the scatter | `solver`, `shrinkage`, `priors`, `tol` |
//! | [`QuadraticDiscriminantAnalysis`] | exact, Cholesky | `priors`, `reg_param`, `tol` |
//! | [`NearestCentroid`] | exact means or medians | `metric`, `shrink_threshold` |
//! | [`GaussianNB`] | exact moments | `priors` |
//! | [`BernoulliNB`] | exact counts | `alpha`, `binarize`, `fit_prior`, `class_prior` |
//! | [`MultinomialNB`], [`ComplementNB`] | exact counts | `alpha`, `fit_prior`, `class_prior`, `norm` |
//! | [`DecisionTreeClassifier`], [`ExtraTreeClassifier`] | CART on histograms of bytes | `criterion`, `splitter`, `max_depth`, `max_features` |
//! | [`RandomForestClassifier`] | bagged trees | `n_estimators`, `bootstrap`, `criterion`, `max_depth`, `max_features` |
//! | [`ExtraTreesClassifier`] | trees with random thresholds | `n_estimators`, `bootstrap`, `criterion`, `max_depth`, `max_features` |
//! | [`BaggingClassifier`] | trees on drawn rows and features | `estimator`, `n_estimators`, `max_samples`, `max_features`, `bootstrap`, ... |
//! | [`AdaBoostClassifier`] | SAMME, trees on weighted rows | `estimator`, `n_estimators`, `learning_rate` |
//! | [`GradientBoostingClassifier`] | multinomial deviance, binomial for two classes | `n_estimators`, `learning_rate`, `max_depth`, `order` |
//! | [`HistGradientBoostingClassifier`] | Newton steps on histograms, leaf by leaf | `max_iter`, `learning_rate`, `max_leaf_nodes`, `max_depth`, `early_stopping`, ... |
//! | [`MLPClassifier`] | Adam | `hidden_layer_sizes`, `activation`, `alpha`, `batch_size`, `learning_rate_init`, `max_iter`, `tol`, ... |
//! | [`GaussianProcessClassifier`] | Laplace approximation | `multi_class`, `max_iter_predict` |
//!
//! [`preprocessing`] has the steps before a model: scalings, deskewing and others. [`nn`] has convolutional
//! networks that are defined as data. [`linalg`] has the kernels behind all of these; its interface follows
//! the needs of the models and may change with any version.

// Only the vector kernels of `linalg` need unsafe code.
#![deny(unsafe_code)]
#![deny(missing_docs)]

mod features;
#[allow(unsafe_code, reason = "vector instructions, each chosen by what the machine has")]
pub mod linalg;
pub mod models;
pub mod nn;
pub mod preprocessing;
mod scaling;

pub use features::{Bytes, Features, ScaledRows, ShapeError};
pub use models::ada_boost::AdaBoostClassifier;
pub use models::bagging::BaggingClassifier;
pub use models::boosting::GradientBoostingClassifier;
pub use models::discriminant::{LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis};
pub use models::forest::{ExtraTreesClassifier, RandomForestClassifier};
pub use models::gaussian_process::GaussianProcessClassifier;
pub use models::hist_gradient_boosting::HistGradientBoostingClassifier;
pub use models::linear::{
    LinearSVC, LogisticRegression, PassiveAggressiveClassifier, Perceptron, SGDClassifier,
};
pub use models::mlp::MLPClassifier;
pub use models::naive_bayes::{BernoulliNB, ComplementNB, GaussianNB, MultinomialNB};
pub use models::nearest_centroid::NearestCentroid;
pub use models::neighbors::KNeighborsClassifier;
pub use models::ridge::RidgeClassifier;
pub use models::svm::{NuSVC, SVC};
pub use models::tree::{DecisionTreeClassifier, ExtraTreeClassifier};
pub use models::{Classifier, Fact, Facts, FitError, Model, Training};
pub use scaling::Scaling;

/// The examples of the README are tested too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
