//! What one thread of this machine does at most, measured with loops that do nothing else.

use std::hint::black_box;
use std::time::{Duration, Instant};

use pixel_learn::linalg::simd::{Level, for_each_level, level};

/// Kinds of work, each with its own limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Fused multiply-adds in f32, operands in registers.
    F32,
    /// The same in f64.
    F64,
    /// Products of 16-bit integers, added in 32 bits.
    Words,
    /// Products of 8-bit integers, added in 32 bits.
    Bytes,
    /// Additions of a 64-bit integer to a cell of a histogram in the first-level cache.
    Cells,
}

impl Work {
    /// All kinds.
    pub const ALL: [Work; 5] = [Work::F32, Work::F64, Work::Words, Work::Bytes, Work::Cells];

    /// What is counted.
    pub fn name(self) -> &'static str {
        match self {
            Work::F32 => "f32 multiply-adds",
            Work::F64 => "f64 multiply-adds",
            Work::Words => "16-bit products",
            Work::Bytes => "8-bit products",
            Work::Cells => "cell additions",
        }
    }
}

/// The highest rate of each kind of work and of reading from the memory.
pub struct Limits {
    work: [f64; Work::ALL.len()],
    /// Bytes a second.
    pub memory: f64,
}

impl Limits {
    /// Measures all, a few seconds.
    pub fn measure() -> Limits {
        let work = Work::ALL.map(|work| {
            let run: fn(usize) -> usize = match work {
                Work::F32 => f32_multiply_adds,
                Work::F64 => f64_multiply_adds,
                Work::Words => word_products,
                Work::Bytes => byte_products,
                Work::Cells => cell_additions,
            };
            highest_rate(run, STEPS)
        });
        let large = vec![1u64; LARGE];
        Limits { work, memory: highest_rate(|_| sum(&large) as usize * size_of::<u64>(), 0) }
    }

    /// Operations a second.
    pub fn rate(&self, work: Work) -> f64 {
        self.work[work as usize]
    }
}

/// Numbers of an array that no cache holds: 1 GB.
const LARGE: usize = 1 << 27;

/// Repetitions of a loop's body between two readings of the clock.
const STEPS: usize = 200_000;

/// The best of many short runs: `run` takes a number of steps and returns how many operations (or bytes) these were.
fn highest_rate(run: impl Fn(usize) -> usize, steps: usize) -> f64 {
    let end = Instant::now() + Duration::from_millis(700);
    let mut best = 0.0f64;
    while Instant::now() < end {
        let start = Instant::now();
        let operations = run(black_box(steps));
        best = best.max(operations as f64 / start.elapsed().as_secs_f64());
    }
    best
}

/// Independent sums: enough for two instructions a cycle of a latency of up to six cycles.
const SUMS: usize = 12;

/// Defines a function that runs `SUMS` independent chains of one instruction, compiled for the level.
macro_rules! chains {
    ($name:ident, $feature:literal, $zero:expr, $factor:expr, |$sum:ident, $a:ident| $step:expr) => {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = $feature)]
        fn $name(steps: usize) {
            use std::arch::x86_64::*;
            let mut sums = [$zero; SUMS];
            let $a = black_box($factor);
            for _ in 0..steps {
                for sum in &mut sums {
                    let $sum = *sum;
                    *sum = $step;
                }
            }
            black_box(sums);
        }
    };
}

chains!(f32_avx512, "avx512f", _mm512_setzero_ps(), _mm512_set1_ps(0.5), |s, a| _mm512_fmadd_ps(s, a, a));
chains!(f32_avx2, "avx2,fma", _mm256_setzero_ps(), _mm256_set1_ps(0.5), |s, a| _mm256_fmadd_ps(s, a, a));
chains!(f64_avx512, "avx512f", _mm512_setzero_pd(), _mm512_set1_pd(0.5), |s, a| _mm512_fmadd_pd(s, a, a));
chains!(f64_avx2, "avx2,fma", _mm256_setzero_pd(), _mm256_set1_pd(0.5), |s, a| _mm256_fmadd_pd(s, a, a));
chains!(words_vnni, "avx512f,avx512vnni", _mm512_setzero_si512(), _mm512_set1_epi16(3), |s, a| {
    _mm512_dpwssd_epi32(s, a, a)
});
chains!(bytes_vnni, "avx512f,avx512vnni", _mm512_setzero_si512(), _mm512_set1_epi8(3), |s, a| {
    _mm512_dpbusd_epi32(s, a, a)
});
// The sum is a factor too, or the compiler would multiply once for all steps.
chains!(words_avx2, "avx2", _mm256_setzero_si256(), _mm256_set1_epi16(3), |s, a| {
    _mm256_add_epi32(_mm256_madd_epi16(s, a), a)
});

