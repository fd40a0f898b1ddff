//! Two levels of random pixel differences: fixed features for a linear model, after Kawrakow (github.com/ikawrakow/mnist).
//!
//! A pattern is two offsets. It turns an image into another, whose pixel is the value at the first offset
//! minus that at the second, or 0 if that is negative. The first level applies patterns of offsets up to 2
//! pixels to the image and adds over 2 x 2 pixels; the second does the same to its results, with offsets of 1
//! pixel. Images of 28 x 28 shrink to 12 x 12 and 5 x 5. Each pair of a first and a second pattern gives the
//! square roots of such a small image as bytes, scaled so that the largest possible value becomes 255.
//!
//! Patterns are drawn without repetition. Thirty-two images are computed side by side, in exact 16-bit sums.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::StepError;
use super::rows::{Bytes, Rows};
use crate::linalg::simd::for_each_level;

/// Images computed side by side.
const LANES: usize = 32;
/// The largest offsets of the two levels.
const REACH: [usize; 2] = [2, 1];
/// The largest value after two levels: 255, summed over 2 x 2 pixels twice.
const MOST: f32 = 255.0 * 16.0;

type Lanes = [u16; LANES];

/// Rows and columns at the two levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    image: [usize; 2],
    first: [usize; 2],
    second: [usize; 2],
}

impl Sizes {
    /// `Err` when nothing is left of the images.
    pub fn new(image: [usize; 2]) -> Result<Sizes, StepError> {
        let level = |size: [usize; 2], reach: usize| size.map(|size| size.saturating_sub(2 * reach) / 2);
        let first = level(image, REACH[0]);
        let second = level(first, REACH[1]);
        if second.contains(&0) {
            let least = 2 * (2 + 2 * REACH[1]) + 2 * REACH[0];
            return Err(StepError::ImageTooSmall { step: "pixel_differences", least: [least; 2], image });
        }
        Ok(Sizes { image, first, second })
    }

    /// Patterns of the first and second level whose pairs give `n_features` features.
    pub fn patterns(&self, n_features: usize) -> Result<[usize; 2], StepError> {
        let cells = self.second[0] * self.second[1];
        let most = REACH.map(|reach| different_pairs(reach).len());
        let wrong =
            |reason: String| StepError::parameter("pixel_differences", "n_features", n_features, reason);
        let pairs = n_features / cells;
        if pairs == 0 || !n_features.is_multiple_of(cells) {
            let [rows, columns] = self.image;
            let reason = format!("must be a multiple of {cells} for images of {rows} x {columns} pixels");
            return Err(wrong(reason));
        }
        if pairs > most[0] * most[1] {
            return Err(wrong(format!("must be at most {}", most[0] * most[1] * cells)));
        }
        // About equal numbers of both, within the numbers that exist.
        let first = ((pairs as f64).sqrt().ceil() as usize).max(pairs.div_ceil(most[1]));
        Ok([first, pairs.div_ceil(first)])
    }
}

/// Two offsets (down, across), counted from the upper left corner of their reach.
type Pattern = [[usize; 2]; 2];

/// All pairs of different offsets.
fn different_pairs(reach: usize) -> Vec<Pattern> {
    let width = 2 * reach + 1;
    let offset = |at: usize| [at / width, at % width];
    let all = 0..width * width;
    all.clone()
        .flat_map(|a| all.clone().filter(move |&b| a != b).map(move |b| [offset(a), offset(b)]))
        .collect()
}

/// Drawn patterns.
pub(super) struct PixelDifferences {
    sizes: Sizes,
    n_features: usize,
    patterns: [Vec<Pattern>; 2],
}

impl PixelDifferences {
    /// Draws the patterns; `counts` are those of [`Sizes::patterns`].
    pub fn new(sizes: Sizes, n_features: usize, counts: [usize; 2], seed: u64) -> PixelDifferences {
        let mut generator = Pcg64::seed_from_u64(seed);
        let patterns = [0, 1].map(|level| {
            let mut all = different_pairs(REACH[level]);
            for at in 0..counts[level] {
                let other = generator.random_range(at..all.len());
                all.swap(at, other);
            }
            all.truncate(counts[level]);
            all
        });
        PixelDifferences { sizes, n_features, patterns }
    }

    /// O(n (patterns of the first level * pixels + n_features)).
    pub fn transform(&self, bytes: &Bytes) -> Rows {
        let mut out = vec![0u8; bytes.n * self.n_features];
        let tasks = out.par_chunks_mut(LANES * self.n_features).zip(bytes.pixels.par_chunks(LANES * bytes.d));
        tasks.for_each(|(out, images)| self.batch(images, bytes.d, out));
        Rows::of_bytes(out, bytes.n, self.n_features)
    }

