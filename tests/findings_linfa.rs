//! Defects of linfa 0.8.1 that docs/FINDINGS.md describes, each in its smallest form. A test here passes
//! as long as the defect is there; when an upgrade mends it, the test fails and says what to change.
#![cfg(feature = "linfa")]

use linfa::DatasetView;
use linfa::traits::{Fit, Predict, PredictInplace};
use linfa_logistic::MultiLogisticRegression;
use linfa_svm::Svm;
use linfa_trees::DecisionTree;
use ndarray::{Array1, Array2, ArrayView2, array};

/// Passes while the defect shows.
fn still(shows: bool, finding: &str) {
    assert!(
        shows,
        "{finding} is mended upstream: take the finding out of docs/FINDINGS.md, delete this test, and run \
         `mnist-bench sweep --suite crates` again"
    );
}

fn tree_predictions(rows: &[[f64; 2]], labels: &[usize], queries: ArrayView2<f64>) -> Array1<usize> {
    let records = Array2::from(rows.to_vec());
    let targets = Array1::from(labels.to_vec());
    let model = DecisionTree::params().fit(&DatasetView::new(records.view(), targets.view())).unwrap();
    let mut predictions = Array1::zeros(queries.nrows());
    model.predict_inplace(&queries, &mut predictions);
    predictions
}

/// Class 2 where the first feature is 1; elsewhere the second feature decides between 0 and 1.
const NESTED: [([f64; 2], usize); 8] = [
    ([0.0, 0.0], 0),
    ([0.0, 0.0], 0),
    ([0.0, 1.0], 1),
    ([0.0, 1.0], 1),
    ([1.0, 0.0], 2),
    ([1.0, 0.0], 2),
    ([1.0, 0.0], 2),
    ([1.0, 0.0], 2),
];

fn right_on_nested(order: &[usize]) -> usize {
    let rows: Vec<[f64; 2]> = order.iter().map(|&i| NESTED[i].0).collect();
    let labels: Vec<usize> = order.iter().map(|&i| NESTED[i].1).collect();
    let predictions = tree_predictions(&rows, &labels, Array2::from(rows.clone()).view());
    predictions.iter().zip(&labels).filter(|(a, b)| a == b).count()
}

#[test]
fn l1_a_tree_misses_cuts_below_the_root() {
    // Two cuts classify all rows. The second is between values 0 and 1 of the second feature, and linfa-trees
    // looks at it only if the last of all rows with value 0 is in the node: in file order it is not.
    assert_eq!(right_on_nested(&[4, 5, 6, 7, 0, 1, 2, 3]), 8, "the other order of rows is learned");
    still(right_on_nested(&[0, 1, 2, 3, 4, 5, 6, 7]) == 6, "L1 (linfa-trees misses cuts)");
}

#[test]
fn l2_a_tree_trains_with_at_most_and_predicts_with_less_than() {
    // The threshold between 0 and 2 is 1. Training sends a value of 1 to the left, predicting to the right.
    let predictions = tree_predictions(&[[0.0, 0.0], [2.0, 0.0]], &[0, 1], array![[1.0, 0.0]].view());
    still(predictions[0] == 1, "L2 (linfa-trees predicts with < what it split with <=)");
}

#[test]
fn l3_a_tied_leaf_has_another_class_from_run_to_run() {
    let rows = [[0.0, 0.0], [0.0, 0.0]];
    let predicted: Vec<usize> =
        (0..64).map(|_| tree_predictions(&rows, &[0, 1], array![[0.0, 0.0]].view())[0]).collect();
    still(predicted.contains(&0) && predicted.contains(&1), "L3 (linfa-trees draws from a hash map)");
}

#[test]
fn l4_one_far_row_spoils_the_logistic_loss_of_the_others() {
    // Thirty rows at -1, 0 and 1, a class each, and one far out that belongs to the class at 1: a straight
    // line separates all, and scikit-learn's model is right on all thirty wherever the far row lies.
    let right_with_far_row_at = |far: f64| {
        let rows: Vec<(f64, usize)> =
            (0..30).map(|i| (f64::from(i % 3) - 1.0, (i % 3) as usize)).chain([(far, 2)]).collect();
        let records = Array2::from_shape_fn((rows.len(), 1), |(i, _)| rows[i].0);
        let targets: Array1<usize> = rows.iter().map(|row| row.1).collect();
        let dataset = DatasetView::new(records.view(), targets.view());
        let model = MultiLogisticRegression::default().alpha(0.01).fit(&dataset).unwrap();
        let predictions: Array1<usize> = model.predict(&records);
        predictions.iter().zip(&targets).take(30).filter(|(a, b)| a == b).count()
    };
    assert_eq!(right_with_far_row_at(10.0), 30, "a far row that is not too far does no harm");
    still(
        right_with_far_row_at(100.0) == 20,
        "L4 (linfa-logistic's log-sum-exp has one maximum for all rows)",
    );
}

#[test]
fn l5_a_support_vector_machine_holds_the_whole_kernel_matrix() {
    let n = 3000;
    let records =
        Array2::from_shape_fn((n, 2), |(i, j)| ((i * 7 + j * 3) % 11) as f64 + (i % 2) as f64 * 20.0);
    let targets: Array1<bool> = (0..n).map(|i| i % 2 == 0).collect();
    let before = peak_kilobytes();
    Svm::<f64, bool>::params()
        .linear_kernel()
        .fit(&DatasetView::new(records.view(), targets.view()))
        .unwrap();
    let matrix = n * n * 8 / 1024;
    still(peak_kilobytes() - before > matrix * 9 / 10, "L5 (linfa-svm builds a dense kernel matrix)");
}

/// The peak of this process's memory in kB (Linux).
fn peak_kilobytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
