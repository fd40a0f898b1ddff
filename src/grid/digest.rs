//! Digests that name what a grid and its models say.

use sha2::{Digest, Sha256};

/// SHA-256 of a grid's text, in hexadecimal.
pub fn of_text(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
