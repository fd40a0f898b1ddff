//! Sequential minimal optimisation for the two-class dual of C-SVC, as LIBSVM solves it.
//!
//! Minimises a'Qa / 2 - sum(a) with 0 <= a <= C, y'a = 0 and Q_ij = y_i y_j K_ij, two variables at a
//! time, chosen by second-order information (R.-E. Fan, P.-H. Chen, C.-J. Lin, Working set selection using
//! second order information, JMLR 6, 2005, WSS 2), ties to the last index. There is no shrinking: the solver
//! knows the bounds of each block of 64 rows and skips blocks without a candidate.
//!
//! Instead of the gradient g the solver keeps the scores F_t = -y_t g_t. A step subtracts
//! (K_it y_i da_i + K_jt y_j da_j) from every F_t; the same pass finds, block by block, the largest score
//! among rows whose y a may grow ("up") and the smallest among rows whose y a may shrink ("low"). They
//! differ by less than the tolerance at the solution.

use std::ops::Range;

use super::kernel_cache::{BLOCK, KernelRows};
use crate::linalg::simd::for_each_level;

/// LIBSVM's replacement for a curvature that is not positive (TAU), as indefinite kernels such as the sigmoid have.
pub(super) const TAU: f64 = 1e-12;

/// Steps after which the solver gives up; LIBSVM's limit.
pub(super) const MAX_STEPS: usize = 10_000_000;

/// The row of a class whose y a should grow first.
pub(super) struct First {
    pub row: usize,
    pub highest: f64,
    /// `highest` minus the lowest score of a row whose y a may shrink.
    pub violation: f64,
}

/// The solution of one two-class problem.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The dual variables, 0 to C.
    pub alpha: Vec<f64>,
    /// The decision function is sum y a K - rho.
    pub rho: f64,
    pub steps: usize,
    /// Whether the tolerance was met within the limit.
    pub converged: bool,
}

/// The state of each row, padded to whole blocks; padding is neither up nor low.
pub(super) struct State {
    /// Scores F.
    score: Vec<f64>,
    /// 0 where y a may grow, -infinity elsewhere: added to the score when looking for the largest.
    up: Vec<f32>,
    /// 0 where y a may shrink, +infinity elsewhere: added to the score when looking for the smallest.
    low: Vec<f32>,
    /// The largest score among up rows of each block.
    highest: Vec<f64>,
    /// The smallest score among low rows of each block.
    lowest: Vec<f64>,
}

/// Solves one problem to a violation below `tol`. Each step costs O(n) and at most two new kernel rows.
pub fn solve(rows: &mut KernelRows, c: f64, tol: f64) -> Solution {
    let (n, positive) = (rows.len(), rows.positive());
    let diagonal = rows.diagonal();
    let mut padded_diagonal = diagonal.clone();
    padded_diagonal.resize(n.div_ceil(BLOCK) * BLOCK, 0.0);
    let sign = |t: usize| if t < positive { 1.0 } else { -1.0 };
    let mut alpha = vec![0.0f64; n];
    let mut state = State::new(n, positive);
    let mut steps = 0;
    let mut converged = true;
    while let Some((i, highest)) = state.select_first(tol) {
        if steps == MAX_STEPS {
            converged = false;
            break;
        }
        rows.prepare(i);
        let Some(j) = state.select_second(rows.row(i), &padded_diagonal, i, highest) else { break };
        rows.prepare(j);
        let (row_i, row_j) = (rows.row(i), rows.row(j));
        let curvature = f64::from(diagonal[i]) + f64::from(diagonal[j]) - 2.0 * f64::from(row_i[j]);
        let step = (state.score[i] - state.score[j]) / if curvature > 0.0 { curvature } else { TAU };
        let (old_i, old_j) = (alpha[i], alpha[j]);
        (alpha[i], alpha[j]) = move_pair((old_i, sign(i)), (old_j, sign(j)), step, c);
        state.set_bounds(i, sign(i), alpha[i], c);
        state.set_bounds(j, sign(j), alpha[j], c);
        state.subtract(row_i, row_j, sign(i) * (alpha[i] - old_i), sign(j) * (alpha[j] - old_j));
        steps += 1;
    }
    // Kernel values that overflow f32 leave scores that are not finite, which no comparison selects.
    converged &= state.score[..n].iter().all(|score| score.is_finite());
    let rho = rho(&state.score[..n], &alpha, positive, c);
    Solution { alpha, rho, steps, converged }
}

