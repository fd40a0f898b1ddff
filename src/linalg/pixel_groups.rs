//! Images of which most pixels are black, times a handful of vectors in double precision, exact in the
//! pixels: what L-BFGS evaluates logistic losses with.
//!
//! Four neighbouring rows stand together with the columns in which any of them is not black, so that what is
//! loaded for a column serves all four. Every sum is taken in an order that the four rows alone decide: the
//! same bits on every instruction level.

use super::simd::{self, Level, for_each_level};

#[cfg(target_arch = "x86_64")]
mod x86;

/// Vectors taken side by side.
pub const LANES: usize = 8;
/// Neighbouring rows that stand together.
pub const TOGETHER: usize = 4;
/// Interleaved sums of a product, so that one does not wait for the other: visited column `t` goes to sum `t
/// % 2`.
const CHAINS: usize = 2;
/// The same of a single vector, which leaves more registers.
const ONE_CHAINS: usize = 4;

/// One value of each of eight vectors.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub struct Lanes(pub [f64; LANES]);

impl Lanes {
    pub const ZERO: Lanes = Lanes([0.0; LANES]);
}

/// n rows of d bytes, in groups of four: rows 4 g to 4 g + 3 hold `bytes[t]` in column `columns[t]`, t from
/// `starts[g]` to `starts[g + 1]`, and 0 elsewhere. Rows beyond the last are 0.
pub struct PixelRows {
    n: usize,
    d: usize,
    starts: Vec<usize>,
    /// Rising within a group, each below d.
    columns: Vec<u16>,
    bytes: Vec<[u8; TOGETHER]>,
}

