//! Seeds by name: each is the start of a SHA-256 over what it depends on, so it does not depend on the order
//! in which a sweep runs, nor on what else it runs.

use sha2::{Digest, Sha256};

/// The seed of a model, by data set, engine, classifier, sharing group and repeat. All configurations of a
/// sharing group have the same seed, so that 10 and 50 trees are prefixes of the 100.
pub fn model(
    base: u64,
    dataset: &str,
    engine: &str,
    classifier: &str,
    sharing_key: &str,
    repeat: usize,
) -> u64 {
    derive(base, &["model", dataset, engine, classifier, sharing_key, &repeat.to_string()])
}

/// The seed that orders the training rows: the same for all models of a repeat.
pub fn shuffle(base: u64, dataset: &str, repeat: usize) -> u64 {
    derive(base, &["shuffle", dataset, &repeat.to_string()])
}

/// The seed that chooses a subset of the training rows: the same for all repeats, so that these differ by the
/// randomness of the method alone.
pub fn subset(base: u64, dataset: &str) -> u64 {
    derive(base, &["subset", dataset])
}

fn derive(base: u64, parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    hash.update(base.to_le_bytes());
    for part in parts {
        // The length in front separates the parts: `ab, c` and `a, bc` have different hashes.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    digest.iter().take(8).fold(0, |seed, &byte| seed << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_depend_on_everything_they_name() {
        let seeds = [
            model(1, "mnist", "native", "SVC", "k", 0),
            model(2, "mnist", "native", "SVC", "k", 0),
            model(1, "fashion-mnist", "native", "SVC", "k", 0),
            model(1, "mnist", "linfa", "SVC", "k", 0),
            model(1, "mnist", "native", "SV", "Ck", 0),
            model(1, "mnist", "native", "SVC", "", 0),
            model(1, "mnist", "native", "SVC", "k", 1),
            shuffle(1, "mnist", 0),
            shuffle(1, "mnist", 1),
            subset(1, "mnist"),
        ];
        for (i, a) in seeds.iter().enumerate() {
            assert!(seeds[i + 1..].iter().all(|b| a != b), "seed {i} occurs twice");
        }
    }

    #[test]
    fn seeds_stay_what_they_are() {
        // Committed results were made with these.
        assert_eq!(shuffle(1, "mnist", 0), 6_937_482_320_000_461_749);
        assert_eq!(model(1, "mnist", "native", "SVC", "kernels", 2), 15_026_583_969_878_626_756);
    }
}
