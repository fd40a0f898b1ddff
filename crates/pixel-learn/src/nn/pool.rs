//! Max pooling of each channel.

use rayon::prelude::*;

use super::conv::Image;
use super::layer::Layer;
use crate::linalg::simd::for_each_level;

/// Max pooling over squares that do not overlap. As in Keras, rows and columns at the bottom and the right
/// that do not fill a square are left out: 7 x 7 becomes 3 x 3 with squares of 2.
pub struct MaxPool {
    input: Image,
    size: usize,
}

impl MaxPool {
    /// A layer for images of shape `input`, with squares of `size` x `size`. Panics when no square fits into
    /// the image.
    pub fn new(input: Image, size: usize) -> MaxPool {
        assert!(size > 0 && size <= input.height && size <= input.width, "no square fits");
        MaxPool { input, size }
    }

    /// The shape of the output images.
    pub fn output(&self) -> Image {
        let Image { height, width, channels } = self.input;
        Image { height: height / self.size, width: width / self.size, channels }
    }

    /// For each output pixel of one image: its offset in the output, and the offsets of the pixels of its
    /// square in the input.
    fn squares(&self) -> impl Iterator<Item = (usize, impl Iterator<Item = usize>)> {
        let (output, input, size) = (self.output(), self.input, self.size);
        (0..output.height * output.width).map(move |index| {
            let (y, x) = (index / output.width, index % output.width);
            let pixels = (0..size * size).map(move |place| {
                ((y * size + place / size) * input.width + x * size + place % size) * input.channels
            });
            (index * input.channels, pixels)
        })
    }
}

impl Layer for MaxPool {
    fn input_width(&self) -> usize {
        self.input.size()
    }

    fn output_width(&self) -> usize {
        self.output().size()
    }

    fn infer(&self, input: &[f32], output: &mut [f32]) {
        let channels = self.input.channels;
        let images = input.par_chunks(self.input_width());
        output.par_chunks_mut(self.output_width()).zip(images).for_each(|(output, input)| {
            for (at, pixels) in self.squares() {
                let largest = &mut output[at..at + channels];
                largest.fill(f32::NEG_INFINITY);
                for pixel in pixels {
                    keep_larger(largest, &input[pixel..pixel + channels]);
                }
            }
        });
    }

    /// The gradient goes to the first of equal maxima.
    fn backward(
        &mut self,
        input: &[f32],
        output: &[f32],
        output_gradient: &[f32],
        input_gradient: Option<&mut [f32]>,
    ) {
        let Some(input_gradient) = input_gradient else { return };
        let (inputs, outputs, channels) = (self.input_width(), self.output_width(), self.input.channels);
        let layer = &*self;
        input_gradient
            .par_chunks_mut(inputs)
            .zip(input.par_chunks(inputs))
            .zip(output.par_chunks(outputs))
            .zip(output_gradient.par_chunks(outputs))
            .for_each_init(
                || vec![0.0; channels],
                |rest, (((input_gradient, input), output), gradient)| {
                    input_gradient.fill(0.0);
                    for (at, pixels) in layer.squares() {
                        rest.copy_from_slice(&gradient[at..at + channels]);
                        for pixel in pixels {
                            let pixel = pixel..pixel + channels;
                            let place = &mut input_gradient[pixel.clone()];
                            take_where_equal(place, &input[pixel], &output[at..at + channels], rest);
                        }
                    }
                },
            );
    }
}

for_each_level! {
    /// NaN stays NaN, so that divergence shows.
    fn keep_larger(largest: &mut [f32], values: &[f32]) {
        for (largest, &value) in largest.iter_mut().zip(values) {
            *largest = if value > *largest || value.is_nan() { value } else { *largest };
        }
    }
}

for_each_level! {
    /// Moves the gradient to the pixel whose input equals the output, if an earlier pixel has not taken it.
    fn take_where_equal(place: &mut [f32], input: &[f32], output: &[f32], rest: &mut [f32]) {
        for (((place, input), output), rest) in place.iter_mut().zip(input).zip(output).zip(rest) {
            let equal = input == output;
            *place = if equal { *rest } else { 0.0 };
            *rest = if equal { 0.0 } else { *rest };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_edges_are_left_out_and_the_first_of_equals_has_the_gradient() {
        let mut pool = MaxPool::new(Image { height: 3, width: 3, channels: 1 }, 2);
        let input = [5.0, 5.0, 9.0, 1.0, 5.0, 9.0, 9.0, 9.0, 9.0];
        let mut output = [0.0];
        pool.infer(&input, &mut output);
        assert_eq!(output, [5.0]);
        let mut gradient = [7.0; 9];
        pool.backward(&input, &output, &[2.0], Some(&mut gradient));
        assert_eq!(gradient, [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
