//! Where one class of a one-vs-rest `LinearSVC` stands between two values of C.

use super::design::Design;

/// Where one class stands on its walk along C.
#[derive(Clone)]
pub struct ClassState {
    /// +1 for rows of the class, -1 for the rest.
    pub signs: Vec<f64>,
    /// The C of the last solution; `None` before the first.
    pub c: Option<f64>,
    pub weights: Vec<f64>,
    /// The dual variables of the rows.
    pub duals: Vec<f64>,
    /// The multipliers of the l1 norm.
    pub norm_duals: Vec<f64>,
}

impl ClassState {
    /// Zero weights for `class`, an index of `targets`.
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
