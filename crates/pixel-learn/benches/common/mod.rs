//! Data for the benchmarks of kernels, made from formulas so that no file is read.

use std::sync::Arc;

use pixel_learn::{Features, Scaling};

/// Image-like bytes: a bright blob whose place follows from the class, dark elsewhere, some noise.
pub fn images(n: usize, side: usize, classes: usize) -> (Vec<u8>, Vec<u8>) {
    let labels: Vec<u8> = (0..n).map(|i| (i * 7 % classes) as u8).collect();
    let pixels = (0..n)
        .flat_map(|i| {
            let class = i * 7 % classes;
            (0..side * side).map(move |j| {
                let (y, x) = (j / side, j % side);
                let (cy, cx) = (class * 3 % side, (class * 5 + i % 3) % side);
                let distance = y.abs_diff(cy) + x.abs_diff(cx);
                let noise = (i as u32).wrapping_mul(2654435761).wrapping_add(j as u32 * 40503 + 977) >> 13;
                if distance < side / 3 { 255 - (distance * 20) as u8 / 2 - (noise % 90) as u8 } else { 0 }
            })
        })
        .collect();
    (pixels, labels)
}

/// [`images`] as standardised features.
pub fn features(n: usize, side: usize, classes: usize) -> (Features, Vec<u8>) {
    let (pixels, labels) = images(n, side, classes);
    let scaling = Arc::new(Scaling::standard(&pixels, n, side * side));
    (Features::new(pixels, n, side * side, scaling), labels)
}

/// Small numbers of both signs.
pub fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| (i * 7919 % 1009) as f32 / 300.0 - 1.5).collect()
}
