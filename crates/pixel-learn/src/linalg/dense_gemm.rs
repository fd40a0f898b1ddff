//! The three products of a dense layer, on the tiles of [`correlate`](super::correlate).
//!
//! Made for the shapes of a training step: few rows, and weights that change in every step and may be larger
//! than a cache, so that packing them would cost as much as the product. Each product reads the weights once,
//! without packing. Every element is a sum of chains of 256 fused multiply-adds, whatever the split: the same
//! bits for any number of threads, and those of [`sgemm`](super::gemm::sgemm).

use rayon::prelude::*;

use super::correlate::{ConvStrides, LANES, Start, correlate};

/// Products in one chain; longer sums add up chains of this length in order.
const CHAIN: usize = 256;

/// Rows of the weights in one task of a backward product: whole tiles, and some hundred KB.
const WEIGHTS_A_TASK: usize = 56;

/// Below this many multiplications one thread is faster than several.
const WORTH_SHARING: usize = 1 << 18;

/// output += input W, for an input of rows x `inputs`, weights of `inputs` x `outputs` and an output of
/// rows x `outputs`, all row-major. Panics when the lengths do not fit.
pub fn add_forward(input: &[f32], weights: &[f32], [inputs, outputs]: [usize; 2], output: &mut [f32]) {
    let rows = check(input, weights, [inputs, outputs], output);
    if rows == 0 {
        return;
    }
    let part = |first: usize, strip: usize, out: &mut [f32]| {
        for from in (0..inputs).step_by(CHAIN) {
            let strides = ConvStrides {
                outer: 1,
                inner: CHAIN.min(inputs - from),
                points: rows,
                lanes: strip,
                a_outer: 0,
                a_inner: 1,
                a_point: inputs,
                b_outer: 0,
                b_inner: outputs,
                out_stride: strip,
            };
            let weights = &weights[from * outputs + first..];
            correlate(&strides, &input[from..], weights, Start::AddToOutput, false, out);
        }
    };
    let threads = rayon::current_num_threads();
    if threads == 1 || rows * inputs * outputs < WORTH_SHARING {
        return part(0, outputs, output);
    }
    // Each thread computes some of the columns, so that it reads only its part of the weights.
    let width = outputs.div_ceil(threads).next_multiple_of(2 * LANES);
    let strips: Vec<(usize, Vec<f32>)> = (0..outputs)
        .step_by(width)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|first| {
            let strip = width.min(outputs - first);
            let mut out: Vec<f32> = Vec::with_capacity(rows * strip);
            for row in output.chunks_exact(outputs) {
                out.extend_from_slice(&row[first..first + strip]);
            }
            part(first, strip, &mut out);
            (first, out)
        })
        .collect();
    for (first, strip) in strips {
        let width = strip.len() / rows;
        for (row, values) in output.chunks_exact_mut(outputs).zip(strip.chunks_exact(width)) {
            row[first..first + width].copy_from_slice(values);
        }
    }
}

/// gradient = input^T delta: the gradient by the weights, for a delta of rows x `outputs`. Panics when the
/// lengths do not fit.
pub fn weights_gradient(input: &[f32], delta: &[f32], [inputs, outputs]: [usize; 2], gradient: &mut [f32]) {
    let rows = check(input, gradient, [inputs, outputs], delta);
    if rows == 0 {
        return gradient.fill(0.0);
    }
    let part = |first: usize, gradient: &mut [f32]| {
        for from in (0..rows).step_by(CHAIN) {
            let strides = ConvStrides {
                outer: 1,
                inner: CHAIN.min(rows - from),
                points: gradient.len() / outputs,
                lanes: outputs,
                a_outer: 0,
                a_inner: inputs,
                a_point: 1,
                b_outer: 0,
                b_inner: outputs,
                out_stride: outputs,
            };
            let start = if from == 0 { Start::Zero } else { Start::AddToOutput };
            correlate(
                &strides,
                &input[from * inputs + first..],
                &delta[from * outputs..],
                start,
                false,
                gradient,
            );
        }
    };
    share(rows * inputs * outputs, gradient, WEIGHTS_A_TASK * outputs, |task, gradient| {
        part(task * WEIGHTS_A_TASK, gradient);
    });
}

