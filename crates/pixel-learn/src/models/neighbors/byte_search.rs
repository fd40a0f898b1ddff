//! Exhaustive search among rows of bytes that share one scale: dot products are integers, so that distances
//! are compared exactly. Ties are exact, and the answer is the same on every machine.

use std::cmp::Ordering;
use std::ops::Range;

use rayon::prelude::*;

use super::lists::{Neighbor, Neighbors};
use crate::linalg::byte_pairs::{LEFT, LeftRows, MOST_FEATURES, RIGHT, RightRows, Tile, dots};
use crate::linalg::simd::for_each_level;

/// Test rows in one task, a multiple of the tile: packed they take 190 KB of the second-level cache.
const TEST_ROWS: usize = 240;

/// The order of the training rows by their dot products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By |x|^2 - 2 x.y + |y|^2; one pixel step is `1 / scale`.
    Euclidean,
    /// By 1 - x.y / (|x| |y|), where a row of zeros is at distance 1 from all.
    Cosine,
}

/// Training rows prepared for search.
pub struct ByteIndex {
    order: Order,
    /// The divisor of a byte, the same for all features.
    scale: f64,
    d: usize,
    rows: RightRows,
    /// |y|^2 of each training row, padded to whole panels with a number larger than any of them.
    squares: Vec<i32>,
    /// 1 / |y| for the cosine, 0 for rows of zeros.
    inverses: Vec<f32>,
}

impl ByteIndex {
    /// Whether distances between rows of `d` bytes fit 32-bit integers.
    pub fn fits(d: usize) -> bool {
        (1..=MOST_FEATURES).contains(&d)
    }

    /// Packs row-major rows of `d` bytes. O(n d).
    pub fn new(pixels: &[u8], d: usize, order: Order, scale: f64) -> ByteIndex {
        let rows = RightRows::new(pixels, d);
        let mut squares: Vec<i32> = pixels.par_chunks_exact(d).map(squared).collect();
        squares.resize(rows.rows().next_multiple_of(RIGHT), i32::MAX);
        let inverses = match order {
            Order::Euclidean => Vec::new(),
            Order::Cosine => squares.iter().map(|&square| inverse_length(square)).collect(),
        };
        ByteIndex { order, scale, d, rows, squares, inverses }
    }

    /// Number of training rows.
    pub fn rows(&self) -> usize {
        self.rows.rows()
    }

    /// The `k` nearest training rows of every row of `test`, row-major bytes; `k` is from 1 to the number of
    /// training rows. O(n_train n_test d).
    pub fn search(&self, test: &[u8], k: usize) -> Neighbors {
        let blocks: Vec<Vec<Neighbor>> =
            test.par_chunks(TEST_ROWS * self.d).map(|block| self.search_block(block, k)).collect();
        Neighbors::new(k, blocks.concat())
    }

    fn search_block(&self, test: &[u8], k: usize) -> Vec<Neighbor> {
        let left = LeftRows::new(test, self.d);
        let test_squares: Vec<i32> = test.chunks_exact(self.d).map(squared).collect();
        let count = test_squares.len();
        let mut nearest: Vec<Nearest> = (0..count).map(|_| Nearest::new(k)).collect();
        match self.order {
            Order::Euclidean => {
                let mut limits = vec![i32::MAX; count];
                dots(&left, &self.rows, |first, start, tile| {
                    let rows = first..(first + LEFT).min(count);
                    let squares = &self.squares[start..start + RIGHT];
                    let hits = below(tile, squares, &limits[rows.clone()]);
                    self.offer(hits, rows, start, tile, &mut nearest, |row, worst| {
                        limits[row] = self.squares[worst.index as usize] - 2 * worst.dot;
                    });
                });
            }
            Order::Cosine => {
                let mut limits = vec![f32::NEG_INFINITY; count];
                dots(&left, &self.rows, |first, start, tile| {
                    let rows = first..(first + LEFT).min(count);
                    let inverses = &self.inverses[start..start + RIGHT];
                    let hits = above(tile, inverses, &limits[rows.clone()]);
                    self.offer(hits, rows, start, tile, &mut nearest, |row, worst| {
                        // Four roundings, of 2^-24 each, are well within this margin.
                        let value = worst.dot as f32 * self.inverses[worst.index as usize];
                        limits[row] = value * (1.0 - 1e-6);
                    });
                });
            }
        }
        let rows = nearest.iter().zip(test_squares);
        rows.flat_map(|(nearest, square)| self.neighbors(&nearest.found, square)).collect()
    }

    /// Distances of the nearest rows. Equal cosines could differ in the last bit in f64, so they get the same
    /// value.
    fn neighbors(&self, found: &[Found], test_square: i32) -> Vec<Neighbor> {
        let mut neighbors: Vec<Neighbor> = Vec::with_capacity(found.len());
        for (at, &row) in found.iter().enumerate() {
            let equal = at > 0 && self.compare(&found[at - 1], &row) == Ordering::Equal;
            let distance = if equal { neighbors[at - 1].distance } else { self.distance(row, test_square) };
            neighbors.push(Neighbor { distance, index: row.index });
        }
        neighbors
    }

