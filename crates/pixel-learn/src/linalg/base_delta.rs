//! Products of rows with up to sixteen vectors at once, for linear models with several classes. The rows are
//! stored as differences from a common base row, because an image is mostly background: four of five pixels
//! of MNIST, half of those of Fashion-MNIST.
//!
//! The base row holds the most frequent value of every column. A product with a vector is the product of the
//! base, computed once, plus one term for every difference. The vectors are interleaved: the values of one
//! column fill a register. Four neighbouring rows form a group, stored with the columns in which any of them
//! differs, so that the values loaded for a column serve four times sixteen terms. With the images sorted by
//! class these are a third of the columns of MNIST and two thirds of those of Fashion-MNIST; single rows
//! differ in 19 % and 50 %.
//!
//! The order of every sum depends on the rows of the group alone: the same bits on every instruction level.

use super::huge_pages;
use super::simd::{self, Level};

#[cfg(target_arch = "x86_64")]
mod x86;

/// Vectors of `f32` taken together.
pub const LANES: usize = 16;
/// Vectors of `f64` taken together.
pub const WIDE_LANES: usize = 8;
/// Rows of a group.
const GROUP_ROWS: usize = 4;
/// Interleaved partial sums of a product, which hide the latency of the additions: visited column `t` goes to
/// sum `t % 2`.
const CHAINS: usize = 2;

/// The number of rows sampled to find the most frequent byte of each column.
const SAMPLE_ROWS: usize = 4096;

/// One value of each of sixteen vectors.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub struct Lanes(pub [f32; LANES]);

/// One value of each of eight vectors, in double precision.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub struct WideLanes(pub [f64; WIDE_LANES]);

impl Lanes {
    /// Sixteen zeros.
    pub const ZERO: Lanes = Lanes([0.0; LANES]);
}

impl WideLanes {
    /// Eight zeros.
    pub const ZERO: WideLanes = WideLanes([0.0; WIDE_LANES]);
}

/// n rows of d values: rows 4 g to 4 g + 3 are `base` plus `values[t]` in column `columns[t]`, t from
/// `starts[g]` to `starts[g + 1]`. Rows beyond the last are equal to the base.
pub struct SparseRows {
    n: usize,
    base: Vec<f64>,
    starts: Vec<usize>,
    /// Ascending within a group, each below d.
    columns: Vec<u16>,
    values: Vec<[f32; GROUP_ROWS]>,
}

impl SparseRows {
    /// The rows of `order`, in this order, from row-major bytes of `d` columns (1 to 65,536). A byte has the
    /// value `value(column, byte)`. Similar rows should be neighbours. Panics when a row of `order` is not in
    /// `bytes`. O(n d); eighteen bytes for every column of a group in which one of its rows differs from the
    /// base.
    pub fn from_bytes(bytes: &[u8], d: usize, order: &[u32], value: impl Fn(usize, u8) -> f64) -> SparseRows {
        assert!(d <= 1 << 16, "columns are numbered with 16 bits");
        assert_eq!(bytes.len() % d, 0, "bytes do not fill rows of d");
        let common = most_frequent(bytes, d);
        let base: Vec<f64> = common.iter().enumerate().map(|(j, &byte)| value(j, byte)).collect();
        let differences: Vec<f32> = (0..d)
            .flat_map(|j| (0..=255u8).map(move |byte| (j, byte)))
            .map(|(j, byte)| (value(j, byte) - base[j]) as f32)
            .collect();
        // Room for all columns, in huge pages: pages that are never touched are never allocated.
        let most = order.len().div_ceil(GROUP_ROWS) * d;
        let (mut columns, mut values) = (huge_pages::with_capacity(most), huge_pages::with_capacity(most));
        let mut starts = vec![0];
        for rows in order.chunks(GROUP_ROWS) {
            // Rows beyond the last are equal to the base.
            let mut four = [common.as_slice(); GROUP_ROWS];
            for (place, &row) in four.iter_mut().zip(rows) {
                *place = &bytes[row as usize * d..][..d];
            }
            // Eight columns at a time, because many such blocks are all background.
            for start in (0..d).step_by(8) {
                let eight = start..(start + 8).min(d);
                if four.iter().all(|row| row[eight.clone()] == common[eight.clone()]) {
                    continue;
                }
                for column in eight {
                    if four.iter().any(|row| row[column] != common[column]) {
                        columns.push(column as u16);
                        values.push(four.map(|row| differences[column * 256 + usize::from(row[column])]));
                    }
                }
            }
            starts.push(columns.len());
        }
        SparseRows { n: order.len(), base, starts, columns, values }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.n
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.base.len()
    }

