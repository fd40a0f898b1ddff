//! Products of mostly black images with nine f64 vectors, from exact bytes. L-BFGS evaluates logistic losses
//! with them.
//!
//! Four neighbouring rows form a group, stored with the columns in which any of them is not black, so that
//! the values loaded for a column serve all four. The order of every sum depends on the rows of the group
//! alone: the same bits on every instruction level.

use super::simd::{self, Level};

#[cfg(target_arch = "x86_64")]
mod x86;

/// Vectors that are interleaved.
pub const LANES: usize = 8;
/// Vectors per product: eight interleaved and the ninth alone. The softmax of ten classes needs exactly nine.
pub const VECTORS: usize = LANES + 1;
/// Rows of a group.
pub const GROUP_ROWS: usize = 4;

/// One value of each of eight vectors.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub struct Lanes(pub [f64; LANES]);

impl Lanes {
    /// Zeros.
    pub const ZERO: Lanes = Lanes([0.0; LANES]);
}

/// One value of each of nine vectors for each of four rows.
pub type Scores = [[f64; VECTORS]; GROUP_ROWS];

/// n rows of d bytes, in groups of four: rows 4 g to 4 g + 3 hold the bytes of `row_bytes[t]`, the lowest
/// first, in column `columns[t]`, t from `starts[g]` to `starts[g + 1]`, and 0 elsewhere. Rows beyond the
/// last are 0.
pub struct PixelRows {
    n: usize,
    d: usize,
    starts: Vec<usize>,
    /// Ascending within a group, each below d.
    columns: Vec<u16>,
    row_bytes: Vec<u32>,
}

impl PixelRows {
    /// The rows of `order`, in this order, from row-major bytes of `d` columns (1 to 65,536). Similar rows
    /// should be neighbours. Panics when a row of `order` is not in `bytes`. O(n d); six bytes for every
    /// column of a group in which one of its rows is not 0.
    pub fn new(bytes: &[u8], d: usize, order: &[u32]) -> PixelRows {
        assert!(d <= 1 << 16, "columns are numbered with 16 bits");
        assert_eq!(bytes.len() % d, 0, "bytes do not fill rows of d");
        let black = vec![0; d];
        let mut x =
            PixelRows { n: order.len(), d, starts: vec![0], columns: Vec::new(), row_bytes: Vec::new() };
        for rows in order.chunks(GROUP_ROWS) {
            let mut four = [black.as_slice(); GROUP_ROWS];
            for (place, &row) in four.iter_mut().zip(rows) {
                *place = &bytes[row as usize * d..][..d];
            }
            for column in 0..d {
                let four = u32::from_le_bytes(four.map(|row| row[column]));
                if four != 0 {
                    x.columns.push(column as u16);
                    x.row_bytes.push(four);
                }
            }
            x.starts.push(x.columns.len());
        }
        x
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.n
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.d
    }

    fn group(&self, group: usize) -> (&[u16], &[u32]) {
        let range = self.starts[group]..self.starts[group + 1];
        (&self.columns[range.clone()], &self.row_bytes[range])
    }

    /// Adds to `scores` the products of rows 4 `group` to 4 `group` + 3 with nine vectors. Panics when the
    /// rows do not exist, or when a vector is shorter than d.
    pub fn project(&self, group: usize, scores: &mut Scores, eight: &[Lanes], ninth: &[f64]) {
        self.project_at(simd::level(), group, scores, eight, ninth);
    }

    /// Adds rows 4 `group` to 4 `group` + 3, each times its `factors`, to the sums. For the ninth vector each
    /// of the four rows has its own sum. Panics when the rows do not exist, or with fewer sums than columns.
    pub fn accumulate(
        &self,
        group: usize,
        factors: &Scores,
        eight: &mut [Lanes],
        ninth: &mut [[f64; GROUP_ROWS]],
    ) {
        self.accumulate_at(simd::level(), group, factors, eight, ninth);
    }

