//! The vector instructions in use: detected once at run time, lowered by `MNIST_BENCH_SIMD` for tests.

use std::sync::OnceLock;

/// Instruction levels in rising order. A kernel uses the best path it has at or below [`level`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Plain Rust, the definition that the other paths are tested against.
    Scalar,
    /// AVX2 with FMA (x86-64-v3).
    Avx2,
    /// AVX-512 F, BW, DQ, VL (x86-64-v4).
    Avx512,
}

impl Level {
    /// The name that `MNIST_BENCH_SIMD` takes.
    pub fn name(self) -> &'static str {
        match self {
            Level::Scalar => "scalar",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        }
    }
}

/// The level in use: the machine's, or a lower one asked for with `MNIST_BENCH_SIMD=scalar|avx2|avx512`.
pub fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        let asked = match std::env::var("MNIST_BENCH_SIMD").as_deref() {
            Ok("scalar") => Level::Scalar,
            Ok("avx2") => Level::Avx2,
            _ => Level::Avx512,
        };
        asked.min(supported())
    })
}

/// The best level this machine has.
pub fn supported() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = avx2
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        if avx512 {
            return Level::Avx512;
        }
        if avx2 {
            return Level::Avx2;
        }
    }
    Level::Scalar
}

/// Defines a function whose body is compiled once for each instruction level and chosen at run time. The
/// body is plain Rust that the compiler can vectorise; as Rust never fuses or reorders floating-point
/// operations on its own, every level gives the same bits.
#[macro_export]
macro_rules! for_each_level {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments, reason = "the public function has as many as it needs")]
        #[allow(unsafe_code, reason = "what is called is compiled for what the machine has")]
        $vis fn $name($($arg: $type),*) $(-> $ret)? {
            #[inline(always)]
            fn body($($arg: $type),*) $(-> $ret)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($arg: $type),*) $(-> $ret)? {
                    body($($arg),*)
                }
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $type),*) $(-> $ret)? {
                    body($($arg),*)
                }
                match $crate::linalg::simd::level() {
                    // SAFETY: `level` is never above what the machine supports.
                    $crate::linalg::simd::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    $crate::linalg::simd::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::linalg::simd::Level::Scalar => {}
                }
            }
            body($($arg),*)
        }
    };
}
pub use for_each_level;