    /// The base row, d values.
    pub fn base(&self) -> &[f64] {
        &self.base
    }

    /// The dot product of the base row and a vector.
    pub fn base_times(&self, vector: &[f64]) -> f64 {
        self.base.iter().zip(vector).map(|(base, value)| base * value).sum()
    }

    /// Writes a row, d values, to `out`. O(d).
    pub fn write(&self, row: usize, out: &mut [f32]) {
        out.iter_mut().zip(&self.base).for_each(|(out, base)| *out = *base as f32);
        let (columns, values) = self.group(row / GROUP_ROWS);
        for (&column, values) in columns.iter().zip(values) {
            out[usize::from(column)] += values[row % GROUP_ROWS];
        }
    }

    /// The rows with every value squared.
    pub fn squared(&self) -> SparseRows {
        let square = |(&column, values): (&u16, &[f32; GROUP_ROWS])| {
            let base = self.base[usize::from(column)];
            values.map(|value| (f64::from(value) * (f64::from(value) + 2.0 * base)) as f32)
        };
        SparseRows {
            n: self.n,
            base: self.base.iter().map(|base| base * base).collect(),
            starts: self.starts.clone(),
            columns: self.columns.clone(),
            values: self.columns.iter().zip(&self.values).map(square).collect(),
        }
    }

    /// The columns in which any of the rows 4 `group` to 4 `group` + 3 differs, and by what.
    fn group(&self, group: usize) -> (&[u16], &[[f32; GROUP_ROWS]]) {
        let range = self.starts[group]..self.starts[group + 1];
        (&self.columns[range.clone()], &self.values[range])
    }
}

/// Splits an ascending list of rows into runs that belong to one group.
fn groups(list: &[u32]) -> impl Iterator<Item = &[u32]> {
    list.chunk_by(|a, b| a / GROUP_ROWS as u32 == b / GROUP_ROWS as u32)
}

/// The group of such a run.
fn group_of(run: &[u32]) -> usize {
    run[0] as usize / GROUP_ROWS
}

/// The most frequent byte of every column in about `SAMPLE_ROWS` rows, the smallest of equals. A sample is
/// enough: a byte that is only nearly the most frequent one makes as good a base.
fn most_frequent(bytes: &[u8], d: usize) -> Vec<u8> {
    let mut counts = vec![0u32; d * 256];
    for row in bytes.chunks_exact(d).step_by((bytes.len() / d / SAMPLE_ROWS).max(1)) {
        for (&byte, counts) in row.iter().zip(counts.chunks_exact_mut(256)) {
            counts[usize::from(byte)] += 1;
        }
    }
    let first_largest = |counts: &[u32]| {
        let mut best = 0;
        for (byte, count) in counts.iter().enumerate() {
            if *count > counts[best] {
                best = byte;
            }
        }
        best as u8
    };
    counts.chunks_exact(256).map(first_largest).collect()
}

/// `out[i]` = `start` + sum over the differences of row `list[i]` of difference times `vectors[column]`.
/// These are the products of the row with the vectors if `start` holds those of the base. Panics when a row
/// does not exist, or when `vectors` is shorter than the columns or `out` than `list`. O(differences of the
/// groups).
pub fn project(x: &SparseRows, list: &[u32], start: &Lanes, vectors: &[Lanes], out: &mut [Lanes]) {
    project_at(simd::level(), x, list, start, vectors, out);
}

/// `sums[column]` += difference times `factors[i]`, over all differences of all rows `list[i]`. Panics when a
/// row does not exist, or when `factors` is shorter than `list` or `sums` than the columns. O(differences of
/// the groups).
pub fn accumulate(x: &SparseRows, list: &[u32], factors: &[Lanes], sums: &mut [Lanes]) {
    accumulate_at(simd::level(), x, list, factors, sums);
}

