//! The Hessian (H) of the losses by the scores, and the Hessian-vector products X' H X v with weight vectors
//! v.

use rayon::prelude::*;

use super::row_products::{BLOCK, Packed, Sums, chunks, unpack, zero_tiny};
use crate::linalg::base_delta::{LANES, Lanes, SparseRows};
use crate::linalg::simd::for_each_level;

/// A row is left out if its curvatures, for the softmax without the largest, sum to at most this times the
/// smaller of 1 and the row's total.
const LEAST_CURVATURE: f32 = 1e-7;
/// Rows evaluated as one task.
const CHUNK: usize = 1024;

/// The Hessian (H) of the losses by the scores: a k x k block for every row. Rows without curvature are left
/// out.
pub struct ScoreHessian {
    /// Whether a row's block is diag(h) - h h' / sum(h), that of the softmax, instead of diag(h).
    pub is_multinomial: bool,
    /// The rows with curvature, ascending.
    pub rows: Vec<u32>,
    /// The curvatures (h) of these rows: `sixteens` groups of sixteen classes per row.
    curvatures: Vec<Lanes>,
    /// The number of groups of sixteen classes.
    sixteens: usize,
    /// The constants of the softmax block of each of these rows in a multinomial model; else empty.
    softmax_rows: Vec<SoftmaxRow>,
}

/// Constants of the block diag(h) - h h' / sum(h) of a softmax row.
#[derive(Clone, Copy)]
struct SoftmaxRow {
    /// The class with the largest curvature.
    largest_class: usize,
    /// The sum of h.
    total: f32,
}

