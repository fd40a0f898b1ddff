//! The training rows near a row, with exact squared distances. A pass in f32 with error bounds finds
//! candidates and misses none; their distances are then computed in f64 from the bytes.

use rayon::prelude::*;

use crate::Features;
use crate::linalg::Matrix;
use crate::linalg::pairwise::{Measure, Panels, all_pairs};
use crate::linalg::screen::{relative_error, squared_distance_bounds, squared_norm};

/// Rows of one task, a multiple of the tile. Packed, they fit the second-level cache.
const LEFT_ROWS: usize = 192;
/// Training rows of one block of dot products, a multiple of the tile.
const TRAIN_ROWS: usize = 512;

/// A training row and its squared distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbor {
    /// The training row.
    pub index: u32,
    /// Squared Euclidean distance of the scaled features, in f64.
    pub squared_distance: f64,
}

/// The near training rows of each row, by ascending index.
pub struct NeighborLists {
    starts: Vec<usize>,
    all: Vec<Neighbor>,
}

impl NeighborLists {
    fn collect(lists: impl Iterator<Item = Vec<Neighbor>>) -> NeighborLists {
        let mut near = NeighborLists { starts: vec![0], all: Vec::new() };
        for list in lists {
            near.all.extend(list);
            near.starts.push(near.all.len());
        }
        near
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The neighbours of one row.
    pub fn row(&self, index: usize) -> &[Neighbor] {
        &self.all[self.starts[index]..self.starts[index + 1]]
    }

    /// The number of pairs of a row and a near training row.
    pub fn pairs(&self) -> usize {
        self.all.len()
    }
}

/// Training rows prepared for the search.
pub struct RadiusSearch<'a> {
    train: &'a Features,
    panels: Panels,
    squares: Vec<f32>,
    /// [`distance_weights`].
    weights: Vec<f64>,
}

