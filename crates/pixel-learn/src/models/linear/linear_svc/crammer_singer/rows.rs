//! What ADMM keeps of every row, and its passes over the rows.

use rayon::prelude::*;

use super::proximal::{Step, proximal_steps};
use crate::linalg::base_delta::{LANES, Lanes};
use crate::models::linear::Problems;
use crate::models::linear::convex::row_products::{BLOCK, Packed, Sums, chunks, unpack};

/// Copies of the scores and multipliers: n rows of k values, in groups of sixteen classes.
#[derive(Clone)]
pub struct Rows {
    groups: usize,
    copies: Vec<Lanes>,
    multipliers: Vec<Lanes>,
    /// The penalty rho of each row.
    penalties: Vec<f32>,
}

/// A point of the dual problem.
pub struct Dual {
    /// The dual objective of the best multiple of the multipliers that is feasible.
    pub objective: f64,
    /// The dual objective of the multipliers themselves.
    pub plain: f64,
    /// X' times the multipliers: minus the weights that belong to them, k of d + 1 values.
    pub combined: Vec<f64>,
}

impl Rows {
    /// All scores and multipliers zero.
    pub fn new(problems: &Problems) -> Rows {
        let groups = problems.k().div_ceil(LANES);
        let zeros = vec![Lanes::ZERO; problems.n() * groups];
        Rows { groups, copies: zeros.clone(), multipliers: zeros, penalties: vec![0.0; problems.n()] }
    }

    /// For each row, whether it has a multiplier that is not zero.
    pub fn active(&self) -> Vec<bool> {
        let rows = self.multipliers.chunks_exact(self.groups);
        rows.map(|row| row.iter().any(|lanes| *lanes != Lanes::ZERO)).collect()
    }

    /// Sets the penalty of each row.
    pub fn set_penalties(&mut self, penalties: impl Iterator<Item = f64>) {
        self.penalties.iter_mut().zip(penalties).for_each(|(rho, penalty)| *rho = penalty as f32);
    }

    /// Multiplies the multipliers by `ratio`: those of C are feasible at `ratio` C.
    pub fn scale(&mut self, ratio: f64) {
        self.multipliers.iter_mut().flat_map(|lanes| &mut lanes.0).for_each(|value| *value *= ratio as f32);
    }

    /// The step of all rows under `weights` (k of d + 1 values). Returns X' times multipliers + rho (scores -
    /// copies). One pass over the rows.
    pub fn step(&mut self, problems: &Problems, step: Step, weights: &[f64]) -> Vec<f64> {
        let (x, groups, penalties) = (&problems.x, self.groups, &self.penalties);
        let packed = Packed::new(x, weights);
        let bounds = chunks(problems.n());
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
                    block.products(&packed, problems, &list);
                    let scores = &mut block.rows[..copies.len()];
                    let targets = &problems.targets[start..][..list.len()];
                    let penalties = &penalties[start..][..list.len()];
                    proximal_steps(step, targets, penalties, scores, copies, multipliers);
                    block.add(&mut sums, problems, &list);
                }
                sums
            })
            .collect();
        unpack(x, &sums, problems.k())
    }

    /// The dual objective at the multipliers, made feasible to the last digit for a simplex of size `c`: the
    /// allowances that they take up, less half of |X' multipliers|^2. Half a pass over the rows.
    pub fn dual(&self, problems: &Problems, c: f64) -> Dual {
        let (x, groups) = (&problems.x, self.groups);
        let bounds = chunks(problems.n());
        let length = bounds.first().map_or(1, |(start, end)| end - start);
        let (taken, sums): (Vec<f64>, Vec<Sums>) = bounds
            .into_par_iter()
            .zip(self.multipliers.par_chunks(length * groups))
            .map(|((start, end), multipliers)| {
                let mut sums = Sums::new(x.columns() + 1, groups);
                let mut block = Block::new(groups);
                let mut taken = 0.0;
                for (start, multipliers) in
                    (start..end).step_by(BLOCK).zip(multipliers.chunks(BLOCK * groups))
                {
                    let list: Vec<u32> = (start..(start + BLOCK).min(end)).map(|row| row as u32).collect();
                    block.rows[..multipliers.len()].copy_from_slice(multipliers);
                    let targets = &problems.targets[start..][..list.len()];
                    for (row, &target) in block.rows.chunks_exact_mut(groups).zip(targets) {
                        taken += make_feasible(row, target, c);
                    }
                    block.add(&mut sums, problems, &list);
                }
                (taken, sums)
            })
            .unzip();
        let combined = unpack(x, &sums, problems.k());
        let norm: f64 = combined.iter().map(|value| value * value).sum();
        let taken: f64 = taken.iter().sum();
        let scale = if norm > 0.0 { (taken / norm).min(1.0) } else { 1.0 };
        let objective = |scale: f64| scale * taken - 0.5 * scale * scale * norm;
        Dual { objective: objective(scale), plain: objective(1.0), combined }
    }
}

/// Sets the class's own multiplier to minus the sum of the others, which are made smaller where they add up
/// to more than `c`. Returns their sum.
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

/// The values of a block of rows, row by row, and sixteen classes at a time as the passes have them.
struct Block {
    groups: usize,
    rows: Vec<Lanes>,
    sixteens: Vec<Vec<Lanes>>,
}

impl Block {
    fn new(groups: usize) -> Block {
        let sixteens = vec![vec![Lanes::ZERO; BLOCK]; groups];
        Block { groups, rows: vec![Lanes::ZERO; BLOCK * groups], sixteens }
    }

    /// Sets the values to the products of the rows of `list` with all vectors.
    fn products(&mut self, packed: &Packed, problems: &Problems, list: &[u32]) {
        packed.products(&problems.x, list, &mut self.sixteens);
        for (sixteen, products) in self.sixteens.iter().enumerate() {
            let rows = self.rows.iter_mut().skip(sixteen).step_by(self.groups);
            rows.zip(products).take(list.len()).for_each(|(value, product)| *value = *product);
        }
    }

    /// Adds the rows of `list` times the values.
    fn add(&mut self, sums: &mut Sums, problems: &Problems, list: &[u32]) {
        for (sixteen, factors) in self.sixteens.iter_mut().enumerate() {
            let rows = self.rows.iter().skip(sixteen).step_by(self.groups);
            factors.iter_mut().zip(rows).take(list.len()).for_each(|(factor, value)| *factor = *value);
            sums.add(&problems.x, sixteen, list, factors);
        }
    }
}
