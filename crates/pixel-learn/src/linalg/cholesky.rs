//! Cholesky factorisation of a dense positive definite f64 matrix, blocked so that `dgemm` does the work; and the
//! factor rounded to f32 for preconditioners, which are read far more often than they are made.

use rayon::prelude::*;

use super::gemm::{View, dgemm};
use super::simd::for_each_level;

/// Columns factored at a time.
const BLOCK: usize = 48;
/// Columns factored at a time by [`Cholesky::wide`].
const WIDE_BLOCK: usize = 240;
/// The number of columns from which models factor with [`Cholesky::wide`].
pub const WIDE: usize = 1500;

/// The Cholesky factor L of a positive definite matrix A = L L', in f64 or f32.
pub trait Factor: From<Cholesky> + Send + Sync {
    /// The number of rows of A (n).
    fn size(&self) -> usize;

    /// Replaces `b` by the solution of A x = b. n^2 steps.
    fn solve(&self, b: &mut [f64]);

    /// Replaces `b` by the solution of L' x = b. n^2 / 2 steps.
    fn solve_transposed(&self, b: &mut [f64]);
}

/// The lower triangle L with L L' = A.
pub struct Cholesky {
    n: usize,
    /// n x n, row-major; values above the diagonal are not meaningful.
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

    /// [`Cholesky::new`] for matrices of thousands of rows: wider blocks, with the rows below a block in
    /// parallel. The same bits for any number of threads, but not those of [`Cholesky::new`].
    pub fn wide(mut a: Vec<f64>, n: usize) -> Option<Cholesky> {
        assert_eq!(a.len(), n * n, "matrix is not n x n");
        for start in (0..n).step_by(WIDE_BLOCK) {
            let end = n.min(start + WIDE_BLOCK);
            let width = end - start;
            let block = (start..end).flat_map(|row| &a[row * n + start..row * n + end]).copied().collect();
            let factor = Cholesky::new(block, width)?;
            for (row, values) in factor.l.chunks_exact(width).enumerate() {
                a[(start + row) * n + start..][..=row].copy_from_slice(&values[..=row]);
            }
            // Below the diagonal block: L21 = A21 L11^-T, and what remains: A22 -= L21 L21'.
            let inverse = factor.inverse_factor();
            let mut panel = vec![0.0; (n - end) * width];
            panel.par_chunks_mut(WIDE_BLOCK * width).enumerate().for_each(|(strip, out)| {
                let data = &a[(end + strip * WIDE_BLOCK) * n + start..];
                let rows = out.len() / width;
                let below = View { data, rows, columns: width, row_stride: n, column_stride: 1 };
                dgemm(1.0, below, View::row_major(&inverse, width, width).t(), 0.0, out, width);
            });
            a[end * n..].par_chunks_mut(WIDE_BLOCK * n).enumerate().for_each(|(strip, a)| {
                let (rows, first) = (a.len() / n, strip * WIDE_BLOCK);
                let left = View::row_major(&panel[first * width..], rows, width);
                for (row, a) in a.chunks_exact_mut(n).enumerate() {
                    a[start..end].copy_from_slice(&panel[(first + row) * width..][..width]);
                }
                let columns = first + rows;
                dgemm(-1.0, left, View::row_major(&panel, columns, width).t(), 1.0, &mut a[end..], n);
            });
        }
        Some(Cholesky { n, l: a })
    }

    /// Replaces `b` by the solution of L x = b. n^2 / 2 steps. Panics when `b` has another length.
    pub fn solve_lower(&self, b: &mut [f64]) {
        let n = self.n;
        assert_eq!(b.len(), n, "right side has another length");
        for i in 0..n {
            let row = &self.l[i * n..i * n + i];
            let sum = lanes_dot(row, &b[..i]);
            b[i] = (b[i] - sum) / self.l[i * n + i];
        }
    }

    /// An estimate, from the diagonal of L, of whether solutions have correct digits. It can be true for a
    /// matrix that is nearly singular, but is false for one that is singular in f64.
    pub fn well_conditioned(&self) -> bool {
        let diagonal = || self.l.iter().step_by(self.n + 1);
        let (least, largest) = diagonal().fold((f64::INFINITY, 0.0f64), |(a, b), &x| (a.min(x), b.max(x)));
        self.n == 0 || least * least > 16.0 * self.n as f64 * f64::EPSILON * largest * largest
    }

    /// Half the logarithm of the determinant of A: the sum of the logarithms of the diagonal of L.
    pub fn half_log_determinant(&self) -> f64 {
        self.l.iter().step_by(self.n + 1).map(|x| x.ln()).sum()
    }

    /// The memory of the factor, to reuse it for another matrix.
    pub fn into_memory(self) -> Vec<f64> {
        self.l
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
}

impl Factor for Cholesky {
    fn size(&self) -> usize {
        self.n
    }

    fn solve(&self, b: &mut [f64]) {
        self.solve_lower(b);
        self.solve_transposed(b);
    }

