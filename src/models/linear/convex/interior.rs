//! Minimises R(w) + the hinge losses of all rows by a primal-dual interior-point method with Mehrotra's
//! predictor and corrector (Mehrotra 1992; for support vector machines Ferris and Munson 2002, Woodsend and
//! Gondzio 2009), whose Newton equations are solved by conjugate gradients.
//!
//! A hinge is the largest of dual value times score over a set of dual values. Every dual value and its slack
//! are kept above zero, with products that fall together: the way along which Newton's method neither
//! overshoots kinks nor stops at them.

use rayon::prelude::*;

use super::bends::Bends;
use super::conjugate::{Accuracy, MOST_PRODUCTS, Solver, dot};
use super::hinge::{Barrier, Central, HingeLoss, central_slope};
use super::newton::approach;
use super::pair::{Borders, Pair, UNIT};
use super::{Minimum, Norm, Problems, Settings, passes};
use crate::linalg::cholesky::Cholesky;

/// How far towards the border a step may go.
const SHORT_OF_BORDER: f64 = 0.99;
/// The barrier's weight at the outset, in parts of C: how far out the central path is joined.
const OUTSET: f64 = 0.03;
/// How exactly Newton's equations are solved for the two steps.
const PREDICTOR: f64 = 0.1;
const CORRECTOR: f64 = 0.02;
/// How much further a better centred step is to reach.
const FURTHER: f64 = 0.3;
/// Where classes are coupled and the gap is less than this part of the objective, the products are to fall no lower
/// than this part of what the unsolved rest of the equations adds to the gap, a product: below that steps end at the
/// borders and leave the rest unsolved. Further away the rest is no measure of anything.
const NEAR: f64 = 0.3;
const UNSOLVED: f64 = 0.3;
/// So many steps further a solution may take as many products again.
const ROUGH_STEPS: usize = 25;
/// Rows evaluated as one task.
const CHUNK: usize = 1024;

/// What to minimise.
#[derive(Clone, Copy, Debug)]
pub struct Interior {
    pub loss: HingeLoss,
    pub c: f64,
    /// The l1 norm; else half the squared l2 norm. The intercept is a weight like the others.
    pub l1: bool,
    /// Ends when the gap between primal and dual objective is this part of the primal.
    pub tol: f64,
    pub max_iter: usize,
}

struct State<'a> {
    problems: &'a Problems,
    settings: Interior,
    borders: Borders,
    weights: Vec<f64>,
    /// n x k.
    scores: Vec<f64>,
    /// n x k dual values.
    duals: Vec<Pair>,
    /// Under l1 the dual slopes, one a weight.
    slopes: Vec<Pair>,
    /// n x k: what the step changes the scores by.
    changes: Vec<f64>,
    passes: usize,
}

impl Interior {
    /// Minimises from zero. An iteration costs O(n d k) a product and O(k d^3) for the preconditioner.
    pub fn minimise(&self, problems: &Problems) -> Minimum {
        State::new(*self, problems).run()
    }
}

