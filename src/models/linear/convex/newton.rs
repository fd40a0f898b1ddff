//! Newton's method with a line search for smooth losses, and for the smooth stand-in of the l1 norm, which is
//! sharpened whenever the smooth problem is nearly solved.

use rayon::prelude::*;

use super::bends::Bends;
use super::conjugate::{Accuracy, Solution, Solver, dot};
use super::loss::Loss;
use super::{Minimum, Norm, Problems, Settings, passes};
use crate::linalg::cholesky::RoundedCholesky;

/// Conjugate gradients end when the residual has fallen to this part, in the preconditioner's norm.
const RESIDUAL: f64 = 0.1;
/// And when the last product brought at most this part of all.
const GAIN: f64 = 0.03;
/// A smooth problem is nearly solved when a Newton step promises less than this part of what the stand-in
/// differs by.
const NEARLY: f64 = 0.1;
/// What a step promises at most, in parts of what may be left at the end, before one that is to prove the end.
const PROVABLE: f64 = 4.0;
/// Where classes are coupled, an estimate is as good as stale after a solution with more products than this.
const FEW_PRODUCTS: usize = 10;
/// The part of the promised decrease that a step must bring, how steeply the objective may rise at its end in
/// parts of its slope at the start, and how often a step is shortened for that.
const SUFFICIENT: f64 = 0.01;
const STEEP: f64 = 0.3;
const SHORTENINGS: usize = 20;
/// Added to the diagonal for an intercept that nothing regularises, in parts of its second derivative.
const FREE_INTERCEPT: f64 = 1e-8;

/// What is left of a guard after a step.
const FADE: f32 = 0.5;

/// Rows evaluated as one task.
const CHUNK: usize = 1024;

/// Minimises from zero, with factors rounded: they are read at every product. A pass costs O(differences k), an estimate of the second derivative O(k (SAMPLE d^2 + d^3)).
pub fn minimise<L: Loss>(problems: &Problems, loss: L, settings: Settings) -> Minimum {
    Search::new(problems, loss, settings).run()
}

struct Search<'a, L> {
    problems: &'a Problems,
    loss: L,
    settings: Settings,
    weights: Vec<f64>,
    /// n x k.
    scores: Vec<f64>,
    solver: Solver<RoundedCholesky>,
    /// n x k: second derivatives that are not to be fallen below, after steps that went too far; empty for none.
    guards: Vec<f32>,
    /// The last step brings the objective so near the least one that the next may prove it.
    provable: bool,
    passes: usize,
}

impl<'a, L: Loss> Search<'a, L> {
    fn new(problems: &'a Problems, loss: L, settings: Settings) -> Search<'a, L> {
        let solver = if loss.coupled() { Solver::thorough() } else { Solver::default() };
        Search {
            problems,
            loss,
            settings,
            weights: vec![0.0; problems.k() * (problems.d() + 1)],
            scores: vec![0.0; problems.n() * problems.k()],
            solver,
            guards: Vec::new(),
            provable: false,
            passes: 0,
        }
    }

    /// Runs to the end.
    fn run(&mut self) -> Minimum {
        let (mut iterations, mut stalled) = (0, 0);
        // What the stand-in differs by and Newton's step promises: about how far the least objective is below, by the
        // last two steps. The larger counts: a step whose equations were solved for little but one outlier
        // promises too little.
        let mut estimates = (f64::INFINITY, f64::INFINITY);
        let mut foreseen = f64::INFINITY;
        loop {
            let (value, slopes, bends) = self.derivatives();
            let combined = self.combine(&slopes);
            let (objective, gap) = self.gap(value, &slopes, &combined);
            let gap = gap.min(estimates.0.max(estimates.1)).min(foreseen);
            let converged = gap <= self.settings.tol * objective;
            if converged || iterations >= self.settings.max_iter || stalled > 3 {
                let weights = std::mem::take(&mut self.weights);
                return Minimum { weights, objective, gap, iterations, passes: self.passes, converged };
            }
            let gradient: Vec<f64> = self
                .indexed_weights()
                .zip(&combined)
                .map(|((_, w, counts), g)| g + if counts { self.settings.norm.slope(w) } else { 0.0 })
                .collect();
            let step = self.newton_step(&bends, &gradient, objective);
            let promised = -0.5 * dot(&gradient, &step);
            let changes = self.changes(&step);
            let start = self.at_start(value, &slopes, &step, &changes);
            let (moved, smooth) = self.search_line(&step, &changes, start, promised);
            self.provable = promised < PROVABLE * self.settings.tol * objective;
            let whole = moved == 1.0 && matches!(self.settings.norm, Norm::L2);
            foreseen = f64::INFINITY;
            if self.provable && whole {
                foreseen = self.foreseen_gap(slopes, &bends, &changes);
            }
            let excess = (smooth - objective).abs();
            iterations += 1;
            if matches!(self.settings.norm, Norm::L1(_)) && moved > 0.0 {
                estimates = (estimates.1, excess + 2.0 * promised);
                if estimates.1 <= self.settings.tol * objective && estimates.0 > estimates.1 {
                    // It is to be confirmed by a fresh preconditioner.
                    self.solver.forget();
                }
            }
            if (promised < NEARLY * excess || moved == 0.0) && self.settings.norm.sharpen() {
                self.solver.forget();
            }
            stalled = if moved == 0.0 { stalled + 1 } else { 0 };
        }
    }

    /// Every weight with its index and whether the norm counts it.
    fn indexed_weights(&self) -> impl Iterator<Item = (usize, f64, bool)> + '_ {
        let width = self.problems.d() + 1;
        let counts = move |index: usize| self.settings.intercept_regularised || index % width != width - 1;
        self.weights.iter().enumerate().map(move |(index, &w)| (index, w, counts(index)))
    }

