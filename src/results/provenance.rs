//! Where a result comes from: which build, which machine, which data, when.

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use pixel_learn::linalg::simd;

/// The version of this binary, with the git revision it was built from when there was one
/// (`+modified` when the code that can change a result differed from that revision).
pub const BINARY_VERSION: &str = env!("MNIST_BENCH_VERSION");

/// SHA-256 over everything that can change a prediction: Cargo.lock, pixel-learn, `src/dataset` and
/// `src/engines`.
pub const CODE_DIGEST: &str = env!("MNIST_BENCH_CODE_DIGEST");

/// The compiler that built this binary.
pub const RUSTC_VERSION: &str = env!("MNIST_BENCH_RUSTC");

/// Written into every result file. Whatever the system does not tell stays empty or 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    pub binary_version: String,
    pub code_digest: String,
    pub rustc: String,
    /// The vector instructions in use: `scalar`, `avx2` or `avx512`.
    pub cpu_features: String,
    pub cpu_model: String,
    /// Cores that the process may use.
    pub cores: usize,
    pub memory_bytes: u64,
    pub os: String,
    /// SHA-256 of each data file, by file name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dataset_digests: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub grid_digest: String,
    /// What an external engine said of itself: the versions of what it stands on, the BLAS kernel in use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub engine_environment: BTreeMap<String, String>,
    pub threads: usize,
    /// The seed from which those of the repeats derive.
    pub base_seed: u64,
    /// The limits of the job: seconds for each configuration, resident bytes. A failure at a limit is tried
    /// again when the limit is raised.
    #[serde(default)]
    pub timeout_seconds: f64,
    #[serde(default)]
    pub memory_limit_bytes: u64,
    /// When the job started, such as `2026-11-22T01:40:00Z`.
    pub started_utc: String,
}

impl Provenance {
    /// This build on this machine, now; data, grid, threads and seed are the caller's to fill in.
    pub fn here() -> Provenance {
        /// Asked of the system once: a plan may have a hundred thousand rows.
        static HERE: LazyLock<Provenance> = LazyLock::new(|| Provenance {
            binary_version: BINARY_VERSION.to_string(),
            code_digest: CODE_DIGEST.to_string(),
            rustc: RUSTC_VERSION.to_string(),
            cpu_features: simd::level().name().to_string(),
            cpu_model: cpu_model(),
            cores: std::thread::available_parallelism().map_or(0, |cores| cores.get()),
            memory_bytes: memory_bytes(),
            os: operating_system(),
            ..Provenance::default()
        });
        Provenance { started_utc: utc(SystemTime::now()), ..HERE.clone() }
    }
}

/// The processor's name as the kernel gives it, such as `AMD EPYC, family 25 model 17`: a virtual machine may call several
/// generations by one name, and times of one are not comparable with those of another.
fn cpu_model() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
        pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_string())
    };
    let name = field("model name").unwrap_or_default();
    match (field("cpu family"), field("model")) {
        (Some(family), Some(model)) => format!("{name}, family {family} model {model}"),
        _ => name,
    }
}

/// Memory of the machine.
fn memory_bytes() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = line.and_then(|rest| rest.split_whitespace().next()).and_then(|n| n.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

/// Distribution and kernel, or what the compiler calls the system.
fn operating_system() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let pretty = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    match pretty {
        Some(name) => format!("{} (Linux {})", name.trim_matches('"'), kernel.trim()),
        None => format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
    }
}

/// A time as `YYYY-MM-DDTHH:MM:SSZ` (proleptic Gregorian; times before 1970 show as 1970).
pub fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Civil date from days: eras of 400 years that begin on 1 March, so that leap days come last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn utc_knows_leap_years_and_year_ends() {
        let at = |seconds| utc(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_709_251_199), "2024-02-29T23:59:59Z");
        assert_eq!(at(1_709_251_200), "2024-03-01T00:00:00Z");
        assert_eq!(at(4_102_444_799), "2099-12-31T23:59:59Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn here_names_the_build() {
        let here = Provenance::here();
        assert!(here.binary_version.starts_with(env!("CARGO_PKG_VERSION")));
        assert_eq!(here.code_digest.len(), 64);
        assert!(here.rustc.contains("rustc"));
        assert!(here.cores > 0);
    }
}