/// [`project`] in double precision, for `out.len()` rows from row `first` on, a multiple of four.
pub fn project_wide(
    x: &SparseRows,
    first: usize,
    start: &WideLanes,
    vectors: &[WideLanes],
    out: &mut [WideLanes],
) {
    project_wide_at(simd::level(), x, first, start, vectors, out);
}

/// [`accumulate`] in double precision, for the `factors.len()` rows from row `first` on, a multiple of four.
pub fn accumulate_wide(x: &SparseRows, first: usize, factors: &[WideLanes], sums: &mut [WideLanes]) {
    accumulate_wide_at(simd::level(), x, first, factors, sums);
}

/// [`project`] at a given level, lowered to what the machine supports.
pub fn project_at(
    level: Level,
    x: &SparseRows,
    list: &[u32],
    start: &Lanes,
    vectors: &[Lanes],
    out: &mut [Lanes],
) {
    let (vectors, out) = (&vectors[..x.columns()], &mut out[..list.len()]);
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level; every column of a row is below the number of vectors.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::project_avx512(x, list, start, vectors, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::project_avx2(x, list, start, vectors, out) },
        _ => {
            let mut out = out.iter_mut();
            for run in groups(list) {
                let (columns, values) = x.group(group_of(run));
                for (row, out) in run.iter().zip(&mut out) {
                    let values = values.iter().map(|values| values[*row as usize % GROUP_ROWS]);
                    let mut sums = [start.0, [0.0f32; LANES]];
                    for (t, (&column, value)) in columns.iter().zip(values).enumerate() {
                        let terms = sums[t % CHAINS].iter_mut().zip(vectors[usize::from(column)].0);
                        terms.for_each(|(sum, vector)| *sum = value.mul_add(vector, *sum));
                    }
                    let [a, b] = sums;
                    *out = Lanes(std::array::from_fn(|lane| a[lane] + b[lane]));
                }
            }
        }
    }
}

/// [`accumulate`] at a given level, lowered to what the machine supports.
pub fn accumulate_at(level: Level, x: &SparseRows, list: &[u32], factors: &[Lanes], sums: &mut [Lanes]) {
    let (factors, sums) = (&factors[..list.len()], &mut sums[..x.columns()]);
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level; every column of a row is below the number of sums.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::accumulate_avx512(x, list, factors, sums) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::accumulate_avx2(x, list, factors, sums) },
        _ => {
            let mut factors = factors.iter();
            for run in groups(list) {
                let (columns, values) = x.group(group_of(run));
                for (row, factor) in run.iter().zip(&mut factors) {
                    let values = values.iter().map(|values| values[*row as usize % GROUP_ROWS]);
                    for (&column, value) in columns.iter().zip(values) {
                        let terms = sums[usize::from(column)].0.iter_mut().zip(factor.0);
                        terms.for_each(|(sum, factor)| *sum = value.mul_add(factor, *sum));
                    }
                }
            }
        }
    }
}

/// [`accumulate_wide`] at a given level, lowered to what the machine supports.
pub fn accumulate_wide_at(
    level: Level,
    x: &SparseRows,
    first: usize,
    factors: &[WideLanes],
    sums: &mut [WideLanes],
) {
    assert!(first.is_multiple_of(GROUP_ROWS) && first + factors.len() <= x.rows(), "rows of whole groups");
    let sums = &mut sums[..x.columns()];
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level; every column of a row is below the number of sums.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::accumulate_wide_avx512(x, first, factors, sums) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::accumulate_wide_avx2(x, first, factors, sums) },
        _ => {
            for (group, factors) in (first / GROUP_ROWS..).zip(factors.chunks(GROUP_ROWS)) {
                let (columns, values) = x.group(group);
                for (&column, values) in columns.iter().zip(values) {
                    let sums = &mut sums[usize::from(column)].0;
                    for (value, factor) in values.iter().zip(factors) {
                        let terms = sums.iter_mut().zip(factor.0);
                        terms.for_each(|(sum, factor)| *sum = f64::from(*value).mul_add(factor, *sum));
                    }
                }
            }
        }
    }
}

