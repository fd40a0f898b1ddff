//! Digests of grids.

use crate::hex::hex;
use sha2::{Digest, Sha256};

/// SHA-256 of a grid's text, in hexadecimal.
pub fn of_text(text: &str) -> String {
    hex(Sha256::digest(text))
}
