//! The second derivatives of the losses by the scores, and their product with weights.

use rayon::prelude::*;

use super::passes::{BLOCK, Packed, Sums, stripes, unpack};
use crate::linalg::sparse::{LANES, Lanes, SparseRows};

/// What is below this, or below this part of a row's sum, does not count.
const LEAST_BEND: f32 = 1e-7;
/// Rows evaluated as one task.
const CHUNK: usize = 1024;

/// The second derivatives of the losses by the scores: of the rows that bend, since the others need no
/// visit.
pub struct Bends {
    /// The classes of a row pull at each other: diag(h) - h h' / sum(h) instead of diag(h).
    pub coupled: bool,
    pub rows: Vec<u32>,
    /// h of these rows, `sixteens` to a row.
    bends: Vec<Lanes>,
    sixteens: usize,
}

impl Bends {
    /// Asks `derive` for h of every row, in order; `parts` are what goes with each row.
    pub fn collect<T: Send>(
        classes: usize,
        coupled: bool,
        parts: impl IndexedParallelIterator<Item = T>,
        derive: impl Fn(usize, T, &mut [f32]) + Sync,
    ) -> Bends {
        let sixteens = classes.div_ceil(LANES);
        let all: Vec<Option<Vec<Lanes>>> = parts
            .enumerate()
            .with_min_len(CHUNK)
            .map(|(row, part)| {
                let mut lanes = vec![Lanes::ZERO; sixteens];
                let mut bends = [0.0f32; 256];
                let bends = &mut bends[..classes];
                derive(row, part, bends);
                for (lanes, bends) in lanes.iter_mut().zip(bends.chunks(LANES)) {
                    lanes.0[..bends.len()].copy_from_slice(bends);
                }
                let (most, total) = most_bent(&lanes);
                // A class that bends alone where all are coupled does not bend at all.
                let counted = bends.iter().enumerate().filter(|(class, _)| !coupled || *class != most);
                let bent: f32 = counted.map(|(_, bend)| bend).sum();
                (bent > LEAST_BEND * total.min(1.0)).then_some(lanes)
            })
            .collect();
        let mut collected = Bends { coupled, rows: Vec::new(), bends: Vec::new(), sixteens };
        for (row, lanes) in all.into_iter().enumerate() {
            if let Some(lanes) = lanes {
                collected.rows.push(row as u32);
                collected.bends.extend(lanes);
            }
        }
        collected
    }

    /// The sum of all h.
    pub fn total(&self) -> f64 {
        self.bends.iter().map(|lanes| f64::from(lanes.0.iter().sum::<f32>())).sum()
    }

    /// The product of the second derivative of all losses by the weights with `vectors`. O(differences k).
    pub fn times(&self, x: &SparseRows, vectors: &[f64]) -> Vec<f64> {
        let k = vectors.len() / (x.columns() + 1);
        let packed = Packed::new(x, vectors);
        let stripes: Vec<Sums> = stripes(self.rows.len())
            .into_par_iter()
            .map(|(start, end)| self.times_stripe(x, &packed, start, end))
            .collect();
        unpack(x, &stripes, k)
    }

    fn times_stripe(&self, x: &SparseRows, packed: &Packed, start: usize, end: usize) -> Sums {
        let mut sums = Sums::new(x.columns() + 1, self.sixteens);
        let mut products = vec![vec![Lanes::ZERO; BLOCK]; self.sixteens];
        for start in (start..end).step_by(BLOCK) {
            let list = &self.rows[start..(start + BLOCK).min(end)];
            packed.products(x, list, &mut products);
            for i in 0..list.len() {
                self.bend(&self.bends[(start + i) * self.sixteens..][..self.sixteens], &mut products, i);
            }
            for (sixteen, products) in products.iter().enumerate() {
                sums.add(x, sixteen, list, products);
            }
        }
        sums
    }

    /// A row's second derivative times its scores.
    fn bend(&self, bends: &[Lanes], products: &mut [Vec<Lanes>], i: usize) {
        if !self.coupled {
            for (bends, products) in bends.iter().zip(products) {
                products[i].0.iter_mut().zip(bends.0).for_each(|(value, bend)| *value *= bend);
            }
            return;
        }
        // Against the score of the class that bends most: what the others pull at it can be a millionth of its
        // own, which the difference of large numbers would lose in f32.
        let (most, total) = most_bent(bends);
        let base = products[most / LANES][i].0[most % LANES];
        let mut pulled = 0.0f32;
        for (bends, products) in bends.iter().zip(products.iter_mut()) {
            for (value, bend) in products[i].0.iter_mut().zip(bends.0) {
                *value -= base;
                pulled += bend * *value;
            }
        }
        let mean = pulled / total;
        let mut others = 0.0f32;
        for (bends, products) in bends.iter().zip(products.iter_mut()) {
            for (value, bend) in products[i].0.iter_mut().zip(bends.0) {
                *value = bend * (*value - mean);
                others += *value;
            }
        }
        // What the others are pulled by, this one is pulled back by.
        let own = &mut products[most / LANES][i].0[most % LANES];
        others -= *own;
        *own = -others;
    }

    /// What bends in one class alone: h, or h (1 - h / sum(h)) where the classes are coupled.
    pub fn diagonal(&self, class: usize) -> Vec<f32> {
        let rows = self.bends.chunks_exact(self.sixteens);
        rows.map(|bends| {
            let bend = bends[class / LANES].0[class % LANES];
            if !self.coupled {
                return bend;
            }
            let (most, total) = most_bent(bends);
            if class == most {
                let others =
                    bends.iter().flat_map(|bends| bends.0).enumerate().filter(|(other, _)| *other != most);
                return bend / total * others.map(|(_, bend)| bend).sum::<f32>();
            }
            bend * (1.0 - bend / total)
        })
        .collect()
    }
}

/// The class that bends most, and the sum over all.
fn most_bent(bends: &[Lanes]) -> (usize, f32) {
    let (mut most, mut largest, mut total) = (0, 0.0f32, 0.0f32);
    for (class, bend) in bends.iter().flat_map(|bends| bends.0).enumerate() {
        total += bend;
        if bend > largest {
            (most, largest) = (class, bend);
        }
    }
    (most, total)
}