    /// Transforms up to [`LANES`] images.
    fn batch(&self, images: &[u8], d: usize, out: &mut [u8]) {
        let Sizes { image, first, second } = self.sizes;
        let mut pixels = vec![[0u16; LANES]; d];
        for (lane, image) in images.chunks_exact(d).enumerate() {
            pixels.iter_mut().zip(image).for_each(|(lanes, &pixel)| lanes[lane] = u16::from(pixel));
        }
        let (firsts, seconds) = (&self.patterns[0], &self.patterns[1]);
        let size = first[0] * first[1];
        let mut maps = vec![[0u16; LANES]; firsts.len() * size];
        for (map, &pattern) in maps.chunks_exact_mut(size).zip(firsts) {
            apply(&pixels, image[1], pattern, first, map);
        }
        let cells = second[0] * second[1];
        let mut small = vec![[0u16; LANES]; cells];
        let mut roots = vec![[0u8; LANES]; cells];
        for pair in 0..self.n_features / cells {
            let map = &maps[pair % firsts.len() * size..][..size];
            apply(map, first[1], seconds[pair / firsts.len()], second, &mut small);
            square_roots(&small, &mut roots);
            for (lane, out) in out.chunks_exact_mut(self.n_features).enumerate() {
                let out = &mut out[pair * cells..][..cells];
                out.iter_mut().zip(&roots).for_each(|(out, roots)| *out = roots[lane]);
            }
        }
    }
}

for_each_level! {
    /// One pattern on images of `columns` pixels, summed over 2 x 2 pixels: an image of rows x columns of `size`.
    fn apply(pixels: &[[u16; 32]], columns: usize, pattern: [[usize; 2]; 2], size: [usize; 2], out: &mut [[u16; 32]]) {
        let [more, less] = pattern.map(|[down, across]| down * columns + across);
        for (y, out) in out.chunks_exact_mut(size[1]).enumerate() {
            for (x, out) in out.iter_mut().enumerate() {
                let mut sums: Lanes = [0; LANES];
                for corner in [0, 1, columns, columns + 1] {
                    let at = 2 * y * columns + 2 * x + corner;
                    let (a, b) = (&pixels[at + more], &pixels[at + less]);
                    for lane in 0..LANES {
                        sums[lane] += a[lane].saturating_sub(b[lane]);
                    }
                }
                *out = sums;
            }
        }
    }
}

for_each_level! {
    /// 255 sqrt(value / [`MOST`]), rounded.
    fn square_roots(values: &[[u16; 32]], out: &mut [[u8; 32]]) {
        let factor = 255.0 * 255.0 / MOST;
        for (out, values) in out.iter_mut().zip(values) {
            for (out, &value) in out.iter_mut().zip(values) {
                *out = ((f32::from(value) * factor).sqrt() + 0.5) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scaling;

    /// The definition, one feature at a time.
    fn feature(differences: &PixelDifferences, image: &[u8], index: usize) -> u8 {
        let Sizes { image: size, second, .. } = differences.sizes;
        let cells = second[0] * second[1];
        let (pair, cell) = (index / cells, index % cells);
        let firsts = &differences.patterns[0];
        let outer = differences.patterns[1][pair / firsts.len()];
        let inner = firsts[pair % firsts.len()];
        let (y, x) = (2 * (cell / second[1]), 2 * (cell % second[1]));
        let square = || [[0, 0], [0, 1], [1, 0], [1, 1]];
        let level_one = |y: usize, x: usize| -> i32 {
            let pixel = |y: usize, x: usize, [down, across]: [usize; 2]| {
                i32::from(image[(y + down) * size[1] + x + across])
            };
            let one = |[dy, dx]: [usize; 2]| {
                let (y, x) = (2 * y + dy, 2 * x + dx);
                (pixel(y, x, inner[0]) - pixel(y, x, inner[1])).max(0)
            };
            square().map(one).iter().sum()
        };
        let one = |[dy, dx]: [usize; 2]| {
            let at = |[down, across]: [usize; 2]| level_one(y + dy + down, x + dx + across);
            (at(outer[0]) - at(outer[1])).max(0)
        };
        let sum: i32 = square().map(one).iter().sum();
        (f64::from(sum) / f64::from(MOST)).sqrt().mul_add(255.0, 0.5) as u8
    }

    #[test]
    fn features_are_those_of_the_definition() {
        for (image, n, pairs) in [([12, 12], 3, 1), ([13, 17], 33, 7), ([28, 28], 40, 30)] {
            let sizes = Sizes::new(image).unwrap();
            let cells = sizes.second[0] * sizes.second[1];
            let n_features = pairs * cells;
            let counts = sizes.patterns(n_features).unwrap();
            let differences = PixelDifferences::new(sizes, n_features, counts, 11);
            let d = image[0] * image[1];
            let pixels: Vec<u8> = (0..n * d).map(|at| ((at * 2_654_435_761) >> 13) as u8).collect();
            let scaling = Scaling::unit(d);
            let rows = Bytes { pixels: pixels.clone(), n, d, scaling: scaling.into() };
            let out = differences.transform(&rows).into_features();
            assert_eq!((out.n(), out.d()), (n, n_features));
            for (image, row) in pixels.chunks_exact(d).zip(out.pixels().chunks_exact(n_features)) {
                for (index, &got) in row.iter().enumerate() {
                    assert_eq!(got, feature(&differences, image, index), "{index}");
                }
            }
        }
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        assert_eq!(
            Sizes::new([28, 11]).unwrap_err().to_string(),
            "preprocessing: pixel_differences needs images of at least 12 x 12 pixels, these have 28 x 11; \
             use other steps"
        );
        let sizes = Sizes::new([28, 28]).unwrap();
        assert_eq!(sizes.patterns(12_000), Ok([22, 22]));
        let message = |n| sizes.patterns(n).unwrap_err().to_string();
        assert!(
            message(12_001)
                .ends_with("n_features = 12001: must be a multiple of 25 for images of 28 x 28 pixels")
        );
        assert!(message(0).contains("multiple of 25") && message(2_000_000).contains("at most 1080000"));
    }
}
