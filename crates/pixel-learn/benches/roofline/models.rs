//! The rows of the table. Each counts the multiply-adds or additions of its method from the sizes of the data, and
//! the seconds that the model takes for them.

use std::time::Instant;

use pixel_learn::models::linear::logistic::LogisticMultiClass;
use pixel_learn::models::mlp::Activation;
use pixel_learn::preprocessing::{self, Step};
use pixel_learn::{
    Classifier, Fact, Features, GradientBoostingClassifier, KNeighborsClassifier, LogisticRegression,
    MLPClassifier, RidgeClassifier, Training,
};

use crate::Measured;
use crate::dataset::Dataset;
use crate::limits::Work;

const PIXELS: usize = 784;
const CLASSES: usize = 10;

type Measure = fn(&Dataset) -> Measured;

/// All rows by name.
pub const ALL: [(&str, Measure); 9] = [
    ("KNeighborsClassifier p=2, fit and predict", nearest_neighbours),
    ("MLPClassifier relu (100), 5 epochs", mlp_relu),
    ("MLPClassifier tanh (100), 5 epochs", mlp_tanh),
    ("GradientBoostingClassifier depth 3, 10 rounds", boosting),
    ("LogisticRegression multinomial, C = 1", softmax),
    ("RidgeClassifier on pixels", ridge_on_pixels),
    ("RidgeClassifier on 2,000 values", ridge_on_values),
    ("PCA, 50 components", principal_components),
    ("RBFSampler, 1,000 features", random_features),
];

fn standardised(data: &Dataset) -> Features {
    Features::standardised(data.train.pixels.clone(), PIXELS).expect("whole images")
}

/// Seconds of a call.
fn timed<T>(run: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let result = run();
    (result, start.elapsed().as_secs_f64())
}

/// Fits, and returns the model with the seconds of the fit. As in a sweep, standardising is not counted.
fn fitted(model: &dyn Classifier, x: &Features, labels: &[u8]) -> (Box<dyn pixel_learn::Model>, f64) {
    x.scaled();
    let training = Training { features: x, labels, classes: CLASSES };
    let (model, seconds) = timed(|| model.fit(&training, 1));
    (model.expect("a model of MNIST"), seconds)
}

/// Every test image with every training image, in 16-bit fixed point. The few candidates that stay are computed again
/// in f64.
fn nearest_neighbours(data: &Dataset) -> Measured {
    let x = standardised(data);
    let test = x.transform(data.test.pixels.clone()).expect("whole images");
    test.scaled();
    let (model, fit) = fitted(&KNeighborsClassifier::default(), &x, &data.train.labels);
    let (_, predict) = timed(|| model.predict(&test));
    let products = (x.n() * test.n() * PIXELS) as f64;
    let bytes = ((x.n() + test.n()) * PIXELS * size_of::<i16>()) as f64;
    Measured { work: vec![(Work::Words, products)], bytes, seconds: fit + predict }
}

fn mlp_relu(data: &Dataset) -> Measured {
    mlp(data, Activation::Relu)
}

fn mlp_tanh(data: &Dataset) -> Measured {
    mlp(data, Activation::Tanh)
}

/// The products forward, of the gradients of the weights, and of the last layer's inputs. Every epoch reads all rows.
fn mlp(data: &Dataset, activation: Activation) -> Measured {
    const EPOCHS: usize = 5;
    const UNITS: usize = 100;
    let x = standardised(data);
    let model =
        MLPClassifier { hidden_layer_sizes: vec![UNITS], activation, max_iter: EPOCHS, ..Default::default() };
    let (_, seconds) = fitted(&model, &x, &data.train.labels);
    let row = 2 * PIXELS * UNITS + 3 * UNITS * CLASSES;
    // Each batch is scaled from its bytes.
    let bytes = (EPOCHS * x.n() * PIXELS) as f64;
    Measured { work: vec![(Work::F32, (EPOCHS * x.n() * row) as f64)], bytes, seconds }
}

