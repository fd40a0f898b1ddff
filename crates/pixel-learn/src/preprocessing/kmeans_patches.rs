//! Features learnt without labels: distances of image patches to k-means centroids, pooled (Coates, Lee and Ng, "An
//! analysis of single-layer networks in unsupervised feature learning", 2011).
//!
//! Each patch of 6 x 6 pixels is brought to mean 0 and variance 1, then whitened (ZCA), all fitted on a sample of
//! training patches. Its code (the "triangle" activation of the paper) has one value per centroid: the mean
//! distance to all centroids minus the distance to this one, or 0 if that is negative. The codes are added up
//! over a grid of 3 x 3 regions, and a feature is the square root of such a sum.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::StepError;
use super::rows::{Bytes, Rows};
use crate::linalg::gemm::{View, sgemm};
use crate::linalg::simd::for_each_level;
use crate::linalg::symmetric_eigen;

/// Rows and columns of a patch.
const SIDE: usize = 6;
const PIXELS: usize = SIDE * SIDE;
/// Regions of the grid that codes are added up over, down and across.
const GRID: usize = 3;
/// Patches that centroids and whitening are learnt from.
const SAMPLE: usize = 200_000;
/// Passes of k-means over the sample.
const PASSES: usize = 20;
/// Added to the variance of a patch, in squared pixel values, so that noise in flat patches is not amplified.
const VARIANCE_EPSILON: f32 = 10.0;
/// Added to the eigenvalues of the covariance of patches.
const ZCA_EPSILON: f64 = 0.1;
/// The number of training images that set the scale of the bytes: their largest pooled value becomes 255, and
/// larger values are clipped.
const SCALE_IMAGES: usize = 2000;
/// Patches that one task compares with the centroids.
const CHUNK: usize = 4096;
/// Values that a vector loop takes at a time.
const LANES: usize = 16;

/// Whitening and centroids.
pub(super) struct KmeansPatches {
    image: [usize; 2],
    /// The mean normalised patch.
    mean: Vec<f32>,
    /// The symmetric whitening matrix.
    whitening: Vec<f32>,
    /// The centroids, one per row, padded with zero rows to whole lanes. The padding is never chosen.
    centroids: Vec<f32>,
    /// The squared norm of each centroid, padded with zeros.
    norms: Vec<f32>,
    n_clusters: usize,
    /// The factor that scales pooled values to bytes.
    to_byte: f32,
}

impl KmeansPatches {
    /// Maximum number of centroids.
    pub const MAX_CLUSTERS: usize = 10_000;

    /// `Err` when an image has fewer rows or columns of patches than the grid.
    pub fn check(image: [usize; 2]) -> Result<(), StepError> {
        let least = SIDE + GRID - 1;
        match image.iter().any(|&size| size < least) {
            true => Err(StepError::ImageTooSmall { step: "kmeans_patches", least: [least; 2], image }),
            false => Ok(()),
        }
    }

    /// The number of features for `n_clusters` centroids.
    pub fn features(n_clusters: usize) -> usize {
        GRID * GRID * n_clusters
    }

    /// Learns whitening and centroids from a sample of patches. O(sample n_clusters passes).
    pub fn new(bytes: &Bytes, image: [usize; 2], n_clusters: usize, seed: u64) -> KmeansPatches {
        let mut generator = Pcg64::seed_from_u64(seed);
        let mut patches = sample(bytes, image, &mut generator);
        let (mean, whitening) = whiten(&patches);
        patches = whitened(&patches, &mean, &whitening);
        let mut patcher = KmeansPatches {
            image,
            mean,
            whitening,
            centroids: Vec::new(),
            norms: Vec::new(),
            n_clusters,
            to_byte: 0.0,
        };
        patcher.learn(&patches, &mut generator);
        // Without contrast in any training image there is no scale, and all bytes are 0.
        let largest = patcher.largest(bytes);
        patcher.to_byte = if largest > 0.0 { 255.0 / largest } else { 0.0 };
        patcher
    }

