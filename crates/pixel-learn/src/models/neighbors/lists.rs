//! The result of a search: the nearest rows of each row.

/// A training row at a distance from a test row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbor {
    /// The distance in the metric of the search.
    pub distance: f64,
    /// The index of the training row.
    pub index: u32,
}

/// The k nearest training rows of each test row, nearest first, equal distances by index.
pub struct Neighbors {
    k: usize,
    all: Vec<Neighbor>,
}

impl Neighbors {
    /// `k` neighbours per test row, one test row after the other.
    pub(super) fn new(k: usize, all: Vec<Neighbor>) -> Neighbors {
        Neighbors { k, all }
    }

    /// Divides every distance.
    pub(super) fn divide(&mut self, divisor: f64) {
        self.all.iter_mut().for_each(|neighbor| neighbor.distance /= divisor);
    }

    /// Number of test rows.
    pub fn rows(&self) -> usize {
        self.all.len() / self.k
    }

    /// The neighbours of one test row.
    pub fn row(&self, index: usize) -> &[Neighbor] {
        &self.all[index * self.k..(index + 1) * self.k]
    }
}
