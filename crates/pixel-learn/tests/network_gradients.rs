//! The gradient of every layer against finite differences, in its inputs and in its parameters; and that what a
//! layer computes is the same for any number of threads.

use pixel_learn::nn::{
    BatchNorm, Conv2D, Convolution, Dense, Dropout, Image, Layer, MaxPool, Padding, Relu, Tanh,
};
use rand::SeedableRng;
use rand_pcg::Pcg64;

const IMAGES: usize = 3;

/// Values of both signs from a formula, no two of them near each other, so that no difference crosses a kink.
fn values(n: usize, salt: usize) -> Vec<f32> {
    (0..n).map(|i| (((i + salt) * 7919) % 10_007) as f32 / 10_007.0 * 2.0 - 1.0).collect()
}

/// A loss whose gradient with respect to the outputs is known: the sum of the outputs weighted by fixed numbers.
fn loss(layer: &mut dyn Layer, input: &[f32], weights: &[f32]) -> f64 {
    let mut output = vec![0.0; weights.len()];
    layer.begin_step(3);
    layer.forward(input, &mut output);
    output.iter().zip(weights).map(|(y, w)| f64::from(*y) * f64::from(*w)).sum()
}

/// Checks the gradient of every `stride`-th input and parameter by central differences.
fn check(name: &str, layer: &mut dyn Layer, stride: usize, step: f32) {
    let mut input = values(IMAGES * layer.input_width(), 5);
    let weights = values(IMAGES * layer.output_width(), 77);
    let mut output = vec![0.0; weights.len()];
    layer.begin_step(3);
    layer.forward(&input, &mut output);
    let mut gradient = vec![f32::NAN; input.len()];
    layer.backward(&input, &output, &weights, Some(&mut gradient));
    let parameters: Vec<Vec<f32>> = layer.parameters().iter().map(|p| p.gradient.clone()).collect();
    let close = |what: String, slope: f64, gradient: f32| {
        let gradient = f64::from(gradient);
        assert!(
            (slope - gradient).abs() < 4e-3 * (1.0 + gradient.abs()),
            "{name}, {what}: {slope} {gradient}"
        );
    };
    for i in (0..input.len()).step_by(stride) {
        let before = input[i];
        input[i] = before + step;
        let above = loss(layer, &input, &weights);
        input[i] = before - step;
        let below = loss(layer, &input, &weights);
        input[i] = before;
        close(format!("input {i}"), (above - below) / (2.0 * f64::from(step)), gradient[i]);
    }
    for (which, gradient) in parameters.iter().enumerate() {
        for i in (0..gradient.len()).step_by(stride) {
            let mut moved = |by: f32| {
                let before = layer.parameters()[which].value[i];
                layer.parameters_mut()[which].value[i] = before + by;
                let loss = loss(layer, &input, &weights);
                layer.parameters_mut()[which].value[i] = before;
                loss
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
            close(format!("parameter {which}, {i}"), slope, gradient[i]);
        }
    }
}

fn convolution(
    input: [usize; 3],
    filters: usize,
    kernel: [usize; 2],
    padding: Padding,
    relu: bool,
) -> Conv2D {
    let [height, width, channels] = input;
    let settings = Convolution { input: Image { height, width, channels }, filters, kernel, padding, relu };
    let mut layer = Conv2D::glorot(settings, &mut Pcg64::seed_from_u64(9));
    // With ReLU far from its kink: some filters are always on, the others always off.
    let bias = |i: usize| if i.is_multiple_of(2) { 9.0 } else { -9.0 };
    layer.parameters_mut()[1].value =
        if relu { (0..filters).map(bias).collect() } else { values(filters, 31) };
    layer
}

#[test]
fn gradients_agree_with_finite_differences() {
    let mut rng = Pcg64::seed_from_u64(4);
    let image = Image { height: 7, width: 5, channels: 3 };
    check("dense", &mut Dense::glorot(13, 6, &mut rng), 1, 1e-3);
    check("relu", &mut Relu { width: 11 }, 1, 1e-3);
    check("tanh", &mut Tanh { width: 11 }, 1, 1e-3);
    check("max_pool", &mut MaxPool::new(image, 2), 1, 1e-3);
    check("batch_norm of images", &mut BatchNorm::new(image.size(), 3, 0.99, 1e-3), 1, 1e-2);
    check("batch_norm of rows", &mut BatchNorm::new(6, 6, 0.9, 1e-2), 1, 1e-2);
    check("dropout", &mut Dropout::new(40, 0.4, 11), 1, 1e-3);
    use Padding::{Same, Valid};
    for (input, filters, kernel, padding, relu) in [
        ([6, 5, 1], 4, [3, 3], Same, false),
        ([6, 5, 3], 17, [3, 3], Valid, false),
        ([5, 7, 2], 16, [5, 3], Same, true),
        ([4, 4, 20], 33, [2, 4], Same, true),
        ([4, 6, 3], 5, [4, 6], Valid, true),
        ([3, 3, 2], 3, [5, 5], Same, false),
        ([3, 4, 2], 3, [1, 1], Valid, false),
    ] {
        let name = format!("conv {input:?} {filters} {kernel:?} {padding:?} {relu}");
        check(&name, &mut convolution(input, filters, kernel, padding, relu), 3, 1e-2);
    }
}

#[test]
fn batch_norm_with_relu_is_batch_norm_and_relu_to_the_bit() {
    let width = 5 * 6 * 3;
    let (input, gradient) = (values(7 * width, 1), values(7 * width, 2));
    let run = |layers: &mut [Box<dyn Layer>]| {
        let mut outputs = vec![input.clone()];
        for layer in &mut *layers {
            layer.parameters_mut().iter_mut().for_each(|parameter| parameter.value = values(3, 3));
            let mut output = vec![0.0; input.len()];
            layer.forward(&outputs[outputs.len() - 1], &mut output);
            outputs.push(output);
        }
        let mut gradients = gradient.clone();
        for (index, layer) in layers.iter_mut().enumerate().rev() {
            let mut before = vec![0.0; input.len()];
            layer.backward(&outputs[index], &outputs[index + 1], &gradients, Some(&mut before));
            gradients = before;
        }
        let learned: Vec<Vec<f32>> = layers[0].parameters().iter().map(|p| p.gradient.clone()).collect();
        (outputs.pop(), gradients, learned)
    };
    let layer = || BatchNorm::new(width, 3, 0.99, 1e-3);
    let apart = run(&mut [Box::new(layer()), Box::new(Relu { width })]);
    assert_eq!(run(&mut [Box::new(layer().with_relu())]), apart);
}

/// The definition of a convolution, in f64.
#[test]
fn a_convolution_is_the_sum_of_products_over_its_window() {
    for (padding, before) in [(Padding::Same, [1, 1]), (Padding::Valid, [0, 0])] {
        let (height, width, channels, filters, kernel) = (5, 6, 3, 4, [4, 3]);
        let layer = convolution([height, width, channels], filters, kernel, padding, false);
        let input = values(2 * layer.input_width(), 1);
        let mut output = vec![0.0; 2 * layer.output_width()];
        layer.infer(&input, &mut output);
        let (oh, ow) = if padding == Padding::Same { (height, width) } else { (height - 3, width - 2) };
        assert_eq!(layer.output_width(), oh * ow * filters);
        let [weights, bias] = layer.parameters() else { panic!("weights and bias") };
        for (at, &value) in output.iter().enumerate() {
            let (filter, x) = (at % filters, at / filters % ow);
            let (y, image) = (at / filters / ow % oh, at / filters / ow / oh);
            let mut sum = f64::from(bias.value[filter]);
            for (ky, kx, c) in (0..kernel[0])
                .flat_map(|ky| (0..kernel[1]).flat_map(move |kx| (0..3).map(move |c| (ky, kx, c))))
            {
                let (from_y, from_x) = (y + ky, x + kx);
                if from_y < before[0] || from_x < before[1] {
                    continue;
                }
                let (from_y, from_x) = (from_y - before[0], from_x - before[1]);
                if from_y >= height || from_x >= width {
                    continue;
                }
                let pixel = input[((image * height + from_y) * width + from_x) * channels + c];
                let weight = weights.value[((ky * kernel[1] + kx) * channels + c) * filters + filter];
                sum += f64::from(pixel) * f64::from(weight);
            }
            assert!((sum - f64::from(value)).abs() < 1e-5, "{padding:?} {at}: {sum} {value}");
        }
    }
}

#[test]
fn all_layers_give_the_same_bits_for_any_number_of_threads() {
    let image = Image { height: 14, width: 14, channels: 8 };
    let settings =
        Convolution { input: image, filters: 24, kernel: [3, 3], padding: Padding::Same, relu: true };
    let make: [fn(Convolution) -> Box<dyn Layer>; 4] = [
        |settings| Box::new(Conv2D::glorot(settings, &mut Pcg64::seed_from_u64(1))),
        |settings| Box::new(BatchNorm::new(settings.input.size(), settings.input.channels, 0.99, 1e-3)),
        |settings| Box::new(MaxPool::new(settings.input, 3)),
        |settings| Box::new(Dropout::new(settings.input.size(), 0.25, 3)),
    ];
    for make in make {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut layer = make(settings);
                let input = values(37 * layer.input_width(), 2);
                let mut output = vec![0.0; 37 * layer.output_width()];
                layer.forward(&input, &mut output);
                let mut gradient = vec![0.0; input.len()];
                let weights = values(output.len(), 8);
                layer.backward(&input, &output, &weights, Some(&mut gradient));
                let parameters: Vec<Vec<f32>> =
                    layer.parameters().iter().map(|p| p.gradient.clone()).collect();
                (output, gradient, parameters)
            })
        };
        let alone = run(1);
        for threads in [2, 3] {
            assert!(run(threads) == alone, "{threads} threads");
        }
    }
}
