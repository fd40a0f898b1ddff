//! The second derivatives of the losses by the scores, and their product with weights.

use rayon::prelude::*;

use super::passes::{BLOCK, Packed, Sums, stripes, unpack};
use crate::linalg::simd::for_each_level;
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
    /// Of these rows where the classes are coupled.
    couplings: Vec<Coupling>,
}

/// What couples the classes of a row.
#[derive(Clone, Copy)]
struct Coupling {
    /// The class that bends most.
    most: usize,
    /// The sum of h.
    total: f32,
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
        let mut bends = vec![Lanes::ZERO; parts.len() * sixteens];
        let all: Vec<Option<Coupling>> = parts
            .zip(bends.par_chunks_mut(sixteens))
            .enumerate()
            .with_min_len(CHUNK)
            .map(|(row, (part, lanes))| {
                let mut bends = [0.0f32; 256];
                let bends = &mut bends[..classes];
                derive(row, part, bends);
                for (lanes, bends) in lanes.iter_mut().zip(bends.chunks(LANES)) {
                    lanes.0[..bends.len()].copy_from_slice(bends);
                }
                let coupling = Coupling::of(lanes);
                // A class that bends alone where all are coupled does not bend at all.
                let counted =
                    bends.iter().enumerate().filter(|(class, _)| !coupled || *class != coupling.most);
                let bent: f32 = counted.map(|(_, bend)| bend).sum();
                (bent > LEAST_BEND * coupling.total.min(1.0)).then_some(coupling)
            })
            .collect();
        let (mut rows, mut couplings) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len()));
        for (row, coupling) in all.into_iter().enumerate() {
            let Some(coupling) = coupling else { continue };
            bends.copy_within(row * sixteens..(row + 1) * sixteens, rows.len() * sixteens);
            rows.push(row as u32);
            if coupled {
                couplings.push(coupling);
            }
        }
        bends.truncate(rows.len() * sixteens);
        Bends { coupled, rows, bends, sixteens, couplings }
    }

    /// Whether every row bends alike in all of so many classes, as it does where all weights are zero.
    pub fn alike(&self, classes: usize) -> bool {
        let mut rows = self.bends.chunks_exact(self.sixteens);
        rows.all(|bends| {
            let mut all = bends.iter().flat_map(|bends| bends.0).take(classes);
            let first = all.next();
            all.all(|bend| Some(bend) == first)
        })
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
            let bends = &self.bends[start * self.sixteens..][..list.len() * self.sixteens];
            if self.coupled {
                pull(bends, &self.couplings[start..][..list.len()], &mut products);
            } else {
                for (row, bends) in bends.chunks_exact(self.sixteens).enumerate() {
                    for (bends, products) in bends.iter().zip(&mut products) {
                        products[row].0.iter_mut().zip(bends.0).for_each(|(value, bend)| *value *= bend);
                    }
                }
            }
            for (sixteen, products) in products.iter().enumerate() {
                sums.add(x, sixteen, list, products);
            }
        }
        sums
    }

    /// Adds to the slopes of all rows (n x k) what they change by when the scores do (n x k), were h to stay.
    pub fn carry(&self, changes: &[f64], slopes: &mut [f64], k: usize) {
        for (&row, bends) in self.rows.iter().zip(self.bends.chunks_exact(self.sixteens)) {
            let of_row = row as usize * k..(row as usize + 1) * k;
            let changes = &changes[of_row.clone()];
            let bends = || bends.iter().flat_map(|bends| bends.0.map(f64::from));
            let pull = |(bend, change): (f64, &f64)| bend * change;
            let mean = if self.coupled {
                bends().zip(changes).map(pull).sum::<f64>() / bends().sum::<f64>()
            } else {
                0.0
            };
            for ((slope, change), bend) in slopes[of_row].iter_mut().zip(changes).zip(bends()) {
                *slope += bend * (change - mean);
            }
        }
    }

    /// What bends in one class alone: h, or h (1 - h / sum(h)) where the classes are coupled.
    pub fn diagonal(&self, class: usize) -> Vec<f32> {
        let rows = self.bends.chunks_exact(self.sixteens);
        rows.enumerate()
            .map(|(row, bends)| {
                let bend = bends[class / LANES].0[class % LANES];
                if !self.coupled {
                    return bend;
                }
                let Coupling { most, total } = self.couplings[row];
                if class == most {
                    let others = bends
                        .iter()
                        .flat_map(|bends| bends.0)
                        .enumerate()
                        .filter(|(other, _)| *other != most);
                    return bend / total * others.map(|(_, bend)| bend).sum::<f32>();
                }
                bend * (1.0 - bend / total)
            })
            .collect()
    }
}

impl Coupling {
    fn of(bends: &[Lanes]) -> Coupling {
        let (mut most, mut largest, mut total) = (0, 0.0f32, 0.0f32);
        for (class, bend) in bends.iter().flat_map(|bends| bends.0).enumerate() {
            total += bend;
            if bend > largest {
                (most, largest) = (class, bend);
            }
        }
        Coupling { most, total }
    }
}