impl ScoreHessian {
    /// Collects the Hessian: `derive` writes the curvatures (h) of a row, given the row's item of `parts`.
    pub fn collect<T: Send>(
        classes: usize,
        is_multinomial: bool,
        parts: impl IndexedParallelIterator<Item = T>,
        derive: impl Fn(usize, T, &mut [f32]) + Sync,
    ) -> ScoreHessian {
        let sixteens = classes.div_ceil(LANES);
        let mut curvatures = vec![Lanes::ZERO; parts.len() * sixteens];
        let all: Vec<Option<SoftmaxRow>> = parts
            .zip(curvatures.par_chunks_mut(sixteens))
            .enumerate()
            .with_min_len(CHUNK)
            .map(|(row, (part, lanes))| {
                let mut curvatures = [0.0f32; 256];
                let curvatures = &mut curvatures[..classes];
                derive(row, part, curvatures);
                for (lanes, curvatures) in lanes.iter_mut().zip(curvatures.chunks(LANES)) {
                    lanes.0[..curvatures.len()].copy_from_slice(curvatures);
                }
                zero_tiny(lanes);
                let softmax_row = SoftmaxRow::of(lanes);
                // diag(h) - h h' / sum(h) is zero where h has one entry that is not zero: such rows are left
                // out.
                let counted = curvatures
                    .iter()
                    .enumerate()
                    .filter(|(class, _)| !is_multinomial || *class != softmax_row.largest_class);
                let total_curvature: f32 = counted.map(|(_, curvature)| curvature).sum();
                (total_curvature > LEAST_CURVATURE * softmax_row.total.min(1.0)).then_some(softmax_row)
            })
            .collect();
        let (mut rows, mut softmax_rows) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len()));
        for (row, softmax_row) in all.into_iter().enumerate() {
            let Some(softmax_row) = softmax_row else { continue };
            curvatures.copy_within(row * sixteens..(row + 1) * sixteens, rows.len() * sixteens);
            rows.push(row as u32);
            if is_multinomial {
                softmax_rows.push(softmax_row);
            }
        }
        curvatures.truncate(rows.len() * sixteens);
        ScoreHessian { is_multinomial, rows, curvatures, sixteens, softmax_rows }
    }

    /// Whether every row has the same curvature in all `classes` classes, as at zero weights.
    pub fn is_uniform(&self, classes: usize) -> bool {
        let mut rows = self.curvatures.chunks_exact(self.sixteens);
        rows.all(|curvatures| {
            let mut all = curvatures.iter().flat_map(|curvatures| curvatures.0).take(classes);
            let first = all.next();
            all.all(|curvature| Some(curvature) == first)
        })
    }

    /// The sum of all curvatures.
    pub fn total(&self) -> f64 {
        self.curvatures.iter().map(|lanes| f64::from(lanes.0.iter().sum::<f32>())).sum()
    }

    /// The Hessian-vector product X' H X v for the k vectors v of `vectors`, each d + 1 values. O(differences
    /// k).
    pub fn matvec(&self, x: &SparseRows, vectors: &[f64]) -> Vec<f64> {
        let k = vectors.len() / (x.columns() + 1);
        let packed = Packed::new(x, vectors);
        let chunks: Vec<Sums> = chunks(self.rows.len())
            .into_par_iter()
            .map(|(start, end)| self.matvec_chunk(x, &packed, start, end))
            .collect();
        unpack(x, &chunks, k)
    }

    /// The sums of [`ScoreHessian::matvec`] over the rows with curvature from `start` to `end`.
    fn matvec_chunk(&self, x: &SparseRows, packed: &Packed, start: usize, end: usize) -> Sums {
        let mut sums = Sums::new(x.columns() + 1, self.sixteens);
        let mut products = vec![vec![Lanes::ZERO; BLOCK]; self.sixteens];
        for start in (start..end).step_by(BLOCK) {
            let list = &self.rows[start..(start + BLOCK).min(end)];
            packed.products(x, list, &mut products);
            let curvatures = &self.curvatures[start * self.sixteens..][..list.len() * self.sixteens];
            if self.is_multinomial {
                apply_softmax_hessian(curvatures, &self.softmax_rows[start..][..list.len()], &mut products);
            } else {
                for (row, curvatures) in curvatures.chunks_exact(self.sixteens).enumerate() {
                    for (curvatures, products) in curvatures.iter().zip(&mut products) {
                        let pairs = products[row].0.iter_mut().zip(curvatures.0);
                        pairs.for_each(|(value, curvature)| *value *= curvature);
                    }
                }
            }
            for (sixteen, products) in products.iter_mut().enumerate() {
                sums.add(x, sixteen, list, products);
            }
        }
        sums
    }

    /// Extrapolates the gradients by the scores (n x k) linearly: adds H times the changes of the scores (n x
    /// k).
    pub fn extrapolate_gradient(&self, changes: &[f64], gradients: &mut [f64], k: usize) {
        for (&row, curvatures) in self.rows.iter().zip(self.curvatures.chunks_exact(self.sixteens)) {
            let of_row = row as usize * k..(row as usize + 1) * k;
            let changes = &changes[of_row.clone()];
            let curvatures = || curvatures.iter().flat_map(|curvatures| curvatures.0.map(f64::from));
            let weighted = |(curvature, change): (f64, &f64)| curvature * change;
            let mean = if self.is_multinomial {
                curvatures().zip(changes).map(weighted).sum::<f64>() / curvatures().sum::<f64>()
            } else {
                0.0
            };
            for ((gradient, change), curvature) in gradients[of_row].iter_mut().zip(changes).zip(curvatures())
            {
                *gradient += curvature * (change - mean);
            }
        }
    }

    /// The diagonal of every row's block in one class: h, or h (1 - h / sum(h)) in a multinomial model.
    pub fn diagonal(&self, class: usize) -> Vec<f32> {
        let rows = self.curvatures.chunks_exact(self.sixteens);
        rows.enumerate()
            .map(|(row, curvatures)| {
                let curvature = curvatures[class / LANES].0[class % LANES];
                if !self.is_multinomial {
                    return curvature;
                }
                let SoftmaxRow { largest_class, total } = self.softmax_rows[row];
                if class == largest_class {
                    let others = curvatures
                        .iter()
                        .flat_map(|curvatures| curvatures.0)
                        .enumerate()
                        .filter(|(other, _)| *other != largest_class);
                    return curvature / total * others.map(|(_, curvature)| curvature).sum::<f32>();
                }
                curvature * (1.0 - curvature / total)
            })
            .collect()
    }
}

impl SoftmaxRow {
    /// The constants of a row with these curvatures.
    fn of(curvatures: &[Lanes]) -> SoftmaxRow {
        let (mut largest_class, mut largest, mut total) = (0, 0.0f32, 0.0f32);
        for (class, curvature) in curvatures.iter().flat_map(|curvatures| curvatures.0).enumerate() {
            total += curvature;
            if curvature > largest {
                (largest_class, largest) = (class, curvature);
            }
        }
        SoftmaxRow { largest_class, total }
    }
}

