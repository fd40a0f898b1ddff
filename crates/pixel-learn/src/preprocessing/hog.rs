//! Histograms of oriented gradients (Dalal and Triggs 2005), as scikit-image's `hog` with `block_norm="L2-Hys"`.
//!
//! A gradient is the difference of the two neighbours of a pixel, 0 across the border of the image. Each cell has a
//! histogram of the magnitudes of its gradients by direction, without interpolation between bins; each block of cells
//! is normalised, clipped at 0.2 and normalised again. Differences of bytes are small integers, so that
//! magnitude and direction are read from a table.

use rayon::prelude::*;

use super::StepError;
use super::rows::{Bytes, Rows};
use crate::linalg::Matrix;

/// Images in one task.
const IMAGES: usize = 128;

/// The layout of the cells and blocks of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub orientations: usize,
    pub pixels_per_cell: usize,
    pub cells_per_block: usize,
    pub image: [usize; 2],
}

impl Layout {
    pub fn check(&self) -> Result<(), StepError> {
        for (name, value) in [
            ("orientations", self.orientations),
            ("pixels_per_cell", self.pixels_per_cell),
            ("cells_per_block", self.cells_per_block),
        ] {
            if value == 0 {
                return Err(StepError::parameter("hog", name, value, "must be at least 1"));
            }
        }
        if self.orientations > 180 {
            return Err(StepError::parameter(
                "hog",
                "orientations",
                self.orientations,
                "must be at most 180",
            ));
        }
        let least = self.pixels_per_cell.saturating_mul(self.cells_per_block);
        if self.image.iter().any(|&size| size < least) {
            return Err(StepError::ImageTooSmall { step: "hog", least: [least; 2], image: self.image });
        }
        Ok(())
    }

    /// Whole cells along the rows and columns.
    fn cells(&self) -> [usize; 2] {
        self.image.map(|size| size / self.pixels_per_cell)
    }

    /// Blocks along the rows and columns; they overlap by all but one cell.
    fn blocks(&self) -> [usize; 2] {
        self.cells().map(|cells| cells - self.cells_per_block + 1)
    }

    /// The number of values of one image. Their order: blocks, cells of a block, bins.
    pub fn features(&self) -> usize {
        let [down, across] = self.blocks();
        down * across * self.cells_per_block * self.cells_per_block * self.orientations
    }
}

/// The transform, with the table of its gradients.
pub(super) struct Hog {
    layout: Layout,
    /// Magnitude and bin of the gradient (down, across) at `down * GRADIENT_RANGE + across + 255`, for down
    /// from 0 on: opposite gradients have the same direction.
    table: Vec<(f32, u32)>,
}

/// The number of values of a difference of two bytes.
const GRADIENT_RANGE: usize = 511;

impl Hog {
    pub fn new(layout: Layout) -> Hog {
        let width = 180.0 / layout.orientations as f64;
        let gradients = (0..=255).flat_map(|down| (-255..=255).map(move |across| (down, across)));
        let entry = |(down, across): (i32, i32)| {
            let (down, across) = (f64::from(down), f64::from(across));
            // From 0 to 180, where 180 is 0.
            let angle = down.atan2(across).to_degrees() % 180.0;
            let bin = (0..layout.orientations).find(|&bin| angle < width * (bin + 1) as f64);
            let magnitude = (down * down + across * across).sqrt();
            (magnitude as f32, bin.unwrap_or(layout.orientations - 1) as u32)
        };
        Hog { layout, table: gradients.map(entry).collect() }
    }

    /// O(pixels + features).
    pub fn transform(&self, bytes: &Bytes) -> Rows {
        let features = self.layout.features();
        let mut out = Matrix::zeros(bytes.n, features);
        let tasks = out.as_mut_slice().par_chunks_mut(IMAGES * features);
        tasks.zip(bytes.pixels.par_chunks(IMAGES * bytes.d)).for_each(|(out, images)| {
            let mut gradients = vec![0; bytes.d];
            let [down, across] = self.layout.cells();
            let mut cells = vec![0.0; down * across * self.layout.orientations];
            for (out, image) in out.chunks_exact_mut(features).zip(images.chunks_exact(bytes.d)) {
                self.gradients(image, &mut gradients);
                self.histograms(&gradients, &mut cells);
                self.normalised(&cells, out);
            }
        });
        Rows::Values(out)
    }

    /// Writes the index in the table of each pixel's gradient.
    fn gradients(&self, image: &[u8], table_indices: &mut [u32]) {
        let [rows, columns] = self.layout.image;
        let blank = vec![0u8; columns];
        for (y, table_indices) in table_indices.chunks_exact_mut(columns).enumerate() {
            let row = &image[y * columns..][..columns];
            let inside = y > 0 && y + 1 < rows;
            let (above, below) = if inside {
                (&image[(y - 1) * columns..][..columns], &image[(y + 1) * columns..][..columns])
            } else {
                (&blank[..], &blank[..])
            };
            let index = |down: i32, across: i32| {
                let across = if down < 0 { -across } else { across };
                (down.abs() * GRADIENT_RANGE as i32 + across + 255) as u32
            };
            let difference = |a: u8, b: u8| i32::from(a) - i32::from(b);
            let last = columns - 1;
            for x in [0, last] {
                table_indices[x] = index(difference(below[x], above[x]), 0);
            }
            for (x, table_index) in table_indices.iter_mut().enumerate().take(last).skip(1) {
                *table_index = index(difference(below[x], above[x]), difference(row[x + 1], row[x - 1]));
            }
        }
    }

    /// The histogram of every cell, means over its pixels.
    fn histograms(&self, table_indices: &[u32], cells: &mut [f64]) {
        let Layout { orientations, pixels_per_cell: size, image: [_, columns], .. } = self.layout;
        let [down, across] = self.layout.cells();
        cells.fill(0.0);
        for y in 0..down * size {
            let row = &table_indices[y * columns..][..across * size];
            let cells = &mut cells[y / size * across * orientations..][..across * orientations];
            for (table_indices, cell) in row.chunks_exact(size).zip(cells.chunks_exact_mut(orientations)) {
                for &index in table_indices {
                    let (magnitude, bin) = self.table[index as usize];
                    cell[bin as usize] += f64::from(magnitude);
                }
            }
        }
        let pixels = (size * size) as f64;
        cells.iter_mut().for_each(|sum| *sum /= pixels);
    }

    /// The blocks, each normalised by L2-Hys.
    fn normalised(&self, cells: &[f64], out: &mut [f32]) {
        let Layout { orientations, cells_per_block: size, .. } = self.layout;
        let [_, across] = self.layout.cells();
        let blocks_across = self.layout.blocks()[1];
        let width = size * orientations;
        let mut values = vec![0.0f64; size * width];
        for (block, out) in out.chunks_exact_mut(size * width).enumerate() {
            let (y, x) = (block / blocks_across, block % blocks_across);
            for (row, values) in values.chunks_exact_mut(width).enumerate() {
                values.copy_from_slice(&cells[((y + row) * across + x) * orientations..][..width]);
            }
            let factor = 1.0 / length(&values);
            values.iter_mut().for_each(|value| *value = (*value * factor).min(0.2));
            let factor = 1.0 / length(&values);
            out.iter_mut().zip(&values).for_each(|(out, value)| *out = (value * factor) as f32);
        }
    }
}

/// The Euclidean length with scikit-image's epsilon, against division by 0 in blank blocks.
fn length(values: &[f64]) -> f64 {
    const EPSILON: f64 = 1e-5;
    (values.iter().map(|value| value * value).sum::<f64>() + EPSILON * EPSILON).sqrt()
}
