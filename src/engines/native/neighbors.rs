//! `KNeighborsClassifier`: one search for the largest k serves every k and both weightings of a metric.

use crate::engines::params::ParamReader;
use crate::engines::stopwatch::timed;
use crate::engines::{self, Failure, Outcome, Shape, Work};
use crate::grid::Parameters;
use pixel_learn::models::neighbors::{Index, KNeighborsClassifier, Metric, Weights};

pub struct Family;

impl engines::Family for Family {
    fn classifier(&self) -> &'static str {
        "KNeighborsClassifier"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        let k = read(parameters)?.n_neighbors;
        if k > shape.train_size {
            return Err(format!("n_neighbors={k}: there are {} training rows", shape.train_size));
        }
        Ok(())
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        match read(parameters) {
            Ok(classifier) => format!("KNeighborsClassifier {:?}", classifier.metric),
            Err(_) => format!("KNeighborsClassifier {}", serde_json::Value::Object(parameters.clone())),
        }
    }

    /// Fit time is packing the rows; predict time is the search and the vote. Searching for nine
    /// neighbours takes as long as searching for one, within the noise, so each configuration is charged
    /// the whole search.
    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let read: Vec<_> = work.configurations.iter().map(|c| read(&c.parameters)).collect();
        let Some(widest) = read.iter().flatten().max_by_key(|classifier| classifier.n_neighbors) else {
            for (index, refused) in read.into_iter().enumerate() {
                emit(index, Err(Failure::Unsupported(refused.err().unwrap_or_default())));
            }
            return;
        };
        let training = &work.training;
        training.features.scaled();
        work.test.scaled();
        let (index, fit) = timed(|| Index::new(training.features, widest.metric, widest.n_neighbors));
        let found = index.map(|index| timed(|| index.search(work.test, widest.n_neighbors)));
        for (position, classifier) in read.iter().enumerate() {
            let outcome = match (classifier, &found) {
                (Err(reason), _) => Err(Failure::Unsupported(reason.clone())),
                (_, Err(error)) => Err(Failure::Unsupported(error.to_string())),
                (Ok(classifier), Ok((neighbors, search))) => {
                    let (predictions, vote) =
                        timed(|| classifier.vote(neighbors, training.labels, training.classes));
                    let facts = serde_json::Map::new();
                    Ok(Outcome { predictions, fit, predict: *search + vote, converged: None, facts })
                }
            };
            emit(position, outcome);
        }
    }
}

/// Reads the parameters. All algorithms of scikit-learn find the same neighbours; only the names of the
/// exhaustive ones are accepted.
fn read(parameters: &Parameters) -> Result<KNeighborsClassifier, String> {
    let reader = ParamReader::new(parameters, &["n_neighbors", "weights", "p", "algorithm", "metric"])?;
    reader.choice("algorithm", "auto", &["auto", "brute"])?;
    let known = ["minkowski", "euclidean", "manhattan", "chebyshev", "cosine"];
    let metric = match reader.choice("metric", "minkowski", &known)? {
        "euclidean" => Metric::Euclidean,
        "manhattan" => Metric::Manhattan,
        "chebyshev" => Metric::Chebyshev,
        "cosine" => Metric::Cosine,
        _ => match reader.integer("p", 2, 1)? {
            1 => Metric::Manhattan,
            2 => Metric::Euclidean,
            p => return Err(format!("p={p}: expected 1 or 2")),
        },
    };
    let weights = match reader.choice("weights", "uniform", &["uniform", "distance"])? {
        "distance" => Weights::Distance,
        _ => Weights::Uniform,
    };
    Ok(KNeighborsClassifier { n_neighbors: reader.integer("n_neighbors", 5, 1)?, weights, metric })
}
