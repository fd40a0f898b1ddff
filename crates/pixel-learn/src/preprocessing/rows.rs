//! Rows on their way through a chain.

use std::sync::Arc;

use crate::{Features, Scaling};

/// Rows of bytes of the same length, and how their values follow from them.
pub(super) struct Rows {
    pub pixels: Vec<u8>,
    pub n: usize,
    pub d: usize,
    pub scaling: Arc<Scaling>,
}

impl Rows {
    /// The bytes of `features` as their own values.
    pub fn raw(features: &Features) -> Rows {
        let d = features.d();
        let scaling = Arc::new(Scaling { offset: vec![0.0; d], scale: vec![1.0; d] });
        Rows { pixels: features.pixels().to_vec(), n: features.n(), d, scaling }
    }

    /// Other bytes in the place of these.
    pub fn with_pixels(self, pixels: Vec<u8>) -> Rows {
        Rows { pixels, ..self }
    }

    /// The same bytes under another scaling.
    pub fn with_scaling(self, scaling: Arc<Scaling>) -> Rows {
        Rows { scaling, ..self }
    }

    pub fn into_features(self) -> Features {
        Features::new(self.pixels, self.n, self.d, self.scaling)
    }
}
