//! What several test binaries share. Each uses a part of it.
#![allow(dead_code)]

pub mod files;
pub mod records;
pub mod rng;
pub mod sandbox;
