//! Neural networks: layers, loss, optimiser and training loop of the built-in models.
//!
//! A batch is row-major `f32`, one row an example, as wide as a layer's input or output. A layer is told
//! its inputs and outputs again on the way back, so it need not keep them; the [`Network`] owns the buffers
//! between layers. Everything is deterministic for any number of threads.

pub mod activation;
pub mod augment;
pub mod batch_norm;
pub mod build;
pub mod checkpoint;
pub mod conv;
pub mod definition;
pub mod dense;
pub mod dropout;
pub mod error;
pub mod layer;
pub mod loss;
pub mod network;
pub mod optimizer;
pub mod pool;
pub mod random;
pub mod schedule;
pub mod trainer;

pub use activation::{Relu, Tanh};
pub use batch_norm::BatchNorm;
pub use conv::{Conv2D, Convolution, Image, Padding};
pub use definition::Definition;
pub use dense::Dense;
pub use dropout::Dropout;
pub use error::NetworkError;
pub use layer::{Layer, Parameter};
pub use network::Network;
pub use optimizer::{Optimizer, Rule};
pub use pool::MaxPool;
pub use trainer::{Epoch, Trainer};
