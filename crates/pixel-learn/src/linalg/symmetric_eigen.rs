//! Eigenvalues and eigenvectors of a dense symmetric f64 matrix: Householder's reduction to a tridiagonal matrix, then
//! QL steps with implicit shifts (Golub and Van Loan, Matrix Computations, 8.3; EISPACK's tred2 and tql2).
//!
//! The rotations of all QL steps are kept and applied at the end to a few columns at a time, which then stay in a
//! cache. No operation is fused or reordered: the same bits on every machine, for any number of threads.

use rayon::prelude::*;

use super::simd::for_each_level;

/// Partial sums of a dot product.
const LANES: usize = 8;
/// A squared length below this counts as 0: in a matrix with values up to 1 it is far below rounding error,
/// and its inverse could overflow.
const NEGLIGIBLE: f64 = 1e-60;
/// Maximum number of QL steps for one eigenvalue; two are usual, and thirty have never been seen.
const MOST_STEPS: usize = 100;
/// Components of the eigenvectors that are rotated together.
const COLUMNS: usize = 32;

/// The largest eigenvalues, descending, and their eigenvectors.
pub struct Eigen {
    /// The eigenvalues.
    pub values: Vec<f64>,
    /// A unit vector of n values for each of them, row-major. Its sign is arbitrary.
    pub vectors: Vec<f64>,
}

/// The `count` largest eigenvalues of the n x n row-major matrix `a`, of which only the lower triangle is read. Some
/// 6 n^3 operations. Panics when `a` has another size, a value is not finite, or `count` is above n.
pub fn largest(mut a: Vec<f64>, n: usize, count: usize) -> Eigen {
    assert_eq!(a.len(), n * n, "matrix is not n x n");
    assert!(count <= n, "{count} eigenvalues of {n}");
    let lower = |i: usize| i * n..i * n + i + 1;
    let mut norm = 0.0f64;
    for value in (0..n).flat_map(|i| &a[lower(i)]) {
        assert!(value.is_finite(), "a value of the matrix is not finite");
        norm = norm.max(value.abs());
    }
    // Values of at most 1, so that no square overflows.
    let norm = if norm == 0.0 { 1.0 } else { norm };
    a.iter_mut().for_each(|value| *value /= norm);
    let mut tridiagonal = Tridiagonal::reduce(&mut a, n);
    let sweeps = tridiagonal.diagonalise();
    let blocks = sweeps.rotate_identity(n);
    let diagonal = &tridiagonal.diagonal;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| diagonal[j].total_cmp(&diagonal[i]).then(i.cmp(&j)));
    order.truncate(count);
    let mut vectors = vec![0.0; count * n];
    vectors.par_chunks_exact_mut(n.max(1)).zip(&order).for_each(|(vector, &row)| {
        for (values, block) in vector.chunks_mut(COLUMNS).zip(&blocks) {
            values.copy_from_slice(&block[row][..values.len()]);
        }
        reflect_back(&a, &tridiagonal.factors, vector);
    });
    Eigen { values: order.iter().map(|&i| diagonal[i] * norm).collect(), vectors }
}

impl Eigen {
    /// The unit vector of the k-th largest eigenvalue.
    pub fn vector(&self, k: usize) -> &[f64] {
        let n = self.vectors.len() / self.values.len();
        &self.vectors[k * n..(k + 1) * n]
    }

    /// With all eigenvalues: replaces each right side b by A^+ b, the minimum-norm least-squares solution of
    /// A x = b, where an eigenvalue of at most `cutoff` times the largest magnitude counts as 0.
    pub fn pseudo_solve(&self, cutoff: f64, right: &mut [Vec<f64>]) {
        let least = cutoff * self.values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        for b in right {
            let mut x = vec![0.0; b.len()];
            for (k, &value) in self.values.iter().enumerate().filter(|(_, value)| value.abs() > least) {
                let vector = self.vector(k);
                let factor = dot(vector, b) / value;
                x.iter_mut().zip(vector).for_each(|(x, v)| *x += factor * v);
            }
            *b = x;
        }
    }
}

