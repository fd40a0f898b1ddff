//! Sparse rows of bytes times weights in `f64`, for stochastic descent: only blocks of eight pixels with a non-zero
//! byte are stored. Three in five blocks are zero on MNIST, a quarter on Fashion-MNIST. Rows are visited in
//! random order, so that loading the bytes of a row takes most of its time.

use super::huge_pages;
use super::simd::{self, Level, for_each_level};

/// Values of a block: eight f64 fill one of the widest registers and a cache line.
pub const WIDTH: usize = 8;

/// A block of a row.
pub type Pixels = [u8; WIDTH];

/// A block of a vector.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub struct Block(pub [f64; WIDTH]);

/// The values in blocks, the last block padded with zeros.
pub fn blocks(values: &[f64]) -> Vec<Block> {
    let block = |values: &[f64]| Block(std::array::from_fn(|lane| values.get(lane).copied().unwrap_or(0.0)));
    values.chunks(WIDTH).map(block).collect()
}

/// Rows of bytes of which only the blocks that are not all zero are stored.
pub struct NonzeroBlocks {
    pixels: Vec<Pixels>,
    places: Vec<u16>,
    /// The first block of each row; the last entry is the number of blocks.
    starts: Vec<usize>,
}

impl NonzeroBlocks {
    /// Stores row-major bytes, `d` per row, the last block padded with zeros. Panics from about half a
    /// million columns on.
    pub fn new(bytes: &[u8], d: usize) -> NonzeroBlocks {
        assert!(d / WIDTH < usize::from(u16::MAX), "too many columns: {d}");
        let n = bytes.len().checked_div(d).unwrap_or(0);
        let mut pixels = huge_pages::with_capacity(n * d.div_ceil(WIDTH));
        let (mut places, mut starts) = (Vec::new(), vec![0]);
        for row in bytes.chunks_exact(d.max(1)) {
            let (whole, rest) = row.as_chunks::<WIDTH>();
            let last: Pixels = std::array::from_fn(|lane| rest.get(lane).copied().unwrap_or(0));
            for (place, block) in whole.iter().chain([&last]).enumerate() {
                if u64::from_ne_bytes(*block) != 0 {
                    pixels.push(*block);
                    places.push(place as u16);
                }
            }
            starts.push(pixels.len());
        }
        NonzeroBlocks { pixels, places, starts }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of blocks that are stored.
    pub fn blocks(&self) -> usize {
        self.pixels.len()
    }

    /// The blocks of one row.
    #[inline]
    pub fn row(&self, index: usize) -> Row<'_> {
        let range = self.starts[index]..self.starts[index + 1];
        Row { pixels: &self.pixels[range.clone()], places: &self.places[range] }
    }
}

/// The blocks of a row that are not all zero, and their places in a vector.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The blocks.
    pub pixels: &'a [Pixels],
    /// The place of each block in a vector of blocks.
    pub places: &'a [u16],
}

/// The sum of the products of the row and `v`. Panics when a place is beyond `v`. The vector levels fuse products and
/// sums, so that their last bits differ from the scalar one's.
pub fn dot(row: Row, v: &[Block]) -> f64 {
    dot_at(simd::level(), row, v)
}

/// [`dot`] at a given level, lowered to what the machine supports.
pub fn dot_at(level: Level, row: Row, v: &[Block]) -> f64 {
    match level.min(simd::supported()) {
        // SAFETY: the machine supports the level, so it has the instructions that the function was compiled with.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::dot_avx512(row, v) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::dot_avx2(row, v) },
        _ => dot_body(row, v, |a, b, c| a * b + c),
    }
}

/// `out[i]` = `start` + the product of row i and `v`, with the bits of [`dot`], for the first `out.len()`
/// rows. Panics when a place is beyond `v`.
pub fn products(rows: &NonzeroBlocks, v: &[Block], start: f64, out: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    if simd::level() == Level::Avx512 {
        // SAFETY: the machine supports the level, so it has the instructions that the function was compiled with.
        unsafe { x86::products_avx512(rows, v, start, out) };
        return;
    }
    for (row, out) in out.iter_mut().enumerate() {
        *out = start + dot(rows.row(row), v);
    }
}

/// `multiply_add(a, b, c)` is a * b + c. Four sums take the blocks in turn, which hides the latency of the
/// additions.
#[inline(always)]
fn dot_body(row: Row, v: &[Block], multiply_add: impl Fn(f64, f64, f64) -> f64) -> f64 {
    let mut sums = [[0.0; WIDTH]; 4];
    let mut take = |at: usize, pixels: &Pixels, place: u16| {
        let (Block(v), sum) = (&v[usize::from(place)], &mut sums[at]);
        for lane in 0..WIDTH {
            sum[lane] = multiply_add(f64::from(pixels[lane]), v[lane], sum[lane]);
        }
    };
    let ((fours, last), (places, last_places)) = (row.pixels.as_chunks::<4>(), row.places.as_chunks::<4>());
    for ([a, b, c, d], places) in fours.iter().zip(places) {
        take(0, a, places[0]);
        take(1, b, places[1]);
        take(2, c, places[2]);
        take(3, d, places[3]);
    }
    for (at, (pixels, &place)) in last.iter().zip(last_places).enumerate() {
        take(at, pixels, place);
    }
    total(&sums)
}

