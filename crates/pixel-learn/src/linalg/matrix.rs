//! A dense row-major `f32` matrix whose rows start on cache lines where the width allows.

/// One cache line of values; storing lines keeps the data 64-byte aligned without `unsafe` allocation.
#[derive(Clone, Copy)]
#[repr(align(64))]
#[expect(dead_code, reason = "read and written through the slices below")]
struct Line([f32; 16]);

/// A dense row-major matrix of `rows` x `columns`. The data is contiguous (no padding between rows) and
/// starts 64-byte aligned, so every row is aligned when `columns` is a multiple of 16, as 784 is.
#[derive(Clone)]
pub struct Matrix {
    lines: Vec<Line>,
    rows: usize,
    columns: usize,
}

impl Matrix {
    /// A matrix of zeros.
    pub fn zeros(rows: usize, columns: usize) -> Matrix {
        let length = rows.checked_mul(columns).expect("matrix size overflows usize");
        Matrix { lines: vec![Line([0.0; 16]); length.div_ceil(16)], rows, columns }
    }

    /// Copies row-major values. Panics when `values.len() != rows * columns`.
    pub fn from_slice(values: &[f32], rows: usize, columns: usize) -> Matrix {
        let mut matrix = Matrix::zeros(rows, columns);
        matrix.as_mut_slice().copy_from_slice(values);
        matrix
    }

    /// A copy of these rows, in this order. Panics when a row is past the end.
    pub fn select(&self, indices: impl ExactSizeIterator<Item = usize>) -> Matrix {
        let mut matrix = Matrix::zeros(indices.len(), self.columns);
        for (to, from) in indices.enumerate() {
            matrix.row_mut(to).copy_from_slice(self.row(from));
        }
        matrix
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All values, row after row.
    pub fn as_slice(&self) -> &[f32] {
        // SAFETY: Line is repr(align(64)) around [f32; 16] with size 64, so the lines are
        // `16 * lines.len()` consecutive f32 values, of which the first rows * columns are ours.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.rows * self.columns) }
    }

    /// All values, row-major, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        // SAFETY: as in `as_slice`; the borrow is unique.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.rows * self.columns) }
    }

    /// One row.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.as_slice()[index * self.columns..(index + 1) * self.columns]
    }

    /// One row, to be changed.
    pub fn row_mut(&mut self, index: usize) -> &mut [f32] {
        let columns = self.columns;
        &mut self.as_mut_slice()[index * columns..(index + 1) * columns]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_what_was_put_in_and_start_on_a_cache_line() {
        for (rows, columns) in [(0, 3), (1, 1), (3, 5), (2, 16), (7, 33)] {
            let values: Vec<f32> = (0..rows * columns).map(|at| at as f32).collect();
            let mut matrix = Matrix::from_slice(&values, rows, columns);
            assert_eq!((matrix.rows(), matrix.columns()), (rows, columns));
            assert_eq!(matrix.as_slice(), values);
            assert_eq!(matrix.as_slice().as_ptr() as usize % 64, 0);
            matrix.as_mut_slice().iter_mut().for_each(|value| *value += 1.0);
            if rows > 0 {
                assert_eq!(matrix.row(rows - 1)[columns - 1], (rows * columns) as f32);
            }
        }
    }
}
