//! scikit-learn's `solver="saga"` (Defazio, Bach and Lacoste-Julien 2014): its step size, its draws of the
//! rows, its stopping rule. One pass over the weights a step takes this row's step and the next row's scores
//! together.

use super::loss::Target;
use crate::Features;
use crate::linalg::simd::for_each_level;

/// Entries of a row that are taken together.
const LANES: usize = 8;

/// What to minimise: the mean loss plus l2 |w|^2 / 2 plus l1 |w|_1, intercepts free.
#[derive(Clone, Copy)]
pub struct Problem {
    pub softmax: bool,
    pub l1: f64,
    pub l2: f64,
}

/// Where the descent ended.
pub struct Ending {
    /// k of d + 1 values, the intercept last.
    pub weights: Vec<f64>,
    /// Passes over the rows: the most that a class needed.
    pub passes: usize,
    /// Whether the stopping rule ended all, and not the limit of passes.
    pub converged: bool,
}

/// Descends from zero until no weight changed by more than `tol` times the largest in a pass of n steps, or
/// for `max_iter` passes. `targets` are the rows' classes as indices below `k`. The rows drawn are those of
/// scikit-learn's `random_state=seed`; one-vs-rest, each class draws the same and ends by itself. O(n d k) a
/// pass.
pub fn descend(
    x: &Features,
    targets: &[usize],
    k: usize,
    problem: Problem,
    (tol, max_iter): (f64, usize),
    seed: u64,
) -> Ending {
    Descent::new(x, targets, k, problem, seed).run(tol, max_iter)
}

/// The state of a descent.
struct Descent<'a> {
    rows: &'a Features,
    targets: &'a [usize],
    target: Target,
    problem: Problem,
    step: f64,
    draws: Draws,
    /// Features of a row, rounded up to whole lanes.
    width: usize,
    classes: Vec<Class>,
    /// n x k: the gradient of each row by its scores when it was last drawn.
    memory: Vec<f64>,
    seen: Vec<bool>,
}

/// One class of a descent.
struct Class {
    weights: Vec<f64>,
    intercept: f64,
    /// The sum of the rows times their remembered gradients.
    gradient_sum: Vec<f64>,
    intercept_gradient_sum: f64,
    /// The weights after the last pass.
    previous: Vec<f64>,
    finished: bool,
}

impl<'a> Descent<'a> {
    fn new(rows: &'a Features, targets: &'a [usize], k: usize, problem: Problem, seed: u64) -> Descent<'a> {
        let (n, width) = (rows.n(), rows.d().next_multiple_of(LANES));
        let squared_norm = |row: &[f32]| row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
        let largest = (0..n).map(|i| squared_norm(rows.scaled().row(i))).fold(0.0, f64::max);
        // The curvature of a row's loss is at most a quarter of its squared norm, the intercept's 1 with it.
        let smoothness = 0.25 * (largest + 1.0) + problem.l2;
        let step = 1.0 / (2.0 * smoothness + (2.0 * n as f64 * problem.l2).min(smoothness));
        let class = || Class {
            weights: vec![0.0; width],
            intercept: 0.0,
            gradient_sum: vec![0.0; width],
            intercept_gradient_sum: 0.0,
            previous: vec![0.0; width],
            finished: false,
        };
        Descent {
            rows,
            targets,
            target: if problem.softmax { Target::Softmax } else { Target::OneVsRest { first: 0 } },
            problem,
            step,
            draws: Draws::new(seed),
            width,
            classes: (0..k).map(|_| class()).collect(),
            memory: vec![0.0; n * k],
            seen: vec![false; n],
        }
    }

    fn run(mut self, tol: f64, max_iter: usize) -> Ending {
        let (n, k) = (self.rows.n(), self.classes.len());
        let (mut x, mut next) = (vec![0.0; self.width], vec![0.0; self.width]);
        // Of weights of zero.
        let mut products = vec![0.0; k];
        let mut row = self.draws.row(n);
        self.read(row, &mut x);
        let (mut count, mut passes) = (0, 0);
        while passes < max_iter && !self.is_finished() {
            for _ in 0..n {
                count += usize::from(!std::mem::replace(&mut self.seen[row], true));
                let after = self.draws.row(n);
                self.read(after, &mut next);
                self.take(row, &x, &next, count as f64, &mut products);
                row = after;
                std::mem::swap(&mut x, &mut next);
            }
            passes += 1;
            self.finish(tol);
        }
        let d = self.rows.d();
        let vector =
            |class: &Class| class.weights[..d].iter().copied().chain([class.intercept]).collect::<Vec<_>>();
        Ending {
            weights: self.classes.iter().flat_map(vector).collect(),
            passes,
            converged: self.is_finished(),
        }
    }

    fn is_finished(&self) -> bool {
        self.classes.iter().all(|class| class.finished)
    }

    /// Writes a row out.
    fn read(&self, row: usize, out: &mut [f64]) {
        out.iter_mut().zip(self.rows.scaled().row(row)).for_each(|(out, &x)| *out = f64::from(x));
    }

    /// The step of `row`, whose features are `x`, when `seen` rows have been drawn so far. `products` holds
    /// the weights times `x`, and then, after the step, times `next`.
    fn take(&mut self, row: usize, x: &[f64], next: &[f64], seen: f64, products: &mut [f64]) {
        let k = self.classes.len();
        for (product, class) in products.iter_mut().zip(&self.classes) {
            *product += class.intercept;
        }
        self.target.loss_and_gradient(self.targets[row], products);
        let memory = &mut self.memory[row * k..(row + 1) * k];
        let own = self.step * (1.0 - 1.0 / seen);
        let mean = self.step / seen;
        for ((class, product), memory) in self.classes.iter_mut().zip(products).zip(memory) {
            if class.finished {
                continue;
            }
            let change = *product - *memory;
            *memory = *product;
            class.intercept_gradient_sum += change;
            class.intercept -= mean * class.intercept_gradient_sum + own * change;
            let by = Step { change, own: own * change, mean, kept: 1.0 - self.step * self.problem.l2 };
            let (weights, sum) = (&mut class.weights, &mut class.gradient_sum);
            *product = match self.problem.l1 {
                0.0 => step(weights, sum, x, next, by),
                l1 => step_and_shrink(weights, sum, x, next, by, self.step * l1),
            };
        }
    }

    /// Marks what the last pass changed by no more than `tol` times the largest weight: of the softmax all
    /// classes together, else each by itself.
    fn finish(&mut self, tol: f64) {
        let changes: Vec<(f64, f64)> = self.classes.iter_mut().map(Class::change_and_size).collect();
        let settled = |(change, size): (f64, f64)| change <= tol * size;
        let of_all = changes.iter().fold((0.0f64, 0.0f64), |all, one| (all.0.max(one.0), all.1.max(one.1)));
        for (class, of_class) in self.classes.iter_mut().zip(changes) {
            class.finished |= settled(if self.problem.softmax { of_all } else { of_class });
        }
    }
}

