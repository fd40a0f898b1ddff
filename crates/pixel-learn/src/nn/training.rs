//! One pass over the training rows in mini-batches.

use super::adam::Adam;
use super::loss::softmax_cross_entropy;
use super::network::Network;
use crate::linalg::Matrix;

/// What a network learns from: one label a row.
#[derive(Clone, Copy)]
pub struct Examples<'a> {
    pub x: &'a Matrix,
    pub labels: &'a [u8],
}

/// Trains on all rows once, in this order, `batch_size` at a time (the last batch may be smaller). Gives the
/// mean over the rows of the loss that each batch had before its step: cross-entropy plus
/// `l2` / (2 rows of the batch) times the squared weights, scikit-learn's `MLPClassifier` loss.
pub fn train_epoch(
    network: &mut Network,
    adam: &mut Adam,
    examples: Examples,
    order: &[u32],
    batch_size: usize,
    l2: f64,
) -> f64 {
    let width = examples.x.columns();
    let classes = network.output_width();
    let mut input = Vec::with_capacity(batch_size * width);
    let mut labels = Vec::with_capacity(batch_size);
    let mut total = 0.0;
    for batch in order.chunks(batch_size) {
        input.clear();
        labels.clear();
        for &row in batch {
            input.extend_from_slice(examples.x.row(row as usize));
            labels.push(examples.labels[row as usize]);
        }
        let decay = l2 / batch.len() as f64;
        let penalty = if l2 > 0.0 { 0.5 * decay * network.squared_weights() } else { 0.0 };
        let loss = softmax_cross_entropy(network.forward(&input), classes, &labels) + penalty;
        network.backward(&input);
        adam.step(network, decay);
        total += loss * batch.len() as f64;
    }
    total / order.len() as f64
}
