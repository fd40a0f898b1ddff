//! Batch normalisation (Ioffe and Szegedy, 2015) of each channel, as in Keras.

use std::ops::Range;

use rayon::prelude::*;

use super::layer::{Layer, Parameter};
use crate::linalg::simd::for_each_level;

/// Batch normalisation: gamma (x - mean) / sqrt(variance + epsilon) + beta for each channel. In training,
/// mean and variance are those of the batch (over rows and pixels); the trained network uses running means of
/// both.
pub struct BatchNorm {
    width: usize,
    channels: usize,
    /// Whether a ReLU follows, in the same pass.
    relu: bool,
    /// The share of the running statistics that is kept at each batch.
    momentum: f32,
    epsilon: f32,
    /// gamma and beta.
    parameters: [Parameter; 2],
    /// Running mean and variance.
    statistics: [Vec<f32>; 2],
    /// Mean and 1 / sqrt(variance + epsilon) of the latest training batch.
    mean: Vec<f32>,
    inverse: Vec<f32>,
}

/// Pixels of an f32 partial sum; the partial sums are added in f64.
const PIXELS_A_PART: usize = 512;

impl BatchNorm {
    /// A layer for images (or rows) of `width` values with `channels` as the last dimension. Panics when
    /// `width` is not a multiple of `channels`.
    pub fn new(width: usize, channels: usize, momentum: f64, epsilon: f64) -> BatchNorm {
        assert!(channels > 0 && width.is_multiple_of(channels), "channels do not fill the width");
        BatchNorm {
            width,
            channels,
            relu: false,
            momentum: momentum as f32,
            epsilon: epsilon as f32,
            parameters: [
                Parameter::new(vec![1.0; channels], false),
                Parameter::new(vec![0.0; channels], false),
            ],
            statistics: [vec![0.0; channels], vec![1.0; channels]],
            mean: vec![0.0; channels],
            inverse: vec![1.0; channels],
        }
    }

    /// This layer followed by ReLU, with the bits of two separate layers.
    pub fn with_relu(self) -> BatchNorm {
        BatchNorm { relu: true, ..self }
    }

    /// `count` sums over all pixels, which have `length` values in total. `add` adds the terms of a range of
    /// whole pixels in f32; the ranges have a fixed size and are added in f64.
    fn sums(&self, length: usize, count: usize, add: impl Fn(Range<usize>, &mut [f32]) + Sync) -> Vec<f64> {
        let size = PIXELS_A_PART * self.channels;
        let parts: Vec<Vec<f32>> = (0..length.div_ceil(size))
            .into_par_iter()
            .map(|part| {
                let mut sums = vec![0.0; count];
                add(part * size..length.min((part + 1) * size), &mut sums);
                sums
            })
            .collect();
        let mut sums = vec![0.0; count];
        for part in parts {
            sums.iter_mut().zip(part).for_each(|(sum, value)| *sum += f64::from(value));
        }
        sums
    }

    fn apply(&self, mean: &[f32], inverse: &[f32], input: &[f32], output: &mut [f32]) {
        let [gamma, beta] = &self.parameters;
        let scale: Vec<f32> =
            gamma.value.iter().zip(inverse).map(|(gamma, inverse)| gamma * inverse).collect();
        let inputs = input.par_chunks(self.width);
        output
            .par_chunks_mut(self.width)
            .zip(inputs)
            .for_each(|(output, input)| normalise(output, input, mean, &scale, &beta.value, self.relu));
    }
}

impl Layer for BatchNorm {
    fn input_width(&self) -> usize {
        self.width
    }

    fn output_width(&self) -> usize {
        self.width
    }

    fn infer(&self, input: &[f32], output: &mut [f32]) {
        let [mean, variance] = &self.statistics;
        let inverse: Vec<f32> =
            variance.iter().map(|variance| 1.0 / (variance + self.epsilon).sqrt()).collect();
        self.apply(mean, &inverse, input, output);
    }

    fn forward(&mut self, input: &[f32], output: &mut [f32]) {
        let count = (input.len() / self.channels).max(1) as f64;
        let channels = self.channels;
        let sums = self.sums(input.len(), channels, |part, sums| add_values(sums, &input[part]));
        let mean: Vec<f32> = sums.iter().map(|sum| (sum / count) as f32).collect();
        let squares = self.sums(input.len(), channels, |part, sums| add_squares(sums, &input[part], &mean));
        let variance: Vec<f32> = squares.iter().map(|sum| (sum / count) as f32).collect();
        self.inverse = variance.iter().map(|variance| 1.0 / (variance + self.epsilon).sqrt()).collect();
        let kept = self.momentum;
        for (running, latest) in self.statistics.iter_mut().zip([&mean, &variance]) {
            running.iter_mut().zip(latest).for_each(|(running, &latest)| {
                *running = kept * *running + (1.0 - kept) * latest;
            });
        }
        self.mean = mean;
        self.apply(&self.mean, &self.inverse, input, output);
    }

