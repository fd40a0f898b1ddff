//! Matrix products through `matrixmultiply`, behind a safe, bounds-checked interface.
//!
//! Both products are single-threaded: callers split the work into fixed blocks for rayon. Every element is
//! one sum in an order that only the inner dimension decides, so the result has the same bits for any split.

/// A read-only strided view: element (i, j) is at `data[i * row_stride + j * column_stride]`.
#[derive(Clone, Copy)]
pub struct View<'a, T> {
    /// All values.
    pub data: &'a [T],
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// Values between two rows.
    pub row_stride: usize,
    /// Values between two columns.
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

/// [`sgemm`] in double precision.
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

    /// Whole numbers, whose products and sums are exact in both precisions.
    fn whole(count: usize, step: usize) -> Vec<f64> {
        (0..count).map(|at| ((at * step) % 17) as f64 - 8.0).collect()
    }

    #[test]
    fn products_are_those_of_the_definition_with_any_strides() {
        for (m, k, n, extra) in [(1, 1, 1, 0), (3, 5, 2, 0), (17, 9, 33, 4), (8, 1, 8, 1), (2, 0, 3, 0)] {
            let (a, b, c) = (whole(m * k, 7), whole(k * n, 5), whole(m * (n + extra), 3));
            let mut expected = c.clone();
            for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
                let sum: f64 = (0..k).map(|p| a[p * m + i] * b[p * n + j]).sum();
                let value = &mut expected[i * (n + extra) + j];
                *value = 2.0 * sum - *value;
            }
            let mut double = c.clone();
            // A is given by its columns.
            dgemm(
                2.0,
                View::row_major(&a, k, m).t(),
                View::row_major(&b, k, n),
                -1.0,
                &mut double,
                n + extra,
            );
            assert_eq!(double, expected, "{m} x {k} x {n}");
            let single = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
            let (a, b, mut c) = (single(&a), single(&b), single(&c));
            sgemm(2.0, View::row_major(&a, k, m).t(), View::row_major(&b, k, n), -1.0, &mut c, n + extra);
            assert_eq!(c, single(&expected), "{m} x {k} x {n}");
        }
    }

    #[test]
    #[should_panic(expected = "view is out of bounds")]
    fn a_view_that_leaves_its_data_panics() {
        dgemm(1.0, View::row_major(&[1.0; 5], 2, 3), View::row_major(&[1.0; 6], 3, 2), 0.0, &mut [0.0; 4], 2);
    }

    #[test]
    #[should_panic(expected = "rows of C overlap")]
    fn rows_of_the_result_must_not_overlap() {
        dgemm(1.0, View::row_major(&[1.0; 6], 2, 3), View::row_major(&[1.0; 6], 3, 2), 0.0, &mut [0.0; 4], 1);
    }
}