/// [`project_wide`] at a given level, lowered to what the machine supports.
pub fn project_wide_at(
    level: Level,
    x: &SparseRows,
    first: usize,
    start: &WideLanes,
    vectors: &[WideLanes],
    out: &mut [WideLanes],
) {
    assert!(first.is_multiple_of(GROUP_ROWS) && first + out.len() <= x.rows(), "rows of whole groups");
    let vectors = &vectors[..x.columns()];
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level; every column of a row is below the number of vectors.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::project_wide_avx512(x, first, start, vectors, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::project_wide_avx2(x, first, start, vectors, out) },
        _ => {
            for (row, out) in (first..).zip(out) {
                let (columns, values) = x.group(row / GROUP_ROWS);
                let mut sums = [start.0, [0.0f64; WIDE_LANES]];
                for (t, (&column, values)) in columns.iter().zip(values).enumerate() {
                    let value = f64::from(values[row % GROUP_ROWS]);
                    let terms = sums[t % CHAINS].iter_mut().zip(vectors[usize::from(column)].0);
                    terms.for_each(|(sum, vector)| *sum = value.mul_add(vector, *sum));
                }
                let [a, b] = sums;
                *out = WideLanes(std::array::from_fn(|lane| a[lane] + b[lane]));
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::linalg::Matrix;

    /// Rows that differ from nothing in every column.
    pub(crate) fn of_matrix(x: &Matrix) -> SparseRows {
        let (n, d) = (x.rows(), x.columns());
        let groups = n.div_ceil(GROUP_ROWS);
        let value = |row: usize, column: usize| if row < n { x.row(row)[column] } else { 0.0 };
        let of_group = |at: usize| std::array::from_fn(|place| value(at / d * GROUP_ROWS + place, at % d));
        SparseRows {
            n,
            base: vec![0.0; d],
            starts: (0..=groups).map(|group| group * d).collect(),
            columns: (0..groups * d).map(|at| (at % d) as u16).collect(),
            values: (0..groups * d).map(of_group).collect(),
        }
    }

    fn in_order(n: usize) -> Vec<u32> {
        (0..n as u32).collect()
    }

    fn number(i: usize) -> f32 {
        ((i * 7919) % 1009) as f32 / 1009.0 - 0.5
    }

    /// Bytes of which about a part in `rare` is not background; column 1 has a light background.
    fn bytes(n: usize, d: usize, rare: usize) -> Vec<u8> {
        let byte = |at: usize| {
            let lit = ((at * 2_654_435_761) >> 7).is_multiple_of(rare);
            if lit {
                (at % 251) as u8
            } else if at % d == 1 {
                255
            } else {
                0
            }
        };
        (0..n * d).map(byte).collect()
    }

    fn value(column: usize, byte: u8) -> f64 {
        (f64::from(byte) - 20.0 - column as f64) / (30.0 + column as f64)
    }

    #[test]
    fn rows_are_those_of_the_bytes_and_so_are_their_squares() {
        for (n, d, rare) in [(1, 1, 1), (7, 3, 2), (20, 17, 5), (9, 200, 3)] {
            let bytes = bytes(n, d, rare);
            let x = SparseRows::from_bytes(&bytes, d, &in_order(n), value);
            let squared = x.squared();
            assert_eq!((x.rows(), x.columns()), (n, d));
            let mut row = vec![0.0; d];
            for i in 0..n {
                x.write(i, &mut row);
                for j in 0..d {
                    let exact = value(j, bytes[i * d + j]);
                    assert!((f64::from(row[j]) - exact).abs() < 1e-5, "{n} x {d}");
                }
                squared.write(i, &mut row);
                for j in 0..d {
                    let exact = value(j, bytes[i * d + j]).powi(2);
                    assert!((f64::from(row[j]) - exact).abs() < 1e-5 * (1.0 + exact), "{n} x {d}");
                }
            }
        }
        let bytes = bytes(7, 3, 2);
        let x = SparseRows::from_bytes(&bytes, 3, &[6, 0, 4, 5, 2], value);
        let mut row = vec![0.0; 3];
        for (i, at) in [6, 0, 4, 5, 2].into_iter().enumerate() {
            x.write(i, &mut row);
            (0..3).for_each(|j| assert!((f64::from(row[j]) - value(j, bytes[at * 3 + j])).abs() < 1e-5));
        }
        let light = SparseRows::from_bytes(&self::bytes(50, 4, 7), 4, &in_order(50), value);
        assert_eq!(light.base()[1], value(1, 255), "the base is what most rows have");
        assert!(light.columns.len() < 35);
    }

    #[test]
    fn products_and_sums_are_those_of_the_rows_at_every_size_and_level() {
        for d in 1..=200 {
            let n = 7;
            let bytes = bytes(n, d, 2);
            let x = SparseRows::from_bytes(&bytes, d, &in_order(n), value);
            let list = [4u32, 0, 2];
            let vectors: Vec<Lanes> =
                (0..d).map(|j| Lanes(std::array::from_fn(|lane| number(j * 31 + lane)))).collect();
            let wide: Vec<WideLanes> =
                vectors.iter().map(|v| WideLanes(std::array::from_fn(|lane| f64::from(v.0[lane])))).collect();
            let of_base = |lane: usize| {
                x.base().iter().zip(&vectors).map(|(b, v)| b * f64::from(v.0[lane])).sum::<f64>()
            };
            let start = Lanes(std::array::from_fn(|lane| of_base(lane) as f32));
            let wide_start = WideLanes(std::array::from_fn(of_base));
            let mut scores = vec![Lanes::ZERO; list.len()];
            project_at(Level::Scalar, &x, &list, &start, &vectors, &mut scores);
            let mut sums = vectors.clone();
            accumulate_at(Level::Scalar, &x, &list, &scores, &mut sums);
            let mut wide_scores = vec![WideLanes::ZERO; n - GROUP_ROWS];
            project_wide_at(Level::Scalar, &x, GROUP_ROWS, &wide_start, &wide, &mut wide_scores);
            let mut wide_sums = wide.clone();
            accumulate_wide_at(Level::Scalar, &x, GROUP_ROWS, &wide_scores, &mut wide_sums);
            for level in [Level::Avx2, Level::Avx512] {
                let mut again = vec![Lanes::ZERO; list.len()];
                project_at(level, &x, &list, &start, &vectors, &mut again);
                assert_eq!(again, scores, "{level:?}, {d}");
                let mut again = vectors.clone();
                accumulate_at(level, &x, &list, &scores, &mut again);
                assert_eq!(again, sums, "{level:?}, {d}");
                let mut again = vec![WideLanes::ZERO; n - GROUP_ROWS];
                project_wide_at(level, &x, GROUP_ROWS, &wide_start, &wide, &mut again);
                assert_eq!(again, wide_scores, "{level:?}, {d}");
                let mut again = wide.clone();
                accumulate_wide_at(level, &x, GROUP_ROWS, &wide_scores, &mut again);
                assert_eq!(again, wide_sums, "{level:?}, {d}");
            }
            let exact = |row: usize, lane: usize| {
                (0..d).map(|j| value(j, bytes[row * d + j]) * f64::from(vectors[j].0[lane])).sum::<f64>()
            };
            for lane in 0..LANES {
                for (score, &row) in scores.iter().zip(&list) {
                    assert!((f64::from(score.0[lane]) - exact(row as usize, lane)).abs() < 1e-4, "{d}");
                }
                for j in 0..d {
                    let terms = scores.iter().zip(&list).map(|(score, &row)| {
                        (value(j, bytes[row as usize * d + j]) - x.base()[j]) * f64::from(score.0[lane])
                    });
                    let exact = f64::from(vectors[j].0[lane]) + terms.sum::<f64>();
                    assert!((f64::from(sums[j].0[lane]) - exact).abs() < 1e-4 * (1.0 + exact.abs()), "{d}");
                }
            }
            for lane in 0..WIDE_LANES {
                for (i, score) in wide_scores.iter().enumerate() {
                    assert!((score.0[lane] - exact(i + GROUP_ROWS, lane)).abs() < 1e-5, "{d}");
                }
                for j in 0..d {
                    let terms = wide_scores.iter().enumerate().map(|(i, score)| {
                        (value(j, bytes[(i + GROUP_ROWS) * d + j]) - x.base()[j]) * score.0[lane]
                    });
                    let exact = wide[j].0[lane] + terms.sum::<f64>();
                    assert!((wide_sums[j].0[lane] - exact).abs() < 1e-5 * (1.0 + exact.abs()), "{d}");
                }
            }
        }
    }
}
