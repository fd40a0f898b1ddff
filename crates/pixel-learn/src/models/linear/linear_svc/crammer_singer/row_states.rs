//! The state of ADMM for every row, and its passes over the rows.

use rayon::prelude::*;

use super::proximal::{Step, proximal_steps};
use crate::linalg::base_delta::{LANES, Lanes};
use crate::models::linear::TrainingRows;
use crate::models::linear::convex::row_products::{BLOCK, Packed, Sums, chunks, unpack};

/// Copies of the scores (Z) and multipliers: n rows of k values, in groups of sixteen classes.
#[derive(Clone)]
pub struct RowStates {
    groups: usize,
    copies: Vec<Lanes>,
    multipliers: Vec<Lanes>,
    /// The penalty (rho) of each row.
    penalties: Vec<f32>,
}

/// The dual objective at the multipliers.
pub struct Dual {
    /// The dual objective at the best feasible multiple of the multipliers.
    pub objective: f64,
    /// The dual objective at the multipliers themselves.
    pub unscaled: f64,
    /// X' times the multipliers, k vectors of d + 1 values: minus the weights of the dual point.
    pub x_t_multipliers: Vec<f64>,
}

impl RowStates {
    /// Copies and multipliers of zero.
    pub fn new(data: &TrainingRows) -> RowStates {
        let groups = data.k().div_ceil(LANES);
        let zeros = vec![Lanes::ZERO; data.n() * groups];
        RowStates { groups, copies: zeros.clone(), multipliers: zeros, penalties: vec![0.0; data.n()] }
    }

    /// Whether each row is active: whether it has a multiplier that is not zero.
    pub fn active(&self) -> Vec<bool> {
        let rows = self.multipliers.chunks_exact(self.groups);
        rows.map(|row| row.iter().any(|lanes| *lanes != Lanes::ZERO)).collect()
    }

    /// Sets the penalty of each row.
    pub fn set_penalties(&mut self, penalties: impl Iterator<Item = f64>) {
        self.penalties.iter_mut().zip(penalties).for_each(|(rho, penalty)| *rho = penalty as f32);
    }

    /// Multiplies the multipliers by `ratio`. Multipliers that are feasible at C are then feasible at `ratio`
    /// C.
    pub fn scale(&mut self, ratio: f64) {
        self.multipliers.iter_mut().flat_map(|lanes| &mut lanes.0).for_each(|value| *value *= ratio as f32);
    }

    /// An ADMM step of all rows at `weights`, k vectors of d + 1 values. Returns X' (multipliers + rho
    /// (scores - copies)), the gradient of the next ridge problem. One pass over the rows.
    pub fn step(&mut self, data: &TrainingRows, step: Step, weights: &[f64]) -> Vec<f64> {
        let (x, groups, penalties) = (&data.x, self.groups, &self.penalties);
        let packed = Packed::new(x, weights);
        let bounds = chunks(data.n());
        let length = bounds.first().map_or(1, |(start, end)| end - start);
        let tasks = bounds.into_par_iter().zip(self.copies.par_chunks_mut(length * groups));
        let sums: Vec<Sums> = tasks
            .zip(self.multipliers.par_chunks_mut(length * groups))
            .map(|(((start, end), copies), multipliers)| {
                let mut sums = Sums::new(x.columns() + 1, groups);
                let mut block = Block::new(groups);
                let places = copies.chunks_mut(BLOCK * groups).zip(multipliers.chunks_mut(BLOCK * groups));
                for (start, (copies, multipliers)) in (start..end).step_by(BLOCK).zip(places) {
                    let list: Vec<u32> = (start..(start + BLOCK).min(end)).map(|row| row as u32).collect();
                    block.products(&packed, data, &list);
                    let scores = &mut block.rows[..copies.len()];
                    let targets = &data.targets[start..][..list.len()];
                    let penalties = &penalties[start..][..list.len()];
                    proximal_steps(step, targets, penalties, scores, copies, multipliers);
                    block.add(&mut sums, data, &list);
                }
                sums
            })
            .collect();
        unpack(x, &sums, data.k())
    }

