//! The Laplace approximation of binary Gaussian process classification with the logistic likelihood:
//! algorithms 3.1 and 3.2 of Rasmussen and Williams, Gaussian Processes for Machine Learning (2006).
//!
//! The kernel matrix is sparse and has ones on its diagonal, so linear systems in B = I + S K S, with S the
//! square root of the likelihood's curvature, are solved by conjugate gradients (the book takes a Cholesky
//! factor): the eigenvalues of B lie between 1 and 1 + (largest eigenvalue of K) / 4.

/// A symmetric kernel matrix with ones on its diagonal: the other nonzero entries, row by row.
pub struct Kernel {
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl Kernel {
    /// From the nonzero entries of each row beside the diagonal.
    pub fn new<I: IntoIterator<Item = (u32, f64)>>(rows: impl Iterator<Item = I>) -> Kernel {
        let mut kernel = Kernel { starts: vec![0], columns: Vec::new(), values: Vec::new() };
        for row in rows {
            for (column, value) in row {
                kernel.columns.push(column);
                kernel.values.push(value);
            }
            kernel.starts.push(kernel.columns.len());
        }
        kernel
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// (K x) at `row`.
    fn times(&self, row: usize, x: &[f64]) -> f64 {
        let entries = self.starts[row]..self.starts[row + 1];
        let columns = &self.columns[entries.clone()];
        let products = columns.iter().zip(&self.values[entries]).map(|(&j, value)| value * x[j as usize]);
        x[row] + products.sum::<f64>()
    }
}

/// The mode of the posterior of a binary problem over some of the training rows.
pub struct Mode {
    /// The training rows of the problem, ascending.
    pub rows: Vec<u32>,
    /// y - pi at those rows (y 0 or 1): the weights of the kernel values in the posterior mean of f at a new
    /// point.
    pub residual: Vec<f64>,
    /// The square root of the likelihood's curvature, pi (1 - pi), for all training rows; 0 outside.
    curvature_root: Vec<f64>,
}

/// The mean and variance of f at a point, and so the probability of the positive class.
#[derive(Clone, Copy, Debug)]
pub struct Latent {
    /// Posterior mean of the latent function.
    pub mean: f64,
    /// Posterior variance of the latent function.
    pub variance: f64,
}

impl Mode {
    /// Newton's method from f = 0 until the log posterior improves by less than 1e-10 (scikit-learn's rule)
    /// and f moves by less than 1e-9, or `max_iter` steps were made. `rows` must ascend; `positive` tells the
    /// rows of the positive class.
    pub fn find(kernel: &Kernel, rows: Vec<u32>, positive: impl Fn(u32) -> bool, max_iter: usize) -> Mode {
        let n = kernel.rows();
        let is_positive: Vec<bool> = rows.iter().map(|&row| positive(row)).collect();
        let each = || rows.iter().map(|&row| row as usize).zip(&is_positive);
        let mut f = vec![0.0; n];
        let mut root = vec![0.0; n];
        let mut gradient = vec![0.0; n];
        let mut b = vec![0.0; n];
        let mut right = vec![0.0; n];
        let mut z = vec![0.0; n];
        let mut before = f64::NEG_INFINITY;
        for _ in 0..max_iter {
            for (row, &positive) in each() {
                let pi = logistic(f[row]);
                gradient[row] = f64::from(positive) - pi;
                root[row] = (pi * (1.0 - pi)).sqrt();
                b[row] = root[row] * root[row] * f[row] + gradient[row];
            }
            for (row, _) in each() {
                right[row] = root[row] * kernel.times(row, &b);
            }
            solve(kernel, &rows, &root, &right, &mut z);
            // a = K^-1 f, in b's place.
            for (row, _) in each() {
                b[row] -= root[row] * z[row];
            }
            let (mut posterior, mut moved) = (0.0, 0.0f64);
            for (row, &positive) in each() {
                let new = kernel.times(row, &b);
                moved = moved.max((new - f[row]).abs());
                f[row] = new;
                let margin = if positive { new } else { -new };
                posterior -= 0.5 * b[row] * new + (-margin).max(0.0) + (-margin.abs()).exp().ln_1p();
            }
            if posterior - before < 1e-10 && moved < 1e-9 {
                break;
            }
            before = posterior;
        }
        let residual = each().map(|(row, &positive)| f64::from(positive) - logistic(f[row])).collect();
        for (row, _) in each() {
            let pi = logistic(f[row]);
            root[row] = (pi * (1.0 - pi)).sqrt();
        }
        Mode { rows, residual, curvature_root: root }
    }

    /// The variance of f at a point with these nonzero kernel values to training rows: lines 5 and 6 of
    /// algorithm 3.2.
    pub fn variance(&self, kernel: &Kernel, near: impl Iterator<Item = (u32, f64)> + Clone) -> f64 {
        let root = |row: u32| self.curvature_root[row as usize];
        // Below this the variance is 1 to the last bit.
        if near.clone().map(|(row, value)| root(row) * root(row) * value * value).sum::<f64>() < 1e-17 {
            return 1.0;
        }
        let mut right = vec![0.0; kernel.rows()];
        near.for_each(|(row, value)| right[row as usize] = root(row) * value);
        let mut z = vec![0.0; kernel.rows()];
        solve(kernel, &self.rows, &self.curvature_root, &right, &mut z);
        let explained: f64 = right.iter().zip(&z).map(|(a, b)| a * b).sum();
        (1.0 - explained).max(0.0)
    }
}

impl Latent {
    /// The integral of the logistic function over f, with the logistic written as a sum of five error
    /// functions (Williams and Barber, 1998, appendix A), in the order of operations in which scikit-learn
    /// rounds it: its ties between classes come from probabilities that round to the same number.
    pub fn probability(self) -> f64 {
        const LAMBDAS: [f64; 5] = [0.41, 0.4, 0.37, 0.44, 0.39];
        const COEFS: [f64; 5] = [-1854.8214151, 3516.89893646, 221.29346712, 128.12323805, -2010.49422654];
        let precision = 1.0 / (2.0 * self.variance);
        let mut sum = 0.0;
        for (lambda, coef) in LAMBDAS.iter().zip(COEFS) {
            let reach = (precision / (precision + lambda * lambda)).sqrt();
            let integral = (std::f64::consts::PI / precision).sqrt() * erf(lambda * self.mean * reach)
                / (2.0 * (self.variance * 2.0 * std::f64::consts::PI).sqrt());
            sum += coef * integral;
        }
        sum + 0.5 * COEFS.iter().sum::<f64>()
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The error function by a series without cancellation: erf x = 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!
fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    let mut term = x;
    let mut sum = x;
    let mut n = 1.0;
    while term.abs() > 1e-17 * sum.abs() {
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
        n += 1.0;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

/// z = B^-1 right with B = I + S K S over `rows`, by conjugate gradients; everything is 0 outside them.
fn solve(kernel: &Kernel, rows: &[u32], root: &[f64], right: &[f64], z: &mut [f64]) {
    let n = kernel.rows();
    let dot = |a: &[f64], b: &[f64]| rows.iter().map(|&i| a[i as usize] * b[i as usize]).sum::<f64>();
    z.fill(0.0);
    let mut rest = right.to_vec();
    let mut direction = right.to_vec();
    let mut scaled = vec![0.0; n];
    let mut product = vec![0.0; n];
    let mut size = dot(&rest, &rest);
    let enough = size * 1e-28;
    // B is the identity plus something small where rows are scattered, so a few steps do; a dense kernel
    // needs at most one step per row in exact arithmetic.
    for _ in 0..2 * rows.len() {
        if size <= enough {
            break;
        }
        for &i in rows {
            scaled[i as usize] = root[i as usize] * direction[i as usize];
        }
        for &i in rows {
            let i = i as usize;
            product[i] = direction[i] + root[i] * kernel.times(i, &scaled);
        }
        let step = size / dot(&direction, &product);
        for &i in rows {
            let i = i as usize;
            z[i] += step * direction[i];
            rest[i] -= step * product[i];
        }
        let next = dot(&rest, &rest);
        for &i in rows {
            let i = i as usize;
            direction[i] = rest[i] + next / size * direction[i];
        }
        size = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel(points: &[f64]) -> Kernel {
        Kernel::new(points.iter().enumerate().map(|(i, a)| {
            let others = points.iter().enumerate().filter(move |(j, _)| *j != i);
            others.map(|(j, b)| (j as u32, (-0.5 * (a - b) * (a - b)).exp())).collect::<Vec<_>>()
        }))
    }

    #[test]
    fn the_mode_is_where_f_is_k_times_the_residual() {
        let points = [0.0, 0.1, 0.5, 2.0, 2.2, 9.0];
        let kernel = kernel(&points);
        let mode = Mode::find(&kernel, (0..6).collect(), |row| row % 2 == 0, 100);
        for i in 0..6 {
            let f = kernel.times(i, &mode.residual);
            let expected = f64::from(i % 2 == 0) - logistic(f);
            assert!((mode.residual[i] - expected).abs() < 1e-9, "{i}");
        }
        // A point on its own: f = 1 - logistic(f).
        assert!((mode.residual[5].abs() - 0.40105).abs() < 1e-4);
    }

    #[test]
    fn rows_outside_the_problem_have_no_say() {
        let points = [0.0, 0.3, 0.6, 0.9];
        let part = Mode::find(&kernel(&points), vec![0, 2], |row| row == 0, 100);
        let alone = Mode::find(&kernel(&[0.0, 0.6]), vec![0, 1], |row| row == 0, 100);
        assert!(part.residual.iter().zip(&alone.residual).all(|(a, b)| (a - b).abs() < 1e-12));
        let near = || [(0, 0.8), (2, 0.7)].into_iter();
        let variance = part.variance(&kernel(&points), near());
        let expected = alone.variance(&kernel(&[0.0, 0.6]), [(0, 0.8), (1, 0.7)].into_iter());
        assert!((variance - expected).abs() < 1e-12 && variance < 1.0);
    }

    #[test]
    fn error_function_and_probability_have_known_values() {
        for (x, expected) in [(0.5, 0.5204998778130465), (1.0, 0.8427007929497149), (3.0, 0.9999779095030014)]
        {
            assert!((erf(x) - expected).abs() < 1e-14 && (erf(-x) + expected).abs() < 1e-14);
        }
        assert_eq!((erf(0.0), erf(7.0)), (0.0, 1.0));
        // The five error functions are within 5e-4 of the logistic function.
        for mean in [-5.7, -2.5, 0.5, 2.0, 5.7] {
            let probability = Latent { mean, variance: 1e-12 }.probability();
            assert!((probability - logistic(mean)).abs() < 5e-4, "{mean}: {probability}");
        }
    }
}