for_each_level! {
    /// The second derivative of every row of a block, diag(h) - h h' / sum(h), times the row's scores, which stand
    /// in `products`, sixteen classes at a time.
    fn pull(bends: &[Lanes], couplings: &[Coupling], products: &mut [Vec<Lanes>]) {
        let sixteens = products.len();
        for ((row, coupling), bends) in couplings.iter().enumerate().zip(bends.chunks_exact(sixteens)) {
            let (own, lane) = (coupling.most / LANES, coupling.most % LANES);
            // Against the score of the class that bends most: what the others pull at it can be a millionth of its
            // own, which the difference of large numbers would lose in f32.
            let base = products[own][row].0[lane];
            let mut pulled = [0.0f32; LANES];
            for (bends, products) in bends.iter().zip(products.iter_mut()) {
                let scores = &mut products[row].0;
                for ((score, bend), pulled) in scores.iter_mut().zip(bends.0).zip(&mut pulled) {
                    *score -= base;
                    *pulled += bend * *score;
                }
            }
            let mean = sum(pulled) / coupling.total;
            let mut others = [0.0f32; LANES];
            for (sixteen, (bends, products)) in bends.iter().zip(products.iter_mut()).enumerate() {
                let scores = &mut products[row].0;
                scores.iter_mut().zip(bends.0).for_each(|(score, bend)| *score = bend * (*score - mean));
                if sixteen == own {
                    scores[lane] = 0.0;
                }
                others.iter_mut().zip(scores).for_each(|(sum, pulled)| *sum += *pulled);
            }
            // What the others are pulled by, this one is pulled back by.
            products[own][row].0[lane] = -sum(others);
        }
    }
}

/// The sum of all lanes, by halves.
#[inline(always)]
fn sum(lanes: [f32; LANES]) -> f32 {
    let mut sums = lanes;
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eighteen classes, so that the one that bends most can stand in either sixteen.
    fn row(seed: usize) -> (Vec<f32>, Vec<f32>) {
        let value = |class: usize, by: usize| ((class * 31 + seed * 17) % by) as f32 / by as f32;
        (
            (0..18).map(|class| 0.01 + value(class, 23)).collect(),
            (0..18).map(|class| value(class, 29)).collect(),
        )
    }

    #[test]
    fn coupled_classes_pull_at_each_other_by_the_formula() {
        let all: Vec<(Vec<f32>, Vec<f32>)> = (0..5).map(row).collect();
        let lanes = |values: &[f32]| {
            let mut lanes = Lanes::ZERO;
            lanes.0[..values.len()].copy_from_slice(values);
            lanes
        };
        let bends: Vec<Lanes> = all.iter().flat_map(|(h, _)| h.chunks(LANES).map(lanes)).collect();
        let (first, second) = all.iter().map(|(_, s)| (lanes(&s[..LANES]), lanes(&s[LANES..]))).unzip();
        let mut products: Vec<Vec<Lanes>> = vec![first, second];
        let couplings: Vec<Coupling> = bends.chunks_exact(2).map(Coupling::of).collect();
        assert!(couplings.iter().any(|c| c.most < LANES) && couplings.iter().any(|c| c.most >= LANES));
        pull(&bends, &couplings, &mut products);
        for (i, (h, scores)) in all.iter().enumerate() {
            let total: f32 = h.iter().sum();
            let mean = h.iter().zip(scores).map(|(h, score)| h * score).sum::<f32>() / total;
            for (class, (h, score)) in h.iter().zip(scores).enumerate() {
                let expected = h * (score - mean);
                let got = products[class / LANES][i].0[class % LANES];
                assert!((got - expected).abs() < 1e-5, "row {i} class {class}: {got} {expected}");
            }
        }
    }

    #[test]
    fn slopes_are_carried_by_the_second_derivative() {
        for coupled in [false, true] {
            let h = [[0.7f32, 0.2, 0.1], [1.0, 0.0, 0.0], [0.3, 0.3, 0.4]];
            let bends = Bends::collect(3, coupled, vec![(); 3].into_par_iter(), |row, _, bends| {
                bends.copy_from_slice(&h[row]);
            });
            let changes = [0.3, -0.2, 0.5, 1.0, 2.0, 3.0, 0.1, 0.0, -0.4];
            let mut slopes = vec![1.0; 9];
            bends.carry(&changes, &mut slopes, 3);
            for (row, h) in h.iter().enumerate() {
                let h = h.map(f64::from);
                let changes = &changes[row * 3..][..3];
                let mean = h.iter().zip(changes).map(|(h, change)| h * change).sum::<f64>();
                for class in 0..3 {
                    let expected = 1.0 + h[class] * (changes[class] - if coupled { mean } else { 0.0 });
                    let got = slopes[row * 3 + class];
                    assert!((got - expected).abs() < 1e-6, "{coupled} {row} {class}: {got} {expected}");
                }
            }
        }
    }

    #[test]
    fn classes_are_alike_only_where_all_rows_are() {
        let of = |last: f32| {
            Bends::collect(3, true, vec![(); 40].into_par_iter(), |row, _, bends| {
                bends.copy_from_slice(&[0.5, 0.5, if row == 39 { last } else { 0.5 }]);
            })
        };
        assert!(of(0.5).alike(3));
        assert!(!of(0.25).alike(3));
        assert!(of(0.25).alike(2));
    }
}