for_each_level! {
    /// Multiplies the scores of a block of rows, given in `products` sixteen classes at a time, by each row's
    /// softmax Hessian diag(h) - h h' / sum(h).
    fn apply_softmax_hessian(curvatures: &[Lanes], softmax_rows: &[SoftmaxRow], products: &mut [Vec<Lanes>]) {
        let sixteens = products.len();
        let rows = softmax_rows.iter().enumerate().zip(curvatures.chunks_exact(sixteens));
        for ((row, softmax_row), curvatures) in rows {
            let (own, lane) = (softmax_row.largest_class / LANES, softmax_row.largest_class % LANES);
            // Scores are taken relative to that of the class with the largest curvature. The others' share in
            // its product can be a millionth of its own, which a difference of large numbers would lose in
            // f32.
            let base = products[own][row].0[lane];
            let mut applied = [0.0f32; LANES];
            for (curvatures, products) in curvatures.iter().zip(products.iter_mut()) {
                let scores = &mut products[row].0;
                for ((score, curvature), applied) in scores.iter_mut().zip(curvatures.0).zip(&mut applied) {
                    *score -= base;
                    *applied += curvature * *score;
                }
            }
            let mean = sum(applied) / softmax_row.total;
            let mut others = [0.0f32; LANES];
            for (sixteen, (curvatures, products)) in curvatures.iter().zip(products.iter_mut()).enumerate() {
                let scores = &mut products[row].0;
                let pairs = scores.iter_mut().zip(curvatures.0);
                pairs.for_each(|(score, curvature)| *score = curvature * (*score - mean));
                if sixteen == own {
                    scores[lane] = 0.0;
                }
                others.iter_mut().zip(scores).for_each(|(sum, applied)| *sum += *applied);
            }
            // The products of a row sum to zero.
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

    /// Eighteen classes, so that the largest curvature can be in either vector of sixteen.
    fn row(seed: usize) -> (Vec<f32>, Vec<f32>) {
        let value = |class: usize, by: usize| ((class * 31 + seed * 17) % by) as f32 / by as f32;
        (
            (0..18).map(|class| 0.01 + value(class, 23)).collect(),
            (0..18).map(|class| value(class, 29)).collect(),
        )
    }

    #[test]
    fn the_softmax_hessian_follows_its_formula() {
        let all: Vec<(Vec<f32>, Vec<f32>)> = (0..5).map(row).collect();
        let lanes = |values: &[f32]| {
            let mut lanes = Lanes::ZERO;
            lanes.0[..values.len()].copy_from_slice(values);
            lanes
        };
        let curvatures: Vec<Lanes> = all.iter().flat_map(|(h, _)| h.chunks(LANES).map(lanes)).collect();
        let (first, second) = all.iter().map(|(_, s)| (lanes(&s[..LANES]), lanes(&s[LANES..]))).unzip();
        let mut products: Vec<Vec<Lanes>> = vec![first, second];
        let softmax_rows: Vec<SoftmaxRow> = curvatures.chunks_exact(2).map(SoftmaxRow::of).collect();
        assert!(
            softmax_rows.iter().any(|c| c.largest_class < LANES)
                && softmax_rows.iter().any(|c| c.largest_class >= LANES)
        );
        apply_softmax_hessian(&curvatures, &softmax_rows, &mut products);
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
    fn gradients_are_extrapolated_by_the_hessian() {
        for is_multinomial in [false, true] {
            let h = [[0.7f32, 0.2, 0.1], [1.0, 0.0, 0.0], [0.3, 0.3, 0.4]];
            let curvatures = ScoreHessian::collect(
                3,
                is_multinomial,
                vec![(); 3].into_par_iter(),
                |row, _, curvatures| {
                    curvatures.copy_from_slice(&h[row]);
                },
            );
            let changes = [0.3, -0.2, 0.5, 1.0, 2.0, 3.0, 0.1, 0.0, -0.4];
            let mut gradients = vec![1.0; 9];
            curvatures.extrapolate_gradient(&changes, &mut gradients, 3);
            for (row, h) in h.iter().enumerate() {
                let h = h.map(f64::from);
                let changes = &changes[row * 3..][..3];
                let mean = h.iter().zip(changes).map(|(h, change)| h * change).sum::<f64>();
                for class in 0..3 {
                    let expected =
                        1.0 + h[class] * (changes[class] - if is_multinomial { mean } else { 0.0 });
                    let got = gradients[row * 3 + class];
                    assert!(
                        (got - expected).abs() < 1e-6,
                        "{is_multinomial} {row} {class}: {got} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn curvatures_are_uniform_only_where_all_rows_are() {
        let of = |last: f32| {
            ScoreHessian::collect(3, true, vec![(); 40].into_par_iter(), |row, _, curvatures| {
                curvatures.copy_from_slice(&[0.5, 0.5, if row == 39 { last } else { 0.5 }]);
            })
        };
        assert!(of(0.5).is_uniform(3));
        assert!(!of(0.25).is_uniform(3));
        assert!(of(0.25).is_uniform(2));
    }
}