/// Moves y_i a_i up and y_j a_j down by `step`, cut so that both stay within 0 and C (and exactly at a
/// bound where they are cut).
pub(super) fn move_pair(
    (alpha_i, y_i): (f64, f64),
    (alpha_j, y_j): (f64, f64),
    step: f64,
    c: f64,
) -> (f64, f64) {
    if y_i != y_j {
        // Both move the same way; their difference stays.
        let difference = alpha_i - alpha_j;
        let (mut a_i, mut a_j) = (alpha_i + y_i * step, alpha_j - y_j * step);
        if difference > 0.0 {
            if a_j < 0.0 {
                (a_i, a_j) = (difference, 0.0);
            }
            if a_i > c {
                (a_i, a_j) = (c, c - difference);
            }
        } else {
            if a_i < 0.0 {
                (a_i, a_j) = (0.0, -difference);
            }
            if a_j > c {
                (a_i, a_j) = (c + difference, c);
            }
        }
        (a_i, a_j)
    } else {
        let sum = alpha_i + alpha_j;
        let (mut a_i, mut a_j) = (alpha_i + y_i * step, alpha_j - y_j * step);
        if sum > c {
            if a_i > c {
                (a_i, a_j) = (c, sum - c);
            }
            if a_j > c {
                (a_i, a_j) = (sum - c, c);
            }
        } else {
            if a_j < 0.0 {
                (a_i, a_j) = (sum, 0.0);
            }
            if a_i < 0.0 {
                (a_i, a_j) = (0.0, sum);
            }
        }
        (a_i, a_j)
    }
}

/// The mean of -F over free rows, or the middle of the interval that the bounded rows leave.
pub fn rho(score: &[f64], alpha: &[f64], positive: usize, c: f64) -> f64 {
    let (mut upper, mut lower) = (f64::INFINITY, f64::NEG_INFINITY);
    let (mut sum, mut free) = (0.0, 0usize);
    for (t, (&score, &alpha)) in score.iter().zip(alpha).enumerate() {
        let value = -score;
        if alpha > 0.0 && alpha < c {
            sum += value;
            free += 1;
        } else if (alpha <= 0.0) == (t < positive) {
            upper = upper.min(value);
        } else {
            lower = lower.max(value);
        }
    }
    if free > 0 { sum / free as f64 } else { (upper + lower) / 2.0 }
}

impl State {
    /// All a = 0: F = y, positive rows may only grow, negative ones only shrink (in y a).
    fn new(n: usize, positive: usize) -> State {
        let padded = n.div_ceil(BLOCK) * BLOCK;
        let mut state = State {
            score: vec![0.0; padded],
            up: vec![f32::NEG_INFINITY; padded],
            low: vec![f32::INFINITY; padded],
            highest: vec![0.0; padded / BLOCK],
            lowest: vec![0.0; padded / BLOCK],
        };
        state.score[..positive].fill(1.0);
        state.score[positive..n].fill(-1.0);
        state.up[..positive].fill(0.0);
        state.low[positive..n].fill(0.0);
        let zeros = vec![0.0; padded];
        state.subtract(&zeros, &zeros, 0.0, 0.0);
        state
    }

    /// All a = 0 for an objective without a linear term: all scores are 0. No row is up or low until
    /// [`State::set_bounds`].
    pub fn without_linear_term(n: usize) -> State {
        let padded = n.div_ceil(BLOCK) * BLOCK;
        State {
            score: vec![0.0; padded],
            up: vec![f32::NEG_INFINITY; padded],
            low: vec![f32::INFINITY; padded],
            highest: vec![0.0; padded / BLOCK],
            lowest: vec![0.0; padded / BLOCK],
        }
    }

    pub fn score(&self, t: usize) -> f64 {
        self.score[t]
    }

