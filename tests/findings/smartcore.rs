//! Defects of smartcore 0.7.0.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use ::smartcore::error::Failed;
use ::smartcore::linalg::basic::matrix::DenseMatrix;
use ::smartcore::naive_bayes::gaussian::GaussianNB;
use ::smartcore::svm::svc::{MultiClassSVC, SVC, SVCParameters};
use ::smartcore::svm::{Kernel, Kernels};
use ::smartcore::tree::decision_tree_classifier::{DecisionTreeClassifier, DecisionTreeClassifierParameters};

use super::still;

type Matrix = DenseMatrix<f64>;
type Parameters = SVCParameters<f64, i32, Matrix, Vec<i32>>;

fn matrix(rows: &[Vec<f64>]) -> Matrix {
    DenseMatrix::from_2d_vec(&rows.to_vec()).unwrap()
}

fn tree_predictions(x: &Matrix, y: &Vec<u32>, max_depth: Option<u16>) -> Vec<u32> {
    let parameters = DecisionTreeClassifierParameters { max_depth, ..Default::default() };
    DecisionTreeClassifier::fit(x, y, parameters).unwrap().predict(x).unwrap()
}

#[test]
fn s1_tree_skips_splits_between_equal_labels() {
    // The one possible cut separates {0, 0, 1} from {1, 2, 2}. It is passed over because the last label
    // before it is the first label after it; in another order of the same rows it is found.
    let x = matrix(&[0.0, 0.0, 0.0, 1.0, 1.0, 1.0].map(|value| vec![value]));
    let right = |y: Vec<u32>| tree_predictions(&x, &y, None).iter().zip(&y).filter(|(a, b)| a == b).count();
    assert_eq!(right(vec![1, 0, 0, 2, 2, 1]), 4, "the other order of rows is learned");
    still(right(vec![0, 0, 1, 1, 2, 2]) == 2, "S1 (smartcore's trees pass over cuts)");
}

#[test]
fn s2_a_tree_of_depth_1_has_no_split() {
    let x = matrix(&[vec![0.0], vec![1.0]]);
    assert_eq!(tree_predictions(&x, &vec![0, 1], Some(2)), [0, 1], "depth 2 makes one split");
    still(tree_predictions(&x, &vec![0, 1], Some(1)) == [0, 0], "S2 (smartcore's max_depth is one too many)");
}

#[test]
fn s3_constant_feature_excludes_a_class() {
    let rows =
        [[0.0, 5.0], [0.0, 6.0], [0.0, 7.0], [1.0, 50.0], [2.0, 60.0], [3.0, 70.0]].map(|row| row.to_vec());
    let x = matrix(&rows);
    let y: Vec<u32> = vec![0, 0, 0, 1, 1, 1];
    let predictions = GaussianNB::fit(&x, &y, Default::default()).unwrap().predict(&x).unwrap();
    still(predictions == [1; 6], "S3 (smartcore's GaussianNB without variance smoothing)");
}

#[test]
fn s4_feature_constant_everywhere_fails() {
    let x = matrix(&[vec![0.0, 1.0], vec![0.0, 2.0], vec![0.0, 10.0], vec![0.0, 11.0]]);
    let y: Vec<u32> = vec![0, 0, 1, 1];
    let predictions = GaussianNB::fit(&x, &y, Default::default()).unwrap().predict(&x);
    still(predictions.is_err(), "S4 (smartcore's GaussianNB on constant pixels)");
}

/// Points on a spiral grid in the plane with `classes` classes that overlap.
fn overlapping(n: usize, classes: usize) -> (Matrix, Vec<i32>) {
    let point = |i: usize| {
        let angle = std::f64::consts::TAU * (i % classes) as f64 / classes as f64;
        let wobble = i as f64 * 2.399963;
        let radius = ((i * 37) % n) as f64 / n as f64 * 1.6;
        vec![angle.cos() + radius * wobble.cos(), angle.sin() + radius * wobble.sin()]
    };
    let rows: Vec<Vec<f64>> = (0..n).map(point).collect();
    (matrix(&rows), (0..n).map(|i| (i % classes) as i32).collect())
}

