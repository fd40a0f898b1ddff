//! Affine scaling of pixels, fitted on training images: scikit-learn's `StandardScaler`, and 1/255.

use crate::linalg::simd::for_each_level;

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

/// Scales rows of bytes: (byte - offset) / scale, computed in f64 and rounded to f32 once.
pub(crate) struct ByteScaler {
    offset: Vec<f64>,
    factors: Factors,
}

enum Factors {
    /// 1 / scale for each feature: for all bytes, multiplying by it gives the same f32 as dividing.
    Reciprocals(Vec<f64>),
    /// The values of the 256 bytes for each feature. All features take the table when one of them has a
    /// quotient so near to the middle between two f32 that the product rounds to the other side.
    Table(Vec<f32>),
}

impl ByteScaler {
    /// A scaler for rows of as many bytes as `scaling` has features. Cost: 257 divisions for each of them.
    pub fn new(scaling: &Scaling) -> ByteScaler {
        let table = table(scaling);
        let reciprocals: Vec<f64> = scaling.scale.iter().map(|scale| 1.0 / scale).collect();
        let agree = table.chunks_exact(256).enumerate().all(|(feature, values)| {
            let product = |byte| (f64::from(byte) - scaling.offset[feature]) * reciprocals[feature];
            (0..=255u8).zip(values).all(|(byte, value)| (product(byte) as f32).to_bits() == value.to_bits())
        });
        let factors = if agree { Factors::Reciprocals(reciprocals) } else { Factors::Table(table) };
        ByteScaler { offset: scaling.offset.clone(), factors }
    }

    /// Writes the value of each byte. Panics when the bytes do not fill whole rows, or `out` has another
    /// length.
    pub fn scale(&self, bytes: &[u8], out: &mut [f32]) {
        assert_eq!(bytes.len(), out.len(), "one value a byte");
        let d = self.offset.len().max(1);
        assert!(bytes.len().is_multiple_of(d), "the bytes do not fill rows of {d}");
        for (bytes, out) in bytes.chunks_exact(d).zip(out.chunks_exact_mut(d)) {
            match &self.factors {
                Factors::Reciprocals(reciprocals) => multiply(bytes, &self.offset, reciprocals, out),
                Factors::Table(table) => look_up(bytes, table, out),
            }
        }
    }
}

for_each_level! {
    fn multiply(bytes: &[u8], offset: &[f64], reciprocals: &[f64], out: &mut [f32]) {
        for (((out, &byte), offset), reciprocal) in out.iter_mut().zip(bytes).zip(offset).zip(reciprocals) {
            *out = ((f64::from(byte) - offset) * reciprocal) as f32;
        }
    }
}

/// The values of all 256 bytes, feature by feature.
fn table(scaling: &Scaling) -> Vec<f32> {
    let of_feature = |feature| (0..=255).map(move |byte| scaling.value(feature, byte) as f32);
    (0..scaling.offset.len()).flat_map(of_feature).collect()
}

fn look_up(bytes: &[u8], table: &[f32], out: &mut [f32]) {
    for ((out, &byte), values) in out.iter_mut().zip(bytes).zip(table.chunks_exact(256)) {
        *out = values[usize::from(byte)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_and_table_give_the_rounded_quotient() {
        let pixels: Vec<u8> = (0..300).map(|i| (i * i % 251) as u8).collect();
        for scaling in [Scaling::standard(&pixels, 10, 30), Scaling::unit(30)] {
            let quotients: Vec<u32> =
                (0..300).map(|i| (scaling.value(i % 30, pixels[i]) as f32).to_bits()).collect();
            let bits = |scaler: &ByteScaler| {
                let mut out = vec![0.0; 300];
                scaler.scale(&pixels, &mut out);
                out.into_iter().map(f32::to_bits).collect::<Vec<u32>>()
            };
            let by_product = ByteScaler::new(&scaling);
            assert!(matches!(by_product.factors, Factors::Reciprocals(_)));
            assert_eq!(bits(&by_product), quotients);
            let by_table = ByteScaler { factors: Factors::Table(table(&scaling)), ..by_product };
            assert_eq!(bits(&by_table), quotients);
        }
    }

    #[test]
    fn a_quotient_near_the_middle_of_two_f32_takes_the_table() {
        // Found by search: 37 / scale lies in the middle between two f32 as nearly as an f64 can.
        let scale = 23.57883490378823;
        assert_ne!((37.0 / scale) as f32, (37.0 * (1.0 / scale)) as f32);
        let scaling = Scaling { offset: vec![0.0], scale: vec![scale] };
        let scaler = ByteScaler::new(&scaling);
        assert!(matches!(scaler.factors, Factors::Table(_)));
        let bytes: Vec<u8> = (0..=255).collect();
        let mut out = vec![0.0; 256];
        scaler.scale(&bytes, &mut out);
        assert!(bytes.iter().zip(&out).all(|(&byte, &value)| value == scaling.value(0, byte) as f32));
    }
}