/// A tridiagonal matrix T = Q' A Q.
struct Tridiagonal {
    diagonal: Vec<f64>,
    /// The off-diagonal: entry i is T(i, i + 1). The last value is 0.
    off_diagonal: Vec<f64>,
    /// 2 / |v|^2 of the reflection I - factor v v' that cleared row i, whose v is stored in that row of A; 0
    /// for no reflection.
    factors: Vec<f64>,
}

impl Tridiagonal {
    /// Reduces `a` from its last row upwards.
    fn reduce(a: &mut [f64], n: usize) -> Tridiagonal {
        let mut tridiagonal =
            Tridiagonal { diagonal: vec![0.0; n], off_diagonal: vec![0.0; n], factors: vec![0.0; n] };
        // The pending update A -= v w' + w v'.
        let (mut v, mut w) = (vec![0.0; n], vec![0.0; n]);
        for i in (0..n).rev() {
            let (above, row) = a.split_at_mut(i * n);
            let row = &mut row[..=i];
            let (v_i, w_i) = (v[i], w[i]);
            row.iter_mut().zip(v.iter().zip(&w)).for_each(|(a, (v, w))| *a -= v_i * w + w_i * v);
            tridiagonal.diagonal[i] = row[i];
            let Some(last) = i.checked_sub(1) else { break };
            let row = &mut row[..i];
            let (off_diagonal, factor) = reflection(row);
            (tridiagonal.off_diagonal[last], tridiagonal.factors[i]) = (off_diagonal, factor);
            // One pass applies the pending update to the rows above and multiplies the result by the new v.
            let mut product = vec![0.0; i];
            update_and_multiply(above, n, &v[..i], &w[..i], row, &mut product);
            product.iter_mut().for_each(|p| *p *= factor);
            let half = factor / 2.0 * dot(&product, row);
            v[..i].copy_from_slice(row);
            w.iter_mut().zip(product.iter().zip(row.iter())).for_each(|(w, (p, v))| *w = p - half * v);
        }
        tridiagonal
    }

    /// Makes the matrix diagonal and returns the rotations that did it.
    fn diagonalise(&mut self) -> Sweeps {
        let (d, e) = (&mut self.diagonal, &mut self.off_diagonal);
        let n = d.len();
        let mut sweeps = Sweeps::default();
        // Relative to the norm of the matrix, as rounding errors are: the computed value of a zero eigenvalue
        // is about as large.
        let norm = d.iter().zip(e.iter()).map(|(d, e)| d.abs() + e.abs()).fold(0.0, f64::max);
        let negligible = f64::EPSILON * norm;
        for l in 0..n {
            for step in 0.. {
                assert!(step < MOST_STEPS, "the eigenvalues of the matrix do not converge");
                let m = (l..n - 1).find(|&i| e[i].abs() <= negligible).unwrap_or(n - 1);
                if m == l {
                    break;
                }
                // Wilkinson's shift.
                let mut g = (d[l + 1] - d[l]) / (2.0 * e[l]);
                let r = length(g, 1.0);
                g = d[m] - d[l] + e[l] / (g + if g < 0.0 { -r } else { r });
                let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
                let mut split = false;
                sweeps.starts.push((m, sweeps.rotations.len()));
                for i in (l..m).rev() {
                    let (f, b) = (s * e[i], c * e[i]);
                    let r = length(f, g);
                    e[i + 1] = r;
                    if r == 0.0 {
                        d[i + 1] -= p;
                        e[m] = 0.0;
                        split = true;
                        break;
                    }
                    (s, c) = (f / r, g / r);
                    g = d[i + 1] - p;
                    let r = (d[i] - g) * s + 2.0 * c * b;
                    p = s * r;
                    d[i + 1] = g + p;
                    g = c * r - b;
                    sweeps.rotations.push([c, s]);
                }
                if !split {
                    d[l] -= p;
                    e[l] = g;
                    e[m] = 0.0;
                }
            }
        }
        sweeps
    }
}

fn length(a: f64, b: f64) -> f64 {
    (a * a + b * b).sqrt()
}

