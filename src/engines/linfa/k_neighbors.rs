//! KNeighborsClassifier over linfa-nn, which only finds neighbours: votes and weights are computed here.
//! `algorithm` chooses its index; "auto" is the linear search, which scikit-learn's "auto" also takes for
//! this many features.
//!
//! With the linear search, configurations of one metric share the search for the largest `n_neighbors`. It
//! orders all rows for each query, whatever the number of neighbours, so that each configuration is charged
//! the whole search.

use linfa_nn::distance::{Distance, L1Dist, L2Dist, LpDist};
use linfa_nn::{CommonNearestNeighbour, NearestNeighbour};
use ndarray::ArrayView2;

use super::records;
use crate::engines::library::{contain, failed};
use crate::engines::params::ParamReader;
use crate::engines::stopwatch::timed;
use crate::engines::{Cost, Failure, Family, Outcome, Shape, Work};
use crate::grid::Parameters;

pub struct KNeighbors;

struct Settings {
    n_neighbors: usize,
    p: usize,
    by_distance: bool,
    index: CommonNearestNeighbour,
    leaf_size: usize,
}

fn read(parameters: &Parameters) -> Result<Settings, String> {
    let reader = ParamReader::new(parameters, &["n_neighbors", "p", "weights", "algorithm", "leaf_size"])?;
    Ok(Settings {
        n_neighbors: reader.integer("n_neighbors", 5, 1)?,
        p: reader.integer("p", 2, 1)?,
        by_distance: reader.choice("weights", "uniform", &["uniform", "distance"])? == "distance",
        index: match reader.choice("algorithm", "auto", &["auto", "brute", "kd_tree", "ball_tree"])? {
            "kd_tree" => CommonNearestNeighbour::KdTree,
            "ball_tree" => CommonNearestNeighbour::BallTree,
            _ => CommonNearestNeighbour::LinearSearch,
        },
        leaf_size: reader.integer("leaf_size", 30, 1)?,
    })
}

impl Family for KNeighbors {
    fn classifier(&self) -> &'static str {
        "KNeighborsClassifier"
    }

    fn check(&self, parameters: &Parameters, shape: &Shape) -> Result<(), String> {
        let n_neighbors = read(parameters)?.n_neighbors;
        if n_neighbors > shape.train_size {
            return Err(format!(
                "n_neighbors={n_neighbors}: more than the {} training rows",
                shape.train_size
            ));
        }
        Ok(())
    }

    fn sharing_key(&self, parameters: &Parameters) -> String {
        match read(parameters) {
            Ok(Settings { p, index: CommonNearestNeighbour::LinearSearch, .. }) => format!("linear p={p}"),
            // The other indexes search less for fewer neighbours, and may order ties differently.
            Ok(Settings { p, index, leaf_size, n_neighbors, .. }) => {
                format!("{index:?} p={p} leaf_size={leaf_size} n_neighbors={n_neighbors}")
            }
            Err(reason) => reason,
        }
    }

    fn run(&self, work: &Work, emit: &mut dyn FnMut(usize, Result<Outcome, Failure>)) {
        let (train, test) = (records(work.training.features), records(work.test));
        let settings: Vec<_> = work.configurations.iter().map(|c| read(&c.parameters)).collect();
        let Some(widest) = settings.iter().flatten().max_by_key(|settings| settings.n_neighbors) else {
            for (index, settings) in settings.into_iter().enumerate() {
                emit(
                    index,
                    settings.map_err(Failure::Unsupported).and_then(|_| Err(failed("no neighbours"))),
                );
            }
            return;
        };
        let found = match widest.p {
            1 => search(widest, L1Dist, train.view(), test.view()),
            2 => search(widest, L2Dist, train.view(), test.view()),
            p => search(widest, LpDist::new(p as f64), train.view(), test.view()),
        };
        for (index, settings) in settings.iter().enumerate() {
            let result = match (settings, &found) {
                (Err(reason), _) => Err(Failure::Unsupported(reason.clone())),
                (_, Err(failure)) => Err(failure.clone()),
                (Ok(settings), Ok(found)) => {
                    let (predictions, voting) = timed(|| {
                        let vote = |neighbours: &Vec<Neighbour>| {
                            vote(settings, neighbours, work.training.labels, work.training.classes)
                        };
                        found.neighbours.iter().map(vote).collect()
                    });
                    Ok(Outcome {
                        predictions,
                        fit: found.build,
                        predict: found.search + voting,
                        converged: None,
                        facts: serde_json::Map::new(),
                    })
                }
            };
            emit(index, result);
        }
    }
}

struct Neighbour {
    row: usize,
    distance: f64,
}

/// The nearest rows of every test row, nearest first, and what finding them cost.
struct Found {
    neighbours: Vec<Vec<Neighbour>>,
    build: Cost,
    search: Cost,
}

fn search<D: Distance<f64> + 'static>(
    settings: &Settings,
    distance: D,
    train: ArrayView2<f64>,
    test: ArrayView2<f64>,
) -> Result<Found, Failure> {
    let (index, build) = timed(|| {
        contain("fit", || {
            settings
                .index
                .from_batch_with_leaf_size(&train, settings.leaf_size, distance.clone())
                .map_err(failed)
        })
    });
    let index = index?;
    let (neighbours, search) = timed(|| {
        contain("predict", || {
            test.outer_iter()
                .map(|query| {
                    let found = index.k_nearest(query, settings.n_neighbors).map_err(failed)?;
                    Ok(found
                        .into_iter()
                        .map(|(point, row)| Neighbour { row, distance: distance.distance(query, point) })
                        .collect())
                })
                .collect()
        })
    });
    Ok(Found { neighbours: neighbours?, build, search })
}

/// The class with the most votes, the lowest of several. A vote counts 1, or the inverse of its distance; if
/// some distances are 0, only these neighbours vote, as in scikit-learn.
fn vote(settings: &Settings, neighbours: &[Neighbour], labels: &[u8], classes: usize) -> u8 {
    let neighbours = &neighbours[..settings.n_neighbors.min(neighbours.len())];
    let exact = neighbours.iter().any(|neighbour| neighbour.distance == 0.0);
    let mut votes = vec![0.0; classes];
    for neighbour in neighbours {
        votes[usize::from(labels[neighbour.row])] += match (settings.by_distance, exact) {
            (false, _) => 1.0,
            (true, true) => f64::from(u8::from(neighbour.distance == 0.0)),
            (true, false) => 1.0 / neighbour.distance,
        };
    }
    (0..classes).rev().max_by(|&a, &b| votes[a].total_cmp(&votes[b])).unwrap_or(0) as u8
}