/// Runs the best of two variants that the level allows; the number of lanes that ran, or `None` below AVX2.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "what is called is compiled for what the machine has")]
fn run(steps: usize, avx512: (unsafe fn(usize), usize), avx2: (unsafe fn(usize), usize)) -> Option<usize> {
    let (run, lanes) = match level() {
        Level::Avx512 => avx512,
        Level::Avx2 => avx2,
        Level::Scalar => return None,
    };
    // SAFETY: `level` is never above what the machine supports; callers look for VNNI themselves.
    unsafe { run(steps) };
    Some(lanes)
}

#[cfg(not(target_arch = "x86_64"))]
fn run(_: usize, _: (unsafe fn(usize), usize), _: (unsafe fn(usize), usize)) -> Option<usize> {
    None
}

/// The same without vector instructions of our choice.
fn plain<T: Copy>(steps: usize, zero: T, step: impl Fn(T) -> T) -> usize {
    let mut sums = [zero; SUMS];
    for _ in 0..steps {
        sums.iter_mut().for_each(|sum| *sum = step(*sum));
    }
    black_box(sums);
    1
}

fn f32_multiply_adds(steps: usize) -> usize {
    let a = black_box(0.5f32);
    let lanes =
        run(steps, (f32_avx512, 16), (f32_avx2, 8)).unwrap_or_else(|| plain(steps, 0.0, |s| s * a + a));
    SUMS * steps * lanes
}

fn f64_multiply_adds(steps: usize) -> usize {
    let a = black_box(0.5f64);
    let lanes =
        run(steps, (f64_avx512, 8), (f64_avx2, 4)).unwrap_or_else(|| plain(steps, 0.0, |s| s * a + a));
    SUMS * steps * lanes
}

fn word_products(steps: usize) -> usize {
    let a = black_box(3i32);
    let best =
        if has_vnni() { (words_vnni as unsafe fn(usize), 32) } else { (words_avx2 as unsafe fn(usize), 16) };
    SUMS * steps
        * run(steps, best, (words_avx2, 16))
            .unwrap_or_else(|| plain(steps, 0, |s: i32| (s ^ a).wrapping_mul(a)))
}

/// Without VNNI, bytes are multiplied as 16-bit integers.
fn byte_products(steps: usize) -> usize {
    if !has_vnni() {
        return word_products(steps);
    }
    SUMS * steps * run(steps, (bytes_vnni, 64), (words_avx2, 16)).unwrap_or(1)
}

fn has_vnni() -> bool {
    #[cfg(target_arch = "x86_64")]
    return level() == Level::Avx512 && is_x86_feature_detected!("avx512vnni");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Eight histograms of 256 cells, as trees have them: 16 KB.
fn cell_additions(steps: usize) -> usize {
    let bytes: Vec<u8> = (0..4096usize).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut cells = vec![0u64; 8 * 256];
    let rows = steps.div_ceil(bytes.len() / 8);
    for _ in 0..rows {
        add_cells(&bytes, &mut cells);
    }
    black_box(&cells);
    rows * bytes.len()
}

for_each_level! {
    /// Adds a row number to one cell of each of eight histograms, for every eight bytes.
    fn add_cells(bytes: &[u8], cells: &mut [u64]) {
        let cells: &mut [u64; 8 * 256] = cells.try_into().expect("eight histograms");
        for (row, bytes) in bytes.as_chunks::<8>().0.iter().enumerate() {
            for (feature, &byte) in bytes.iter().enumerate() {
                cells[feature * 256 + usize::from(byte)] += row as u64;
            }
        }
    }
}

for_each_level! {
    /// The sum of all numbers.
    fn sum(numbers: &[u64]) -> u64 {
        numbers.iter().fold(0, |sum, &number| sum.wrapping_add(number))
    }
}
