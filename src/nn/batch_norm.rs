//! Batch normalisation (Ioffe and Szegedy, 2015) over all but the channels, with the defaults of Keras.

use rayon::prelude::*;

use super::layer::{Layer, Parameter};

/// Each channel less its mean over its deviation, times gamma plus beta. In training mean and variance are
/// those of the batch (over rows and pixels); the trained network uses running means of both.
pub struct BatchNorm {
    width: usize,
    channels: usize,
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

    /// For each channel the sum of `term(channel, position)` over all pixels, in parts of a fixed size.
    fn sums(&self, length: usize, add: impl Fn(usize, &mut [f32]) + Sync) -> Vec<f64> {
        let pixels = length / self.channels;
        let parts: Vec<Vec<f32>> = (0..pixels.div_ceil(PIXELS_A_PART))
            .into_par_iter()
            .map(|part| {
                let mut sums = vec![0.0; self.channels];
                let first = part * PIXELS_A_PART;
                for pixel in first..pixels.min(first + PIXELS_A_PART) {
                    add(pixel * self.channels, &mut sums);
                }
                sums
            })
            .collect();
        let mut sums = vec![0.0; self.channels];
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
        output.par_chunks_mut(self.width).zip(inputs).for_each(|(output, input)| {
            let pixels = output.chunks_exact_mut(self.channels).zip(input.chunks_exact(self.channels));
            for (output, input) in pixels {
                for channel in 0..output.len() {
                    let centred = input[channel] - mean[channel];
                    output[channel] = centred * scale[channel] + beta.value[channel];
                }
            }
        });
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
        let sums = self.sums(input.len(), |at, sums| {
            sums.iter_mut().zip(&input[at..]).for_each(|(sum, value)| *sum += value);
        });
        let mean: Vec<f32> = sums.iter().map(|sum| (sum / count) as f32).collect();
        let squares = self.sums(input.len(), |at, sums| {
            for ((sum, value), mean) in sums.iter_mut().zip(&input[at..]).zip(&mean) {
                let centred = value - mean;
                *sum += centred * centred;
            }
        });
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
        _output: &[f32],
        output_gradient: &[f32],
        input_gradient: Option<&mut [f32]>,
    ) {
        let count = (input.len() / self.channels).max(1) as f32;
        let sum_of_gradients = self.sums(input.len(), |at, sums| {
            sums.iter_mut().zip(&output_gradient[at..]).for_each(|(sum, value)| *sum += value);
        });
        let (means, inverses) = (&self.mean, &self.inverse);
        let sum_of_products = self.sums(input.len(), |at, sums| {
            for (channel, sum) in sums.iter_mut().enumerate() {
                let normal = (input[at + channel] - means[channel]) * inverses[channel];
                *sum += output_gradient[at + channel] * normal;
            }
        });
        let [gamma, beta] = &mut self.parameters;
        gamma.gradient.iter_mut().zip(&sum_of_products).for_each(|(gradient, &sum)| *gradient = sum as f32);
        beta.gradient.iter_mut().zip(&sum_of_gradients).for_each(|(gradient, &sum)| *gradient = sum as f32);
        let Some(input_gradient) = input_gradient else { return };
        let [gamma, beta] = &self.parameters;
        let (channels, width) = (self.channels, self.width);
        input_gradient
            .par_chunks_mut(width)
            .zip(input.par_chunks(width))
            .zip(output_gradient.par_chunks(width))
            .for_each(|((input_gradient, input), output_gradient)| {
                let pixels = input_gradient
                    .chunks_exact_mut(channels)
                    .zip(input.chunks_exact(channels))
                    .zip(output_gradient.chunks_exact(channels));
                for ((dx, x), dy) in pixels {
                    for channel in 0..dx.len() {
                        let normal = (x[channel] - means[channel]) * inverses[channel];
                        let shared = beta.gradient[channel] + normal * gamma.gradient[channel];
                        let scale = gamma.value[channel] * inverses[channel];
                        dx[channel] = scale * (dy[channel] - shared / count);
                    }
                }
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
