//! Minimising smooth functions of many variables: what several families share.

pub mod lbfgs;
mod line_search;