    /// The smooth losses, the slopes of all rows (n x k) and what bends.
    fn derivatives(&self) -> (f64, Vec<f64>, Bends) {
        let k = self.problems.k();
        let mut slopes = vec![0.0; self.scores.len()];
        let mut values = vec![0.0; self.problems.n()];
        let rows = slopes.par_chunks_mut(k).zip(&mut values);
        let bends = Bends::collect(k, self.loss.coupled(), rows, |row, (slopes, value), bend| {
            let scores = &self.scores[row * k..(row + 1) * k];
            *value = self.loss.evaluate(self.problems.targets[row], scores, slopes, bend);
            if let Some(guards) = self.guards.get(row * k..(row + 1) * k) {
                bend.iter_mut().zip(guards).for_each(|(bend, guard)| *bend = bend.max(*guard));
            }
        });
        (values.iter().sum(), slopes, bends)
    }

    fn combine(&mut self, slopes: &[f64]) -> Vec<f64> {
        self.passes += 1;
        passes::combine(&self.problems.x, slopes, self.problems.k())
    }

    /// The losses themselves.
    fn losses(&self) -> f64 {
        let k = self.problems.k();
        let rows = self.scores.par_chunks(CHUNK * k).zip(self.problems.targets.par_chunks(CHUNK));
        let exact = |(scores, target): (&[f64], &usize)| self.loss.exact(*target, scores);
        let sums: Vec<f64> =
            rows.map(|(scores, targets)| scores.chunks_exact(k).zip(targets).map(exact).sum()).collect();
        sums.iter().sum()
    }

    /// The objective with such losses, and how far above the dual objective it stands.
    fn gap(&self, losses: f64, slopes: &[f64], combined: &[f64]) -> (f64, f64) {
        let norm = &self.settings.norm;
        let regulariser: f64 =
            self.indexed_weights().filter(|(_, _, counts)| *counts).map(|(_, w, _)| norm.exact(w)).sum();
        // The slopes as they are, or shrunk until the dual point is allowed.
        let (scale, mut conjugate) = match norm {
            Norm::L2 => (1.0, 0.5 * dot(combined, combined)),
            Norm::L1(_) => {
                let counted = self.indexed_weights().zip(combined).filter(|((_, _, counts), _)| *counts);
                let largest = counted.map(|(_, g)| g.abs()).fold(1.0, f64::max);
                (1.0 / largest, 0.0)
            }
        };
        let k = self.problems.k();
        if !self.settings.intercept_regularised {
            // A free intercept allows only dual points without a slope along it. What is left of that slope counts as
            // though the best intercept were within 1 of this one.
            let width = self.problems.d() + 1;
            for class in 0..k {
                let at = class * width + width - 1;
                let slope = scale * combined[at];
                conjugate += slope.abs() - slope * self.weights[at];
                if matches!(norm, Norm::L2) {
                    conjugate -= 0.5 * slope * slope;
                }
            }
        }
        let conjugates: Vec<f64> = slopes
            .par_chunks(CHUNK * k)
            .zip(self.problems.targets.par_chunks(CHUNK))
            .map(|(slopes, targets)| {
                let rows = slopes.chunks_exact(k).zip(targets);
                rows.map(|(slopes, target)| self.loss.conjugate(*target, slopes, scale)).sum()
            })
            .collect();
        let objective = regulariser + losses;
        let dual = -conjugate - conjugates.iter().sum::<f64>();
        (objective, objective - dual)
    }

