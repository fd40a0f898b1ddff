//! The convolution over images with the channels last, with its bias and an optional ReLU in the same pass.

use rand::RngExt;
use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::layer::{Layer, Parameter};
use crate::linalg::correlate::{ConvStrides, Start, correlate};

/// Height, width and channels of an image between layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Values per pixel.
    pub channels: usize,
}

impl Image {
    /// Values of one image.
    pub fn size(&self) -> usize {
        self.height * self.width * self.channels
    }
}

/// The padding of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Zeros, so that the output is as large as the input; an odd row or column of zeros goes to the bottom
    /// or the right, as in Keras.
    Same,
    /// No padding: the output is smaller by the kernel size minus 1.
    Valid,
}

/// The settings of a convolution with stride 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// The shape of the input images.
    pub input: Image,
    /// Output channels.
    pub filters: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// The padding at the border.
    pub padding: Padding,
    /// Whether ReLU is applied after the bias.
    pub relu: bool,
}

/// The number of partial sums of the weight gradient. It is fixed, so that the order of summation does not
/// depend on the number of threads.
const PARTS: usize = 8;

/// Images per prediction task.
const IMAGES_A_TASK: usize = 4;

impl Convolution {
    /// The shape of the output images.
    pub fn output(&self) -> Image {
        let Image { height, width, .. } = self.input;
        let [kh, kw] = self.kernel;
        let (height, width) = match self.padding {
            Padding::Same => (height, width),
            Padding::Valid => (height - (kh - 1), width - (kw - 1)),
        };
        Image { height, width, channels: self.filters }
    }

    /// The numbers of rows of zeros above the image and of columns to its left.
    fn before(&self) -> [usize; 2] {
        match self.padding {
            Padding::Same => self.kernel.map(|size| (size - 1) / 2),
            Padding::Valid => [0, 0],
        }
    }

    /// The shape of the input with its padding.
    fn padded_input(&self) -> Image {
        let output = self.output();
        let [kh, kw] = self.kernel;
        Image { height: output.height + kh - 1, width: output.width + kw - 1, channels: self.input.channels }
    }

    /// The shape of the gradient by the outputs, padded with zeros like an input.
    fn padded_gradient(&self) -> Image {
        let [kh, kw] = self.kernel;
        Image { height: self.input.height + kh - 1, width: self.input.width + kw - 1, channels: self.filters }
    }

    /// The strides that compute one row of the output from the padded input.
    fn forward_strides(&self) -> ConvStrides {
        let ([kh, kw], padded_input, cin) = (self.kernel, self.padded_input(), self.input.channels);
        ConvStrides {
            outer: kh,
            inner: kw * cin,
            points: self.output().width,
            lanes: self.filters,
            a_outer: padded_input.width * cin,
            a_inner: 1,
            a_point: cin,
            b_outer: kw * cin * self.filters,
            b_inner: self.filters,
            out_stride: self.filters,
        }
    }

    /// The strides that compute one row of the gradient by the input from the padded gradient by the outputs.
    fn input_strides(&self) -> ConvStrides {
        let ([kh, kw], gradient_shape, cin) = (self.kernel, self.padded_gradient(), self.input.channels);
        ConvStrides {
            outer: kh,
            inner: kw * gradient_shape.channels,
            points: self.input.width,
            lanes: cin,
            a_outer: gradient_shape.width * gradient_shape.channels,
            a_inner: 1,
            a_point: gradient_shape.channels,
            b_outer: kw * gradient_shape.channels * cin,
            b_inner: cin,
            out_stride: cin,
        }
    }

    /// The strides that compute the gradient by one row of the kernel from the padded input and the padded
    /// gradient.
    fn weight_strides(&self) -> ConvStrides {
        let ([_, kw], padded_input, gradient) = (self.kernel, self.padded_input(), self.padded_gradient());
        let (output, cin) = (self.output(), self.input.channels);
        ConvStrides {
            outer: output.height,
            inner: output.width,
            points: kw * cin,
            lanes: self.filters,
            a_outer: padded_input.width * cin,
            a_inner: cin,
            a_point: 1,
            b_outer: gradient.width * gradient.channels,
            b_inner: gradient.channels,
            out_stride: self.filters,
        }
    }

