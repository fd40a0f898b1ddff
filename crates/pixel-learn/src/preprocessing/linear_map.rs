//! Linear maps of rows, for principal components and random Fourier features.

use rayon::prelude::*;

use super::rows::Rows;
use crate::Scaling;
use crate::linalg::Matrix;
use crate::linalg::gemm::{View, sgemm};

/// Rows in one task: a chunk of 784 values per row stays in a second-level cache.
const ROWS: usize = 256;

/// x W + b for rows x. The scaling of bytes is folded into both, so that the product is one of bytes.
pub(super) struct LinearMap {
    /// d x outputs, row-major.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl LinearMap {
    /// The map of scaled values with one row of `weights` (outputs x d, row-major) and one `bias` per output.
    pub fn new(weights: &[f64], mut bias: Vec<f64>, scaling: Option<&Scaling>) -> LinearMap {
        let outputs = bias.len();
        let d = weights.len() / outputs;
        let mut transposed = vec![0.0; weights.len()];
        for (output, (row, bias)) in weights.chunks_exact(d).zip(&mut bias).enumerate() {
            for (feature, &weight) in row.iter().enumerate() {
                let weight = match scaling {
                    Some(scaling) => {
                        let weight = weight / scaling.scale[feature];
                        *bias -= scaling.offset[feature] * weight;
                        weight
                    }
                    None => weight,
                };
                transposed[feature * outputs + output] = weight as f32;
            }
        }
        LinearMap { weights: transposed, bias: bias.into_iter().map(|bias| bias as f32).collect() }
    }

    /// The outputs of every row, n x outputs. `finish` is applied to the outputs of whole rows. O(n d
    /// outputs).
    pub fn apply(&self, rows: &Rows, finish: impl Fn(&mut [f32]) + Sync) -> Matrix {
        let (n, d, outputs) = (rows.n(), rows.d(), self.bias.len());
        let weights = View::row_major(&self.weights, d, outputs);
        let mut out = Matrix::zeros(n, outputs);
        out.as_mut_slice().par_chunks_mut(ROWS * outputs).enumerate().for_each(|(task, out)| {
            let count = out.len() / outputs;
            let values = rows.unscaled(task * ROWS..task * ROWS + count);
            out.chunks_exact_mut(outputs).for_each(|row| row.copy_from_slice(&self.bias));
            sgemm(1.0, View::row_major(&values, count, d), weights, 1.0, out, outputs);
            finish(out);
        });
        out
    }
}