    /// The dual objective, sum of 1[k != y] a_k minus half |X' a|^2, at multipliers (a) that are made exactly
    /// feasible for a simplex of size `c`. Half a pass over the rows.
    pub fn dual(&self, data: &TrainingRows, c: f64) -> Dual {
        let (x, groups) = (&data.x, self.groups);
        let bounds = chunks(data.n());
        let length = bounds.first().map_or(1, |(start, end)| end - start);
        let (linear_term, sums): (Vec<f64>, Vec<Sums>) = bounds
            .into_par_iter()
            .zip(self.multipliers.par_chunks(length * groups))
            .map(|((start, end), multipliers)| {
                let mut sums = Sums::new(x.columns() + 1, groups);
                let mut block = Block::new(groups);
                let mut linear_term = 0.0;
                for (start, multipliers) in
                    (start..end).step_by(BLOCK).zip(multipliers.chunks(BLOCK * groups))
                {
                    let list: Vec<u32> = (start..(start + BLOCK).min(end)).map(|row| row as u32).collect();
                    block.rows[..multipliers.len()].copy_from_slice(multipliers);
                    let targets = &data.targets[start..][..list.len()];
                    for (row, &target) in block.rows.chunks_exact_mut(groups).zip(targets) {
                        linear_term += make_feasible(row, target, c);
                    }
                    block.add(&mut sums, data, &list);
                }
                (linear_term, sums)
            })
            .unzip();
        let x_t_multipliers = unpack(x, &sums, data.k());
        let norm: f64 = x_t_multipliers.iter().map(|value| value * value).sum();
        let linear_term: f64 = linear_term.iter().sum();
        let scale = if norm > 0.0 { (linear_term / norm).min(1.0) } else { 1.0 };
        let objective = |scale: f64| scale * linear_term - 0.5 * scale * scale * norm;
        Dual { objective: objective(scale), unscaled: objective(1.0), x_t_multipliers }
    }
}

/// Makes the multipliers of a row exactly feasible. Scales those of the other classes down if they sum to
/// more than `c`, and sets that of the row's class (`target`) to minus their sum. Returns the sum.
fn make_feasible(row: &mut [Lanes], target: usize, c: f64) -> f64 {
    row[target / LANES].0[target % LANES] = 0.0;
    let sum: f64 = row.iter().flat_map(|lanes| lanes.0).map(f64::from).sum();
    let sum = if sum > c {
        row.iter_mut().flat_map(|lanes| &mut lanes.0).for_each(|value| *value *= (c / sum) as f32);
        c
    } else {
        sum
    };
    row[target / LANES].0[target % LANES] = -sum as f32;
    sum
}

/// The values of a block of rows in two layouts: row by row, and group by group of sixteen classes as
/// [`Packed`] and [`Sums`] take them.
struct Block {
    groups: usize,
    rows: Vec<Lanes>,
    by_group: Vec<Vec<Lanes>>,
}

impl Block {
    fn new(groups: usize) -> Block {
        let by_group = vec![vec![Lanes::ZERO; BLOCK]; groups];
        Block { groups, rows: vec![Lanes::ZERO; BLOCK * groups], by_group }
    }

    /// Sets the values to the scores of the rows of `list`.
    fn products(&mut self, packed: &Packed, data: &TrainingRows, list: &[u32]) {
        packed.products(&data.x, list, &mut self.by_group);
        for (group, products) in self.by_group.iter().enumerate() {
            let rows = self.rows.iter_mut().skip(group).step_by(self.groups);
            rows.zip(products).take(list.len()).for_each(|(value, product)| *value = *product);
        }
    }

    /// Adds the rows of `list`, each times its values, to `sums`.
    fn add(&mut self, sums: &mut Sums, data: &TrainingRows, list: &[u32]) {
        for (group, factors) in self.by_group.iter_mut().enumerate() {
            let rows = self.rows.iter().skip(group).step_by(self.groups);
            factors.iter_mut().zip(rows).take(list.len()).for_each(|(factor, value)| *factor = *value);
            sums.add(&data.x, group, list, factors);
        }
    }
}
