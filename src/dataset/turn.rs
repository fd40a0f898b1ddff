//! Transposes images that are column-major in their file, as EMNIST's are.

use super::Images;

/// The images with rows and columns exchanged.
pub fn transpose(images: Images) -> Images {
    let Images { pixels, count, rows, columns } = images;
    let mut turned = vec![0; pixels.len()];
    let size = (rows * columns).max(1);
    for (from, to) in pixels.chunks_exact(size).zip(turned.chunks_exact_mut(size)) {
        for row in 0..rows {
            for column in 0..columns {
                to[column * rows + row] = from[row * columns + column];
            }
        }
    }
    Images { pixels: turned, count, rows: columns, columns: rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        let lying =
            Images { pixels: vec![1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16], count: 2, rows: 2, columns: 3 };
        let upright = transpose(lying.clone());
        assert_eq!((upright.rows, upright.columns), (3, 2));
        assert_eq!(upright.pixels, [1, 4, 2, 5, 3, 6, 11, 14, 12, 15, 13, 16]);
        assert_eq!(transpose(upright), lying);
    }
}
