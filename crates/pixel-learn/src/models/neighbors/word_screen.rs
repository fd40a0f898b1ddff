//! The fast pass for the Euclidean metric: squared distances by dot products in 16-bit fixed point.
//!
//! |a - b|^2 = |a|^2 + |b|^2 - 2 a.b. With rows stored at relative errors p and q, the product is off by at most
//! (p + q + 3 p q) |a| |b|, and 2 |a| |b| <= |a|^2 + |b|^2.

use std::ops::Range;

use super::shortlist::Shortlist;
use crate::linalg::Matrix;
use crate::linalg::screen::{relative_error, squared_distance_bounds, squared_norm};
use crate::linalg::simd::for_each_level;
use crate::linalg::word_pairs::{LEFT, LeftRows, RIGHT, RightRows, Tile, dots};

/// The roundings in f32 of a bound, counted as terms of a sum.
const ROUNDINGS: usize = 24;

/// Training rows prepared for the fast pass.
pub struct WordScreen {
    rows: RightRows,
    /// The fixed-point step of each row (the value of integer 1) and its squared norm, padded to whole
    /// panels.
    steps: Vec<f32>,
    squares: Vec<f32>,
    /// The largest relative error of a stored row.
    error: f32,
}

impl WordScreen {
    /// Packs the training rows. O(n d) time, half the memory of the rows.
    pub fn new(rows: &Matrix) -> WordScreen {
        let packed = RightRows::new(rows.as_slice(), rows.columns());
        let panels = rows.rows().next_multiple_of(RIGHT);
        let whole_panels = |values: &mut dyn Iterator<Item = f32>| {
            let mut values: Vec<f32> = values.collect();
            values.resize(panels, 0.0);
            values
        };
        WordScreen {
            steps: whole_panels(&mut packed.formats().iter().map(|row| row.step)),
            squares: whole_panels(&mut (0..rows.rows()).map(|i| squared_norm(rows.row(i)))),
            error: packed.formats().iter().fold(0.0, |most, row| most.max(row.error)),
            rows: packed,
        }
    }

    /// The training rows that may be among the `k` nearest, for each row of the block.
    pub fn shortlists(&self, test: &Matrix, block: Range<usize>, k: usize) -> Vec<Shortlist> {
        let d = test.columns();
        let left = LeftRows::new(&test.as_slice()[block.start * d..block.end * d], d);
        let rows: Vec<TestRow> = block
            .zip(left.formats())
            .map(|(i, format)| {
                let (p, q) = (format.error, self.error);
                let error = relative_error(ROUNDINGS) + p + q + 3.0 * p * q;
                TestRow { square: squared_norm(test.row(i)), step: format.step, error }
            })
            .collect();
        let mut shortlists: Vec<Shortlist> = rows.iter().map(|_| Shortlist::new(k, false)).collect();
        let mut thresholds: Vec<Threshold> = rows.iter().map(|row| row.threshold(f32::INFINITY)).collect();
        dots(&left, &self.rows, |first, start, tile| {
            let columns = start..start + RIGHT;
            let near = near(tile, &self.steps[columns.clone()], &self.squares[columns], &thresholds[first..]);
            let tests = rows[first..].iter().zip(&mut shortlists[first..]).zip(&mut thresholds[first..]);
            for (((row, shortlist), threshold), (mut mask, dots)) in tests.zip(near.into_iter().zip(tile)) {
                if mask == 0 {
                    continue;
                }
                while mask != 0 {
                    let slot = mask.trailing_zeros() as usize;
                    mask &= mask - 1;
                    let index = start + slot;
                    if index < self.rows.rows() {
                        let dot = dots[slot] as f32 * self.steps[index] * row.step;
                        let squares = row.square + self.squares[index];
                        let (lower, spread) = squared_distance_bounds(squares, dot, row.error);
                        shortlist.offer(lower, lower + 2.0 * spread, index as u32);
                    }
                }
                *threshold = row.threshold(shortlist.limit());
            }
        });
        shortlists
    }
}

/// A test row, by the numbers that its error bounds need.
struct TestRow {
    /// Its squared norm.
    square: f32,
    /// Its fixed-point step: the value of integer 1.
    step: f32,
    /// The largest error of a squared distance relative to |a|^2 + |b|^2.
    error: f32,
}

impl TestRow {
    /// The condition lower bound <= `limit`, solved for the integer dot product times the step of the
    /// training row.
    fn threshold(&self, limit: f32) -> Threshold {
        let (left, half) = (1.0 - self.error, 0.5 / self.step);
        Threshold { least: (left * self.square - limit) * half, of_square: left * half }
    }
}

/// A training row (b) is too far if its integer dot product times its step is below
/// `least + of_square |b|^2`.
#[derive(Clone, Copy)]
struct Threshold {
    least: f32,
    of_square: f32,
}

for_each_level! {
    /// Bits of the training rows that are not too far, one mask per test row. A NaN is not too far.
    fn near(tile: &Tile, steps: &[f32], squares: &[f32], thresholds: &[Threshold]) -> [u32; LEFT] {
        let mut masks = [0; LEFT];
        let (steps, squares): (&[f32; RIGHT], &[f32; RIGHT]) =
            (steps.try_into().expect("a panel"), squares.try_into().expect("a panel"));
        for ((mask, dots), threshold) in masks.iter_mut().zip(tile).zip(thresholds) {
            let far = |slot: usize| {
                dots[slot] as f32 * steps[slot] < threshold.least + threshold.of_square * squares[slot]
            };
            let mut all = true;
            for slot in 0..RIGHT {
                all &= far(slot);
            }
            if !all {
                for slot in 0..RIGHT {
                    *mask |= u32::from(!far(slot)) << slot;
                }
            }
        }
        masks
    }
}
