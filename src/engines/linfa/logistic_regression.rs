//! LogisticRegression over linfa-logistic with the l2 penalty: multinomial, which it has, and one-vs-rest by
//! this adapter over its binary model (the class of the highest probability). Its loss is the sum over rows
//! plus alpha/2 |w|^2 without the intercept, so that alpha = 1/C gives scikit-learn's objective. LIBLINEAR,
//! which fitted the published one-vs-rest rows, penalises the intercept too. The solver is L-BFGS; it does
//! not say whether it converged. If its line search fails, the row is a failure with linfa's message.

use linfa::DatasetView;
use linfa::traits::Fit;
use linfa_logistic::{
    FittedLogisticRegression, LogisticRegression as Binary, MultiFittedLogisticRegression,
    MultiLogisticRegression,
};
use ndarray::{Array1, Array2, ArrayView2};

use super::{predict, records, targets};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct LogisticRegression;

struct Settings {
    alpha: f64,
    one_vs_rest: bool,
    max_iter: u64,
    tol: f64,
}

enum Model {
    Multinomial(MultiFittedLogisticRegression<f64, usize>),
    /// Each class with its model against the rest, in the order of the classes.
    OneVsRest(Vec<(usize, FittedLogisticRegression<f64, bool>)>),
}

fn read(parameters: &Parameters) -> Result<Settings, String> {
    let reader = ParamReader::new(parameters, &["C", "penalty", "multi_class", "max_iter", "tol"])?;
    if reader.choice("penalty", "l2", &["l1", "l2"])? == "l1" {
        return Err("penalty=\"l1\": linfa-logistic has an l2 penalty only".to_string());
    }
    Ok(Settings {
        alpha: 1.0 / reader.positive("C", 1.0)?,
        one_vs_rest: reader.choice("multi_class", "ovr", &["ovr", "multinomial"])? == "ovr",
        max_iter: reader.integer("max_iter", 100, 1)? as u64,
        tol: reader.positive("tol", 1e-4)?,
    })
}

impl Family for LogisticRegression {
    fn classifier(&self) -> &'static str {
        "LogisticRegression"
    }

    fn check(&self, parameters: &Parameters, _: &Shape) -> Result<(), String> {
        read(parameters).map(drop)
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let (train, test) = (records(work.training.features), records(work.test));
        let labels = targets(work.training.labels);
        library::each(work, emit, read, |settings| {
            library::outcome(
                || fit(&settings, &train, &labels, work.training.classes),
                |model| match model {
                    Model::Multinomial(model) => Ok(predict(model, test.view())),
                    Model::OneVsRest(models) => Ok(most_probable(models, test.view())),
                },
                |_| Description::default(),
            )
        });
    }
}

fn fit(
    settings: &Settings,
    train: &Array2<f64>,
    labels: &Array1<usize>,
    classes: usize,
) -> Result<Model, Failure> {
    if !settings.one_vs_rest {
        return MultiLogisticRegression::default()
            .alpha(settings.alpha)
            .max_iterations(settings.max_iter)
            .gradient_tolerance(settings.tol)
            .fit(&DatasetView::new(train.view(), labels.view()))
            .map(Model::Multinomial)
            .map_err(failed);
    }
    let mut models = Vec::new();
    for class in (0..classes).filter(|class| labels.iter().any(|label| label == class)) {
        let is_class = labels.mapv(|label| label == class);
        let model = Binary::default()
            .alpha(settings.alpha)
            .max_iterations(settings.max_iter)
            .gradient_tolerance(settings.tol)
            .fit(&DatasetView::new(train.view(), is_class.view()))
            .map_err(|error| failed(format!("class {class} against the rest: {error}")))?;
        models.push((class, model));
    }
    Ok(Model::OneVsRest(models))
}

/// For each test row the class of the highest probability against the rest.
fn most_probable(models: &[(usize, FittedLogisticRegression<f64, bool>)], test: ArrayView2<f64>) -> Vec<u8> {
    let mut probabilities = Array2::zeros((test.nrows(), models.len()));
    for (column, (_, model)) in models.iter().enumerate() {
        // The probability is that of linfa's "positive" label, which may be either label.
        let of_positive = model.predict_probabilities(&test);
        let of_class = if model.labels().pos.class { of_positive } else { 1.0 - of_positive };
        probabilities.column_mut(column).assign(&of_class);
    }
    let best = |row: ndarray::ArrayView1<f64>| {
        (0..row.len()).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).map_or(0, |column| models[column].0)
    };
    probabilities.rows().into_iter().map(|row| best(row) as u8).collect()
}