/// Ten trees a round. The root's histograms take every pixel that is not black; on each of two more levels the
/// smaller children take at most half of the rows, and the larger are differences.
fn boosting(data: &Dataset) -> Measured {
    const ROUNDS: usize = 10;
    let x = standardised(data);
    let model = GradientBoostingClassifier { n_estimators: ROUNDS, ..Default::default() };
    let (_, seconds) = fitted(&model, &x, &data.train.labels);
    let additions = (ROUNDS * CLASSES * 2 * lit(data)) as f64;
    // One byte for each.
    Measured { work: vec![(Work::Cells, additions)], bytes: additions, seconds }
}

/// Each pass takes the scores of all rows and adds them up again, ten classes for each pixel that is not black.
fn softmax(data: &Dataset) -> Measured {
    let x = standardised(data);
    let model = LogisticRegression { multi_class: LogisticMultiClass::Multinomial, ..Default::default() };
    let (model, seconds) = fitted(&model, &x, &data.train.labels);
    let passes = model.facts().get("passes").and_then(Fact::as_f64).expect("the number of passes");
    let work = vec![(Work::F32, passes * (lit(data) * CLASSES * 2) as f64)];
    Measured { work, bytes: passes * (lit(data) * size_of::<f32>()) as f64, seconds }
}

/// Half of the matrix of products of all pairs of columns, from bytes.
fn ridge_on_pixels(data: &Dataset) -> Measured {
    let x = standardised(data);
    let (_, seconds) = fitted(&RidgeClassifier::default(), &x, &data.train.labels);
    let work = vec![(Work::Bytes, gram(x.n(), PIXELS)), (Work::F64, cholesky(PIXELS))];
    Measured { work, bytes: (x.n() * PIXELS) as f64, seconds }
}

/// The same from computed values, without the time of computing them.
fn ridge_on_values(data: &Dataset) -> Measured {
    const FEATURES: usize = 2000;
    let steps = [Step::Unit, Step::RbfSampler { n_components: FEATURES, gamma: Some(0.01) }];
    let (_, x) = preprocessing::fit(&steps, &standardised(data), [28, 28], 1).expect("steps that fit");
    let (_, seconds) = fitted(&RidgeClassifier::default(), &x, &data.train.labels);
    let work = vec![(Work::F32, gram(x.n(), FEATURES)), (Work::F64, cholesky(FEATURES))];
    Measured { work, bytes: (x.n() * FEATURES * size_of::<f32>()) as f64, seconds }
}

/// The covariance from bytes, its eigenvectors (reduction to three diagonals), and the projection of all rows.
fn principal_components(data: &Dataset) -> Measured {
    const COMPONENTS: usize = 50;
    let x = standardised(data);
    let steps = [Step::Raw, Step::Pca { n_components: COMPONENTS, whiten: false }];
    let (_, seconds) = timed(|| preprocessing::fit(&steps, &x, [28, 28], 1).map(|_| ()));
    let reduction = (2 * PIXELS.pow(3)) as f64 / 3.0;
    let projection = (x.n() * PIXELS * COMPONENTS) as f64;
    Measured {
        work: vec![(Work::Bytes, gram(x.n(), PIXELS)), (Work::F64, reduction), (Work::F32, projection)],
        bytes: (2 * x.n() * PIXELS + x.n() * COMPONENTS * size_of::<f32>()) as f64,
        seconds,
    }
}

/// The product of all rows with the drawn weights; the cosines are not counted.
fn random_features(data: &Dataset) -> Measured {
    const FEATURES: usize = 1000;
    let x = standardised(data);
    let steps = [Step::Unit, Step::RbfSampler { n_components: FEATURES, gamma: Some(0.01) }];
    let (_, seconds) = timed(|| preprocessing::fit(&steps, &x, [28, 28], 1).map(|_| ()));
    let work = vec![(Work::F32, (x.n() * PIXELS * FEATURES) as f64)];
    Measured { work, bytes: (x.n() * (PIXELS + FEATURES * size_of::<f32>())) as f64, seconds }
}

/// Pixels of the training images that are not black.
fn lit(data: &Dataset) -> usize {
    data.train.pixels.iter().filter(|&&pixel| pixel != 0).count()
}

/// Products of all pairs of columns, each pair once.
fn gram(rows: usize, columns: usize) -> f64 {
    (rows * columns * (columns + 1) / 2) as f64
}

/// Multiply-adds of a factorisation.
fn cholesky(n: usize) -> f64 {
    n.pow(3) as f64 / 6.0
}
