//! The proximal map of Crammer and Singer's loss, row by row.
//!
//! A row of class y with scores s has the loss C max_k (margin_k + s_k - s_y) with margin_k = 1[k != y]. Its
//! multipliers a are feasible if they sum to zero, a_k >= 0 for k != y and a_y >= -C. They are a simplex of
//! size C whose coordinate y is shifted by -C: without the shift, a small a_y would lose digits beside a
//! large C.

use crate::linalg::base_delta::{LANES, Lanes};
use crate::linalg::simd::for_each_level;

/// The parameters of a step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The size of the simplex (C).
    pub c: f32,
    /// Over-relaxation, at least 1 and below 2.
    pub relaxation: f32,
    /// The number of classes (k), at least 2.
    pub k: usize,
}

for_each_level! {
    /// An ADMM step of a block of rows: from the scores at the new weights to new copies (Z) and new
    /// multipliers. Each row has `step.k` classes in groups of sixteen. `scores` becomes multipliers + rho
    /// (scores - copies), the gradient of the next ridge problem. `penalties` are the rows' rho. O(k) for a
    /// row and an iteration of the projection; more than four iterations are rare.
    pub fn proximal_steps(
        step: Step,
        targets: &[usize],
        penalties: &[f32],
        scores: &mut [Lanes],
        copies: &mut [Lanes],
        multipliers: &mut [Lanes],
    ) {
        let width = step.k.div_ceil(LANES);
        if width == 1 {
            // The loop below, with a length that is known at compile time.
            let rows = scores.iter_mut().zip(copies).zip(multipliers).zip(targets).zip(penalties);
            for ((((scores, copies), multipliers), &target), &rho) in rows {
                let [scores, copies, multipliers] = [scores, copies, multipliers].map(std::slice::from_mut);
                proximal_step(step, target, rho, scores, copies, multipliers);
            }
        } else {
            let rows = scores.chunks_exact_mut(width).zip(copies.chunks_exact_mut(width));
            let rows = rows.zip(multipliers.chunks_exact_mut(width)).zip(targets).zip(penalties);
            for ((((scores, copies), multipliers), &target), &rho) in rows {
                proximal_step(step, target, rho, scores, copies, multipliers);
            }
        }
    }
}

/// An ADMM step of one row, see [`proximal_steps`].
#[inline(always)]
fn proximal_step(
    step: Step,
    target: usize,
    rho: f32,
    scores: &mut [Lanes],
    copies: &mut [Lanes],
    multipliers: &mut [Lanes],
) {
    let Step { c, relaxation, k } = step;
    // The multipliers before the projection. Lanes beyond the last class are minus infinity, which the
    // projection sets to 0.
    let mut largest = f32::NEG_INFINITY;
    let (mut own, per_rho) = (0.0, 1.0 / rho);
    for (group, scores) in scores.iter_mut().enumerate() {
        let (copies, multipliers) = (&mut copies[group].0, &mut multipliers[group].0);
        let mut moved_others = [f32::NEG_INFINITY; LANES];
        for lane in 0..LANES {
            let class = group * LANES + lane;
            let relaxed = relaxation * scores.0[lane] + (1.0 - relaxation) * copies[lane];
            let margin = if class == target { 0.0 } else { 1.0 };
            let moved = multipliers[lane] + rho * (relaxed + margin);
            let moved = if class < k { moved } else { f32::NEG_INFINITY };
            let other = class < k && class != target;
            moved_others[lane] = if other { moved } else { f32::NEG_INFINITY };
            own += if class == target { moved } else { 0.0 };
            // Copies hold the relaxed scores plus the old multipliers / rho until the new ones are known.
            copies[lane] = relaxed + multipliers[lane] * per_rho;
            multipliers[lane] = moved;
        }
        largest = largest.max(largest_of(moved_others));
    }
    if largest <= own {
        // Every margin constraint holds: the projection sets all multipliers to zero.
        multipliers.iter_mut().for_each(|group| *group = Lanes::ZERO);
    } else {
        project(target, c, multipliers);
    }
    for ((scores, copies), multipliers) in scores.iter_mut().zip(copies).zip(multipliers) {
        for lane in 0..LANES {
            copies.0[lane] -= multipliers.0[lane] * per_rho;
            scores.0[lane] = multipliers.0[lane] + rho * (scores.0[lane] - copies.0[lane]);
        }
    }
}

/// Projects onto the feasible multipliers (Michelot 1986): subtracts a threshold, and drops entries at or
/// below it until the set of entries above it no longer changes.
#[inline(always)]
fn project(target: usize, c: f32, multipliers: &mut [Lanes]) {
    let (place, lane) = (target / LANES, target % LANES);
    let own = multipliers[place].0[lane];
    multipliers[place].0[lane] = f32::NEG_INFINITY;
    let (mut threshold, mut before) = (f32::NEG_INFINITY, usize::MAX);
    loop {
        let (mut sum, mut active) = (0.0, 0);
        for group in multipliers.iter() {
            let mut kept = [0.0; LANES];
            let mut count = [0.0; LANES];
            for lane in 0..LANES {
                let is_active = group.0[lane] > threshold;
                kept[lane] = if is_active { group.0[lane] } else { 0.0 };
                count[lane] = if is_active { 1.0 } else { 0.0 };
            }
            sum += sum_of(kept);
            active += sum_of(count) as usize;
        }
        if own + c > threshold {
            sum += own;
            active += 1;
        } else {
            sum -= c;
        }
        // Rounding can leave no entry: the threshold before is kept.
        if active == 0 || active >= before {
            break;
        }
        (threshold, before) = (sum / active as f32, active);
    }
    for group in multipliers.iter_mut() {
        group.0.iter_mut().for_each(|value| *value = (*value - threshold).max(0.0));
    }
    multipliers[place].0[lane] = (own - threshold).max(-c);
}