    /// Copies an image into `padded_image`, whose border is zero already.
    fn pad_into(&self, image: &[f32], padded_image: &mut [f32]) {
        let ([top, left], cin, width) = (self.before(), self.input.channels, self.padded_input().width);
        let row = self.input.width * cin;
        for (y, values) in image.chunks_exact(row).enumerate() {
            let start = ((y + top) * width + left) * cin;
            padded_image[start..start + row].copy_from_slice(values);
        }
    }

    /// The position of the gradient by the first output in its padded image.
    fn gradient_start(&self) -> usize {
        let ([kh, kw], [top, left], shape) = (self.kernel, self.before(), self.padded_gradient());
        ((kh - 1 - top) * shape.width + (kw - 1 - left)) * shape.channels
    }

    /// Copies the gradient by the outputs into `padded_gradient`, with 0 where ReLU was not active.
    fn pad_gradient_into(&self, output: &[f32], gradient: &[f32], padded_gradient: &mut [f32]) {
        let (image, shape, start) = (self.output(), self.padded_gradient(), self.gradient_start());
        let pixels = output.chunks_exact(self.filters).zip(gradient.chunks_exact(self.filters));
        for (index, (y, dy)) in pixels.enumerate() {
            let at = start + (index / image.width * shape.width + index % image.width) * shape.channels;
            let values = &mut padded_gradient[at..at + self.filters];
            if self.relu {
                for ((value, &y), &dy) in values.iter_mut().zip(y).zip(dy) {
                    *value = if y > 0.0 { dy } else { 0.0 };
                }
            } else {
                values.copy_from_slice(dy);
            }
        }
    }
}

/// A convolution. Its parameters are the weights (kernel rows x kernel columns x input channels x filters) and
/// one bias per filter.
pub struct Conv2D {
    settings: Convolution,
    parameters: [Parameter; 2],
}

impl Conv2D {
    /// Weights uniform as Glorot and Bengio (2010) draw them, biases 0: the defaults of Keras. Panics when the
    /// kernel is empty, or larger than an image without padding.
    pub fn glorot(settings: Convolution, rng: &mut Pcg64) -> Conv2D {
        let [kh, kw] = settings.kernel;
        let (cin, filters) = (settings.input.channels, settings.filters);
        let bound = (6.0 / (kh * kw * (cin + filters)) as f64).sqrt();
        let weights = (0..kh * kw * cin * filters).map(|_| rng.random_range(-bound..bound) as f32).collect();
        Conv2D::new(settings, weights, vec![0.0; filters])
    }

    /// A layer with these weights and biases. Panics as [`Conv2D::glorot`] does, and when they do not fit.
    pub fn new(settings: Convolution, weights: Vec<f32>, bias: Vec<f32>) -> Conv2D {
        let ([kh, kw], Image { height, width, channels }) = (settings.kernel, settings.input);
        assert!(kh > 0 && kw > 0 && settings.filters > 0, "an empty kernel");
        let fits = settings.padding == Padding::Same || (kh <= height && kw <= width);
        assert!(fits, "the kernel is larger than the image");
        assert_eq!(weights.len(), kh * kw * channels * settings.filters, "weights do not fill the kernel");
        assert_eq!(bias.len(), settings.filters, "one bias a filter");
        Conv2D { settings, parameters: [Parameter::new(weights, true), Parameter::new(bias, false)] }
    }

    /// The kernel for the backward pass: rotated by 180 degrees, filters x input channels.
    fn transposed_kernel(&self) -> Vec<f32> {
        let ([kh, kw], cin, filters) =
            (self.settings.kernel, self.settings.input.channels, self.settings.filters);
        let size = cin * filters;
        let mut transposed = vec![0.0; kh * kw * size];
        for (place, weights) in self.parameters[0].value.chunks_exact(size).enumerate() {
            let block = &mut transposed[(kh * kw - 1 - place) * size..][..size];
            for (channel, weights) in weights.chunks_exact(filters).enumerate() {
                for (filter, &weight) in weights.iter().enumerate() {
                    block[filter * cin + channel] = weight;
                }
            }
        }
        transposed
    }
}