/// The total of all sums. Not inlined: inside the kernels it would make the compiler keep their sums in
/// 128-bit registers.
#[inline(never)]
fn total([a, b, c, d]: &[[f64; WIDTH]; 4]) -> f64 {
    let lanes: [f64; WIDTH] = std::array::from_fn(|lane| (a[lane] + b[lane]) + (c[lane] + d[lane]));
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

for_each_level! {
    /// `v += a * row`, at the row's places. Panics when a place is beyond `v`.
    pub fn add(a: f64, row: Row, v: &mut [Block]) {
        for (pixels, &place) in row.pixels.iter().zip(row.places) {
            let Block(v) = &mut v[usize::from(place)];
            for lane in 0..WIDTH {
                v[lane] += a * f64::from(pixels[lane]);
            }
        }
    }
}

for_each_level! {
    /// `v += a * factors * row`, at the row's places. Panics when a place is beyond `v` or `factors`.
    pub fn add_scaled(a: f64, row: Row, factors: &[Block], v: &mut [Block]) {
        for (pixels, &place) in row.pixels.iter().zip(row.places) {
            let (Block(v), Block(factors)) = (&mut v[usize::from(place)], &factors[usize::from(place)]);
            for lane in 0..WIDTH {
                v[lane] += a * (factors[lane] * f64::from(pixels[lane]));
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{Block, NonzeroBlocks, Pixels, Row, dot_body};

    #[target_feature(enable = "avx2,fma")]
    pub fn dot_avx2(row: Row, v: &[Block]) -> f64 {
        dot_body(row, v, f64::mul_add)
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    pub fn products_avx512(rows: &NonzeroBlocks, v: &[Block], start: f64, out: &mut [f64]) {
        for (row, out) in out.iter_mut().enumerate() {
            *out = start + dot_avx512(rows.row(row), v);
        }
    }

    /// `dot_body` by hand: the compiler converts bytes to f64 through 32-bit integers, which takes one more
    /// instruction.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    pub fn dot_avx512(row: Row, v: &[Block]) -> f64 {
        let mut sums = [_mm512_setzero_pd(); 4];
        let ((fours, last), (places, last_places)) =
            (row.pixels.as_chunks::<4>(), row.places.as_chunks::<4>());
        for (pixels, places) in fours.iter().zip(places) {
            for at in 0..4 {
                sums[at] = multiply_add(&pixels[at], &v[usize::from(places[at])], sums[at]);
            }
        }
        for (at, (pixels, &place)) in last.iter().zip(last_places).enumerate() {
            sums[at] = multiply_add(pixels, &v[usize::from(place)], sums[at]);
        }
        let [a, b, c, d] = sums;
        total_avx512(_mm512_add_pd(_mm512_add_pd(a, b), _mm512_add_pd(c, d)))
    }

    /// The lanes' sum in the order of [`total`](super::total).
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    fn total_avx512(lanes: __m512d) -> f64 {
        let four = _mm256_add_pd(_mm512_castpd512_pd256(lanes), _mm512_extractf64x4_pd::<1>(lanes));
        let two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd::<1>(four));
        _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    fn multiply_add(pixels: &Pixels, v: &Block, sum: __m512d) -> __m512d {
        // SAFETY: eight bytes and eight values are loaded from arrays of as many.
        let (pixels, v) = unsafe { (_mm_loadl_epi64(pixels.as_ptr().cast()), _mm512_loadu_pd(v.0.as_ptr())) };
        _mm512_fmadd_pd(_mm512_cvtepi64_pd(_mm512_cvtepu8_epi64(pixels)), v, sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(n: usize, salt: f64) -> Vec<f64> {
        (0..n).map(|i| ((i as f64 + salt) * 1.7).sin() * 3f64.powi(i as i32 % 5)).collect()
    }

    #[test]
    fn blocks_are_filled_up_with_zeros_and_are_lines() {
        assert!(blocks(&[]).is_empty());
        let two = blocks(&[1.0; WIDTH + 1]);
        assert_eq!(two[1].0, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(two.as_ptr() as usize % 64, 0);
    }

    #[test]
    fn kernels_follow_their_definitions_for_every_number_of_blocks() {
        for n in 0..=40usize {
            let places: Vec<u16> = (0..n as u16).map(|at| 2 * at + at % 2).collect();
            let pixels: Vec<Pixels> =
                (0..n).map(|at| std::array::from_fn(|lane| ((at * WIDTH + lane) * 89 + 7) as u8)).collect();
            let row = Row { pixels: &pixels, places: &places };
            let (v, factors) = (values(2 * n * WIDTH, 0.4), values(2 * n * WIDTH, 0.1));
            let mut dense = vec![0.0; v.len()];
            for (pixels, &place) in pixels.iter().zip(&places) {
                let dense = &mut dense[usize::from(place) * WIDTH..][..WIDTH];
                dense.iter_mut().zip(pixels).for_each(|(dense, &pixel)| *dense = f64::from(pixel));
            }
            let plain: f64 = dense.iter().zip(&v).map(|(p, v)| p * v).sum();
            for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
                let sum = dot_at(level, row, &blocks(&v));
                assert!((sum - plain).abs() < 1e-9 * (1.0 + plain.abs()), "{n} blocks, {level:?}");
            }
            if simd::supported() == Level::Avx512 {
                let bits = |level| dot_at(level, row, &blocks(&v)).to_bits();
                assert_eq!(bits(Level::Avx2), bits(Level::Avx512), "{n} blocks");
            }
            let mut moved = blocks(&v);
            add_scaled(0.7, row, &blocks(&factors), &mut moved);
            for (j, &moved) in moved.iter().flat_map(|block| &block.0).enumerate() {
                assert!((moved - (v[j] + 0.7 * factors[j] * dense[j])).abs() < 1e-9, "{n} blocks");
            }
        }
    }

    #[test]
    #[should_panic(expected = "out of bounds")]
    fn a_place_beyond_the_vector_is_never_read() {
        dot(Row { pixels: &[[1; WIDTH]], places: &[7] }, &blocks(&[1.0; 7 * WIDTH]));
    }
}
