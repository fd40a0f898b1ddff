//! scikit-learn's `solver="saga"` (Defazio, Bach and Lacoste-Julien 2014), with its step size, row sampling
//! and stopping rule. One loop over the weights takes the step of one row and computes the scores of the
//! next.

use super::loss::Target;
use crate::Features;
use crate::linalg::simd::for_each_level;

/// Entries of a row in one vector.
const LANES: usize = 8;

/// The objective: the mean loss plus l2 |w|^2 / 2 plus l1 |w|_1. Intercepts are not regularised.
#[derive(Clone, Copy)]
pub struct Problem {
    pub softmax: bool,
    pub l1: f64,
    pub l2: f64,
}

/// The weights at the end, with the facts about them.
pub struct SagaResult {
    /// The weights: k vectors of d + 1 values, the intercept last.
    pub weights: Vec<f64>,
    /// Passes over the rows; one-vs-rest, the most of any class.
    pub passes: usize,
    /// Whether the stopping rule ended every class, not the maximum number of passes.
    pub converged: bool,
}

/// Minimises from zero weights until no weight changes by more than `tol` times the largest in a pass of n
/// steps, or for `max_iter` passes. `targets` are the rows' classes as indices below `k`. The rows drawn are
/// those of scikit-learn's `random_state=seed`. One-vs-rest, each class draws the same rows and stops by
/// itself. O(n d k) per pass.
pub fn descend(
    x: &Features,
    targets: &[usize],
    k: usize,
    problem: Problem,
    (tol, max_iter): (f64, usize),
    seed: u64,
) -> SagaResult {
    Saga::new(x, targets, k, problem, seed).run(tol, max_iter)
}

/// The state of a minimisation.
struct Saga<'a> {
    rows: &'a Features,
    targets: &'a [usize],
    target: Target,
    problem: Problem,
    step: f64,
    sampler: RowSampler,
    /// The number of features, rounded up to whole vectors.
    width: usize,
    classes: Vec<Class>,
    /// The gradient table of SAGA, n x k: the gradient of each row by its scores when it was last drawn.
    gradient_table: Vec<f64>,
    /// Whether each row has been drawn.
    seen: Vec<bool>,
}

/// The state of one class.
struct Class {
    weights: Vec<f64>,
    intercept: f64,
    /// The sum of the rows times their entries in the gradient table.
    gradient_sum: Vec<f64>,
    intercept_gradient_sum: f64,
    /// The weights at the end of the last pass.
    previous: Vec<f64>,
    converged: bool,
}