    fn solve_transposed(&self, b: &mut [f64]) {
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

/// L rounded to f32 and packed row by row without the part above the diagonal: a quarter of the memory of
/// [`Cholesky`], and half of the bytes that a solution reads.
pub struct RoundedCholesky {
    /// The rows left of the diagonal.
    lower: Vec<f32>,
    /// 1 / the diagonal.
    inverse: Vec<f32>,
}

impl From<Cholesky> for RoundedCholesky {
    fn from(factor: Cholesky) -> RoundedCholesky {
        let rows = || factor.l.chunks_exact(factor.n.max(1)).enumerate();
        RoundedCholesky {
            lower: rows().flat_map(|(i, row)| row[..i].iter().map(|value| *value as f32)).collect(),
            inverse: rows().map(|(i, row)| (1.0 / row[i]) as f32).collect(),
        }
    }
}

impl Factor for RoundedCholesky {
    fn size(&self) -> usize {
        self.inverse.len()
    }

    fn solve(&self, b: &mut [f64]) {
        self.rounded(b, |values| {
            solve_lower(&self.lower, &self.inverse, values);
            solve_upper(&self.lower, &self.inverse, values);
        });
    }

    fn solve_transposed(&self, b: &mut [f64]) {
        self.rounded(b, |values| solve_upper(&self.lower, &self.inverse, values));
    }
}

impl RoundedCholesky {
    fn rounded(&self, b: &mut [f64], solve: impl FnOnce(&mut [f32])) {
        assert_eq!(b.len(), self.inverse.len(), "right side has another length");
        let mut values: Vec<f32> = b.iter().map(|value| *value as f32).collect();
        solve(&mut values);
        b.iter_mut().zip(values).for_each(|(b, value)| *b = f64::from(value));
    }
}

for_each_level! {
    /// Replaces `b` by the solution of L x = b.
    fn solve_lower(lower: &[f32], inverse: &[f32], b: &mut [f32]) {
        let mut rest = lower;
        for i in 0..b.len() {
            let (row, below) = rest.split_at(i);
            rest = below;
            let mut sums = [0.0f32; 32];
            let (known, _) = b.split_at(i);
            let (values, last) = row.as_chunks::<32>();
            let (knowns, last_known) = known.as_chunks::<32>();
            for (values, knowns) in values.iter().zip(knowns) {
                sums.iter_mut().zip(values.iter().zip(knowns)).for_each(|(sum, (a, b))| *sum += a * b);
            }
            sums.iter_mut().zip(last.iter().zip(last_known)).for_each(|(sum, (a, b))| *sum += a * b);
            let mut half = sums.len() / 2;
            while half > 0 {
                for lane in 0..half {
                    sums[lane] += sums[lane + half];
                }
                half /= 2;
            }
            b[i] = (b[i] - sums[0]) * inverse[i];
        }
    }
}

for_each_level! {
    /// Replaces `b` by the solution of L' x = b.
    fn solve_upper(lower: &[f32], inverse: &[f32], b: &mut [f32]) {
        let mut rest = lower;
        for i in (0..b.len()).rev() {
            let (above, row) = rest.split_at(rest.len() - i);
            rest = above;
            let value = b[i] * inverse[i];
            b[i] = value;
            b[..i].iter_mut().zip(row).for_each(|(b, l)| *b -= value * l);
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
        for n in (0..=100).chain([144, 145, 200, 240, 241, 490]) {
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
            let right: Vec<f64> = (0..n).map(|i| lanes_dot(&a[i * n..(i + 1) * n], &x)).collect();
            for factor in [Cholesky::new(a.clone(), n), Cholesky::wide(a, n)] {
                let mut got = right.clone();
                factor.unwrap().solve(&mut got);
                for (got, expected) in got.iter().zip(&x) {
                    assert!((got - expected).abs() < 1e-9, "n={n}: {got} {expected}");
                }
            }
        }
    }

    #[test]
    fn the_rounded_factor_solves_as_the_exact_one() {
        for n in (0..=70).chain([129, 200]) {
            let a =
                |i: usize, j: usize| f64::from(u8::from(i == j)) * 3.0 + 1.0 / (1.0 + i.abs_diff(j) as f64);
            let factor = Cholesky::new((0..n * n).map(|at| a(at / n, at % n)).collect(), n).unwrap();
            let right: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
            let (mut exact, mut exact_half) = (right.clone(), right.clone());
            factor.solve(&mut exact);
            factor.solve_transposed(&mut exact_half);
            let rounded = RoundedCholesky::from(factor);
            let (mut got, mut half) = (right.clone(), right);
            rounded.solve(&mut got);
            rounded.solve_transposed(&mut half);
            assert!(got.iter().zip(&exact).all(|(got, exact)| (got - exact).abs() < 1e-5), "n={n}");
            assert!(half.iter().zip(&exact_half).all(|(got, exact)| (got - exact).abs() < 1e-5), "n={n}");
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
        assert!(Cholesky::wide(vec![1.0, 2.0, 2.0, 1.0], 2).is_none());
        let nearly = Cholesky::new(vec![1.0, 1.0, 1.0, 1.0 + 1e-15], 2).unwrap();
        assert!(!nearly.well_conditioned());
        let far = Cholesky::new(vec![4.0, 2.0, 2.0, 10.0], 2).unwrap();
        assert!(far.well_conditioned() && (far.half_log_determinant() - 6.0f64.ln()).abs() < 1e-12);
    }
}
