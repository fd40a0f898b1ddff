//! What one thread of this machine does at most, measured with loops that do nothing else.

use std::hint::black_box;
use std::time::{Duration, Instant};

use pixel_learn::linalg::simd::for_each_level;

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
        let work = Work::ALL.map(|work| highest_rate(|| work.run(black_box(STEPS))));
        let large = vec![1u64; LARGE];
        let memory = highest_rate(|| {
            black_box(sum(&large));
            size_of_val(&large[..])
        });
        Limits { work, memory }
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

/// The best of many short runs, per second: `run` returns how many operations or bytes it took.
fn highest_rate(run: impl Fn() -> usize) -> f64 {
    let end = Instant::now() + Duration::from_millis(700);
    let mut best = 0.0f64;
    while Instant::now() < end {
        let start = Instant::now();
        let count = run();
        best = best.max(count as f64 / start.elapsed().as_secs_f64());
    }
    best
}

/// Independent sums: enough for two instructions a cycle of a latency of up to six cycles.
const SUMS: usize = 12;

impl Work {
    /// Repeats this operation `steps` times with nothing beside it. Returns the number of operations.
    fn run(self, steps: usize) -> usize {
        #[cfg(target_arch = "x86_64")]
        if let Some(operations) = x86::run(self, steps) {
            return operations;
        }
        match self {
            Work::F32 => plain(steps, 0.5f32, |sum, a| sum * a + a),
            Work::F64 => plain(steps, 0.5f64, |sum, a| sum * a + a),
            Work::Words | Work::Bytes => plain(steps, 3i32, |sum, a| (sum ^ a).wrapping_mul(a)),
            Work::Cells => cell_additions(steps),
        }
    }
}

/// Chains of an operation without vector instructions of our choice: no limit, which kernels may exceed.
fn plain<T: Copy>(steps: usize, factor: T, step: impl Fn(T, T) -> T) -> usize {
    let factor = black_box(factor);
    let mut sums = [factor; SUMS];
    for _ in 0..steps {
        sums.iter_mut().for_each(|sum| *sum = step(*sum, factor));
    }
    black_box(sums);
    SUMS * steps
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;
    use std::hint::black_box;

    use super::{SUMS, Work};
    use pixel_learn::linalg::simd::{Level, level};

    /// Defines a function that runs `SUMS` independent chains of one instruction, compiled for the level.
    macro_rules! chains {
        ($name:ident, $feature:literal, $zero:expr, $factor:expr, |$sum:ident, $a:ident| $step:expr) => {
            #[target_feature(enable = $feature)]
            fn $name(steps: usize) {
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

    /// Runs the widest instruction that the level has; the number of operations, or `None` where there is none.
    #[allow(unsafe_code, reason = "what is called is compiled for what the machine has")]
    pub fn run(work: Work, steps: usize) -> Option<usize> {
        let vnni = is_x86_feature_detected!("avx512vnni");
        let (chains, lanes): (unsafe fn(usize), usize) = match (level(), work) {
            (Level::Scalar, _) | (_, Work::Cells) => return None,
            (Level::Avx512, Work::F32) => (f32_avx512, 16),
            (Level::Avx2, Work::F32) => (f32_avx2, 8),
            (Level::Avx512, Work::F64) => (f64_avx512, 8),
            (Level::Avx2, Work::F64) => (f64_avx2, 4),
            (Level::Avx512, Work::Words) if vnni => (words_vnni, 32),
            (Level::Avx512, Work::Bytes) if vnni => (bytes_vnni, 64),
            // Without VNNI, bytes are multiplied as 16-bit integers.
            (_, Work::Words | Work::Bytes) => (words_avx2, 16),
        };
        // SAFETY: `level` is never above what the machine supports, and VNNI was looked for.
        unsafe { chains(steps) };
        Some(SUMS * steps * lanes)
    }
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
