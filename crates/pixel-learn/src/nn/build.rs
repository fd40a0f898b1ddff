//! Builds layers from a definition and the shape of the data, with the output shape and the number of
//! parameters of each. A layer that does not fit is an error that names the layer.

use rand_pcg::Pcg64;

use super::conv::{Conv2D, Convolution, Image, Padding};
use super::definition::{self, Activation, Definition, Layer as Kind, Units};
use super::error::NetworkError;
use super::layer::Layer;
use super::random::{Purpose, generator, hash};
use super::{BatchNorm, Dense, Dropout, MaxPool, Network, Relu, Tanh};

/// The shape of the values between two layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An image with channels.
    Image(Image),
    /// A row of this many values.
    Flat(usize),
}

impl Shape {
    /// Number of values.
    pub fn size(self) -> usize {
        match self {
            Shape::Image(image) => image.size(),
            Shape::Flat(size) => size,
        }
    }

    /// The number of channels: all values if the shape is not an image.
    fn channels(self) -> usize {
        match self {
            Shape::Image(image) => image.channels,
            Shape::Flat(size) => size,
        }
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Shape::Image(Image { height, width, channels }) => {
                write!(formatter, "{height} x {width} x {channels}")
            }
            Shape::Flat(size) => write!(formatter, "{size}"),
        }
    }
}

/// A layer of the definition on data of a known shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its number, from 1, and name: `1 conv`.
    pub name: String,
    /// The shape of the input.
    pub input: Shape,
    /// The shape of the output.
    pub output: Shape,
    /// Number of learned values.
    pub parameters: usize,
    /// Number of values that training collects without gradients: running means and variances.
    pub statistics: usize,
    layer: Kind,
    activation: Activation,
}

/// Every layer in order, for images of `[rows, columns]` pixels in `classes` classes. `Err` names the layer that
/// does not fit.
pub fn steps(
    definition: &Definition,
    [rows, columns]: [usize; 2],
    classes: usize,
) -> Result<Vec<Step>, NetworkError> {
    let wrong = |reason: String| Err(NetworkError::Definition(reason));
    if rows * columns == 0 || classes == 0 {
        return wrong(format!(
            "images of {rows} x {columns} pixels of {classes} classes leave nothing to learn"
        ));
    }
    let mut shape = Shape::Image(Image { height: rows, width: columns, channels: 1 });
    let mut steps: Vec<Step> = Vec::new();
    let count = definition.layers.len();
    for (index, layer) in definition.layers.iter().enumerate() {
        let name = format!("{} {}", index + 1, layer.name());
        let step = step(layer, shape, classes, index + 1 == count).map_err(|reason| {
            NetworkError::Definition(format!("layer {} ({}): {reason}", index + 1, layer.name()))
        })?;
        let (output, parameters, statistics, activation) = step;
        steps.push(Step {
            name,
            input: shape,
            output,
            parameters,
            statistics,
            layer: layer.clone(),
            activation,
        });
        shape = output;
    }
    let Some(last) = steps.last() else { return wrong("layers = []: expected at least one layer".into()) };
    let layer = format!("layer {count} ({})", definition.layers[count - 1].name());
    if last.activation != Activation::Softmax {
        return wrong(format!("{layer}: the last layer needs activation = \"softmax\""));
    }
    match shape {
        Shape::Flat(size) if size == classes => Ok(steps),
        _ => wrong(format!(
            "{layer}: puts out {shape}, but there are {classes} classes: end with dense, units = \"classes\""
        )),
    }
}

/// Output, parameters, statistics and activation of a layer.
fn step(
    layer: &Kind,
    input: Shape,
    classes: usize,
    is_last: bool,
) -> Result<(Shape, usize, usize, Activation), String> {
    let image = || match input {
        Shape::Image(image) => Ok(image),
        Shape::Flat(size) => Err(format!("needs an image, but gets {size} values: put it before flatten")),
    };
    let activation = |activation: Activation| match activation {
        Activation::Softmax if !is_last => Err("softmax is allowed in the last layer only".to_string()),
        activation => Ok(activation),
    };
    match layer {
        Kind::Conv { filters, activation: function, .. } => {
            let settings = convolution(layer, image()?)?;
            let [kh, kw] = settings.kernel;
            let parameters = (kh * kw * settings.input.channels + 1) * filters;
            Ok((Shape::Image(settings.output()), parameters, 0, activation(*function)?))
        }
        Kind::MaxPool { size } => {
            let image = image()?;
            if *size == 0 || *size > image.height || *size > image.width {
                return Err(format!("squares of {size} do not fit into {input}"));
            }
            let pool = MaxPool::new(image, *size);
            Ok((Shape::Image(pool.output()), 0, 0, Activation::Linear))
        }
        Kind::BatchNorm { momentum, epsilon } => {
            if !(0.0..1.0).contains(momentum) || *epsilon <= 0.0 {
                return Err("momentum must be at least 0 and below 1, epsilon greater than 0".into());
            }
            let channels = input.channels();
            Ok((input, 2 * channels, 2 * channels, Activation::Linear))
        }
        Kind::Dropout { rate } if !(0.0..1.0).contains(rate) => {
            Err(format!("rate = {rate}: expected at least 0 and below 1"))
        }
        Kind::Dropout { .. } => Ok((input, 0, 0, Activation::Linear)),
        Kind::Flatten {} => Ok((Shape::Flat(input.size()), 0, 0, Activation::Linear)),
        Kind::Dense { units, activation: function } => {
            let Shape::Flat(inputs) = input else {
                return Err(format!("needs a row of values, but gets {input}: put flatten before it"));
            };
            let units = match units {
                Units::Count(0) => return Err("units = 0: expected at least 1".into()),
                Units::Count(units) => *units,
                Units::Named(name) if name == "classes" => classes,
                Units::Named(name) => {
                    return Err(format!("units = {name:?}: expected a number or \"classes\""));
                }
            };
            Ok((Shape::Flat(units), (inputs + 1) * units, 0, activation(*function)?))
        }
        Kind::Activation { function } => Ok((input, 0, 0, activation(*function)?)),
    }
}