    /// What a step changes the scores by.
    fn changes(&mut self, step: &[f64]) -> Vec<f64> {
        self.passes += 1;
        passes::scores(&self.problems.x, step)
    }

    /// How far the objective stands above the dual one after a whole step, by the slopes that its equations foresaw:
    /// against these, what is left of the gradient is the residual of the equations, and what the losses are not
    /// quadratic by counts by itself, not by the gradient that it makes.
    fn foreseen_gap(&mut self, mut slopes: Vec<f64>, bends: &Bends, changes: &[f64]) -> f64 {
        bends.carry(changes, &mut slopes, self.problems.k());
        let rows = slopes.par_chunks_mut(self.problems.k()).zip(&self.problems.targets);
        rows.with_min_len(CHUNK).for_each(|(slopes, target)| self.loss.allow(*target, slopes));
        let combined = self.combine(&slopes);
        self.gap(self.losses(), &slopes, &combined).1
    }

    /// Newton's step.
    fn newton_step(&mut self, bends: &Bends, gradient: &[f64], objective: f64) -> Vec<f64> {
        let norm = &self.settings.norm;
        let free = FREE_INTERCEPT * bends.total().max(1.0);
        let diagonal: Vec<f64> = self
            .indexed_weights()
            .map(|(index, w, counts)| if counts { norm.bend(index, w) } else { free })
            .collect();
        // Near the end the gradient itself has to become small, as the gap under l2 is made of it.
        let absolute = match norm {
            _ if !self.provable => f64::INFINITY,
            Norm::L2 => 0.1 * self.settings.tol * objective,
            Norm::L1(_) => f64::INFINITY,
        };
        let right: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let accuracy = Accuracy { relative: RESIDUAL, absolute, gain: GAIN };
        let Solution { step, products } =
            self.solver.solve(&self.problems.x, bends, &diagonal, &right, accuracy);
        self.passes += products;
        if self.loss.coupled() && products > FEW_PRODUCTS {
            self.solver.forget();
        }
        step
    }

    /// Shortens the step until the smooth objective falls enough and no longer rises steeply where it ends,
    /// and takes it; gives the part taken, 0 for none.
    fn search_line(
        &mut self,
        step: &[f64],
        changes: &[f64],
        (start, slope): (f64, f64),
        promised: f64,
    ) -> (f64, f64) {
        let mut t = 1.0;
        // Between the last step that falls short of the least point along the way and the first one beyond it.
        let (mut short, mut beyond) = ((0.0, slope), (1.0, 0.0));
        for _ in 0..SHORTENINGS {
            let (end, rise) = self.along(step, changes, t);
            let fallen = start - end >= SUFFICIENT * t * promised && end < start;
            let steep = STEEP * slope.abs();
            if fallen && rise <= steep && (rise >= -steep || t == 1.0) {
                for (index, step) in step.iter().enumerate() {
                    self.settings.norm.follow(index, self.weights[index], *step);
                    self.weights[index] += t * step;
                }
                if t < 1.0 {
                    self.guard(changes);
                } else {
                    self.guards.iter_mut().for_each(|guard| *guard *= FADE);
                }
                self.scores.iter_mut().zip(changes).for_each(|(score, change)| *score += t * change);
                return (t, start);
            }
            if rise < 0.0 && fallen {
                short = (t, rise);
            } else {
                beyond = (t, rise);
            }
            // Where a straight line between the two slopes meets zero, but not too close to either end.
            let meets = if beyond.1 > 0.0 { short.1 / (short.1 - beyond.1) } else { 0.5 };
            t = short.0 + (beyond.0 - short.0) * meets.clamp(0.3, 0.7);
        }
        (0.0, start)
    }

