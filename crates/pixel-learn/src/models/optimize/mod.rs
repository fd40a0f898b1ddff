//! Minimisation of smooth functions, which several families share.

pub mod lbfgs;
mod line_search;
