//! A training row in a node of a tree.

/// A training row in a node: its number, its class, and its weight (in a bootstrap sample, how often it was
/// drawn).
///
/// The memory layout is fixed, because vector code reads it.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Sample {
    /// The row among all training rows.
    pub row: u32,
    /// The weight of the row.
    pub weight: u16,
    /// The class of the row.
    pub class: u16,
}
