//! Changes of training images that keep their class: shifts, mirror images, erased rectangles. The seed draws
//! other changes for each image in each epoch.

use rand::RngExt;
use rand_pcg::Pcg64;
use serde::Deserialize;

use super::error::NetworkError;

/// The changes of training images; none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augmentation {
    /// The largest shift in pixels, drawn uniformly in each direction; pixels from outside the image are 0.
    pub shift: usize,
    /// The probability of a horizontal mirror image. Mirroring hurts digits.
    pub flip: f64,
    /// The probability that a rectangle is erased (Zhong et al., 2017): 2 to 40 % of the image, with an
    /// aspect ratio from 0.3 to 3.3, filled with random pixels.
    pub erase: f64,
}

impl Augmentation {
    /// Whether no change is made.
    pub fn is_none(&self) -> bool {
        *self == Augmentation::default()
    }

    /// `Err` for a probability outside 0 to 1.
    pub fn check(&self) -> Result<(), NetworkError> {
        let probability = |value: f64| (0.0..=1.0).contains(&value);
        if probability(self.flip) && probability(self.erase) {
            return Ok(());
        }
        Err(NetworkError::Definition("augmentation: flip and erase are probabilities between 0 and 1".into()))
    }

    /// Writes an augmented copy of an image of `[rows, columns]` to `changed`.
    pub fn apply(&self, image: &[u8], [rows, columns]: [usize; 2], rng: &mut Pcg64, changed: &mut [u8]) {
        let reach = self.shift as i64;
        let mut offset = || if reach == 0 { 0 } else { rng.random_range(-reach..=reach) };
        let (down, right) = (offset(), offset());
        let mirrored = self.flip > 0.0 && rng.random_bool(self.flip);
        for y in 0..rows {
            for x in 0..columns {
                let (from_y, from_x) = (y as i64 - down, x as i64 - right);
                let inside = (0..rows as i64).contains(&from_y) && (0..columns as i64).contains(&from_x);
                let from_x = if mirrored { columns as i64 - 1 - from_x } else { from_x };
                changed[y * columns + x] =
                    if inside { image[from_y as usize * columns + from_x as usize] } else { 0 };
            }
        }
        if self.erase > 0.0 && rng.random_bool(self.erase) {
            erase([rows, columns], rng, changed);
        }
    }
}

/// Fills a random rectangle with noise. Erases nothing if none of ten draws fits the image.
fn erase([rows, columns]: [usize; 2], rng: &mut Pcg64, image: &mut [u8]) {
    for _ in 0..10 {
        let area = rng.random_range(0.02..0.4) * (rows * columns) as f64;
        let proportion = rng.random_range(0.3f64.ln()..3.3f64.ln()).exp();
        let height = (area * proportion).sqrt().round() as usize;
        let width = (area / proportion).sqrt().round() as usize;
        if height == 0 || width == 0 || height >= rows || width >= columns {
            continue;
        }
        let top = rng.random_range(0..=rows - height);
        let left = rng.random_range(0..=columns - width);
        for y in top..top + height {
            image[y * columns + left..][..width].fill_with(|| rng.random());
        }
        return;
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn changed(augmentation: Augmentation, seed: u64) -> Vec<u8> {
        let image: Vec<u8> = (1..=20).collect();
        let mut changed = vec![0; 20];
        augmentation.apply(&image, [4, 5], &mut Pcg64::seed_from_u64(seed), &mut changed);
        changed
    }

    #[test]
    fn flips_and_shifts_move_pixels() {
        let same: Vec<u8> = (1..=20).collect();
        assert_eq!(changed(Augmentation::default(), 0), same);
        let flipped = changed(Augmentation { flip: 1.0, ..Augmentation::default() }, 0);
        assert_eq!(flipped[..6], [5, 4, 3, 2, 1, 10]);
        for seed in 0..50 {
            let shifted = changed(Augmentation { shift: 1, ..Augmentation::default() }, seed);
            let at = shifted.iter().position(|&pixel| pixel == 8).unwrap();
            let (y, x) = (at / 5, at % 5);
            assert!(y <= 2 && (1..=3).contains(&x), "{shifted:?}");
            assert_eq!(shifted[at - 1], 7);
        }
    }

    #[test]
    fn erasing_changes_some_pixels_and_not_all() {
        let erase = Augmentation { erase: 1.0, ..Augmentation::default() };
        let same: Vec<u8> = (1..=20).collect();
        let counts: Vec<usize> = (0..50)
            .map(|seed| changed(erase, seed).iter().zip(&same).filter(|(a, b)| a != b).count())
            .collect();
        assert!(
            counts.iter().all(|&count| count < 20) && counts.iter().filter(|&&count| count > 0).count() > 40
        );
    }
}
