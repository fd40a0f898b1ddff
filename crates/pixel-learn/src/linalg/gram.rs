//! Gram matrices of f32 rows in f64: the sum over rows of (x - origin) (x - origin)'.
//!
//! Matrices of up to `NARROW` columns are computed in f64. For wider ones, products are added in f32 in
//! chains of `CHAIN` rows, on the tiles of [`pairwise`](super::pairwise), and the chains in f64. This is
//! twice as fast, with an error below 1e-6 of a chain's sum of absolute values; the relative error falls with
//! the number of chains. The order of every sum depends on the number of rows alone: the same bits for any
//! number of threads.

use rayon::prelude::*;

use super::Matrix;
use super::gemm::{View, dgemm};
use super::pairwise::{LEFT, Measure, RIGHT, run_tile};
use super::simd::{self, Level, for_each_level};

/// Columns up to which f64 costs little.
const NARROW: usize = 128;
/// Rows of one product in f64, and of one task.
const F64_ROWS: usize = 256;
const F64_ROWS_A_TASK: usize = 16 * F64_ROWS;
/// Rows of one chain: a right panel of them takes 32 KB.
const CHAIN: usize = 256;
/// Chains that are added up before the result is updated.
const CHAINS: usize = 4;
/// Rows of the result in one task, whole left panels.
const STRIP: usize = 16 * LEFT;

/// Adds the products of these rows and columns of `matrix` to `products`, c x c row-major for c columns. Only the
/// lower triangle is meaningful. `origin` has a number for each of the columns. O(rows c^2 / 2). Panics when a row or
/// a column is not in the matrix, or the lengths do not fit.
pub fn add_gram(matrix: &Matrix, rows: &[u32], columns: &[u32], origin: &[f32], products: &mut [f64]) {
    add_gram_at(simd::level(), matrix, rows, columns, origin, products);
}

/// [`add_gram`] at a given level, lowered to what the machine supports.
pub fn add_gram_at(
    level: Level,
    matrix: &Matrix,
    rows: &[u32],
    columns: &[u32],
    origin: &[f32],
    products: &mut [f64],
) {
    let c = columns.len();
    assert_eq!(products.len(), c * c, "products are not columns x columns");
    assert_eq!(origin.len(), c, "the origin has another number of columns");
    let level = level.min(simd::supported());
    if c == 0 {
        return;
    }
    if c <= NARROW {
        return add_narrow(matrix, rows, columns, origin, products);
    }
    let mut memory: Vec<Chain> = rows.chunks(CHAIN).take(CHAINS).map(|_| Chain::new(c)).collect();
    for rows in rows.chunks(CHAIN * CHAINS) {
        let chains = &mut memory[..rows.len().div_ceil(CHAIN)];
        let parts = chains.par_iter_mut().zip(rows.par_chunks(CHAIN));
        parts.for_each(|(chain, rows)| chain.pack(matrix, rows, columns, origin));
        products.par_chunks_mut(STRIP * c).enumerate().for_each(|(strip, products)| {
            add_strip(level, chains, strip * STRIP, c, products);
        });
    }
}

/// [`add_gram`] in f64; both triangles.
fn add_narrow(matrix: &Matrix, rows: &[u32], columns: &[u32], origin: &[f32], products: &mut [f64]) {
    let c = columns.len();
    let of_task = |rows: &[u32]| {
        let mut sum = vec![0.0; c * c];
        let mut values = vec![0.0; F64_ROWS * c];
        for rows in rows.chunks(F64_ROWS) {
            for (out, &row) in values.chunks_exact_mut(c).zip(rows) {
                let row = matrix.row(row as usize);
                let pairs = out.iter_mut().zip(columns.iter().zip(origin));
                pairs.for_each(|(out, (&j, &origin))| *out = f64::from(row[j as usize]) - f64::from(origin));
            }
            let packed = View::row_major(&values, rows.len(), c);
            dgemm(1.0, packed.t(), packed, 1.0, &mut sum, c);
        }
        sum
    };
    let sums: Vec<Vec<f64>> = rows.par_chunks(F64_ROWS_A_TASK).map(of_task).collect();
    for sum in sums {
        products.iter_mut().zip(&sum).for_each(|(product, sum)| *product += sum);
    }
}

/// The rows of a chain, packed twice in the layouts of the tiles: panels of [`LEFT`] and of [`RIGHT`]
/// columns, row by row.
struct Chain {
    rows: usize,
    left: Matrix,
    right: Matrix,
}

impl Chain {
    fn new(c: usize) -> Chain {
        let panels = |width: usize| Matrix::zeros(c.div_ceil(width), CHAIN * width);
        Chain { rows: 0, left: panels(LEFT), right: panels(RIGHT) }
    }