/// Replaces `x` by the vector v of the Householder reflection that zeroes all of `x` but its last value.
/// Returns that value and 2 / |v|^2.
fn reflection(x: &mut [f64]) -> (f64, f64) {
    let last = x.len() - 1;
    let rest = dot(&x[..last], &x[..last]);
    if rest < NEGLIGIBLE {
        return (x[last], 0.0);
    }
    let size = (rest + x[last] * x[last]).sqrt();
    let value = if x[last] > 0.0 { -size } else { size };
    x[last] -= value;
    (value, 2.0 / (rest + x[last] * x[last]))
}

/// Applies the reflections of a reduction to one vector, in ascending order of their rows.
fn reflect_back(a: &[f64], factors: &[f64], vector: &mut [f64]) {
    let n = factors.len();
    for (i, &factor) in factors.iter().enumerate().skip(1) {
        let v = &a[i * n..i * n + i];
        let step = factor * dot(v, &vector[..i]);
        vector.iter_mut().zip(v).for_each(|(x, v)| *x -= step * v);
    }
}

/// Rotations of neighbouring rows, in the order in which they were found.
#[derive(Default)]
struct Sweeps {
    /// The row at which a sweep upwards starts, and its first rotation.
    starts: Vec<(usize, usize)>,
    /// Cosine and sine.
    rotations: Vec<[f64; 2]>,
}

impl Sweeps {
    /// The rotations applied to the rows of the n x n identity: blocks of columns, each with its n rows.
    fn rotate_identity(&self, n: usize) -> Vec<Vec<[f64; COLUMNS]>> {
        let block = |first: usize| {
            let mut rows = vec![[0.0; COLUMNS]; n];
            (first..n.min(first + COLUMNS)).for_each(|i| rows[i][i - first] = 1.0);
            let ends = self.starts.iter().skip(1).map(|start| start.1).chain([self.rotations.len()]);
            for (&(from, start), end) in self.starts.iter().zip(ends) {
                rotate(&mut rows[..=from], &self.rotations[start..end]);
            }
            rows
        };
        (0..n).into_par_iter().step_by(COLUMNS).map(block).collect()
    }
}

for_each_level! {
    /// Rotates the last row with the one before it, that one with the one before, and so on.
    fn rotate(rows: &mut [[f64; COLUMNS]], rotations: &[[f64; 2]]) {
        let mut at = rows.len() - 1;
        let mut carried = rows[at];
        for &[c, s] in rotations {
            let row = rows[at - 1];
            for (column, (carried, row)) in carried.iter_mut().zip(row).enumerate() {
                rows[at][column] = s * row + c * *carried;
                *carried = c * row - s * *carried;
            }
            at -= 1;
        }
        rows[at] = carried;
    }
}

for_each_level! {
    fn dot(a: &[f64], b: &[f64]) -> f64 {
        let (a_lanes, a_rest) = a.as_chunks::<LANES>();
        let (b_lanes, b_rest) = b.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for (a, b) in a_lanes.iter().zip(b_lanes) {
            sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
        }
        let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
        sums.iter().sum::<f64>() + rest
    }
}

