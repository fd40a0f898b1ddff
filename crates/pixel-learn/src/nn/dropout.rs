//! Dropout (Srivastava et al., 2014), inverted: training divides the kept values by 1 - rate, and the trained
//! network changes nothing.

use rayon::prelude::*;

use super::layer::Layer;
use super::random::hash;

/// Sets each value to 0 with a probability, with a new mask in every step. The mask depends only on seed,
/// step and position, so it is stored neither between forward and backward pass nor in a checkpoint.
pub struct Dropout {
    /// Values per row.
    pub width: usize,
    /// The probability that a value is dropped, below 1.
    pub rate: f64,
    /// The seed of the masks.
    pub seed: u64,
    step: u64,
}

impl Dropout {
    /// A layer that drops each of `width` values with probability `rate`. Panics when `rate` is not from 0 to
    /// below 1.
    pub fn new(width: usize, rate: f64, seed: u64) -> Dropout {
        assert!((0.0..1.0).contains(&rate), "a share below 1");
        Dropout { width, rate, seed, step: 0 }
    }

    /// Writes the kept values, divided by 1 - rate, and 0 for the dropped ones.
    fn drop(&self, values: &[f32], kept: &mut [f32]) {
        let scale = (1.0 / (1.0 - self.rate)) as f32;
        // Four values share one draw of 64 bits.
        let limit = (self.rate * 65_536.0).round() as u64;
        let base = hash(self.seed, self.step);
        let rows = kept.par_chunks_mut(self.width).zip(values.par_chunks(self.width));
        rows.enumerate().for_each(|(row, (kept, values))| {
            let row = hash(base, row as u64);
            for (index, (kept, values)) in kept.chunks_mut(4).zip(values.chunks(4)).enumerate() {
                let mut draw = hash(row, index as u64);
                for (kept, &value) in kept.iter_mut().zip(values) {
                    *kept = if draw & 0xffff < limit { 0.0 } else { value * scale };
                    draw >>= 16;
                }
            }
        });
    }
}

impl Layer for Dropout {
    fn input_width(&self) -> usize {
        self.width
    }

    fn output_width(&self) -> usize {
        self.width
    }

    fn infer(&self, input: &[f32], output: &mut [f32]) {
        output.copy_from_slice(input);
    }

    fn forward(&mut self, input: &[f32], output: &mut [f32]) {
        self.drop(input, output);
    }

    fn backward(
        &mut self,
        _input: &[f32],
        _output: &[f32],
        output_gradient: &[f32],
        input_gradient: Option<&mut [f32]>,
    ) {
        if let Some(input_gradient) = input_gradient {
            self.drop(output_gradient, input_gradient);
        }
    }

    fn begin_step(&mut self, step: u64) {
        self.step = step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_its_share_anew_in_every_step_and_keeps_the_mean() {
        let mut layer = Dropout::new(1000, 0.25, 7);
        let ones = vec![1.0; 100_000];
        let mut first = vec![0.0; ones.len()];
        layer.begin_step(1);
        layer.forward(&ones, &mut first);
        let dropped = first.iter().filter(|&&value| value == 0.0).count();
        assert!((24_000..26_000).contains(&dropped), "{dropped}");
        assert!(first.iter().all(|&value| value == 0.0 || value == 1.0 / 0.75));
        let mut gradient = vec![0.0; ones.len()];
        layer.backward(&ones, &first, &ones, Some(&mut gradient));
        assert_eq!(gradient, first);
        layer.begin_step(2);
        layer.forward(&ones, &mut gradient);
        assert_ne!(gradient, first);
    }
}