/// gradient = delta W^T: the gradient by the inputs, rows x `inputs`. Panics when the lengths do not fit.
pub fn input_gradient(delta: &[f32], weights: &[f32], [inputs, outputs]: [usize; 2], gradient: &mut [f32]) {
    let rows = check(gradient, weights, [inputs, outputs], delta);
    if rows == 0 {
        return;
    }
    // Computed transposed: the rows of the weights are points, which are read one value at a time, and the
    // rows of the batch are lanes. So only the small matrices are transposed, not the weights.
    let mut turned_delta = vec![0.0; outputs * rows];
    transpose(delta, outputs, &mut turned_delta, rows);
    let mut turned = vec![0.0; inputs * rows];
    let multiplications = rows * inputs * outputs;
    share(multiplications, &mut turned, WEIGHTS_A_TASK * rows, |task, turned| {
        for from in (0..outputs).step_by(CHAIN) {
            let strides = ConvStrides {
                outer: 1,
                inner: CHAIN.min(outputs - from),
                points: turned.len() / rows,
                lanes: rows,
                a_outer: 0,
                a_inner: 1,
                a_point: outputs,
                b_outer: 0,
                b_inner: rows,
                out_stride: rows,
            };
            let start = if from == 0 { Start::Zero } else { Start::AddToOutput };
            let weights = &weights[task * WEIGHTS_A_TASK * outputs + from..];
            correlate(&strides, weights, &turned_delta[from * rows..], start, false, turned);
        }
    });
    let rows_a_task = rows.div_ceil(rayon::current_num_threads()).next_multiple_of(LANES);
    share(multiplications, gradient, rows_a_task * inputs, |task, gradient| {
        transpose(&turned[task * rows_a_task..], rows, gradient, inputs);
    });
}

/// The number of rows of the batch. Panics when the lengths do not fit.
fn check(input: &[f32], weights: &[f32], [inputs, outputs]: [usize; 2], output: &[f32]) -> usize {
    assert_eq!(weights.len(), inputs * outputs, "weights do not fill inputs x outputs");
    let rows = input.len() / inputs.max(1);
    assert_eq!(input.len(), rows * inputs, "the input does not end with a row");
    assert_eq!(output.len(), rows * outputs, "the output has other rows than the input");
    rows
}

/// Calls `work` with the number of each chunk of `values` and the chunk: on all threads, or on this one if
/// there is little to do.
fn share(multiplications: usize, values: &mut [f32], chunk: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
    if multiplications < WORTH_SHARING {
        values.chunks_mut(chunk).enumerate().for_each(|(index, chunk)| work(index, chunk));
    } else {
        values.par_chunks_mut(chunk).enumerate().for_each(|(index, chunk)| work(index, chunk));
    }
}

/// Fills `to`, whose rows have `to_width` values, with the first columns of `from`, whose rows have
/// `from_width`; as many as there are rows to fill. Square blocks keep both sides in the cache.
fn transpose(from: &[f32], from_width: usize, to: &mut [f32], to_width: usize) {
    let columns = (to.len() / to_width).min(from_width);
    let rows = from.len().div_ceil(from_width).min(to_width);
    for first_row in (0..rows).step_by(LANES) {
        for first_column in (0..columns).step_by(LANES) {
            for column in first_column..(first_column + LANES).min(columns) {
                let to = &mut to[column * to_width..];
                for row in first_row..(first_row + LANES).min(rows) {
                    to[row] = from[row * from_width + column];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::gemm::{View, sgemm};

    fn values(n: usize, salt: usize) -> Vec<f32> {
        (0..n).map(|i| (((i + salt) * 7919) % 1009) as f32 / 1009.0 - 0.5).collect()
    }

    #[test]
    fn every_product_has_the_bits_of_sgemm_for_any_number_of_threads() {
        for (rows, inputs, outputs) in [
            (1, 1, 1),
            (3, 5, 2),
            (32, 784, 128),
            (64, 300, 10),
            (33, 65, 100),
            (300, 57, 290),
            (64, 500, 64),
        ] {
            let (input, weights) = (values(rows * inputs, 1), values(inputs * outputs, 2));
            let (delta, bias) = (values(rows * outputs, 3), values(rows * outputs, 4));
            let a = View::row_major(&input, rows, inputs);
            let w = View::row_major(&weights, inputs, outputs);
            let d = View::row_major(&delta, rows, outputs);
            let mut expected = (bias.clone(), vec![0.0; inputs * outputs], vec![0.0; rows * inputs]);
            sgemm(1.0, a, w, 1.0, &mut expected.0, outputs);
            sgemm(1.0, a.t(), d, 0.0, &mut expected.1, outputs);
            sgemm(1.0, d, w.t(), 0.0, &mut expected.2, inputs);
            for threads in [1, 2, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let mut got = (bias.clone(), vec![1.0; inputs * outputs], vec![1.0; rows * inputs]);
                pool.install(|| {
                    add_forward(&input, &weights, [inputs, outputs], &mut got.0);
                    weights_gradient(&input, &delta, [inputs, outputs], &mut got.1);
                    input_gradient(&delta, &weights, [inputs, outputs], &mut got.2);
                });
                assert!(got == expected, "{rows} x {inputs} x {outputs}, {threads} threads");
            }
        }
    }

    #[test]
    #[should_panic(expected = "the output has other rows")]
    fn rows_that_do_not_fit_panic() {
        add_forward(&[0.0; 6], &[0.0; 6], [3, 2], &mut [0.0; 6]);
    }
}
