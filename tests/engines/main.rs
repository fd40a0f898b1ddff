//! The engines through the interface that a sweep uses: bad parameters, bad data, and easy data.
//! (The folder also holds the external engines in Perl that `tests/sweep/external_engines.rs` starts.)

mod bad_input;
mod rust_crates;
