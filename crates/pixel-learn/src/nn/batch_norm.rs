//! Batch normalisation (Ioffe and Szegedy, 2015) over all but the channels, with the defaults of Keras.

use std::ops::Range;

use rayon::prelude::*;

use super::layer::{Layer, Parameter};
use crate::linalg::simd::for_each_level;

/// Each channel less its mean over its deviation, times gamma plus beta. In training mean and variance are
/// those of the batch (over rows and pixels); the trained network uses running means of both.
pub struct BatchNorm {
    width: usize,
    channels: usize,
    /// max(0, x) behind it, in the same pass.
    relu: bool,
    /// How much of the running statistics a batch leaves.
    momentum: f32,
    epsilon: f32,
    /// gamma and beta.
    parameters: [Parameter; 2],
    /// Running mean and variance.
    statistics: [Vec<f32>; 2],
    /// Mean and 1 / deviation of the latest training batch.
    mean: Vec<f32>,
    inverse: Vec<f32>,
}

/// Pixels whose sums are added up in f32; f64 gathers those.
const PIXELS_A_PART: usize = 512;

impl BatchNorm {
    /// For images (or rows) of `width` values, the last dimension of which has `channels`. Panics when the
    /// width is no multiple of the channels.
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

    /// `count` sums for all pixels of `length` values, some a channel: `add` adds up a range of values in f32, of
    /// a fixed size, and f64 gathers those.
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

// Each takes whole pixels; as many channels as there are sums, means or scales.

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
                // What is no number stays, so that diverging shows.
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

/// The gradient that comes through where the output is `y`.
#[inline(always)]
fn passed(gradient: f32, y: f32, relu: bool) -> f32 {
    if !relu || y > 0.0 { gradient } else { 0.0 }
}