    /// [`PixelRows::project`] at a given level, lowered to what the machine supports.
    pub fn project_at(
        &self,
        level: Level,
        group: usize,
        scores: &mut Scores,
        eight: &[Lanes],
        ninth: &[f64],
    ) {
        let (eight, ninth) = (&eight[..self.d], &ninth[..self.d]);
        let (columns, row_bytes) = self.group(group);
        match level.min(simd::supported()) {
            // SAFETY: the machine supports the level; every column is below the lengths of the vectors.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { x86::project_avx512(columns, row_bytes, scores, eight, ninth) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { x86::project_avx2(columns, row_bytes, scores, eight, ninth) },
            _ => {
                for (&column, four) in columns.iter().zip(row_bytes) {
                    let column = usize::from(column);
                    for (scores, byte) in scores.iter_mut().zip(four.to_le_bytes()) {
                        let vectors = eight[column].0.iter().chain([&ninth[column]]);
                        let terms = scores.iter_mut().zip(vectors);
                        terms.for_each(|(sum, vector)| *sum = f64::from(byte).mul_add(*vector, *sum));
                    }
                }
            }
        }
    }

    /// [`PixelRows::accumulate`] at a given level, lowered to what the machine supports.
    pub fn accumulate_at(
        &self,
        level: Level,
        group: usize,
        factors: &Scores,
        eight: &mut [Lanes],
        ninth: &mut [[f64; GROUP_ROWS]],
    ) {
        let (eight, ninth) = (&mut eight[..self.d], &mut ninth[..self.d]);
        let (columns, row_bytes) = self.group(group);
        match level.min(simd::supported()) {
            // SAFETY: the machine supports the level; every column is below the numbers of sums.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { x86::accumulate_avx512(columns, row_bytes, factors, eight, ninth) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { x86::accumulate_avx2(columns, row_bytes, factors, eight, ninth) },
            _ => {
                for (&column, four) in columns.iter().zip(row_bytes) {
                    let (eight, ninth) = (&mut eight[usize::from(column)].0, &mut ninth[usize::from(column)]);
                    for (row, byte) in four.to_le_bytes().into_iter().enumerate() {
                        let sums = eight.iter_mut().chain([&mut ninth[row]]).zip(factors[row]);
                        sums.for_each(|(sum, factor)| *sum = f64::from(byte).mul_add(factor, *sum));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(i: usize) -> f64 {
        ((i * 7919) % 1009) as f64 / 1009.0 - 0.5
    }

    #[test]
    fn products_and_sums_are_those_of_the_rows_at_every_size_and_level() {
        for d in 1..=150 {
            let n = 6;
            let byte = |at: usize| if (at * 31).is_multiple_of(3) { 0 } else { (at * 37 % 256) as u8 };
            let bytes: Vec<u8> = (0..n * d).map(byte).collect();
            let order = [3u32, 0, 5, 4, 2, 1];
            let x = PixelRows::new(&bytes, d, &order);
            assert_eq!((x.rows(), x.columns()), (n, d));
            let vectors: Vec<Lanes> =
                (0..d).map(|j| Lanes(std::array::from_fn(|lane| number(j * 31 + lane)))).collect();
            let ninth: Vec<f64> = vectors.iter().map(|lanes| lanes.0[5]).collect();
            let start: [f64; VECTORS] = std::array::from_fn(number);
            for at in 0..2 {
                let all = |level: Level| {
                    let mut scores = [start; GROUP_ROWS];
                    let (mut sums, mut single_sums) = (vectors.clone(), vec![[0.0; GROUP_ROWS]; d]);
                    x.project_at(level, at, &mut scores, &vectors, &ninth);
                    x.accumulate_at(level, at, &scores, &mut sums, &mut single_sums);
                    (scores, sums, single_sums)
                };
                let scalar = all(Level::Scalar);
                for level in [Level::Avx2, Level::Avx512] {
                    assert_eq!(all(level), scalar, "{level:?}, {d}");
                }
                let (scores, sums, single_sums) = scalar;
                let pixel = |row: usize, j: usize| match order.get(at * GROUP_ROWS + row) {
                    Some(&row) => f64::from(bytes[row as usize * d + j]),
                    None => 0.0,
                };
                for (row, scores) in scores.iter().enumerate() {
                    for (vector, lane) in [(2, 2), (LANES, 5)] {
                        let product = (0..d).map(|j| pixel(row, j) * vectors[j].0[lane]).sum::<f64>();
                        assert!((scores[vector] - start[vector] - product).abs() < 1e-9, "{d}");
                    }
                }
                for j in 0..d {
                    let exact =
                        |vector: usize| (0..GROUP_ROWS).map(|r| pixel(r, j) * scores[r][vector]).sum::<f64>();
                    assert!((sums[j].0[2] - vectors[j].0[2] - exact(2)).abs() < 1e-6, "{d}");
                    assert!((single_sums[j].iter().sum::<f64>() - exact(LANES)).abs() < 1e-6, "{d}");
                }
            }
        }
    }
}