    pub fn set_bounds(&mut self, t: usize, sign: f64, alpha: f64, c: f64) {
        let (grows, shrinks) = if sign > 0.0 { (alpha < c, alpha > 0.0) } else { (alpha > 0.0, alpha < c) };
        self.up[t] = if grows { 0.0 } else { f32::NEG_INFINITY };
        self.low[t] = if shrinks { 0.0 } else { f32::INFINITY };
    }

    pub fn subtract(&mut self, row_i: &[f32], row_j: &[f32], c_i: f64, c_j: f64) {
        let State { score, up, low, highest, lowest } = self;
        subtract_and_bound(score, row_i, row_j, c_i, c_j, up, low, highest, lowest);
    }

    /// The up row with the largest score, unless no low row lies `tol` below it.
    fn select_first(&self, tol: f64) -> Option<(usize, f64)> {
        let mut block = 0;
        let mut highest = f64::NEG_INFINITY;
        let mut lowest = f64::INFINITY;
        for (b, (&high, &low)) in self.highest.iter().zip(&self.lowest).enumerate() {
            if high >= highest {
                (block, highest) = (b, high);
            }
            lowest = lowest.min(low);
        }
        // Also ends where no row is up or low, and where scores are no longer numbers.
        if highest - lowest >= tol {
            let rows = block * BLOCK..(block + 1) * BLOCK;
            rows.rev().find(|&t| self.up[t] == 0.0 && self.score[t] == highest).map(|t| (t, highest))
        } else {
            None
        }
    }

    /// The up row of a class with the largest score, the last of equals.
    pub fn first_within(&self, class: Range<usize>) -> Option<First> {
        let (mut row, mut highest, mut lowest) = (None, f64::NEG_INFINITY, f64::INFINITY);
        for (block, rows) in blocks(class) {
            let high = if rows.len() == BLOCK { self.highest[block] } else { self.highest_of(rows.clone()) };
            let low = if rows.len() == BLOCK { self.lowest[block] } else { self.lowest_of(rows.clone()) };
            if high >= highest && high > f64::NEG_INFINITY {
                (row, highest) = (Some(rows), high);
            }
            lowest = lowest.min(low);
        }
        let row = row?.rev().find(|&t| self.up[t] == 0.0 && self.score[t] == highest)?;
        Some(First { row, highest, violation: highest - lowest })
    }

    fn highest_of(&self, rows: Range<usize>) -> f64 {
        rows.map(|t| self.score[t] + f64::from(self.up[t])).fold(f64::NEG_INFINITY, f64::max)
    }

    fn lowest_of(&self, rows: Range<usize>) -> f64 {
        rows.map(|t| self.score[t] + f64::from(self.low[t])).fold(f64::INFINITY, f64::min)
    }

    /// The low row of a class, with a score below `highest`, whose step with row i has the largest predicted
    /// decrease; and that decrease.
    pub fn second_within(
        &self,
        class: Range<usize>,
        row_i: &[f32],
        diagonal: &[f32],
        i: usize,
        highest: f64,
    ) -> Option<(f64, usize)> {
        let mut best: Option<(f64, usize)> = None;
        let own = f64::from(diagonal[i]);
        for (block, rows) in blocks(class) {
            if self.lowest[block] < highest {
                let at = block * BLOCK..(block + 1) * BLOCK;
                let mut gains = [0.0f64; BLOCK];
                let (score, low) = (&self.score[at.clone()], &self.low[at.clone()]);
                gain(score, low, &row_i[at.clone()], &diagonal[at.clone()], own, highest, &mut gains);
                let gains = &gains[rows.start - at.start..rows.end - at.start];
                let most = gains.iter().fold(0.0, |a, &b| if b > a { b } else { a });
                if most > 0.0 && best.is_none_or(|(so_far, _)| most >= so_far) {
                    let last = gains.iter().rposition(|&gain| gain == most).unwrap_or(0);
                    best = Some((most, rows.start + last));
                }
            }
        }
        best
    }

