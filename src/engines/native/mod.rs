//! The project's own models as an engine: one file a family, which reads parameters, names what shares
//! work, and times it.

use super::Engine;

/// Our own implementations.
pub static NATIVE: Engine = Engine { name: "native", version: env!("CARGO_PKG_VERSION"), families: &[] };