    /// Offers the pairs of a tile whose bits are set in `hits`, one mask per row. Calls `limit(row, k-th)`
    /// when a row has a new k-th neighbour.
    fn offer(
        &self,
        hits: [u32; LEFT],
        rows: Range<usize>,
        start: usize,
        tile: &Tile,
        nearest: &mut [Nearest],
        mut limit: impl FnMut(usize, Found),
    ) {
        for (row, (mut mask, dots)) in rows.zip(hits.into_iter().zip(tile)) {
            while mask != 0 {
                let slot = mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let index = start + slot;
                if index < self.rows() {
                    let found = Found { dot: dots[slot], index: index as u32 };
                    if let Some(worst) = nearest[row].offer(found, |a, b| self.compare(a, b)) {
                        limit(row, worst);
                    }
                }
            }
        }
    }

    /// Compares two training rows by their distance to a test row.
    fn compare(&self, a: &Found, b: &Found) -> Ordering {
        let square = |found: &Found| self.squares[found.index as usize];
        match self.order {
            Order::Euclidean => {
                let key = |found: &Found| square(found) - 2 * found.dot;
                key(a).cmp(&key(b))
            }
            // x.a / |a| against x.b / |b|, both not negative, squared and without division.
            Order::Cosine => {
                let dot = |found: &Found| (found.dot as u128).pow(2);
                let length = |found: &Found| square(found).max(1) as u128;
                (dot(b) * length(a)).cmp(&(dot(a) * length(b)))
            }
        }
    }

    fn distance(&self, found: Found, test_square: i32) -> f64 {
        let square = self.squares[found.index as usize];
        let (dot, product) = (i64::from(found.dot), i64::from(test_square) * i64::from(square));
        match self.order {
            Order::Euclidean => {
                let squared = i64::from(test_square) + i64::from(square) - 2 * dot;
                (squared as f64).sqrt() / self.scale
            }
            Order::Cosine if product == 0 => 1.0,
            Order::Cosine => (1.0 - dot as f64 / (product as f64).sqrt()).max(0.0),
        }
    }
}

fn squared(row: &[u8]) -> i32 {
    row.iter().map(|&byte| i32::from(byte) * i32::from(byte)).sum()
}

fn inverse_length(square: i32) -> f32 {
    if square == 0 { 0.0 } else { (1.0 / f64::from(square).sqrt()) as f32 }
}

/// A training row and its dot product with a test row.
#[derive(Clone, Copy)]
struct Found {
    dot: i32,
    index: u32,
}

/// The k nearest of the rows offered so far, nearest first, equal ones in the order in which they came.
struct Nearest {
    k: usize,
    found: Vec<Found>,
}

impl Nearest {
    fn new(k: usize) -> Nearest {
        Nearest { k, found: Vec::with_capacity(k) }
    }

    /// Takes a row in if it is among the k nearest, and returns the k-th when there are k.
    fn offer(&mut self, new: Found, compare: impl Fn(&Found, &Found) -> Ordering) -> Option<Found> {
        let at = self.found.partition_point(|old| compare(old, &new) != Ordering::Greater);
        if at == self.k {
            return None;
        }
        if self.found.len() == self.k {
            self.found.pop();
        }
        self.found.insert(at, new);
        (self.found.len() == self.k).then(|| self.found[self.k - 1])
    }
}

for_each_level! {
    /// Bits of the training rows with |y|^2 - 2 x.y below the limit, one mask per test row.
    fn below(tile: &Tile, squares: &[i32], limits: &[i32]) -> [u32; LEFT] {
        let mut masks = [0; LEFT];
        for ((mask, dots), &limit) in masks.iter_mut().zip(tile).zip(limits) {
            let mut any = false;
            for (&dot, &square) in dots.iter().zip(squares) {
                any |= square - 2 * dot < limit;
            }
            if any {
                for (slot, (&dot, &square)) in dots.iter().zip(squares).enumerate() {
                    *mask |= u32::from(square - 2 * dot < limit) << slot;
                }
            }
        }
        masks
    }
}

for_each_level! {
    /// Bits of the training rows with x.y / |y| at or above the limit, one mask per test row.
    fn above(tile: &Tile, inverses: &[f32], limits: &[f32]) -> [u32; LEFT] {
        let mut masks = [0; LEFT];
        for ((mask, dots), &limit) in masks.iter_mut().zip(tile).zip(limits) {
            let mut any = false;
            for (&dot, &inverse) in dots.iter().zip(inverses) {
                any |= dot as f32 * inverse >= limit;
            }
            if any {
                for (slot, (&dot, &inverse)) in dots.iter().zip(inverses).enumerate() {
                    *mask |= u32::from(dot as f32 * inverse >= limit) << slot;
                }
            }
        }
        masks
    }
}