    /// The largest pooled value of some training images, evenly spaced.
    fn largest(&self, bytes: &Bytes) -> f32 {
        let count = bytes.n.min(SCALE_IMAGES);
        let image = |at: usize| &bytes.pixels[at * bytes.n / count * bytes.d..][..bytes.d];
        let of_image = |scratch: &mut Scratch, at: usize| {
            self.pool(image(at), scratch);
            scratch.pooled.iter().copied().fold(0.0f32, f32::max)
        };
        (0..count).into_par_iter().map_init(Scratch::default, of_image).reduce(|| 0.0, f32::max)
    }

    /// k-means from random patches; a centroid without patches becomes another random patch.
    fn learn(&mut self, patches: &[f32], generator: &mut Pcg64) {
        let count = patches.len() / PIXELS;
        let pick = |generator: &mut Pcg64| {
            let at = generator.random_range(0..count.max(1));
            patches.get(at * PIXELS..(at + 1) * PIXELS).map_or(vec![0.0; PIXELS], <[f32]>::to_vec)
        };
        let first: Vec<f32> = (0..self.n_clusters).flat_map(|_| pick(generator)).collect();
        self.set(first);
        for _ in 0..PASSES {
            let parts: Vec<(Vec<f64>, Vec<u32>)> =
                patches.par_chunks(CHUNK * PIXELS).map(|patches| self.assign(patches)).collect();
            let mut sums = vec![0.0f64; self.n_clusters * PIXELS];
            let mut counts = vec![0u32; self.n_clusters];
            for (part_sums, part_counts) in parts {
                sums.iter_mut().zip(part_sums).for_each(|(sum, part)| *sum += part);
                counts.iter_mut().zip(part_counts).for_each(|(count, part)| *count += part);
            }
            let mut centroids = Vec::with_capacity(sums.len());
            for (sums, &count) in sums.chunks_exact(PIXELS).zip(&counts) {
                if count == 0 {
                    centroids.extend(pick(generator));
                } else {
                    centroids.extend(sums.iter().map(|sum| (sum / f64::from(count)) as f32));
                }
            }
            self.set(centroids);
        }
    }

    fn set(&mut self, mut centroids: Vec<f32>) {
        self.norms = centroids.chunks_exact(PIXELS).map(|c| c.iter().map(|c| c * c).sum()).collect();
        let padded = self.n_clusters.next_multiple_of(LANES);
        centroids.resize(padded * PIXELS, 0.0);
        self.norms.resize(padded, 0.0);
        self.centroids = centroids;
    }