impl<'a> Saga<'a> {
    fn new(rows: &'a Features, targets: &'a [usize], k: usize, problem: Problem, seed: u64) -> Saga<'a> {
        let (n, width) = (rows.n(), rows.d().next_multiple_of(LANES));
        let squared_norm = |row: &[f32]| row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
        let largest = (0..n).map(|i| squared_norm(rows.scaled().row(i))).fold(0.0, f64::max);
        // The Lipschitz constant of the gradient of a row's logistic loss is at most a quarter of its squared
        // norm, the intercept included.
        let smoothness = 0.25 * (largest + 1.0) + problem.l2;
        let step = 1.0 / (2.0 * smoothness + (2.0 * n as f64 * problem.l2).min(smoothness));
        let class = || Class {
            weights: vec![0.0; width],
            intercept: 0.0,
            gradient_sum: vec![0.0; width],
            intercept_gradient_sum: 0.0,
            previous: vec![0.0; width],
            converged: false,
        };
        Saga {
            rows,
            targets,
            target: if problem.softmax { Target::Softmax } else { Target::OneVsRest { first: 0 } },
            problem,
            step,
            sampler: RowSampler::new(seed),
            width,
            classes: (0..k).map(|_| class()).collect(),
            gradient_table: vec![0.0; n * k],
            seen: vec![false; n],
        }
    }

    /// Passes until all classes have converged, `max_iter` at most.
    fn run(mut self, tol: f64, max_iter: usize) -> SagaResult {
        let (n, k) = (self.rows.n(), self.classes.len());
        let (mut x, mut next) = (vec![0.0; self.width], vec![0.0; self.width]);
        // The scores of the first row at zero weights, without the intercept.
        let mut products = vec![0.0; k];
        let mut row = self.sampler.row(n);
        self.load_row(row, &mut x);
        let (mut count, mut passes) = (0, 0);
        while passes < max_iter && !self.all_converged() {
            for _ in 0..n {
                count += usize::from(!std::mem::replace(&mut self.seen[row], true));
                let after = self.sampler.row(n);
                self.load_row(after, &mut next);
                self.step_row(row, &x, &next, count as f64, &mut products);
                row = after;
                std::mem::swap(&mut x, &mut next);
            }
            passes += 1;
            self.mark_converged(tol);
        }
        let d = self.rows.d();
        let vector =
            |class: &Class| class.weights[..d].iter().copied().chain([class.intercept]).collect::<Vec<_>>();
        SagaResult {
            weights: self.classes.iter().flat_map(vector).collect(),
            passes,
            converged: self.all_converged(),
        }
    }

    fn all_converged(&self) -> bool {
        self.classes.iter().all(|class| class.converged)
    }

    /// Writes a scaled row in f64.
    fn load_row(&self, row: usize, out: &mut [f64]) {
        out.iter_mut().zip(self.rows.scaled().row(row)).for_each(|(out, &x)| *out = f64::from(x));
    }

    /// The SAGA step of `row` with features `x`; `seen` rows have been drawn so far. `products` holds the
    /// weights times `x` before the step and times `next` after it. O(d k).
    fn step_row(&mut self, row: usize, x: &[f64], next: &[f64], seen: f64, products: &mut [f64]) {
        let k = self.classes.len();
        for (product, class) in products.iter_mut().zip(&self.classes) {
            *product += class.intercept;
        }
        self.target.loss_and_gradient(self.targets[row], products);
        let gradient_table = &mut self.gradient_table[row * k..(row + 1) * k];
        let own = self.step * (1.0 - 1.0 / seen);
        let mean = self.step / seen;
        for ((class, product), gradient_table) in self.classes.iter_mut().zip(products).zip(gradient_table) {
            if class.converged {
                continue;
            }
            let change = *product - *gradient_table;
            *gradient_table = *product;
            class.intercept_gradient_sum += change;
            class.intercept -= mean * class.intercept_gradient_sum + own * change;
            let by = Step { change, own: own * change, mean, kept: 1.0 - self.step * self.problem.l2 };
            let (weights, sum) = (&mut class.weights, &mut class.gradient_sum);
            *product = match self.problem.l1 {
                0.0 => step(weights, sum, x, next, by),
                l1 => step_with_l1(weights, sum, x, next, by, self.step * l1),
            };
        }
    }

    /// Marks converged classes: the last pass changed no weight by more than `tol` times the largest. The
    /// classes of a softmax converge together.
    fn mark_converged(&mut self, tol: f64) {
        let changes: Vec<(f64, f64)> = self.classes.iter_mut().map(Class::change_and_size).collect();
        let settled = |(change, size): (f64, f64)| change <= tol * size;
        let of_all = changes.iter().fold((0.0f64, 0.0f64), |all, one| (all.0.max(one.0), all.1.max(one.1)));
        for (class, of_class) in self.classes.iter_mut().zip(changes) {
            class.converged |= settled(if self.problem.softmax { of_all } else { of_class });
        }
    }
}

impl Class {
    /// The largest change of a weight since the last call, and the largest weight.
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

/// The factors of one SAGA step of one class.
#[derive(Clone, Copy)]
struct Step {
    /// The change of the row's gradient, added to the gradient sum.
    change: f64,
    /// The step size times the part of the change that the mean gradient does not include, 1 - 1 / seen.
    own: f64,
    /// The step size over the number of rows drawn so far.
    mean: f64,
    /// The factor of a weight by l2 regularisation.
    kept: f64,
}

for_each_level! {
    /// A step without l1. Returns the new weights times `next`.
    fn step(weights: &mut [f64], sum: &mut [f64], x: &[f64], next: &[f64], by: Step) -> f64 {
        update_weights(weights, sum, x, next, by, |w| w)
    }
}

for_each_level! {
    /// A step with l1: soft-thresholds every weight by `shrinkage`. Returns the new weights times `next`.
    fn step_with_l1(
        weights: &mut [f64],
        sum: &mut [f64],
        x: &[f64],
        next: &[f64],
        by: Step,
        shrinkage: f64,
    ) -> f64 {
        update_weights(weights, sum, x, next, by, |w| (w - shrinkage).max(0.0) - (-w - shrinkage).max(0.0))
    }
}

/// The update of all weights, `prox` being the proximal map of the l1 norm. Returns the new weights times
/// `next`.
#[inline(always)]
fn update_weights(
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

/// The row sampler of scikit-learn for `random_state=seed`: a 32-bit xorshift generator. Its first state is
/// NumPy's `RandomState(seed).randint(1, 2**31 - 1)`.
struct RowSampler(u32);

impl RowSampler {
    fn new(seed: u64) -> RowSampler {
        const LEAST: u32 = 1;
        const MOST: u32 = (1 << 31) - 2;
        // NumPy draws 31 bits and rejects numbers beyond the bound.
        let mut numbers = mersenne_twister(seed as u32).map(|number| number & (u32::MAX >> 1));
        RowSampler(LEAST + numbers.find(|&number| number <= MOST - LEAST).unwrap_or(0))
    }

    /// A row below `n`.
    fn row(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 % (1 << 31)) as usize % n
    }
}

/// The first 227 numbers of the Mersenne Twister (Matsumoto and Nishimura 1998) seeded with `seed`: later
/// numbers depend on updated words of its state.
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
            assert_eq!(RowSampler::new(seed).0, first, "{seed}");
        }
    }
}