/// The largest of sixteen values, by halves.
#[inline(always)]
fn largest_of(values: [f32; LANES]) -> f32 {
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let eight: [f32; 8] = std::array::from_fn(|i| larger(values[i], values[i + 8]));
    let four: [f32; 4] = std::array::from_fn(|i| larger(eight[i], eight[i + 4]));
    larger(larger(four[0], four[2]), larger(four[1], four[3]))
}

/// The sum of sixteen values, by halves.
#[inline(always)]
fn sum_of(values: [f32; LANES]) -> f32 {
    let eight: [f32; 8] = std::array::from_fn(|i| values[i] + values[i + 8]);
    let four: [f32; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(i: usize) -> f32 {
        ((i * 7919) % 1009) as f32 / 1009.0 - 0.5
    }

    fn lanes(values: &[f32]) -> Vec<Lanes> {
        let lanes =
            |values: &[f32]| Lanes(std::array::from_fn(|lane| values.get(lane).copied().unwrap_or(0.0)));
        values.chunks(LANES).map(lanes).collect()
    }

    fn of_classes(row: &[Lanes], k: usize) -> Vec<f64> {
        row.iter().flat_map(|lanes| lanes.0).take(k).map(f64::from).collect()
    }

    /// The threshold is found by halving: the multipliers add up to zero there.
    fn slow_projection(moved: &[f64], target: usize, c: f64) -> Vec<f64> {
        let lower = |class: usize| if class == target { -c } else { 0.0 };
        let at = |threshold: f64| -> Vec<f64> {
            moved.iter().enumerate().map(|(class, value)| (value - threshold).max(lower(class))).collect()
        };
        let (mut low, mut high) = (-1e4, 1e4);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if at(middle).iter().sum::<f64>() > 0.0 { low = middle } else { high = middle }
        }
        at(high)
    }

    #[test]
    fn a_step_is_the_proximal_map_for_few_and_many_classes_and_any_c() {
        for (at, k) in [2, 3, 10, 16, 17, 40, 256].into_iter().enumerate() {
            for (seed, c) in [1e-3, 0.3, 1.0, 50.0, 1e6].into_iter().enumerate() {
                let seed = seed * 1000 + at * 100;
                let target = (seed * 31) % k;
                let (step, rho) = (Step { c, relaxation: 1.7, k }, 0.5 + number(seed).abs());
                let values = |shift: usize, size: f32| -> Vec<f32> {
                    (0..k).map(|class| size * number(seed + shift + class)).collect()
                };
                let (before, old) = (values(1, 4.0), values(2, 3.0));
                let given = values(3, c.min(2.0));
                let (mut scores, mut copies, mut multipliers) = (lanes(&before), lanes(&old), lanes(&given));
                proximal_steps(step, &[target], &[rho], &mut scores, &mut copies, &mut multipliers);
                let (rho, relaxation) = (f64::from(rho), f64::from(step.relaxation));
                let relaxed: Vec<f64> = before
                    .iter()
                    .zip(&old)
                    .map(|(new, old)| relaxation * f64::from(*new) + (1.0 - relaxation) * f64::from(*old))
                    .collect();
                let moved: Vec<f64> = (0..k)
                    .map(|class| {
                        let margin = if class == target { 0.0 } else { 1.0 };
                        f64::from(given[class]) + rho * (relaxed[class] + margin)
                    })
                    .collect();
                let expected = slow_projection(&moved, target, f64::from(c));
                let close =
                    |found: f64, expected: f64| (found - expected).abs() < 2e-5 * (1.0 + expected.abs());
                for class in 0..k {
                    let found = of_classes(&multipliers, k)[class];
                    assert!(
                        close(found, expected[class]),
                        "{k} classes, C {c}: {found}, {}",
                        expected[class]
                    );
                    let copy = relaxed[class] + (f64::from(given[class]) - expected[class]) / rho;
                    assert!(close(of_classes(&copies, k)[class], copy), "{k} classes, C {c}");
                    let gradient = expected[class] + rho * (f64::from(before[class]) - copy);
                    assert!(close(of_classes(&scores, k)[class], gradient), "{k} classes, C {c}");
                }
            }
        }
    }

    #[test]
    fn equal_values_and_large_ones_come_to_an_end() {
        for size in [0.0, 1.0, 1e10, 1e30] {
            let mut multipliers = lanes(&[size; 10]);
            multipliers[0].0[10..].fill(f32::NEG_INFINITY);
            project(3, 1.0, &mut multipliers);
            assert!(of_classes(&multipliers, 16).iter().all(|value| value.is_finite()));
        }
    }
}
