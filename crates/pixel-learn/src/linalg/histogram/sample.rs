//! One training row in a node of a tree.

/// A row of a node: where its bytes stand, its class, and how often it counts (bootstrap).
///
/// The layout is fixed: rows are read in vectors.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Sample {
    /// The row among all training rows.
    pub row: u32,
    /// How often the row counts.
    pub weight: u16,
    /// The class of the row.
    pub class: u16,
}