#[test]
fn s5_svm_stops_early() {
    let (x, y) = overlapping(400, 2);
    let decision = |epochs: usize| {
        let parameters = Parameters::default()
            .with_c(100.0)
            .with_epoch(epochs)
            .with_kernel(Kernels::rbf().with_gamma(5.0))
            .with_seed(Some(1));
        SVC::fit(&x, &y, &parameters).unwrap().decision_function(&x).unwrap()
    };
    // If two passes met the tolerance of 0.001, more passes would change no decision value by more than about 0.001.
    let (two, many) = (decision(2), decision(50));
    let furthest = two.iter().zip(&many).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let other_class = two.iter().zip(&many).any(|(a, b)| a.signum() != b.signum());
    still(furthest > 0.5 && other_class, "S5 (smartcore's SVC stops after two passes)");
}

#[test]
fn s6_tied_votes_are_random() {
    let (x, y) = overlapping(150, 3);
    let parameters = Parameters::default().with_kernel(Kernels::linear()).with_seed(Some(1));
    let model = MultiClassSVC::fit(&x, &y, &parameters).unwrap();
    let near_the_middle: Vec<Vec<f64>> =
        (0..400).map(|i| vec![(i % 20) as f64 * 0.1 - 1.0, (i / 20) as f64 * 0.1 - 1.0]).collect();
    let queries = matrix(&near_the_middle);
    let first = model.predict(&queries).unwrap();
    let differ = (0..20).any(|_| model.predict(&queries).unwrap() != first);
    still(differ, "S6 (smartcore's votes in a hash map)");
}

#[test]
fn s7_support_vectors_are_cut_to_the_number_of_rows() {
    let answers = |rows: usize| {
        let x = matrix(
            &(0..rows).map(|i| (0..5).map(|j| ((i * 5 + j) as f64).sin()).collect()).collect::<Vec<_>>(),
        );
        let y: Vec<i32> = (0..rows).map(|i| (i % 2) as i32).collect();
        let parameters = Parameters::default().with_kernel(Kernels::linear()).with_seed(Some(1));
        let model = SVC::fit(&x, &y, &parameters).unwrap();
        catch_unwind(AssertUnwindSafe(|| model.predict(&x).unwrap().len())).ok()
    };
    assert_eq!(answers(5), Some(5), "as many rows as features");
    still(answers(4).is_none(), "S7 (smartcore's SVC cuts rows to the number of rows)");
}

/// A kernel that records how often it is evaluated, and for which pairs.
#[derive(Debug)]
struct Counted(Kernels, Arc<Mutex<(usize, HashSet<Vec<u64>>)>>);

impl Kernel for Counted {
    fn apply(&self, a: &Vec<f64>, b: &Vec<f64>) -> Result<f64, Failed> {
        let mut asked = self.1.lock().unwrap();
        asked.0 += 1;
        asked.1.insert(a.iter().chain(b).map(|value| value.to_bits()).collect());
        self.0.apply(a, b)
    }
}

#[test]
fn s8_kernel_cache_is_asked_too_late() {
    let (x, y) = overlapping(200, 2);
    let asked = Arc::new(Mutex::new((0, HashSet::new())));
    let kernel = Counted(Kernels::rbf().with_gamma(5.0), asked.clone());
    let parameters = Parameters::default().with_c(100.0).with_kernel(kernel).with_seed(Some(1));
    SVC::fit(&x, &y, &parameters).unwrap();
    let asked = asked.lock().unwrap();
    let (calls, pairs) = (asked.0, asked.1.len());
    still(calls > 3 * pairs, "S8 (smartcore's SVC computes what its cache holds)");
}