impl Class {
    /// The largest change of a weight since this was asked last, and the largest weight.
    fn change_and_size(&mut self) -> (f64, f64) {
        let (mut change, mut size) = (0.0f64, 0.0f64);
        for (w, previous) in self.weights.iter().zip(&mut self.previous) {
            change = change.max((w - *previous).abs());
            size = size.max(w.abs());
            *previous = *w;
        }
        (change, size)
    }
}

/// The factors of one step of one class.
#[derive(Clone, Copy)]
struct Step {
    /// The change of the row's gradient, which the sum of all takes up.
    change: f64,
    /// That change, times the step, where it is not part of the mean.
    own: f64,
    /// The step over the number of rows seen.
    mean: f64,
    /// What the l2 norm leaves of a weight.
    kept: f64,
}

for_each_level! {
    /// Takes a step without an l1 norm; gives the new weights times `next`.
    fn step(weights: &mut [f64], sum: &mut [f64], x: &[f64], next: &[f64], by: Step) -> f64 {
        sweep(weights, sum, x, next, by, |w| w)
    }
}

for_each_level! {
    /// Takes a step, then moves every weight towards zero by `shrinkage`; gives the new weights times `next`.
    fn step_and_shrink(
        weights: &mut [f64],
        sum: &mut [f64],
        x: &[f64],
        next: &[f64],
        by: Step,
        shrinkage: f64,
    ) -> f64 {
        sweep(weights, sum, x, next, by, |w| (w - shrinkage).max(0.0) - (-w - shrinkage).max(0.0))
    }
}

#[inline(always)]
fn sweep(
    weights: &mut [f64],
    sum: &mut [f64],
    x: &[f64],
    next: &[f64],
    by: Step,
    prox: impl Fn(f64) -> f64,
) -> f64 {
    let (weights, sum) = (weights.as_chunks_mut::<LANES>().0, sum.as_chunks_mut::<LANES>().0);
    let rows = x.as_chunks::<LANES>().0.iter().zip(next.as_chunks::<LANES>().0);
    let mut products = [0.0; LANES];
    for ((weights, sum), (x, next)) in weights.iter_mut().zip(sum).zip(rows) {
        for lane in 0..LANES {
            sum[lane] += x[lane] * by.change;
            let w = prox(by.kept * weights[lane] - x[lane] * by.own - sum[lane] * by.mean);
            weights[lane] = w;
            products[lane] += w * next[lane];
        }
    }
    products.iter().sum()
}

/// The rows that scikit-learn draws for `random_state=seed`: a xorshift generator of 32 bits, which starts at
/// a number that NumPy's `RandomState(seed).randint(1, 2**31 - 1)` draws.
struct Draws(u32);

impl Draws {
    fn new(seed: u64) -> Draws {
        const LEAST: u32 = 1;
        const MOST: u32 = (1 << 31) - 2;
        // Of 31 bits, again where they are beyond the bound.
        let mut numbers = mersenne_twister(seed as u32).map(|number| number & (u32::MAX >> 1));
        Draws(LEAST + numbers.find(|&number| number <= MOST - LEAST).unwrap_or(0))
    }

    /// One of `n` rows.
    fn row(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 % (1 << 31)) as usize % n
    }
}

/// The first numbers of the Mersenne Twister (Matsumoto and Nishimura 1998) that starts at `seed`, as many as
/// one state gives, those that need no number of the next state.
fn mersenne_twister(seed: u32) -> impl Iterator<Item = u32> {
    const SIZE: usize = 624;
    const MIDDLE: usize = 397;
    let mut state = vec![seed; SIZE];
    for i in 1..SIZE {
        let last = state[i - 1];
        state[i] = 1_812_433_253u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(i as u32);
    }
    (0..SIZE - MIDDLE).map(move |i| {
        let joined = (state[i] & (1 << 31)) | (state[i + 1] & (u32::MAX >> 1));
        let mut y = state[i + MIDDLE] ^ (joined >> 1) ^ (0x9908_b0df * (joined & 1));
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seeds and what `numpy.random.RandomState(seed).randint(1, 2**31 - 1)` draws.
    #[test]
    fn draws_begin_where_numpy_has_them_begin() {
        for (seed, first) in
            [(0, 209652397), (1, 1791095846), (7, 327741616), (12345, 1845187043), (4294967295, 419326372)]
        {
            assert_eq!(Draws::new(seed).0, first, "{seed}");
        }
    }
}
