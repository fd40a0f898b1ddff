//! The warm start of one binary problem: its solution at one C, from which the next C starts.

use super::design::Design;

/// The labels of one binary problem and its solution at the last C.
#[derive(Clone)]
pub struct ClassState {
    /// The labels (y): +1 for the rows of the class, -1 for the others.
    pub signs: Vec<f64>,
    /// The C of the last solution; `None` before the first.
    pub c: Option<f64>,
    pub weights: Vec<f64>,
    /// The dual variables (a) of the rows.
    pub duals: Vec<f64>,
    /// The dual variables (v) of the l1 norm.
    pub norm_duals: Vec<f64>,
}

impl ClassState {
    /// Zero weights and dual variables for `class`, an index of `targets`.
    pub fn new(design: &Design, targets: &[usize], class: usize) -> ClassState {
        let (n, width) = (design.n(), design.width());
        ClassState {
            signs: targets.iter().map(|&target| if target == class { 1.0 } else { -1.0 }).collect(),
            c: None,
            weights: vec![0.0; width],
            duals: vec![0.0; n],
            norm_duals: vec![0.0; width],
        }
    }
}