    fn pack(&mut self, matrix: &Matrix, rows: &[u32], columns: &[u32], origin: &[f32]) {
        let c = columns.len();
        let all = columns.iter().enumerate().all(|(at, &column)| at == column as usize);
        let mut values = vec![0.0; c.next_multiple_of(LEFT * RIGHT)];
        for (k, &row) in rows.iter().enumerate() {
            let row = matrix.row(row as usize);
            if all {
                values[..c].copy_from_slice(&row[..c]);
            } else {
                values.iter_mut().zip(columns).for_each(|(value, &column)| *value = row[column as usize]);
            }
            values.iter_mut().zip(origin).for_each(|(value, origin)| *value -= origin);
            scatter::<LEFT>(&values, k, self.left.as_mut_slice());
            scatter::<RIGHT>(&values, k, self.right.as_mut_slice());
        }
        self.rows = rows.len();
    }
}

/// Writes row `k` to its place in each panel of `W` columns.
fn scatter<const W: usize>(values: &[f32], k: usize, panels: &mut [f32]) {
    for (panel, values) in panels.chunks_exact_mut(CHAIN * W).zip(values.as_chunks::<W>().0) {
        panel[k * W..(k + 1) * W].copy_from_slice(values);
    }
}

/// Adds the chains to the rows of the result from `first` on, up to the diagonal.
fn add_strip(level: Level, chains: &[Chain], first: usize, c: usize, products: &mut [f64]) {
    let height = products.len() / c;
    let panels = height.div_ceil(LEFT);
    let mut tile = [[0.0f32; RIGHT]; LEFT];
    let mut sums = vec![[[0.0f64; RIGHT]; LEFT]; panels];
    for column in (0..first + height).step_by(RIGHT) {
        // Tiles above the diagonal are left out.
        let start = column.saturating_sub(first) / LEFT;
        sums.fill([[0.0; RIGHT]; LEFT]);
        // A right panel stays in the first-level cache while the left ones pass.
        for Chain { rows, left, right } in chains {
            let right = &right.row(column / RIGHT)[..rows * RIGHT];
            for (panel, sums) in sums.iter_mut().enumerate().skip(start) {
                let left = &left.row(first / LEFT + panel)[..rows * LEFT];
                run_tile(level, Measure::Dot, left, right, &mut tile);
                add_values(tile.as_flattened(), sums.as_flattened_mut());
            }
        }
        let width = RIGHT.min(c - column);
        let rows = sums.as_flattened().iter().zip(products.chunks_exact_mut(c)).skip(start * LEFT);
        for (sums, products) in rows {
            products[column..column + width].iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
        }
    }
}

for_each_level! {
    fn add_values(values: &[f32], sums: &mut [f64]) {
        sums.iter_mut().zip(values).for_each(|(sum, &value)| *sum += f64::from(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_and_number_of_threads_has_the_sums_of_the_definition() {
        for (n, d) in [(1, 1), (5, 12), (300, 33), (5000, 40), (5, 200), (300, 201), (2100, 230), (70, 205)] {
            let values: Vec<f32> = (0..n * d).map(|at| ((at * 7919) % 1009) as f32 / 300.0 - 1.5).collect();
            let matrix = Matrix::from_slice(&values, n, d);
            let rows: Vec<u32> = (0..n as u32).rev().filter(|row| row % 5 != 1).collect();
            for columns in
                [(0..d as u32).collect(), (0..d as u32).filter(|j| j % 3 != 1).collect::<Vec<u32>>()]
            {
                let c = columns.len();
                let origin: Vec<f32> = columns.iter().map(|&j| j as f32 * 0.01 - 0.5).collect();
                let run = |level: Level, threads: usize| {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                    let mut products = vec![0.0; c * c];
                    pool.install(|| add_gram_at(level, &matrix, &rows, &columns, &origin, &mut products));
                    products
                };
                let scalar = run(Level::Scalar, 1);
                for (level, threads) in [(Level::Scalar, 2), (Level::Avx2, 1), (Level::Avx512, 2)] {
                    assert!(run(level, threads) == scalar, "{n} x {d} {level:?} {threads}");
                }
                let value =
                    |row: u32, j: usize| f64::from(matrix.row(row as usize)[columns[j] as usize] - origin[j]);
                for j in 0..c {
                    for k in 0..=j {
                        let expected: f64 = rows.iter().map(|&row| value(row, j) * value(row, k)).sum();
                        let got = scalar[j * c + k];
                        assert!((got - expected).abs() < 1e-5 * n as f64, "{n} x {d}: {got} {expected}");
                    }
                }
            }
        }
    }
}