    /// The sums and numbers of the patches that are nearest to each centroid.
    fn assign(&self, patches: &[f32]) -> (Vec<f64>, Vec<u32>) {
        let mut products = Vec::new();
        self.products(patches, &mut products);
        let mut sums = vec![0.0f64; self.n_clusters * PIXELS];
        let mut counts = vec![0u32; self.n_clusters];
        let width = self.norms.len();
        for (patch, products) in patches.chunks_exact(PIXELS).zip(products.chunks_exact(width)) {
            let score = |at: usize| products[at] - 0.5 * self.norms[at];
            let nearest =
                (1..self.n_clusters).fold(0, |best, at| if score(at) > score(best) { at } else { best });
            counts[nearest] += 1;
            let sums = &mut sums[nearest * PIXELS..][..PIXELS];
            sums.iter_mut().zip(patch).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        (sums, counts)
    }

    /// The dot products of whitened patches with all centroids.
    fn products(&self, patches: &[f32], products: &mut Vec<f32>) {
        let (rows, width) = (patches.len() / PIXELS, self.norms.len());
        products.resize(rows * width, 0.0);
        let patches = View::row_major(patches, rows, PIXELS);
        let centroids = View::row_major(&self.centroids, width, PIXELS).t();
        sgemm(1.0, patches, centroids, 0.0, products, width);
    }

    /// O(n patches n_clusters).
    pub fn transform(&self, bytes: &Bytes) -> Rows {
        let d = KmeansPatches::features(self.n_clusters);
        let mut out = vec![0u8; bytes.n * d];
        let images = out.par_chunks_mut(d).zip(bytes.pixels.par_chunks(bytes.d));
        images.for_each_init(Scratch::default, |scratch, (out, pixels)| {
            self.pool(pixels, scratch);
            let width = self.norms.len();
            for (out, values) in out.chunks_exact_mut(self.n_clusters).zip(scratch.pooled.chunks_exact(width))
            {
                out.iter_mut().zip(values).for_each(|(out, value)| *out = (value * self.to_byte + 0.5) as u8);
            }
        });
        Rows::of_bytes(out, bytes.n, d)
    }

    /// Leaves the square roots of the sums of the codes in `scratch.pooled`, region after region.
    fn pool(&self, pixels: &[u8], scratch: &mut Scratch) {
        let [rows, columns] = self.image.map(|size| size - SIDE + 1);
        scratch.patches.clear();
        for at in (0..rows).flat_map(|row| (0..columns).map(move |column| row * self.image[1] + column)) {
            normalise(pixels, at, self.image[1], &mut scratch.patches);
        }
        let patches = whitened(&scratch.patches, &self.mean, &self.whitening);
        self.products(&patches, &mut scratch.products);
        let width = self.norms.len();
        scratch.pooled.clear();
        scratch.pooled.resize(GRID * GRID * width, 0.0);
        for (at, (patch, products)) in
            patches.chunks_exact(PIXELS).zip(scratch.products.chunks_exact_mut(width)).enumerate()
        {
            let region = (at / columns) * GRID / rows * GRID + (at % columns) * GRID / columns;
            let norm = patch.iter().map(|value| value * value).sum();
            let pooled = &mut scratch.pooled[region * width..][..width];
            add_code(products, &self.norms, norm, self.n_clusters, pooled);
        }
        for values in scratch.pooled.chunks_exact_mut(width) {
            values[..self.n_clusters].iter_mut().for_each(|value| *value = value.sqrt());
            values[self.n_clusters..].fill(0.0);
        }
    }
}

/// Working memory, reused from image to image.
#[derive(Default)]
struct Scratch {
    patches: Vec<f32>,
    products: Vec<f32>,
    pooled: Vec<f32>,
}

for_each_level! {
    /// Adds a patch's code to the sums of its region. `products` are its dot products with the centroids and become
    /// distances; `norms` are the centroids' squared norms and `norm` is its own. Lanes beyond `clusters` are
    /// padding, and their sums are not meaningful.
    fn add_code(products: &mut [f32], norms: &[f32], norm: f32, clusters: usize, pooled: &mut [f32]) {
        let mut sums = [0.0f32; LANES];
        for (at, (products, norms)) in
            products.chunks_exact_mut(LANES).zip(norms.chunks_exact(LANES)).enumerate()
        {
            for lane in 0..LANES {
                let distance = (norm + norms[lane] - 2.0 * products[lane]).max(0.0).sqrt();
                products[lane] = distance;
                sums[lane] += if at * LANES + lane < clusters { distance } else { 0.0 };
            }
        }
        let mean = sums.iter().sum::<f32>() / clusters as f32;
        for (pooled, distance) in pooled.iter_mut().zip(products.iter()) {
            *pooled += (mean - distance).max(0.0);
        }
    }
}

/// Normalised patches at random places of random images; flat ones are left out.
fn sample(bytes: &Bytes, image: [usize; 2], generator: &mut Pcg64) -> Vec<f32> {
    let [rows, columns] = image.map(|size| size - SIDE + 1);
    let mut patches = Vec::with_capacity(SAMPLE * PIXELS);
    // The number of tries is limited, because images of a single value have only flat patches.
    for _ in 0..4 * SAMPLE {
        if patches.len() >= SAMPLE * PIXELS {
            break;
        }
        let pixels = &bytes.pixels[generator.random_range(0..bytes.n) * bytes.d..][..bytes.d];
        let at = generator.random_range(0..rows) * image[1] + generator.random_range(0..columns);
        let start = patches.len();
        normalise(pixels, at, image[1], &mut patches);
        if patches[start..].iter().all(|&value| value == 0.0) {
            patches.truncate(start);
        }
    }
    patches
}

/// Appends the patch whose first pixel is at `at`, brought to mean 0 and variance 1.
fn normalise(pixels: &[u8], at: usize, width: usize, out: &mut Vec<f32>) {
    let (mut sum, mut squares) = (0u32, 0u32);
    for row in 0..SIDE {
        for &pixel in &pixels[at + row * width..][..SIDE] {
            sum += u32::from(pixel);
            squares += u32::from(pixel) * u32::from(pixel);
        }
    }
    // Whole numbers: a flat patch has a variance of exactly 0.
    let count = PIXELS as u32;
    let variance = (squares * count - sum * sum) as f32 / (count * count) as f32;
    let (mean, scale) = (sum as f32 / count as f32, 1.0 / (variance + VARIANCE_EPSILON).sqrt());
    for row in 0..SIDE {
        let pixels = &pixels[at + row * width..][..SIDE];
        out.extend(pixels.iter().map(|&pixel| (f32::from(pixel) - mean) * scale));
    }
}

/// The mean of normalised patches, and the matrix V (E + 0.1)^-1/2 V' of their covariance V E V'.
fn whiten(patches: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let count = (patches.len() / PIXELS).max(1) as f64;
    let mut sums = vec![0.0f64; PIXELS];
    let mut products = vec![0.0f64; PIXELS * PIXELS];
    for patch in patches.chunks_exact(PIXELS) {
        for (i, &a) in patch.iter().enumerate() {
            sums[i] += f64::from(a);
            let row = &mut products[i * PIXELS..][..PIXELS];
            row.iter_mut().zip(patch).for_each(|(sum, &b)| *sum += f64::from(a) * f64::from(b));
        }
    }
    let mean: Vec<f64> = sums.iter().map(|sum| sum / count).collect();
    let covariance =
        (0..PIXELS * PIXELS).map(|at| products[at] / count - mean[at / PIXELS] * mean[at % PIXELS]).collect();
    let eigen = symmetric_eigen::largest(covariance, PIXELS, PIXELS);
    let mut whitening = vec![0.0f32; PIXELS * PIXELS];
    for (at, out) in whitening.iter_mut().enumerate() {
        let (i, j) = (at / PIXELS, at % PIXELS);
        let terms = eigen.values.iter().zip(eigen.vectors.chunks_exact(PIXELS));
        *out = terms
            .map(|(value, vector)| vector[i] * vector[j] / (value.max(0.0) + ZCA_EPSILON).sqrt())
            .sum::<f64>() as f32;
    }
    (mean.iter().map(|&mean| mean as f32).collect(), whitening)
}

/// Patches minus the mean, times the whitening matrix.
fn whitened(patches: &[f32], mean: &[f32], whitening: &[f32]) -> Vec<f32> {
    let centred: Vec<f32> = patches.iter().enumerate().map(|(at, value)| value - mean[at % PIXELS]).collect();
    let rows = patches.len() / PIXELS;
    let mut out = vec![0.0; patches.len()];
    let matrix = View::row_major(whitening, PIXELS, PIXELS);
    sgemm(1.0, View::row_major(&centred, rows, PIXELS), matrix, 0.0, &mut out, PIXELS);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scaling;

    const IMAGE: [usize; 2] = [12, 10];

    fn images(n: usize) -> Bytes {
        let d = IMAGE[0] * IMAGE[1];
        let pixels = (0..n * d).map(|at| ((at * 2_654_435_761) >> 13) as u8).collect();
        Bytes { pixels, n, d, scaling: Scaling::unit(d).into() }
    }

    /// One feature by the definition, in f64.
    fn feature(patches: &KmeansPatches, image: &[u8], region: usize, cluster: usize) -> f64 {
        let [rows, columns] = IMAGE.map(|size| size - SIDE + 1);
        let mut sum = 0.0;
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            if (row * GRID / rows, column * GRID / columns) != (region / GRID, region % GRID) {
                continue;
            }
            let pixel = |at: usize| f64::from(image[(row + at / SIDE) * IMAGE[1] + column + at % SIDE]);
            let mean = (0..PIXELS).map(pixel).sum::<f64>() / PIXELS as f64;
            let variance = (0..PIXELS).map(|at| (pixel(at) - mean).powi(2)).sum::<f64>() / PIXELS as f64;
            let scale = (variance + f64::from(VARIANCE_EPSILON)).sqrt();
            let centred = |at: usize| (pixel(at) - mean) / scale - f64::from(patches.mean[at]);
            let whitened = |at: usize| -> f64 {
                (0..PIXELS).map(|k| centred(k) * f64::from(patches.whitening[k * PIXELS + at])).sum()
            };
            let whitened: Vec<f64> = (0..PIXELS).map(whitened).collect();
            let distance = |cluster: usize| -> f64 {
                let centroid = &patches.centroids[cluster * PIXELS..][..PIXELS];
                let squares = whitened.iter().zip(centroid).map(|(a, &b)| (a - f64::from(b)).powi(2));
                squares.sum::<f64>().sqrt()
            };
            let mean = (0..patches.n_clusters).map(distance).sum::<f64>() / patches.n_clusters as f64;
            sum += (mean - distance(cluster)).max(0.0);
        }
        sum.sqrt() * f64::from(patches.to_byte)
    }

