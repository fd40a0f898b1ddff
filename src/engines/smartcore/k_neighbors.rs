//! KNeighborsClassifier over smartcore's `KNNClassifier`. `algorithm` "auto" and "brute" are its linear
//! search, which scikit-learn's "auto" also takes for this many features; "cover_tree" is smartcore's
//! default.
//!
//! Of training rows at the same distance it keeps the first, as scikit-learn's brute force mostly does.

use smartcore::algorithm::neighbour::KNNAlgorithmName;
use smartcore::metrics::distance::{Distance, Distances};
use smartcore::neighbors::KNNWeightFunction;
use smartcore::neighbors::knn_classifier::{KNNClassifier, KNNClassifierParameters};

use super::{Data, classes};
use crate::engines::library::{self, Description, failed, unshared_key};
use crate::engines::params::ParamReader;
use crate::engines::{Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct KNeighbors;

struct Settings {
    n_neighbors: usize,
    p: u16,
    weights: KNNWeightFunction,
    algorithm: KNNAlgorithmName,
}

fn read(parameters: &Parameters) -> Result<Settings, String> {
    let reader = ParamReader::new(parameters, &["n_neighbors", "p", "weights", "algorithm"])?;
    let p = reader.integer("p", 2, 1)?;
    Ok(Settings {
        n_neighbors: reader.integer("n_neighbors", 5, 1)?,
        p: u16::try_from(p).map_err(|_| format!("p={p}: smartcore takes at most {}", u16::MAX))?,
        weights: match reader.choice("weights", "uniform", &["uniform", "distance"])? {
            "uniform" => KNNWeightFunction::Uniform,
            _ => KNNWeightFunction::Distance,
        },
        algorithm: match reader.choice("algorithm", "auto", &["auto", "brute", "cover_tree"])? {
            "cover_tree" => KNNAlgorithmName::CoverTree,
            _ => KNNAlgorithmName::LinearSearch,
        },
    })
}

impl Family for KNeighbors {
    fn classifier(&self) -> &'static str {
        "KNeighborsClassifier"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        let settings = read(parameters)?;
        if settings.n_neighbors > shape.train_size {
            return Err(format!(
                "n_neighbors={}: more than the {} training rows",
                settings.n_neighbors, shape.train_size
            ));
        }
        Ok(())
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        unshared_key(parameters)
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let data = Data::new(work);
        library::each(work, emit, read, |settings| {
            let data = data.as_ref().map_err(Failure::clone)?;
            match settings.p {
                1 => one(data, settings, Distances::manhattan()),
                2 => one(data, settings, Distances::euclidian()),
                p => one(data, settings, Distances::minkowski(p)),
            }
        });
    }
}

fn one<D: Distance<Vec<f64>>>(data: &Data, settings: Settings, distance: D) -> Result<Outcome, Failure> {
    let parameters = KNNClassifierParameters::default()
        .with_k(settings.n_neighbors)
        .with_weight(settings.weights)
        .with_algorithm(settings.algorithm)
        .with_distance(distance);
    library::outcome(
        || KNNClassifier::fit(&data.train, &data.labels, parameters).map_err(failed),
        |model| model.predict(&data.test).map(classes).map_err(failed),
        |_| Description::default(),
    )
}
