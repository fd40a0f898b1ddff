//! Neural networks: layers, loss, optimiser and training loop of the built-in models.
//!
//! A batch is row-major `f32`, one row per example. [`Layer::backward`] gets the inputs and outputs of the
//! forward pass again, so layers store neither; the [`Network`] owns the buffers between layers. Everything
//! is deterministic for any number of threads.
//!
//! A network is defined as data ([`Definition`]) and trained by a [`Trainer`]:
//!
//! ```
//! use pixel_learn::nn::trainer::{Images, TrainingSetup};
//! use pixel_learn::nn::{Definition, Trainer};
//!
//! // Thirty images of 2 x 2 pixels: one pixel is bright, another in each of three classes.
//! let pixels: Vec<u8> = (0..120).map(|i| if i % 4 == i / 40 { 200 } else { i as u8 % 11 }).collect();
//! let labels: Vec<u8> = (0..30).map(|i| i / 10).collect();
//! let definition = Definition::from_json(&serde_json::json!({
//!     "layers": [
//!         {"type": "conv", "filters": 4, "kernel": 2, "padding": "same", "activation": "relu"},
//!         {"type": "flatten"},
//!         {"type": "dense", "units": "classes", "activation": "softmax"},
//!     ],
//!     "optimizer": {"type": "adam", "learning_rate": 0.02},
//!     "epochs": 20,
//!     "batch": 10,
//! }))?;
//! let setup = TrainingSetup { dataset: "bright".into(), image: [2, 2], classes: 3, epochs: 20, seed: 1 };
//! let mut trainer = Trainer::new(definition, setup, &pixels)?;
//! while !trainer.finished() {
//!     trainer.epoch(Images { pixels: &pixels, labels: &labels }, &mut |_| {})?;
//! }
//! assert_eq!(trainer.predict(&pixels), labels);
//! # Ok::<(), pixel_learn::nn::NetworkError>(())
//! ```

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