    fn backward(
        &mut self,
        input: &[f32],
        output: &[f32],
        output_gradient: &[f32],
        input_gradient: Option<&mut [f32]>,
    ) {
        let relu = self.relu;
        let count = (input.len() / self.channels).max(1) as f32;
        let (means, inverses) = (&self.mean, &self.inverse);
        let sums = self.sums(input.len(), 2 * self.channels, |part, sums| {
            let (gradient, output) = (&output_gradient[part.clone()], &output[part.clone()]);
            add_gradients(sums, gradient, output, &input[part], means, inverses, relu);
        });
        let (sum_of_gradients, sum_of_products) = sums.split_at(self.channels);
        let [gamma, beta] = &mut self.parameters;
        gamma.gradient.iter_mut().zip(sum_of_products).for_each(|(gradient, &sum)| *gradient = sum as f32);
        beta.gradient.iter_mut().zip(sum_of_gradients).for_each(|(gradient, &sum)| *gradient = sum as f32);
        let Some(input_gradient) = input_gradient else { return };
        let [gamma, beta] = &self.parameters;
        // dx = scale (dy - (sum of dy + normal x sum of dy normal) / count), with normal = (x - mean) inverse.
        let scale: Vec<f32> =
            gamma.value.iter().zip(inverses).map(|(gamma, inverse)| gamma * inverse).collect();
        let shift: Vec<f32> = beta.gradient.iter().map(|sum| sum / count).collect();
        let slope: Vec<f32> =
            gamma.gradient.iter().zip(inverses).map(|(sum, inverse)| sum * inverse / count).collect();
        let width = self.width;
        input_gradient
            .par_chunks_mut(width)
            .zip(input.par_chunks(width))
            .zip(output.par_chunks(width))
            .zip(output_gradient.par_chunks(width))
            .for_each(|(((dx, x), y), dy)| {
                input_gradients(dx, x, y, dy, means, &scale, &shift, &slope, relu)
            });
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut [Parameter] {
        &mut self.parameters
    }

    fn statistics(&self) -> &[Vec<f32>] {
        &self.statistics
    }

    fn statistics_mut(&mut self) -> &mut [Vec<f32>] {
        &mut self.statistics
    }
}

// The functions below take whole pixels. The number of channels is the length of the sums, means or scales.

for_each_level! {
    fn add_values(sums: &mut [f32], values: &[f32]) {
        for pixel in values.chunks_exact(sums.len()) {
            sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
        }
    }
}

for_each_level! {
    fn add_squares(sums: &mut [f32], values: &[f32], mean: &[f32]) {
        for pixel in values.chunks_exact(sums.len()) {
            for ((sum, value), mean) in sums.iter_mut().zip(pixel).zip(mean) {
                let centred = value - mean;
                *sum += centred * centred;
            }
        }
    }
}

for_each_level! {
    /// Adds to the first half of the sums the gradients, to the second those times the normalised values.
    fn add_gradients(
        sums: &mut [f32],
        dy: &[f32],
        y: &[f32],
        x: &[f32],
        mean: &[f32],
        inverse: &[f32],
        relu: bool,
    ) {
        let channels = mean.len();
        let (gradients, products) = sums.split_at_mut(channels);
        let pixels = dy.chunks_exact(channels).zip(y.chunks_exact(channels)).zip(x.chunks_exact(channels));
        for ((dy, y), x) in pixels {
            let settings = mean.iter().zip(inverse);
            let sums = gradients.iter_mut().zip(&mut *products);
            for (((gradient, product), ((&dy, &y), x)), (mean, inverse)) in sums.zip(dy.iter().zip(y).zip(x)).zip(settings) {
                let dy = passed(dy, y, relu);
                *gradient += dy;
                *product += dy * ((x - mean) * inverse);
            }
        }
    }
}

for_each_level! {
    fn normalise(output: &mut [f32], input: &[f32], mean: &[f32], scale: &[f32], beta: &[f32], relu: bool) {
        let channels = mean.len();
        for (output, input) in output.chunks_exact_mut(channels).zip(input.chunks_exact(channels)) {
            for ((((y, x), mean), scale), beta) in output.iter_mut().zip(input).zip(mean).zip(scale).zip(beta) {
                let normal = (x - mean) * scale + beta;
                // NaN stays NaN, so that divergence shows.
                *y = if relu && normal < 0.0 { 0.0 } else { normal };
            }
        }
    }
}

for_each_level! {
    fn input_gradients(
        dx: &mut [f32],
        x: &[f32],
        y: &[f32],
        dy: &[f32],
        mean: &[f32],
        scale: &[f32],
        shift: &[f32],
        slope: &[f32],
        relu: bool,
    ) {
        let channels = mean.len();
        let pixels = dx.chunks_exact_mut(channels).zip(x.chunks_exact(channels));
        let pixels = pixels.zip(y.chunks_exact(channels).zip(dy.chunks_exact(channels)));
        for ((dx, x), (y, dy)) in pixels {
            let settings = mean.iter().zip(scale).zip(shift).zip(slope);
            let values = dx.iter_mut().zip(x).zip(y.iter().zip(dy));
            for (((dx, x), (&y, &dy)), (((mean, scale), shift), slope)) in values.zip(settings) {
                *dx = scale * (passed(dy, y, relu) - shift - (x - mean) * slope);
            }
        }
    }
}

/// The gradient that passes the ReLU, if there is one, at output `y`.
#[inline(always)]
fn passed(gradient: f32, y: f32, relu: bool) -> f32 {
    if !relu || y > 0.0 { gradient } else { 0.0 }
}