/// The gradients by weights and bias of one part of the batch.
struct Part {
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Layer for Conv2D {
    fn input_width(&self) -> usize {
        self.settings.input.size()
    }

    fn output_width(&self) -> usize {
        self.settings.output().size()
    }

    fn infer(&self, input: &[f32], output: &mut [f32]) {
        let settings = &self.settings;
        let (input_shape, strides) = (settings.padded_input(), settings.forward_strides());
        let weights = &self.parameters[0].value;
        let row = settings.output().width * settings.filters;
        let (inputs, outputs) = (self.input_width(), self.output_width());
        output
            .par_chunks_mut(IMAGES_A_TASK * outputs)
            .zip(input.par_chunks(IMAGES_A_TASK * inputs))
            .for_each_init(
                || vec![0.0; input_shape.size()],
                |padded_image, (output, input)| {
                    for (output, input) in output.chunks_exact_mut(outputs).zip(input.chunks_exact(inputs)) {
                        settings.pad_into(input, padded_image);
                        for (y, output) in output.chunks_exact_mut(row).enumerate() {
                            let window = &padded_image[y * input_shape.width * input_shape.channels..];
                            let bias = Start::Bias(&self.parameters[1].value);
                            correlate(&strides, window, weights, bias, settings.relu, output);
                        }
                    }
                },
            );
    }

    fn backward(
        &mut self,
        input: &[f32],
        output: &[f32],
        output_gradient: &[f32],
        input_gradient: Option<&mut [f32]>,
    ) {
        let settings = self.settings;
        let (inputs, outputs) = (self.input_width(), self.output_width());
        let images = input.len() / inputs;
        let share = images.div_ceil(PARTS).max(1);
        let kernel = if input_gradient.is_some() { self.transposed_kernel() } else { Vec::new() };
        let input_gradients: Vec<Option<&mut [f32]>> = match input_gradient {
            Some(gradient) => gradient.chunks_mut(share * inputs).map(Some).collect(),
            None => (0..images.div_ceil(share)).map(|_| None).collect(),
        };
        let weights_length = self.parameters[0].value.len();
        let parts: Vec<Part> = input_gradients
            .into_par_iter()
            .zip(input.par_chunks(share * inputs))
            .zip(output.par_chunks(share * outputs))
            .zip(output_gradient.par_chunks(share * outputs))
            .map(|(((mut input_gradient, input), output), gradient)| {
                let (input_shape, gradient_shape) = (settings.padded_input(), settings.padded_gradient());
                let mut padded_image = vec![0.0; input_shape.size()];
                let mut padded_gradient = vec![0.0; gradient_shape.size()];
                let mut part = Part { weights: vec![0.0; weights_length], bias: vec![0.0; settings.filters] };
                for image in 0..input.len() / inputs {
                    let outputs = image * outputs..(image + 1) * outputs;
                    settings.pad_into(&input[image * inputs..(image + 1) * inputs], &mut padded_image);
                    settings.pad_gradient_into(
                        &output[outputs.clone()],
                        &gradient[outputs],
                        &mut padded_gradient,
                    );
                    add_bias(&settings, &padded_gradient, &mut part.bias);
                    let rows = weights_length / settings.kernel[0];
                    for (ky, weights) in part.weights.chunks_exact_mut(rows).enumerate() {
                        let window = &padded_image[ky * input_shape.width * input_shape.channels..];
                        let gradient = &padded_gradient[settings.gradient_start()..];
                        correlate(
                            &settings.weight_strides(),
                            window,
                            gradient,
                            Start::Output,
                            false,
                            weights,
                        );
                    }
                    let Some(input_gradient) = &mut input_gradient else { continue };
                    let row = settings.input.width * settings.input.channels;
                    let rows = input_gradient[image * inputs..(image + 1) * inputs].chunks_exact_mut(row);
                    for (y, values) in rows.enumerate() {
                        let window = &padded_gradient[y * gradient_shape.width * gradient_shape.channels..];
                        correlate(&settings.input_strides(), window, &kernel, Start::Zero, false, values);
                    }
                }
                part
            })
            .collect();
        let [weights, bias] = &mut self.parameters;
        weights.gradient.fill(0.0);
        bias.gradient.fill(0.0);
        for part in parts {
            weights.gradient.iter_mut().zip(&part.weights).for_each(|(sum, value)| *sum += value);
            bias.gradient.iter_mut().zip(&part.bias).for_each(|(sum, value)| *sum += value);
        }
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut [Parameter] {
        &mut self.parameters
    }
}

/// Adds the sums over the pixels of one image of the gradient by the outputs, one per filter.
fn add_bias(settings: &Convolution, padded_gradient: &[f32], bias: &mut [f32]) {
    let (output, shape, start) = (settings.output(), settings.padded_gradient(), settings.gradient_start());
    for y in 0..output.height {
        let row = &padded_gradient[start + y * shape.width * shape.channels..];
        for pixel in row.chunks_exact(shape.channels).take(output.width) {
            bias.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
        }
    }
}