impl PixelRows {
    /// From row-major bytes, d (at least 1, at most 65,536) to a row: the rows of `order`, one after the
    /// other, for which neighbours that are alike are best. Panics when one is not there. O(n d); six bytes
    /// for every column in which one of four rows is not 0.
    pub fn new(bytes: &[u8], d: usize, order: &[u32]) -> PixelRows {
        assert!(d <= 1 << 16, "columns are numbered with 16 bits");
        assert_eq!(bytes.len() % d, 0, "bytes do not fill rows of d");
        let black = vec![0; d];
        let mut x = PixelRows { n: order.len(), d, starts: vec![0], columns: Vec::new(), bytes: Vec::new() };
        for rows in order.chunks(TOGETHER) {
            let mut four = [black.as_slice(); TOGETHER];
            for (place, &row) in four.iter_mut().zip(rows) {
                *place = &bytes[row as usize * d..][..d];
            }
            for column in 0..d {
                let bytes = four.map(|row| row[column]);
                if bytes != [0; TOGETHER] {
                    x.columns.push(column as u16);
                    x.bytes.push(bytes);
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
}

/// Four neighbouring rows in double precision: converted once, for a product and a sum. Products and sums are
/// taken a tile of columns at a time, so that several groups can share what a first-level cache holds of the
/// vectors.
pub struct PixelGroup {
    columns: Vec<u16>,
    values: Vec<[f64; TOGETHER]>,
    /// Where the columns of each tile end.
    ends: Vec<usize>,
    /// Columns of a tile, and of all.
    tile: usize,
    width: usize,
}

impl PixelGroup {
    /// A place for rows of x, in tiles of so many columns, at least 1.
    pub fn new(x: &PixelRows, tile: usize) -> PixelGroup {
        let tiles = x.d.div_ceil(tile);
        PixelGroup { columns: Vec::new(), values: Vec::new(), ends: vec![0; tiles], tile, width: x.d }
    }

    /// Number of tiles.
    pub fn tiles(&self) -> usize {
        self.ends.len()
    }

    /// Reads rows 4 `group` to 4 `group` + 3 of the same x. Panics when they are not there, or of another
    /// number of columns.
    pub fn read(&mut self, x: &PixelRows, group: usize) {
        assert_eq!(x.d, self.width, "rows of other columns");
        let range = x.starts[group]..x.starts[group + 1];
        let (columns, bytes) = (&x.columns[range.clone()], &x.bytes[range]);
        self.columns.clear();
        self.columns.extend_from_slice(columns);
        self.values.resize(bytes.len(), [0.0; TOGETHER]);
        widen(bytes, &mut self.values);
        for (at, end) in self.ends.iter_mut().enumerate() {
            let first_beyond = (at + 1) * self.tile;
            *end = columns.partition_point(|&column| usize::from(column) < first_beyond);
        }
    }

    fn tile(&self, tile: usize) -> (&[u16], &[[f64; TOGETHER]]) {
        let start = tile.checked_sub(1).map_or(0, |before| self.ends[before]);
        (&self.columns[start..self.ends[tile]], &self.values[start..self.ends[tile]])
    }

    /// `start` plus the products of the four rows with eight vectors, in the columns of a tile. Panics with
    /// fewer vectors than columns.
    pub fn project(&self, tile: usize, start: &[Lanes; TOGETHER], vectors: &[Lanes]) -> [Lanes; TOGETHER] {
        self.project_at(simd::level(), tile, start, vectors)
    }

    /// Adds the four rows, each times its factors, in the columns of a tile. Panics with fewer sums than
    /// columns.
    pub fn accumulate(&self, tile: usize, factors: &[Lanes; TOGETHER], sums: &mut [Lanes]) {
        self.accumulate_at(simd::level(), tile, factors, sums);
    }

    /// [`PixelGroup::project`] at a given level, lowered to what the machine supports.
    pub fn project_at(
        &self,
        level: Level,
        tile: usize,
        start: &[Lanes; TOGETHER],
        vectors: &[Lanes],
    ) -> [Lanes; TOGETHER] {
        let vectors = &vectors[..self.width];
        let (columns, values) = self.tile(tile);
        match level.min(simd::supported()) {
            // SAFETY: the machine supports the level; every column is below the number of vectors.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { x86::project_avx512(columns, values, start, vectors) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { x86::project_avx2(columns, values, start, vectors) },
            _ => std::array::from_fn(|row| {
                let mut sums = [start[row].0, [0.0f64; LANES]];
                for (t, (&column, values)) in columns.iter().zip(values).enumerate() {
                    let terms = sums[t % CHAINS].iter_mut().zip(vectors[usize::from(column)].0);
                    terms.for_each(|(sum, vector)| *sum = values[row].mul_add(vector, *sum));
                }
                let [a, b] = sums;
                Lanes(std::array::from_fn(|lane| a[lane] + b[lane]))
            }),
        }
    }

    /// [`PixelGroup::accumulate`] at a given level, lowered to what the machine supports.
    pub fn accumulate_at(&self, level: Level, tile: usize, factors: &[Lanes; TOGETHER], sums: &mut [Lanes]) {
        let sums = &mut sums[..self.width];
        let (columns, values) = self.tile(tile);
        match level.min(simd::supported()) {
            // SAFETY: the machine supports the level; every column is below the number of sums.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { x86::accumulate_avx512(columns, values, factors, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { x86::accumulate_avx2(columns, values, factors, sums) },
            _ => {
                for (&column, values) in columns.iter().zip(values) {
                    for (value, factor) in values.iter().zip(factors) {
                        let terms = sums[usize::from(column)].0.iter_mut().zip(factor.0);
                        terms.for_each(|(sum, factor)| *sum = value.mul_add(factor, *sum));
                    }
                }
            }
        }
    }

    /// [`PixelGroup::project`] of a single vector.
    pub fn project_one(&self, tile: usize, start: &[f64; TOGETHER], vector: &[f64]) -> [f64; TOGETHER] {
        self.project_one_at(simd::level(), tile, start, vector)
    }

    /// [`PixelGroup::accumulate`] of a single factor a row, each row into sums of its own.
    pub fn accumulate_one(&self, tile: usize, factors: &[f64; TOGETHER], sums: &mut [[f64; TOGETHER]]) {
        self.accumulate_one_at(simd::level(), tile, factors, sums);
    }

    /// [`PixelGroup::project_one`] at a given level, lowered to what the machine supports.
    pub fn project_one_at(
        &self,
        level: Level,
        tile: usize,
        start: &[f64; TOGETHER],
        vector: &[f64],
    ) -> [f64; TOGETHER] {
        let vector = &vector[..self.width];
        let (columns, values) = self.tile(tile);
        match level.min(simd::supported()) {
            // SAFETY: the machine supports the level; every column is below the length of the vector.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::Avx512 => unsafe { x86::project_one(columns, values, start, vector) },
            _ => {
                let mut sums = [[0.0; TOGETHER]; ONE_CHAINS];
                sums[0] = *start;
                for (t, (&column, values)) in columns.iter().zip(values).enumerate() {
                    let terms = sums[t % ONE_CHAINS].iter_mut().zip(values);
                    terms.for_each(|(sum, value)| *sum = value.mul_add(vector[usize::from(column)], *sum));
                }
                let [a, b, c, d] = sums;
                std::array::from_fn(|row| (a[row] + b[row]) + (c[row] + d[row]))
            }
        }
    }

    /// [`PixelGroup::accumulate_one`] at a given level, lowered to what the machine supports.
    pub fn accumulate_one_at(
        &self,
        level: Level,
        tile: usize,
        factors: &[f64; TOGETHER],
        sums: &mut [[f64; TOGETHER]],
    ) {
        let sums = &mut sums[..self.width];
        let (columns, values) = self.tile(tile);
        match level.min(simd::supported()) {
            // SAFETY: the machine supports the level; every column is below the number of sums.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::Avx512 => unsafe { x86::accumulate_one(columns, values, factors, sums) },
            _ => {
                for (&column, values) in columns.iter().zip(values) {
                    let terms = sums[usize::from(column)].iter_mut().zip(values.iter().zip(factors));
                    terms.for_each(|(sum, (value, factor))| *sum = value.mul_add(*factor, *sum));
                }
            }
        }
    }
}

for_each_level! {
    fn widen(bytes: &[[u8; TOGETHER]], out: &mut [[f64; TOGETHER]]) {
        for (out, byte) in out.as_flattened_mut().iter_mut().zip(bytes.as_flattened()) {
            *out = f64::from(*byte);
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
            let one: Vec<f64> = vectors.iter().map(|lanes| lanes.0[5]).collect();
            let start = Lanes(std::array::from_fn(number));
            for at in 0..2 {
                let mut group = PixelGroup::new(&x, 64);
                group.read(&x, at);
                let all = |level: Level| {
                    let (mut eight, mut single) = ([start; TOGETHER], [start.0[5]; TOGETHER]);
                    let (mut sums, mut single_sums) = (vectors.clone(), vec![[0.0; TOGETHER]; d]);
                    for tile in 0..group.tiles() {
                        eight = group.project_at(level, tile, &eight, &vectors);
                        single = group.project_one_at(level, tile, &single, &one);
                    }
                    for tile in 0..group.tiles() {
                        group.accumulate_at(level, tile, &eight, &mut sums);
                        group.accumulate_one_at(level, tile, &single, &mut single_sums);
                    }
                    (eight, single, sums, single_sums)
                };
                let scalar = all(Level::Scalar);
                for level in [Level::Avx2, Level::Avx512] {
                    assert_eq!(all(level), scalar, "{level:?}, {d}");
                }
                let (eight, single, sums, single_sums) = scalar;
                let pixel = |row: usize, j: usize| match order.get(at * TOGETHER + row) {
                    Some(&row) => f64::from(bytes[row as usize * d + j]),
                    None => 0.0,
                };
                for (single, lanes) in single.iter().zip(&eight) {
                    assert!((single - lanes.0[5]).abs() < 1e-9, "{d}");
                }
                for (row, lanes) in eight.iter().enumerate() {
                    let product = (0..d).map(|j| pixel(row, j) * vectors[j].0[2]).sum::<f64>();
                    assert!((lanes.0[2] - start.0[2] - product).abs() < 1e-9, "{d}");
                }
                for j in 0..d {
                    let exact =
                        |lane: usize| (0..TOGETHER).map(|r| pixel(r, j) * eight[r].0[lane]).sum::<f64>();
                    assert!((sums[j].0[2] - vectors[j].0[2] - exact(2)).abs() < 1e-6, "{d}");
                    assert!((single_sums[j].iter().sum::<f64>() - exact(5)).abs() < 1e-6, "{d}");
                }
            }
        }
    }
}