/// The settings of a convolution over such images.
fn convolution(layer: &Kind, input: Image) -> Result<Convolution, String> {
    let Kind::Conv { filters, kernel, padding, activation } = layer else {
        return Err("is not a convolution".into());
    };
    let kernel = kernel.sides();
    let [kh, kw] = kernel;
    if kh == 0 || kw == 0 || *filters == 0 {
        return Err("kernel and filters must be at least 1".into());
    }
    let padding = match padding {
        definition::Padding::Same => Padding::Same,
        definition::Padding::Valid if kh > input.height || kw > input.width => {
            let shape = Shape::Image(input);
            return Err(format!(
                "a kernel of {kh} x {kw} does not fit into {shape}: padding = \"same\" would"
            ));
        }
        definition::Padding::Valid => Padding::Valid,
    };
    Ok(Convolution { input, filters: *filters, kernel, padding, relu: *activation == Activation::Relu })
}

/// The untrained network; the seed draws the weights and what dropout drops.
pub fn network(steps: &[Step], seed: u64) -> Network {
    let mut rng = generator(seed, Purpose::Weights, 0);
    let mut layers: Vec<Box<dyn Layer>> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        if index > 0 && steps[index - 1].fuses_relu(step) {
            continue;
        }
        let relu = steps.get(index + 1).is_some_and(|next| step.fuses_relu(next));
        let seed = hash(hash(seed, Purpose::Dropout as u64), index as u64);
        layers.extend(step.layers(seed, &mut rng, relu));
    }
    Network::new(layers)
}

impl Step {
    /// Whether this layer computes `next`, a ReLU after batch normalisation, in its own pass.
    fn fuses_relu(&self, next: &Step) -> bool {
        let relu = Kind::Activation { function: Activation::Relu };
        matches!(self.layer, Kind::BatchNorm { .. }) && next.layer == relu
    }

    fn layers(&self, seed: u64, rng: &mut Pcg64, with_relu: bool) -> Vec<Box<dyn Layer>> {
        let mut layers: Vec<Box<dyn Layer>> = Vec::new();
        let mut fused = false;
        match (&self.layer, self.input) {
            (Kind::Conv { .. }, Shape::Image(image)) => {
                if let Ok(settings) = convolution(&self.layer, image) {
                    fused = settings.relu;
                    layers.push(Box::new(Conv2D::glorot(settings, rng)));
                }
            }
            (Kind::MaxPool { size }, Shape::Image(image)) => {
                layers.push(Box::new(MaxPool::new(image, *size)));
            }
            (Kind::BatchNorm { momentum, epsilon }, input) => {
                let layer = BatchNorm::new(input.size(), input.channels(), *momentum, *epsilon);
                layers.push(Box::new(if with_relu { layer.with_relu() } else { layer }));
            }
            (Kind::Dropout { rate }, input) => {
                layers.push(Box::new(Dropout::new(input.size(), *rate, seed)));
            }
            (Kind::Dense { .. }, input) => {
                let mut dense = Dense::glorot(input.size(), self.output.size(), rng);
                // Keras starts biases at 0.
                dense.parameters_mut()[1].value.fill(0.0);
                layers.push(Box::new(dense));
            }
            _ => {}
        }
        let width = self.output.size();
        match self.activation {
            Activation::Relu if !fused => layers.push(Box::new(Relu { width })),
            Activation::Tanh => layers.push(Box::new(Tanh { width })),
            // Softmax is part of the loss.
            _ => {}
        }
        layers
    }

    /// The names of its parameters and of its statistics, in the order of the layer.
    pub fn tensors(&self) -> (&'static [&'static str], &'static [&'static str]) {
        match self.layer {
            Kind::Conv { .. } | Kind::Dense { .. } => (&["weights", "bias"], &[]),
            Kind::BatchNorm { .. } => (&["gamma", "beta"], &["mean", "variance"]),
            _ => (&[], &[]),
        }
    }

    /// The shapes of its parameters and statistics, in the same order.
    pub fn tensor_shapes(&self) -> Vec<Vec<usize>> {
        match (&self.layer, self.input) {
            (Kind::Conv { filters, kernel, .. }, input) => {
                let [kh, kw] = kernel.sides();
                vec![vec![kh, kw, input.channels(), *filters], vec![*filters]]
            }
            (Kind::Dense { .. }, input) => {
                vec![vec![input.size(), self.output.size()], vec![self.output.size()]]
            }
            (Kind::BatchNorm { .. }, input) => vec![vec![input.channels()]; 4],
            _ => Vec::new(),
        }
    }
}
