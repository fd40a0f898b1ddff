//! Matrix products through `matrixmultiply`, behind a safe, bounds-checked interface.
//!
//! Both are single-threaded: callers split the work into fixed blocks and give those to rayon. Every element is
//! one sum in an order that only the inner dimension decides, so the result has the same bits for any split.

/// A read-only strided view: element (i, j) stands at `data[i * row_stride + j * column_stride]`.
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
