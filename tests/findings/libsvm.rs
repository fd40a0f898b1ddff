//! Defects of libsvm-rs 0.9.2.

use ::libsvm_rs::predict::predict_values;
use ::libsvm_rs::{KernelType, SvmModel, SvmParameter};

use super::still;

#[test]
fn v1_last_class_wins_tied_votes() {
    // Three classes, each of which wins one of its pairs: 0 over 1, 1 over 2, 2 over 0. LIBSVM's svm_predict
    // keeps the first of the largest (`vote[i] > vote[vote_max_idx]`), which is class 0.
    let model = SvmModel {
        param: SvmParameter { kernel_type: KernelType::Linear, ..SvmParameter::default() },
        nr_class: 3,
        sv: Vec::new(),
        sv_coef: vec![Vec::new(), Vec::new()],
        rho: vec![-1.0, 1.0, -1.0],
        prob_a: Vec::new(),
        prob_b: Vec::new(),
        prob_density_marks: Vec::new(),
        sv_indices: Vec::new(),
        label: vec![0, 1, 2],
        n_sv: vec![0, 0, 0],
    };
    let mut decisions = [0.0; 3];
    let predicted = predict_values(&model, &[], &mut decisions);
    assert_eq!(decisions, [1.0, -1.0, 1.0]);
    still(predicted == 2.0, "V1 (libsvm-rs gives tied votes to the last class)");
}