for_each_level! {
    /// A -= v w' + w v' on the rows of the lower triangle that `v` has values for, and `product` = A x.
    fn update_and_multiply(a: &mut [f64], n: usize, v: &[f64], w: &[f64], x: &[f64], product: &mut [f64]) {
        for (i, row) in a.chunks_exact_mut(n).enumerate() {
            let (row, diagonal) = row.split_at_mut(i);
            let (v_i, w_i, x_i) = (v[i], w[i], x[i]);
            let mut sums = [0.0; LANES];
            let step = |a: &mut f64, v: f64, w: f64, x: f64, product: &mut f64, sum: &mut f64| {
                *a -= v_i * w + w_i * v;
                *product += *a * x_i;
                *sum += *a * x;
            };
            let (lanes, rest) = row.as_chunks_mut::<LANES>();
            let whole = lanes.len() * LANES;
            let (products, last) = product[..i].split_at_mut(whole);
            for (at, (a, product)) in lanes.iter_mut().zip(products.as_chunks_mut::<LANES>().0).enumerate() {
                let from = at * LANES..(at + 1) * LANES;
                let (v, w, x) = (&v[from.clone()], &w[from.clone()], &x[from]);
                for lane in 0..LANES {
                    step(&mut a[lane], v[lane], w[lane], x[lane], &mut product[lane], &mut sums[lane]);
                }
            }
            let mut sum = 0.0;
            for (at, (a, product)) in rest.iter_mut().zip(last).enumerate() {
                let at = whole + at;
                step(a, v[at], w[at], x[at], product, &mut sum);
            }
            diagonal[0] -= v_i * w_i + w_i * v_i;
            product[i] += sums.iter().sum::<f64>() + sum + diagonal[0] * x_i;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(n: usize, rank: usize) -> Vec<f64> {
        let value = |i: usize, k: usize| ((i * 37 + k * 101 + i * k) as f64 * 0.7).sin() * (k + 1) as f64;
        let product = |i, j| (0..rank).map(|k| value(i, k) * value(j, k)).sum();
        (0..n * n).map(|at| product(at / n, at % n)).collect()
    }

    #[test]
    fn vectors_are_orthonormal_and_make_the_matrix_diagonal() {
        for (n, rank) in [(1, 1), (2, 2), (3, 1), (17, 17), (40, 3), (97, 60), (300, 40)] {
            let mut a = matrix(n, rank);
            if n == 300 {
                // Features that are always zero, as at the border of images.
                let blank = |i: usize| !(20..=250).contains(&i) || i.is_multiple_of(28);
                (0..n * n).filter(|&at| blank(at / n) || blank(at % n)).for_each(|at| a[at] = 0.0);
                // A remainder whose square is denormal.
                a[299 * n + 3] = 1e-158;
                a[3 * n + 299] = 1e-158;
            }
            let scale = a.iter().fold(0.0f64, |most, value| most.max(value.abs()));
            let eigen = largest(a.clone(), n, n);
            assert!(eigen.values.is_sorted_by(|a, b| a >= b));
            for (i, x) in eigen.vectors.chunks_exact(n).enumerate() {
                for (j, y) in eigen.vectors.chunks_exact(n).enumerate() {
                    let expected = f64::from(u8::from(i == j));
                    assert!((dot(x, y) - expected).abs() < 1e-13, "{n} {i} {j}: {}", dot(x, y));
                }
                for (row, x_i) in a.chunks_exact(n).zip(x) {
                    let error = dot(row, x) - eigen.values[i] * x_i;
                    assert!(error.abs() <= 1e-13 * scale * n as f64, "{n} {i}: {error}");
                }
            }
            let few = largest(a, n, n / 2);
            assert_eq!(few.values, eigen.values[..n / 2]);
            assert_eq!(few.vectors, eigen.vectors[..n / 2 * n]);
        }
    }

    #[test]
    fn the_shortest_solution_of_a_singular_system() {
        let n = 30;
        let a = matrix(n, 3);
        // A column of A is A e, and A A^+ A e = A e; the shortest solution is itself made of columns of A.
        let mut columns = vec![(0..n).map(|i| a[i * n]).collect::<Vec<f64>>()];
        let eigen = largest(a.clone(), n, n);
        eigen.pseudo_solve(1e-12, &mut columns);
        for i in 0..n {
            let product = dot(&a[i * n..(i + 1) * n], &columns[0]);
            assert!((product - a[i * n]).abs() < 1e-9, "{product} {}", a[i * n]);
        }
        for k in 3..n {
            assert!(dot(eigen.vector(k), &columns[0]).abs() < 1e-9);
        }
    }

    #[test]
    fn special_matrices() {
        let zero = largest(vec![0.0; 9], 3, 2);
        assert_eq!((zero.values, zero.vectors), (vec![0.0; 2], vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0]));
        let diagonal = largest(vec![2.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 5.0], 3, 3);
        assert_eq!(diagonal.values, [5.0, 5.0, 2.0]);
        let none = largest(Vec::new(), 0, 0);
        assert!(none.values.is_empty());
    }
}