impl<'a> State<'a> {
    fn new(settings: Interior, problems: &'a Problems) -> State<'a> {
        let (n, k, c) = (problems.n(), problems.k(), settings.c);
        let borders = match settings.loss {
            HingeLoss::Hinge => Borders { low: 0.0, high: c, spring: 0.0 },
            HingeLoss::SquaredHinge => Borders { low: 0.0, high: f64::INFINITY, spring: 0.5 / c },
            HingeLoss::CrammerSinger => Borders { low: 0.0, high: f64::INFINITY, spring: 0.0 },
        };
        // Onto the central path, far out, where Newton's method on the barrier itself is quick.
        let level = OUTSET * c;
        let norm = if settings.l1 { Norm::L1Barrier(level) } else { Norm::L2 };
        let barrier = || Barrier { loss: settings.loss, c, level };
        let rough =
            Settings { norm, intercept_regularised: true, tol: settings.tol, max_iter: settings.max_iter };
        let (weights, scores, passes) = approach(problems, barrier(), rough);
        let mut duals = vec![Pair::default(); n * k];
        let barrier = barrier();
        let rows = duals.par_chunks_mut(k).zip(scores.par_chunks(k)).zip(&problems.targets);
        rows.for_each(|((duals, scores), &target)| {
            let mut central = [Central::default(); 256];
            barrier.central(target, scores, &mut central[..k]);
            duals.iter_mut().zip(central).for_each(|(dual, central)| *dual = Pair::from(central));
        });
        let slope = |weight: &f64| Pair::from(central_slope(*weight, level));
        let slopes = if settings.l1 { weights.iter().map(slope).collect() } else { Vec::new() };
        State { problems, settings, borders, weights, scores, duals, slopes, changes: Vec::new(), passes }
    }

    fn run(&mut self) -> Minimum {
        let k = self.problems.k();
        // Near the borders of the dual values the equations ask for all the digits that the factors can have.
        let mut solver: Solver<Cholesky> = Solver::default();
        let mut iterations = 0;
        // The least objective and the largest dual one. Steps lead along the path and not down: on the way the
        // objective can leap up, where a rare pixel's weight goes too far for the few rows that have it.
        let (mut least, mut weights, mut dual) = (f64::INFINITY, Vec::new(), f64::NEG_INFINITY);
        loop {
            let combined =
                self.combine(&self.map_rows(|state, target, row, out| state.loss_slopes(target, row, out)));
            let (objective, own_gap) = self.gap(&combined);
            dual = dual.max(objective - own_gap);
            if objective < least {
                (least, weights) = (objective, self.weights.clone());
            }
            let gap = least - dual;
            let converged = gap <= self.settings.tol * least;
            if converged || iterations >= self.settings.max_iter {
                return Minimum {
                    weights,
                    objective: least,
                    gap,
                    iterations,
                    passes: self.passes,
                    converged,
                };
            }
            let level = self.level(|_| 0.0);
            solver.forget();
            solver.most_products = MOST_PRODUCTS * (1 + iterations / ROUGH_STEPS);
            let bends = self.bends();
            self.aim(&vec![0.0; k], false);
            self.turn(&mut solver, &bends, PREDICTOR);
            let mut goals = self.corrected_goals(&level);
            if self.coupled() && own_gap < NEAR * objective {
                self.wait(&mut goals, level[0], own_gap);
            }
            self.aim(&goals, true);
            let mut step = self.turn(&mut solver, &bends, CORRECTOR);
            let lengths = self.lengths();
            let before = (self.duals.clone(), self.slopes.clone(), step.clone());
            self.centre(&goals, &lengths);
            step = self.turn(&mut solver, &bends, CORRECTOR);
            self.keep_longer(before, &lengths, &mut step);
            let lengths = self.lengths();
            self.advance(&step, &lengths);
            iterations += 1;
        }
    }

    /// Aims all products at the goals of their classes.
    fn aim(&mut self, goals: &[f64], correct: bool) {
        let borders = self.borders;
        self.each_pair(|pair, is_row, class| {
            pair.aim(if is_row { borders } else { UNIT }, goals[class], correct)
        });
    }

    /// Aims better, so that classes can go further than `lengths`.
    fn centre(&mut self, goals: &[f64], lengths: &[f64]) {
        let borders = self.borders;
        self.each_pair(|pair, is_row, class| {
            let further = (lengths[class] + FURTHER).min(1.0);
            pair.centre(if is_row { borders } else { UNIT }, goals[class], further)
        });
    }

    /// Every row's and every weight's pair, with its class.
    fn each_pair(&mut self, change: impl Fn(&mut Pair, bool, usize) + Sync) {
        let (k, width) = (self.problems.k(), self.problems.d() + 1);
        self.duals.par_chunks_mut(k).with_min_len(CHUNK).for_each(|row| {
            row.iter_mut().enumerate().for_each(|(class, dual)| change(dual, true, class));
        });
        self.slopes.iter_mut().enumerate().for_each(|(index, slope)| change(slope, false, index / width));
    }

    /// Solves for the step to where the products are aimed, and takes note of it.
    fn turn(&mut self, solver: &mut Solver<Cholesky>, bends: &Bends, relative: f64) -> Vec<f64> {
        let mut right =
            self.combine(&self.map_rows(|state, target, row, out| state.pressed(target, row, out)));
        let diagonal = self.regulariser(&mut right);
        let accuracy = Accuracy { relative, absolute: f64::INFINITY, gain: f64::INFINITY };
        let solution = solver.solve(&self.problems.x, bends, &diagonal, &right, accuracy);
        self.passes += solution.products + 1;
        let changes = passes::scores(&self.problems.x, &solution.step);
        self.note(&solution.step, &changes);
        self.changes = changes;
        solution.step
    }

    /// Takes the step from before back in classes in which the new one does not reach further.
    fn keep_longer(&mut self, before: (Vec<Pair>, Vec<Pair>, Vec<f64>), lengths: &[f64], step: &mut [f64]) {
        let (k, width) = (self.problems.k(), self.problems.d() + 1);
        let now = self.lengths();
        let worse: Vec<bool> = now.iter().zip(lengths).map(|(now, before)| now <= before).collect();
        if worse.iter().all(|worse| !worse) {
            return;
        }
        let (duals, slopes, old) = before;
        self.duals.par_chunks_mut(k).zip(duals.par_chunks(k)).with_min_len(CHUNK).for_each(
            |(row, before)| {
                for class in 0..k {
                    if worse[class] {
                        row[class] = before[class];
                    }
                }
            },
        );
        for (index, (slope, before)) in self.slopes.iter_mut().zip(slopes).enumerate() {
            if worse[index / width] {
                *slope = before;
            }
        }
        for (index, (step, before)) in step.iter_mut().zip(old).enumerate() {
            if worse[index / width] {
                *step = before;
            }
        }
        self.changes = passes::scores(&self.problems.x, step);
    }

    fn coupled(&self) -> bool {
        self.settings.loss == HingeLoss::CrammerSinger
    }

    fn combine(&mut self, slopes: &[f64]) -> Vec<f64> {
        self.passes += 1;
        passes::combine(&self.problems.x, slopes, self.problems.k())
    }

    /// n x k values, a row at a time from its target and its dual values.
    fn map_rows(&self, fill: impl Fn(&Self, usize, &[Pair], &mut [f64]) + Sync) -> Vec<f64> {
        let k = self.problems.k();
        let mut out = vec![0.0; self.duals.len()];
        let chunks = out.par_chunks_mut(CHUNK * k).zip(self.duals.par_chunks(CHUNK * k));
        chunks.zip(self.problems.targets.par_chunks(CHUNK)).for_each(|((out, duals), targets)| {
            for ((out, row), &target) in out.chunks_exact_mut(k).zip(duals.chunks_exact(k)).zip(targets) {
                fill(self, target, row, out);
            }
        });
        out
    }

    /// The derivatives of the losses by the scores that the dual values stand for.
    fn loss_slopes(&self, target: usize, row: &[Pair], out: &mut [f64]) {
        for (class, (out, dual)) in out.iter_mut().zip(row).enumerate() {
            *out = self.settings.loss.slope(self.settings.c, target, class, dual.value);
        }
    }

    /// The same after the part of the step that no weight brings about.
    fn pressed(&self, target: usize, row: &[Pair], out: &mut [f64]) {
        let (mut total, mut pulled) = (0.0, 0.0);
        for (out, dual) in out.iter_mut().zip(row) {
            let give = dual.give(self.borders);
            *out = give * dual.pressure(self.borders);
            total += give;
            pulled += *out;
        }
        for (class, (out, dual)) in out.iter_mut().zip(row).enumerate() {
            if self.coupled() {
                *out -= dual.give(self.borders) * pulled / total;
            }
            *out = self.settings.loss.slope(self.settings.c, target, class, dual.value + *out);
        }
    }

    fn bends(&self) -> Bends {
        let rows = self.duals.par_chunks(self.problems.k());
        Bends::collect(self.problems.k(), self.coupled(), rows, |_, row, bends| {
            for (bend, dual) in bends.iter_mut().zip(row) {
                *bend = dual.give(self.borders) as f32;
            }
        })
    }

    /// Turns the combined slopes into the right side of Newton's equations, and gives the regulariser's
    /// second derivatives.
    fn regulariser(&self, combined: &mut [f64]) -> Vec<f64> {
        if !self.settings.l1 {
            combined.iter_mut().zip(&self.weights).for_each(|(right, w)| *right = -(*right + w));
            return vec![1.0; combined.len()];
        }
        let all = combined.iter_mut().zip(&self.slopes);
        all.map(|(right, slope)| {
            let give = slope.give(UNIT);
            *right = -(*right + slope.value + give * slope.pressure(UNIT));
            give
        })
        .collect()
    }

    /// Takes note of the steps that go with a step of the weights, which changes the scores.
    fn note(&mut self, step: &[f64], changes: &[f64]) {
        let (k, borders, coupled) = (self.problems.k(), self.borders, self.coupled());
        let rows = self.duals.par_chunks_mut(k).zip(changes.par_chunks(k)).zip(&self.problems.targets);
        rows.for_each(|((row, changes), &target)| {
            let (mut total, mut pulled) = (0.0, 0.0);
            if coupled {
                for (dual, change) in row.iter().zip(changes) {
                    let give = dual.give(borders);
                    total += give;
                    pulled += give * (change + dual.pressure(borders));
                }
            }
            for (class, (dual, change)) in row.iter_mut().zip(changes).enumerate() {
                let (give, pressure) = (dual.give(borders), dual.pressure(borders));
                let d_value = if coupled {
                    give * (change + pressure - pulled / total)
                } else {
                    give * (if class == target { -change } else { *change } + pressure)
                };
                dual.note(borders, d_value);
            }
        });
        for (slope, step) in self.slopes.iter_mut().zip(step) {
            slope.note(UNIT, slope.give(UNIT) * (step + slope.pressure(UNIT)));
        }
    }

    /// The mean product of every class (of all together where they are coupled) after a part of the step.
    fn level(&self, part: impl Fn(usize) -> f64 + Sync) -> Vec<f64> {
        let (k, width) = (self.problems.k(), self.problems.d() + 1);
        let sums: Vec<Vec<f64>> = self
            .duals
            .par_chunks(CHUNK * k)
            .map(|duals| {
                let mut sums = vec![0.0; k];
                for row in duals.chunks_exact(k) {
                    for (class, (sum, dual)) in sums.iter_mut().zip(row).enumerate() {
                        *sum += dual.products_at(self.borders, part(class));
                    }
                }
                sums
            })
            .collect();
        let mut level = vec![0.0; k];
        for sums in sums {
            level.iter_mut().zip(sums).for_each(|(level, sum)| *level += sum);
        }
        for (index, slope) in self.slopes.iter().enumerate() {
            level[index / width] += slope.products_at(UNIT, part(index / width));
        }
        let products = self.products() as f64;
        if self.coupled() {
            let mean = level.iter().sum::<f64>() / (products * k as f64);
            return vec![mean; k];
        }
        level.iter().map(|sum| sum / products).collect()
    }

    /// How many products a class has.
    fn products(&self) -> usize {
        let borders = if self.borders.high.is_finite() { 2 } else { 1 };
        self.problems.n() * borders + 2 * self.slopes.len() / self.problems.k()
    }

    /// Mehrotra's rule: the further the step alone would bring the products down, the lower the goal.
    fn corrected_goals(&self, level: &[f64]) -> Vec<f64> {
        let lengths = self.lengths();
        let ahead = self.level(|class| lengths[class]);
        ahead
            .iter()
            .zip(level)
            .map(|(ahead, level)| level * (ahead / level).powi(3).clamp(1e-6, 1.0))
            .collect()
    }

    /// Raises goals of coupled classes to what the gap, all products and the unsolved rest of the equations, allows.
    fn wait(&self, goals: &mut [f64], level: f64, gap: f64) {
        let unsolved = gap / (self.products() * self.problems.k()) as f64 - level;
        let least = (UNSOLVED * unsolved).min(level);
        goals.iter_mut().for_each(|goal| *goal = goal.max(least));
    }

    /// How far every class may go (all alike where they are coupled).
    fn lengths(&self) -> Vec<f64> {
        let (k, width) = (self.problems.k(), self.problems.d() + 1);
        let mut lengths = self
            .duals
            .par_chunks(CHUNK * k)
            .map(|duals| {
                let mut lengths = vec![1.0f64; k];
                for row in duals.chunks_exact(k) {
                    for (length, dual) in lengths.iter_mut().zip(row) {
                        *length = length.min(dual.longest(self.borders));
                    }
                }
                lengths
            })
            .reduce(|| vec![1.0; k], |a, b| a.iter().zip(&b).map(|(a, b)| a.min(*b)).collect());
        for (index, slope) in self.slopes.iter().enumerate() {
            lengths[index / width] = lengths[index / width].min(slope.longest(UNIT));
        }
        if self.coupled() {
            lengths = vec![lengths.iter().copied().fold(1.0, f64::min); k];
        }
        lengths.into_iter().map(|length| (SHORT_OF_BORDER * length).min(1.0)).collect()
    }

    fn advance(&mut self, step: &[f64], lengths: &[f64]) {
        let (k, width) = (self.problems.k(), self.problems.d() + 1);
        for (index, (w, step)) in self.weights.iter_mut().zip(step).enumerate() {
            *w += lengths[index / width] * step;
        }
        for (index, slope) in self.slopes.iter_mut().enumerate() {
            slope.advance(lengths[index / width]);
        }
        let rows =
            self.scores.par_chunks_mut(k).zip(self.duals.par_chunks_mut(k)).zip(self.changes.par_chunks(k));
        rows.for_each(|((scores, duals), changes)| {
            for (class, length) in lengths.iter().enumerate() {
                scores[class] += length * changes[class];
                duals[class].advance(*length);
            }
        });
    }

    /// The objective, and how far above the dual objective it stands.
    fn gap(&self, combined: &[f64]) -> (f64, f64) {
        let c = self.settings.c;
        let (regulariser, scale, conjugate) = if self.settings.l1 {
            let largest = combined.iter().fold(1.0, |largest: f64, slope| largest.max(slope.abs()));
            (self.weights.iter().map(|w| w.abs()).sum(), 1.0 / largest, 0.0)
        } else {
            (0.5 * dot(&self.weights, &self.weights), 1.0, 0.5 * dot(combined, combined))
        };
        let k = self.problems.k();
        let chunks = self.scores.par_chunks(CHUNK * k).zip(self.duals.par_chunks(CHUNK * k));
        let sums: Vec<(f64, f64)> = chunks
            .zip(self.problems.targets.par_chunks(CHUNK))
            .map(|((scores, duals), targets)| {
                let mut sums = (0.0, 0.0);
                for ((scores, row), &target) in scores.chunks_exact(k).zip(duals.chunks_exact(k)).zip(targets)
                {
                    sums.0 += self.settings.loss.value(c, target, scores);
                    sums.1 += self.settings.loss.dual(c, target, row.iter().map(|dual| dual.value), scale);
                }
                sums
            })
            .collect();
        let objective = regulariser + sums.iter().map(|sum| sum.0).sum::<f64>();
        (objective, objective - (sums.iter().map(|sum| sum.1).sum::<f64>() - conjugate))
    }
}
