//! Pixels as 0 and 1.

/// 1 where a pixel is above the threshold, else 0.
pub(super) fn binarize(pixels: &[u8], threshold: u8) -> Vec<u8> {
    pixels.iter().map(|&pixel| u8::from(pixel > threshold)).collect()
}
