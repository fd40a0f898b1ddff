//! Keys that may be missing, but may not be `null`.

use serde::{Deserialize, Deserializer};

/// Reads an optional key that, when it is there, must have a value (`null` is none).
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
