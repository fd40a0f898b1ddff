//! Matrix products through `matrixmultiply`, behind a safe, bounds-checked interface.
//!
//! [`sgemm`] and [`dgemm`] are single-threaded: callers split the work into fixed blocks and give those to
//! rayon. [`par_sgemm`] splits the rows of C itself. Every element is one sum in an order that only the
//! inner dimension decides, so the result has the same bits for any split and any number of threads.

use rayon::prelude::*;

/// A read-only strided view: element (i, j) stands at `data[i * row_stride + j * column_stride]`.
#[derive(Clone, Copy)]
pub struct View<'a, T> {
    pub data: &'a [T],
    pub rows: usize,
    pub columns: usize,
    pub row_stride: usize,
    pub column_stride: usize,
}

impl<'a, T> View<'a, T> {
    /// A contiguous row-major matrix.
    pub fn row_major(data: &'a [T], rows: usize, columns: usize) -> View<'a, T> {
        View { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// The transpose, without moving anything.
    pub fn t(self) -> View<'a, T> {
        View {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }

    /// `count` rows from row `first` on. Panics when they reach past the last row.
    pub fn row_range(self, first: usize, count: usize) -> View<'a, T> {
        assert!(first + count <= self.rows, "rows {first} + {count} of {}", self.rows);
        let start = if count == 0 { 0 } else { first * self.row_stride };
        View { data: &self.data[start..], rows: count, ..self }
    }

    fn check(&self) {
        check(self.data.len(), self.rows, self.columns, self.row_stride, self.column_stride);
    }
}

fn check(length: usize, rows: usize, columns: usize, row_stride: usize, column_stride: usize) {
    if rows > 0 && columns > 0 {
        assert!((rows - 1) * row_stride + (columns - 1) * column_stride < length, "view is out of bounds");
    }
}

/// C = alpha A B + beta C for row-major C with `row_stride` values from row to row.
/// Panics when shapes do not fit or a view leaves its data.
pub fn sgemm(alpha: f32, a: View<f32>, b: View<f32>, beta: f32, c: &mut [f32], row_stride: usize) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert_eq!(k, b.rows, "inner dimensions differ");
    assert!(row_stride >= n, "rows of C overlap");
    a.check();
    b.check();
    check(c.len(), m, n, row_stride, 1);
    // SAFETY: every element that the strides reach was checked to lie inside its slice, and C is borrowed
    // uniquely with rows that do not overlap.
    unsafe {
        matrixmultiply::sgemm(
            m,
            k,
            n,
            alpha,
            a.data.as_ptr(),
            a.row_stride as isize,
            a.column_stride as isize,
            b.data.as_ptr(),
            b.row_stride as isize,
            b.column_stride as isize,
            beta,
            c.as_mut_ptr(),
            row_stride as isize,
            1,
        );
    }
}

/// As [`sgemm`] for a C without gaps between its rows, which are shared out among the threads of the pool.
pub fn par_sgemm(alpha: f32, a: View<f32>, b: View<f32>, beta: f32, c: &mut [f32]) {
    let (m, n) = (a.rows, b.columns);
    assert_eq!(c.len(), m * n, "C has another shape");
    // Below this many multiplications the work is over before another thread wakes up.
    let threads = if m * n * a.columns < 1 << 18 { 1 } else { rayon::current_num_threads() };
    if threads == 1 || n == 0 {
        return sgemm(alpha, a, b, beta, c, n);
    }
    let rows = m.div_ceil(threads).next_multiple_of(16);
    c.par_chunks_mut(rows * n).enumerate().for_each(|(index, c)| {
        sgemm(alpha, a.row_range(index * rows, c.len() / n), b, beta, c, n);
    });
}

/// As [`sgemm`], in double precision.
pub fn dgemm(alpha: f64, a: View<f64>, b: View<f64>, beta: f64, c: &mut [f64], row_stride: usize) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert_eq!(k, b.rows, "inner dimensions differ");
    assert!(row_stride >= n, "rows of C overlap");
    a.check();
    b.check();
    check(c.len(), m, n, row_stride, 1);
    // SAFETY: as in `sgemm`.
    unsafe {
        matrixmultiply::dgemm(
            m,
            k,
            n,
            alpha,
            a.data.as_ptr(),
            a.row_stride as isize,
            a.column_stride as isize,
            b.data.as_ptr(),
            b.row_stride as isize,
            b.column_stride as isize,
            beta,
            c.as_mut_ptr(),
            row_stride as isize,
            1,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_split_over_threads_leaves_every_bit_as_it_was() {
        let value = |i: usize| ((i * 7919) % 1009) as f32 / 1009.0 - 0.5;
        let (m, k, n) = (203, 784, 101);
        let a: Vec<f32> = (0..m * k).map(value).collect();
        let b: Vec<f32> = (0..k * n).map(|i| value(i + 5)).collect();
        let product = |threads: usize, a: View<f32>| {
            let mut c = vec![1.0; m * n];
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| par_sgemm(1.0, a, View::row_major(&b, k, n), 1.0, &mut c));
            c
        };
        for view in [View::row_major(&a, m, k), View::row_major(&a, k, m).t()] {
            let alone = product(1, view);
            for threads in [2, 3, 5] {
                assert!(product(threads, view) == alone, "{threads} threads");
            }
        }
    }
}
