//! Affine scaling of pixels, fitted on training images: scikit-learn's `StandardScaler`, and 1/255.

/// An affine scaling of each feature, value = (pixel - offset) / scale, computed in f64.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    /// The pixel value that is mapped to 0, one per feature.
    pub offset: Vec<f64>,
    /// The divisor, one per feature; never 0.
    pub scale: Vec<f64>,
}

impl Scaling {
    /// Zero mean and unit (population) variance for each of `d` features over `n` rows of `pixels`;
    /// a constant feature keeps scale 1, as in scikit-learn's `StandardScaler`.
    pub fn standard(pixels: &[u8], n: usize, d: usize) -> Scaling {
        assert_eq!(pixels.len(), n * d, "pixels do not fill n x d");
        let mut sum = vec![0u64; d];
        let mut squares = vec![0u64; d];
        for row in pixels.chunks_exact(d.max(1)) {
            for ((s, q), &p) in sum.iter_mut().zip(&mut squares).zip(row) {
                *s += u64::from(p);
                *q += u64::from(p) * u64::from(p);
            }
        }
        // Integer sums are exact, so n sum(p^2) - sum(p)^2, which is n^2 times the variance, has no
        // cancellation error.
        let n = n as u128;
        let mut offset = Vec::with_capacity(d);
        let mut scale = Vec::with_capacity(d);
        for (&s, &q) in sum.iter().zip(&squares) {
            let spread = n * u128::from(q) - u128::from(s) * u128::from(s);
            offset.push(if n == 0 { 0.0 } else { s as f64 / n as f64 });
            scale.push(if spread == 0 { 1.0 } else { (spread as f64).sqrt() / n as f64 });
        }
        Scaling { offset, scale }
    }

    /// pixel / 255 for every feature.
    pub fn unit(d: usize) -> Scaling {
        Scaling { offset: vec![0.0; d], scale: vec![255.0; d] }
    }

    /// The scaled value of `pixel` in `feature`.
    pub fn value(&self, feature: usize, pixel: u8) -> f64 {
        (f64::from(pixel) - self.offset[feature]) / self.scale[feature]
    }
}