impl<'a> RadiusSearch<'a> {
    /// Packs the training rows; O(n d).
    pub fn new(train: &'a Features) -> RadiusSearch<'a> {
        let rows = train.scaled();
        RadiusSearch {
            train,
            panels: Panels::right((0..rows.rows()).map(|i| rows.row(i)), rows.columns()),
            squares: (0..rows.rows()).map(|i| squared_norm(rows.row(i))).collect(),
            weights: distance_weights(train),
        }
    }

    /// The other training rows within the squared distance `limit` of each training row. `None` if there are
    /// more than `most` pairs, where (i, j) and (j, i) count as two. O(n^2 d / 2).
    pub fn among_training_rows(&self, limit: f64, most: usize) -> Option<NeighborLists> {
        let n = self.train.n();
        let found = std::sync::atomic::AtomicUsize::new(0);
        // Only pairs (i, j) with i < j: the others follow from symmetry.
        let blocks: Vec<Option<Vec<Vec<Neighbor>>>> = blocks(n)
            .into_par_iter()
            .map(|block| {
                let mut lists: Vec<Vec<Neighbor>> = vec![Vec::new(); block.len()];
                let mut pairs = 0;
                self.scan(self.train.scaled(), block.clone(), block.start, |row, index, lower, _| {
                    if f64::from(lower) <= limit && index > block.start + row {
                        let squared_distance = self.exact(self.train, block.start + row, index);
                        if squared_distance <= limit {
                            lists[row].push(Neighbor { index: index as u32, squared_distance });
                            pairs += 1;
                        }
                    }
                    limit as f32
                });
                let all = found.fetch_add(pairs, std::sync::atomic::Ordering::Relaxed) + pairs;
                (2 * all <= most).then_some(lists)
            })
            .collect();
        let upper = blocks.into_iter().collect::<Option<Vec<_>>>()?.concat();
        let mut lists: Vec<Vec<Neighbor>> = vec![Vec::new(); n];
        for (row, later) in upper.into_iter().enumerate() {
            for near in &later {
                lists[near.index as usize].push(Neighbor { index: row as u32, ..*near });
            }
            // The earlier rows have added their pairs already, so the list stays ascending.
            lists[row].extend(later);
        }
        Some(NeighborLists::collect(lists.into_iter()))
    }

    /// For each row of `x`, the training rows whose squared distance is at most that of the nearest one plus
    /// `margin`. O(m n d) for m rows of `x`.
    pub fn of_rows(&self, x: &Features, margin: f64) -> NeighborLists {
        let lists: Vec<Vec<Vec<Neighbor>>> = blocks(x.n())
            .into_par_iter()
            .map(|block| {
                let mut candidates: Vec<Vec<(f32, u32)>> = vec![Vec::new(); block.len()];
                let mut limits = vec![f32::INFINITY; block.len()];
                self.scan(x.scaled(), block.clone(), 0, |row, index, lower, upper| {
                    if lower <= limits[row] {
                        candidates[row].push((lower, index as u32));
                        limits[row] = limits[row].min(upper + margin as f32);
                    }
                    limits[row]
                });
                let exact = |row: usize| {
                    let mut list: Vec<Neighbor> = candidates[row]
                        .iter()
                        .filter(|(lower, _)| *lower <= limits[row])
                        .map(|&(_, index)| Neighbor {
                            index,
                            squared_distance: self.exact(x, block.start + row, index as usize),
                        })
                        .collect();
                    let nearest = list.iter().map(|near| near.squared_distance).fold(f64::INFINITY, f64::min);
                    list.retain(|near| near.squared_distance <= nearest + margin);
                    list
                };
                (0..block.len()).map(exact).collect()
            })
            .collect();
        NeighborLists::collect(lists.into_iter().flatten())
    }

    /// Calls `offer(row, training row, lower, upper)` with bounds of the squared distance, for the rows in
    /// `block` of `x` and the training rows from `first` on (and a few before it). `offer` returns the new
    /// limit of its row; pairs whose lower bound exceeds the limit are skipped.
    fn scan(
        &self,
        x: &Matrix,
        block: std::ops::Range<usize>,
        first: usize,
        mut offer: impl FnMut(usize, usize, f32, f32) -> f32,
    ) {
        let (n, d) = (self.train.n(), x.columns());
        let left = Panels::left(block.clone().map(|i| x.row(i)), d);
        let squares: Vec<f32> = block.clone().map(|i| squared_norm(x.row(i))).collect();
        let mut limits = vec![f32::INFINITY; block.len()];
        let mut dots = vec![0.0f32; block.len() * TRAIN_ROWS];
        let error = relative_error(d);
        for start in (first / TRAIN_ROWS * TRAIN_ROWS..n).step_by(TRAIN_ROWS) {
            let columns = start..(start + TRAIN_ROWS).min(n);
            all_pairs(Measure::Dot, &left, &self.panels, columns.clone(), &mut dots, TRAIN_ROWS);
            let others = &self.squares[columns.clone()];
            for row in 0..block.len() {
                let dots = &dots[row * TRAIN_ROWS..][..columns.len()];
                for (chunk, (dots, others)) in dots.chunks(16).zip(others.chunks(16)).enumerate() {
                    let mut lower = [f32::INFINITY; 16];
                    for (lower, (&dot, &other)) in lower.iter_mut().zip(dots.iter().zip(others)) {
                        (*lower, _) = squared_distance_bounds(squares[row] + other, dot, error);
                    }
                    if lower.iter().all(|&lower| lower > limits[row]) {
                        continue;
                    }
                    for (lane, &lower) in lower.iter().enumerate().take(dots.len()) {
                        let index = start + 16 * chunk + lane;
                        let upper = lower + 2.0 * error * (squares[row] + others[lane]);
                        limits[row] = offer(row, index, lower, upper);
                    }
                }
            }
        }
    }

    fn exact(&self, x: &Features, row: usize, index: usize) -> f64 {
        squared_distance(&self.weights, x.pixel_row(row), self.train.pixel_row(index))
    }
}

/// 1 / scale^2 of each feature: the factors of squared differences of bytes in the squared distance.
pub(super) fn distance_weights(features: &Features) -> Vec<f64> {
    features.scaling().scale.iter().map(|scale| 1.0 / (scale * scale)).collect()
}

/// The squared distance of the scaled values of two rows of bytes.
pub(super) fn squared_distance(weights: &[f64], a: &[u8], b: &[u8]) -> f64 {
    let mut sums = [0.0f64; 8];
    for ((a, b), weights) in a.chunks(8).zip(b.chunks(8)).zip(weights.chunks(8)) {
        for (((sum, &a), &b), weight) in sums.iter_mut().zip(a).zip(b).zip(weights) {
            let difference = f64::from(a) - f64::from(b);
            *sum += difference * difference * weight;
        }
    }
    sums.iter().sum()
}

fn blocks(n: usize) -> Vec<std::ops::Range<usize>> {
    (0..n).step_by(LEFT_ROWS).map(|start| start..(start + LEFT_ROWS).min(n)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Scaling;

    /// Rows of `d` bytes, some of them equal.
    fn features(n: usize, d: usize, salt: usize) -> Features {
        let pixels: Vec<u8> = (0..n * d).map(|i| ((i + salt) * 7919 % 1009 % 5 * 20) as u8).collect();
        let scaling = Scaling { offset: vec![30.0; d], scale: (0..d).map(|j| 10.0 + j as f64).collect() };
        Features::new(pixels, n, d, Arc::new(scaling))
    }

    #[test]
    fn finds_what_comparing_all_pairs_finds() {
        let (train, test) = (features(700, 9, 0), features(211, 9, 3));
        let search = RadiusSearch::new(&train);
        let near = search.among_training_rows(40.0, usize::MAX).unwrap();
        let expected = |x: &Features, row: usize, limit: f64, skip: Option<usize>| -> Vec<u32> {
            let all = (0..700).filter(|&j| Some(j) != skip && search.exact(x, row, j) <= limit);
            all.map(|j| j as u32).collect()
        };
        let indices = |list: &[Neighbor]| -> Vec<u32> { list.iter().map(|near| near.index).collect() };
        assert!(near.pairs() > 700);
        for row in 0..700 {
            assert_eq!(indices(near.row(row)), expected(&train, row, 40.0, Some(row)));
        }
        let near = search.of_rows(&test, 15.0);
        assert_eq!(near.rows(), 211);
        for row in 0..211 {
            let nearest = (0..700).map(|j| search.exact(&test, row, j)).fold(f64::INFINITY, f64::min);
            assert_eq!(indices(near.row(row)), expected(&test, row, nearest + 15.0, None));
        }
        assert!(search.among_training_rows(40.0, 100).is_none());
    }
}
