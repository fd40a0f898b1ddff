//! Cholesky factorisation of a dense positive definite f64 matrix, blocked so that `dgemm` does the work.

use super::gemm::{View, dgemm};

/// Columns factored at a time.
const BLOCK: usize = 48;

/// The lower triangle L with L L' = A.
pub struct Cholesky {
    n: usize,
    /// n x n, row-major; what stands above the diagonal is not meant to be read.
    l: Vec<f64>,
}

impl Cholesky {
    /// Factors the n x n row-major matrix `a`, of which only the lower triangle is read. `None` where it is
    /// not positive definite in f64. n^3 / 3 steps. Panics when `a` has another size.
    pub fn new(mut a: Vec<f64>, n: usize) -> Option<Cholesky> {
        assert_eq!(a.len(), n * n, "matrix is not n x n");
        let mut panel = Vec::new();
        for start in (0..n).step_by(BLOCK) {
            let end = n.min(start + BLOCK);
            let width = end - start;
            factor_diagonal(&mut a, n, start, end)?;
            if end == n {
                break;
            }
            // Below the diagonal block: L21 = A21 L11^-T.
            let inverse = invert_lower(&a, n, start, width);
            panel.clear();
            panel.resize((n - end) * width, 0.0);
            let below = View {
                data: &a[end * n + start..],
                rows: n - end,
                columns: width,
                row_stride: n,
                column_stride: 1,
            };
            dgemm(1.0, below, View::row_major(&inverse, width, width).t(), 0.0, &mut panel, width);
            for (row, values) in panel.chunks_exact(width).enumerate() {
                let at = (end + row) * n + start;
                a[at..at + width].copy_from_slice(values);
            }
            // What remains: A22 -= L21 L21', a strip of columns at a time, from its diagonal downwards.
            for column in (end..n).step_by(BLOCK) {
                let columns = BLOCK.min(n - column);
                let lower = &panel[(column - end) * width..];
                let left = View::row_major(lower, n - column, width);
                let right = View::row_major(lower, columns, width);
                dgemm(-1.0, left, right.t(), 1.0, &mut a[column * n + column..], n);
            }
        }
        Some(Cholesky { n, l: a })
    }

    /// The inverse of L, n x n row-major with zeros above the diagonal. n^3 / 3 steps.
    pub fn inverse_factor(&self) -> Vec<f64> {
        let n = self.n;
        let mut inverse = vec![0.0; n * n];
        for i in 0..n {
            let (above, row) = inverse.split_at_mut(i * n);
            let row = &mut row[..n];
            for (k, values) in above.chunks_exact(n).enumerate() {
                let factor = self.l[i * n + k];
                row[..=k].iter_mut().zip(&values[..=k]).for_each(|(x, value)| *x -= factor * value);
            }
            row[i] = 1.0;
            row[..=i].iter_mut().for_each(|x| *x /= self.l[i * n + i]);
        }
        inverse
    }

    /// Replaces `b` by the solution of A x = b. n^2 steps.
    pub fn solve(&self, b: &mut [f64]) {
        let n = self.n;
        assert_eq!(b.len(), n, "right side has another length");
        for i in 0..n {
            let row = &self.l[i * n..i * n + i];
            let sum = lanes_dot(row, &b[..i]);
            b[i] = (b[i] - sum) / self.l[i * n + i];
        }
        self.solve_transposed(b);
    }

    /// Replaces `b` by the solution of L' x = b. n^2 / 2 steps.
    pub fn solve_transposed(&self, b: &mut [f64]) {
        let n = self.n;
        for i in (0..n).rev() {
            let value = b[i] / self.l[i * n + i];
            b[i] = value;
            for (b, l) in b[..i].iter_mut().zip(&self.l[i * n..i * n + i]) {
                *b -= value * l;
            }
        }
    }
}

/// A dot product in eight lanes, which the compiler can vectorise.
fn lanes_dot(x: &[f64], y: &[f64]) -> f64 {
    let mut lanes = [0.0f64; 8];
    let (xs, ys) = (x.chunks_exact(8), y.chunks_exact(8));
    let rest: f64 = xs.remainder().iter().zip(ys.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in xs.zip(ys) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// The diagonal block, column by column.
fn factor_diagonal(a: &mut [f64], n: usize, start: usize, end: usize) -> Option<()> {
    for j in start..end {
        for i in j..end {
            let sum = lanes_dot(&a[i * n + start..i * n + j], &a[j * n + start..j * n + j]);
            let value = a[i * n + j] - sum;
            if i == j {
                // Also refuses NaN.
                if !(value > 0.0 && value.is_finite()) {
                    return None;
                }
                a[j * n + j] = value.sqrt();
            } else {
                a[i * n + j] = value / a[j * n + j];
            }
        }
    }
    Some(())
}

/// The inverse of the lower triangular diagonal block, as a dense width x width matrix.
fn invert_lower(a: &[f64], n: usize, start: usize, width: usize) -> Vec<f64> {
    let mut inverse = vec![0.0; width * width];
    for i in 0..width {
        let row = &a[(start + i) * n + start..];
        for j in 0..=i {
            let sum: f64 = (j..i).map(|k| row[k] * inverse[k * width + j]).sum();
            inverse[i * width + j] = (f64::from(u8::from(i == j)) - sum) / row[i];
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_at_every_size() {
        for n in (0..=100).chain([144, 145, 200]) {
            // B B' + I / 2 with B from a formula.
            let b = |i: usize, j: usize| ((i * 31 + j * 17) % 23) as f64 / 23.0 - 0.4;
            let mut a = vec![0.0; n * n];
            for i in 0..n {
                for j in 0..n {
                    a[i * n + j] =
                        (0..n).map(|k| b(i, k) * b(j, k)).sum::<f64>() + f64::from(u8::from(i == j)) / 2.0;
                }
            }
            let x: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
            let mut right: Vec<f64> = (0..n).map(|i| lanes_dot(&a[i * n..(i + 1) * n], &x)).collect();
            Cholesky::new(a, n).unwrap().solve(&mut right);
            for (got, expected) in right.iter().zip(&x) {
                assert!((got - expected).abs() < 1e-9, "n={n}: {got} {expected}");
            }
        }
    }

    #[test]
    fn the_inverse_factor_solves_too() {
        for n in [1, 2, 7, 60, 101] {
            let a =
                |i: usize, j: usize| f64::from(u8::from(i == j)) * 3.0 + 1.0 / (1.0 + i.abs_diff(j) as f64);
            let entries: Vec<f64> = (0..n * n).map(|at| a(at / n, at % n)).collect();
            let factor = Cholesky::new(entries, n).unwrap();
            let inverse = factor.inverse_factor();
            // L^-T L^-1 e_0 is the first column of A^-1.
            let mut expected = vec![0.0; n];
            expected[0] = 1.0;
            factor.solve(&mut expected);
            for (j, expected) in expected.iter().enumerate() {
                let got: f64 = (0..n).map(|k| inverse[k * n + j] * inverse[k * n]).sum();
                assert!((got - expected).abs() < 1e-12, "n={n}: {got} {expected}");
            }
            assert!((0..n).all(|i| inverse[i * n + i + 1..(i + 1) * n].iter().all(|&x| x == 0.0)));
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        assert!(Cholesky::new(vec![1.0, 2.0, 2.0, 1.0], 2).is_none());
        assert!(Cholesky::new(vec![f64::NAN], 1).is_none());
    }
}
