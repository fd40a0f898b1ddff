//! petal-neighbors as an engine: exact nearest neighbours by a ball tree.
//!
//! The library finds the neighbours; the vote is this program's, as scikit-learn counts it: the class with the most
//! votes, or the largest sum of 1 / distance, and of equal ones the lowest. Queries run one by one, in one thread.

use std::process::ExitCode;

use ndarray::{Array2, ArrayView1};
use petal_neighbors::BallTree;
use petal_neighbors::distance::Euclidean;
use protocol::{Failure, Images, Job, Model, Parameters, failed, unsupported};

struct Neighbours {
    k: usize,
    by_distance: bool,
    classes: usize,
    labels: Vec<u8>,
    tree: Option<BallTree<'static, f32, Euclidean>>,
}

impl Model for Neighbours {
    fn fit(&mut self, x: &Images, y: &[u8]) -> Result<(), Failure> {
        let points = Array2::from_shape_vec((x.rows, x.columns), x.f32()).map_err(failed)?;
        self.tree = Some(BallTree::euclidean(points).map_err(failed)?);
        self.labels = y.to_vec();
        Ok(())
    }

    fn predict(&mut self, x: &Images) -> Result<Vec<u8>, Failure> {
        let tree = self.tree.as_ref().ok_or_else(|| failed("not fitted"))?;
        let nearest = |image: &[f32]| tree.query(&ArrayView1::from(image), self.k);
        Ok(x.f32().chunks(x.columns).map(|image| self.vote(nearest(image))).collect())
    }
}

impl Neighbours {
    fn vote(&self, (indices, distances): (Vec<usize>, Vec<f32>)) -> u8 {
        let mut votes = vec![0.0; self.classes];
        let at_zero = distances.contains(&0.0);
        for (index, distance) in indices.into_iter().zip(distances) {
            let weight = match (self.by_distance, at_zero) {
                (false, _) => 1.0,
                (true, false) => 1.0 / f64::from(distance),
                // Training images at distance 0 decide alone.
                (true, true) => f64::from(distance == 0.0),
            };
            votes[usize::from(self.labels[index])] += weight;
        }
        let most = votes.iter().copied().fold(0.0, f64::max);
        votes.iter().position(|&vote| vote == most).unwrap_or(0) as u8
    }
}

fn model(job: &Job, parameters: &Parameters) -> Result<Box<dyn Model>, Failure> {
    parameters.only("p", 2, "the library has no Manhattan distance")?;
    parameters.only("metric", "minkowski", "the library has the Euclidean distance and the cosine")?;
    // Accepted and ignored: every exact search gives the same answers.
    parameters.value("algorithm");
    parameters.value("leaf_size");
    let by_distance = match parameters.text("weights", "uniform")?.as_str() {
        "uniform" => false,
        "distance" => true,
        other => return unsupported(format!("weights={other}: expected uniform or distance")),
    };
    let k = parameters.whole("n_neighbors")?.unwrap_or(5);
    Ok(Box::new(Neighbours { k, by_distance, classes: job.classes, labels: Vec::new(), tree: None }))
}

fn main() -> ExitCode {
    protocol::serve(&["petal-neighbors", "ndarray"], model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_vote() {
        let x = Images { values: vec![0.0, 1.0, 2.0, 10.0, 11.0], rows: 5, columns: 1 };
        let job = Job::example("KNeighborsClassifier", 3, 1);
        let predict = |json: &str, query: f64| {
            let mut model = model(&job, &Parameters::example(json)).unwrap();
            model.fit(&x, &[2, 1, 1, 0, 0]).unwrap();
            model.predict(&Images { values: vec![query], rows: 1, columns: 1 }).unwrap()[0]
        };
        assert_eq!(predict(r#"{"n_neighbors": 1}"#, 0.2), 2);
        assert_eq!(predict(r#"{"n_neighbors": 3}"#, 0.2), 1);
        assert_eq!(predict(r#"{"n_neighbors": 3, "weights": "distance"}"#, 0.2), 2);
        assert_eq!(predict(r#"{"n_neighbors": 3, "weights": "distance"}"#, 0.0), 2);
        // Two against two, and the lowest class wins.
        assert_eq!(predict(r#"{"n_neighbors": 4}"#, 6.0), 0);
    }
}