    /// The low row, with a score below `highest`, whose step with row i has the largest predicted decrease.
    fn select_second(&self, row_i: &[f32], diagonal: &[f32], i: usize, highest: f64) -> Option<usize> {
        let mut best = (0.0, usize::MAX);
        let own = f64::from(diagonal[i]);
        for (block, &lowest) in self.lowest.iter().enumerate() {
            if lowest < highest {
                let at = block * BLOCK..(block + 1) * BLOCK;
                let mut gains = [0.0f64; BLOCK];
                let (score, low) = (&self.score[at.clone()], &self.low[at.clone()]);
                let most =
                    gain(score, low, &row_i[at.clone()], &diagonal[at.clone()], own, highest, &mut gains);
                if most > 0.0 && most >= best.0 {
                    let last = gains.iter().rposition(|&gain| gain == most).unwrap_or(0);
                    best = (most, block * BLOCK + last);
                }
            }
        }
        (best.1 != usize::MAX).then_some(best.1)
    }
}

/// The blocks that a range of rows reaches, each with the rows of it that are in the range.
fn blocks(rows: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
    let within = move |block: usize| rows.start.max(block * BLOCK)..rows.end.min((block + 1) * BLOCK);
    (rows.start / BLOCK..rows.end.div_ceil(BLOCK)).map(move |block| (block, within(block)))
}

for_each_level! {
    /// score -= c_i row_i + c_j row_j, and the bounds of every block.
    fn subtract_and_bound(
        score: &mut [f64],
        row_i: &[f32],
        row_j: &[f32],
        c_i: f64,
        c_j: f64,
        up: &[f32],
        low: &[f32],
        highest: &mut [f64],
        lowest: &mut [f64],
    ) {
        let rows = score.chunks_exact_mut(BLOCK).zip(row_i.chunks_exact(BLOCK)).zip(row_j.chunks_exact(BLOCK));
        let bounds = up.chunks_exact(BLOCK).zip(low.chunks_exact(BLOCK));
        let ends = highest.iter_mut().zip(lowest);
        for ((((score, row_i), row_j), (up, low)), (highest, lowest)) in rows.zip(bounds).zip(ends) {
            let mut high = [f64::NEG_INFINITY; 8];
            let mut lane_low = [f64::INFINITY; 8];
            for at in (0..BLOCK).step_by(8) {
                for lane in 0..8 {
                    let t = at + lane;
                    let value = score[t] - (c_i * f64::from(row_i[t]) + c_j * f64::from(row_j[t]));
                    score[t] = value;
                    let above = value + f64::from(up[t]);
                    let below = value + f64::from(low[t]);
                    high[lane] = if above > high[lane] { above } else { high[lane] };
                    lane_low[lane] = if below < lane_low[lane] { below } else { lane_low[lane] };
                }
            }
            *highest = high.into_iter().fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a });
            *lowest = lane_low.into_iter().fold(f64::INFINITY, |a, b| if b < a { b } else { a });
        }
    }
}

for_each_level! {
    /// Twice the predicted decrease, as LIBSVM compares it, for each row of a block; 0 for rows that may not
    /// be chosen. Returns the largest.
    fn gain(
        score: &[f64],
        low: &[f32],
        row_i: &[f32],
        diagonal: &[f32],
        own: f64,
        highest: f64,
        gains: &mut [f64; BLOCK],
    ) -> f64 {
        let mut most = [0.0f64; 8];
        let (Some(score), Some(low)) = (score.first_chunk::<BLOCK>(), low.first_chunk::<BLOCK>()) else {
            return 0.0;
        };
        let (Some(row_i), Some(diagonal)) = (row_i.first_chunk::<BLOCK>(), diagonal.first_chunk::<BLOCK>())
        else {
            return 0.0;
        };
        for at in (0..BLOCK).step_by(8) {
            for (lane, most) in most.iter_mut().enumerate() {
                let t = at + lane;
                let curvature = own + f64::from(diagonal[t]) - 2.0 * f64::from(row_i[t]);
                let curvature = if curvature > 0.0 { curvature } else { TAU };
                // -infinity where the row is not low.
                let violation = highest - (score[t] + f64::from(low[t]));
                let violation = if violation > 0.0 { violation } else { 0.0 };
                let gain = violation * violation / curvature;
                gains[t] = gain;
                *most = if gain > *most { gain } else { *most };
            }
        }
        most.into_iter().fold(0.0, |a, b| if b > a { b } else { a })
    }
}