    /// Takes the second derivative of every row on its way along a step that went too far, where that is more than the
    /// one it starts with.
    fn guard(&mut self, changes: &[f64]) {
        let k = self.problems.k();
        self.guards.resize(self.scores.len(), 0.0);
        let (loss, targets, scores) = (&self.loss, &self.problems.targets, &self.scores);
        self.guards.par_chunks_mut(k).enumerate().with_min_len(CHUNK).for_each(|(row, guards)| {
            let (scores, changes) = (&scores[row * k..][..k], &changes[row * k..][..k]);
            let (mut slopes, mut ends, mut bends) = ([0.0; 256], [0.0; 256], [0.0f32; 256]);
            let (slopes, ends, bends) = (&mut slopes[..k], &mut ends[..k], &mut bends[..k]);
            let moved: Vec<f64> = scores.iter().zip(changes).map(|(score, change)| score + change).collect();
            loss.evaluate(targets[row], &moved, ends, bends);
            loss.evaluate(targets[row], scores, slopes, bends);
            let base = if loss.coupled() {
                let best = (0..k).max_by(|&a, &b| bends[a].total_cmp(&bends[b])).unwrap_or(0);
                changes[best]
            } else {
                0.0
            };
            for class in 0..k {
                let change = (changes[class] - base).abs().max(1.0);
                let on_the_way = ((ends[class] - slopes[class]).abs() / change) as f32;
                guards[class] =
                    if on_the_way > bends[class] { on_the_way } else { 0.0 }.max(FADE * guards[class]);
            }
        });
    }

    /// The smooth objective where a step starts, and its slope there along the step.
    fn at_start(&self, value: f64, slopes: &[f64], step: &[f64], changes: &[f64]) -> (f64, f64) {
        let rows =
            slopes.par_chunks(CHUNK * self.problems.k()).zip(changes.par_chunks(CHUNK * self.problems.k()));
        let rises: Vec<f64> = rows.map(|(slopes, changes)| dot(slopes, changes)).collect();
        self.with_norm(step, 0.0, (value, rises.iter().sum()))
    }

    /// The smooth objective a part `t` of the step further, and its slope there along the step.
    fn along(&self, step: &[f64], changes: &[f64], t: f64) -> (f64, f64) {
        let k = self.problems.k();
        let sums: Vec<(f64, f64)> = self
            .scores
            .par_chunks(CHUNK * k)
            .zip(changes.par_chunks(CHUNK * k))
            .enumerate()
            .map(|(chunk, (scores, changes))| {
                let (mut moved, mut slopes, mut bends) = (vec![0.0; k], vec![0.0; k], vec![0.0f32; k]);
                let mut sums = (0.0, 0.0);
                for (i, (scores, changes)) in scores.chunks_exact(k).zip(changes.chunks_exact(k)).enumerate()
                {
                    let row = chunk * CHUNK + i;
                    let target = self.problems.targets[row];
                    for ((moved, score), change) in moved.iter_mut().zip(scores).zip(changes) {
                        *moved = score + t * change;
                    }
                    sums.0 += self.loss.evaluate(target, &moved, &mut slopes, &mut bends);
                    sums.1 += dot(&slopes, changes);
                }
                sums
            })
            .collect();
        let losses = sums.into_iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        self.with_norm(step, t, losses)
    }

    /// The losses and their slope, with what the norm adds a part `t` of the step further.
    fn with_norm(&self, step: &[f64], t: f64, losses: (f64, f64)) -> (f64, f64) {
        let norm = &self.settings.norm;
        let counted = self.indexed_weights().filter(|(_, _, counts)| *counts);
        let regulariser = counted.map(|(index, w, _)| {
            let at = w + t * step[index];
            (norm.value(at), norm.slope(at) * step[index])
        });
        regulariser.fold(losses, |sum, part| (sum.0 + part.0, sum.1 + part.1))
    }
}