    #[test]
    fn features_are_those_of_the_definition() {
        let bytes = images(60);
        for n_clusters in [2, 5, 37] {
            let patches = KmeansPatches::new(&bytes, IMAGE, n_clusters, 3);
            let out = patches.transform(&images(60)).into_features();
            assert_eq!((out.n(), out.d()), (60, 9 * n_clusters));
            for (image, row) in bytes.pixels.chunks_exact(bytes.d).zip(out.pixels().chunks_exact(out.d())) {
                for (at, &got) in row.iter().enumerate() {
                    let expected = feature(&patches, image, at / n_clusters, at % n_clusters);
                    assert!((f64::from(got) - expected).abs() < 0.51, "{at}: {got}, {expected}");
                }
            }
            assert!(out.pixels().contains(&255), "the largest value of the training images is 255");
        }
    }

    #[test]
    fn whitening_inverts_the_root_of_the_covariance() {
        let patches = sample(&images(200), IMAGE, &mut Pcg64::seed_from_u64(1));
        assert_eq!(patches.len(), SAMPLE * PIXELS);
        let (mean, whitening) = whiten(&patches);
        // W (C + 0.1 I) W = I, one column of C W at a time.
        for j in 0..PIXELS {
            let mut column = vec![0.0f64; PIXELS];
            let weight = |i: usize| f64::from(whitening[i * PIXELS + j]);
            for patch in patches.chunks_exact(PIXELS) {
                let centred = |i: usize| f64::from(patch[i]) - f64::from(mean[i]);
                let product: f64 = (0..PIXELS).map(|i| centred(i) * weight(i)).sum();
                column
                    .iter_mut()
                    .enumerate()
                    .for_each(|(i, sum)| *sum += centred(i) * product / SAMPLE as f64);
            }
            column.iter_mut().enumerate().for_each(|(i, value)| *value += ZCA_EPSILON * weight(i));
            for i in 0..PIXELS {
                let row = &whitening[i * PIXELS..][..PIXELS];
                let got: f64 = row.iter().zip(&column).map(|(&w, value)| f64::from(w) * value).sum();
                assert!((got - f64::from(u8::from(i == j))).abs() < 1e-3, "{i}, {j}: {got}");
            }
        }
    }

    #[test]
    fn images_without_contrast_have_features_of_nothing() {
        let d = IMAGE[0] * IMAGE[1];
        let flat = || Bytes { pixels: vec![7; 3 * d], n: 3, d, scaling: Scaling::unit(d).into() };
        let patches = KmeansPatches::new(&flat(), IMAGE, 4, 1);
        assert_eq!(patches.to_byte, 0.0);
        for images in [flat(), images(3)] {
            assert!(patches.transform(&images).into_features().pixels().iter().all(|&byte| byte == 0));
        }
        assert!(KmeansPatches::check([8, 8]).is_ok());
        assert_eq!(
            KmeansPatches::check([7, 28]).unwrap_err().to_string(),
            "preprocessing: kmeans_patches needs images of at least 8 x 8 pixels, these have 7 x 28; \
             use other steps"
        );
    }
}
