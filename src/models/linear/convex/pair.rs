//! A variable between borders with its slacks, and how far a step takes it: what interior-point methods count in.

use super::hinge::Central;

/// A value does not come nearer to a border than this part of its size, where rounding would take over.
const NEAREST: f64 = 1e-13;
/// Products of distance and slack this many times the goal, or less than one such part, are mended.
const CENTRAL: f64 = 10.0;

/// A variable between two borders, with what keeps it off each: `value` above `-1` or 0 with slack `below`, and
/// below C or 1 with slack `above`, where there is such a border.
#[derive(Clone, Copy, Default)]
pub struct Pair {
    /// The dual value of a row in a class, or minus the dual slope of a weight.
    pub value: f64,
    pub below: f64,
    pub above: f64,
    /// What is to be added to the products of distance and slack.
    to_below: f64,
    to_above: f64,
    /// The step of each.
    d_value: f64,
    d_below: f64,
    d_above: f64,
}

/// The two borders of a variable.
#[derive(Clone, Copy)]
pub struct Borders {
    pub low: f64,
    pub high: f64,
    /// What the slack above is where there is no border: this times the value.
    pub spring: f64,
}

impl From<Central> for Pair {
    fn from(central: Central) -> Pair {
        let Central { value, below, above } = central;
        Pair { value, below, above, ..Pair::default() }
    }
}

impl Borders {
    /// How far a value stands from both borders.
    pub fn distances(self, value: f64) -> (f64, f64) {
        let nearest = NEAREST * if self.high.is_finite() { self.high - self.low } else { 1.0 };
        ((value - self.low).max(nearest), (self.high - value).max(nearest))
    }
}

impl Pair {
    /// The products that fall to zero together.
    pub fn products(&self, borders: Borders) -> (f64, f64) {
        let (low, high) = borders.distances(self.value);
        (low * self.below, if borders.high.is_finite() { high * self.above } else { 0.0 })
    }

    /// Aims the products at `goal`; with the last step's second-order terms if `correct`.
    pub fn aim(&mut self, borders: Borders, goal: f64, correct: bool) {
        let (below, above) = self.products(borders);
        let second = if correct { self.d_value } else { 0.0 };
        self.to_below = goal - below - second * self.d_below;
        self.to_above = goal - above + second * self.d_above;
    }

    /// Aims better where a part `t` of the step would leave a product far from `goal` (Gondzio 1996).
    pub fn centre(&mut self, borders: Borders, goal: f64, t: f64) {
        let mut moved = *self;
        moved.advance(t);
        let (low, high) = (moved.value - borders.low, borders.high - moved.value);
        let outlier = |product: f64| {
            if product < goal / CENTRAL {
                goal / CENTRAL - product
            } else {
                (goal * CENTRAL - product).clamp(-goal * CENTRAL, 0.0)
            }
        };
        self.to_below += outlier(low * moved.below);
        if borders.high.is_finite() {
            self.to_above += outlier(high * moved.above);
        }
    }

    /// By how much the value gives way to a step of what presses on it: d_value = give * (step + pressure).
    pub fn give(&self, borders: Borders) -> f64 {
        let (low, high) = borders.distances(self.value);
        if borders.high.is_finite() {
            1.0 / (self.above / high + self.below / low)
        } else {
            1.0 / (borders.spring + self.below / low)
        }
    }

    /// The pressure that is there without a step.
    pub fn pressure(&self, borders: Borders) -> f64 {
        let (low, high) = borders.distances(self.value);
        let above = if borders.high.is_finite() { self.to_above / high } else { 0.0 };
        self.to_below / low - above
    }

    /// Takes note of the step of the value.
    pub fn note(&mut self, borders: Borders, d_value: f64) {
        let (low, high) = borders.distances(self.value);
        self.d_value = d_value;
        self.d_below = (self.to_below - self.below * d_value) / low;
        if borders.high.is_finite() {
            self.d_above = (self.to_above + self.above * d_value) / high;
        }
    }

    /// How far all stay inside, at most 1.
    pub fn longest(&self, borders: Borders) -> f64 {
        let to = |value: f64, step: f64| if step < 0.0 { -value / step } else { f64::INFINITY };
        let (low, high) = borders.distances(self.value);
        let below = to(low, self.d_value).min(to(self.below, self.d_below));
        if !borders.high.is_finite() {
            return below.min(1.0);
        }
        let above = to(high, -self.d_value).min(to(self.above, self.d_above));
        below.min(above).min(1.0)
    }

    /// The products after a part of the step.
    pub fn products_at(&self, borders: Borders, t: f64) -> f64 {
        let mut moved = *self;
        moved.advance(t);
        let (below, above) = moved.products(borders);
        below + above
    }

    pub fn advance(&mut self, t: f64) {
        self.value += t * self.d_value;
        self.below += t * self.d_below;
        self.above += t * self.d_above;
    }
}

/// The borders of the dual slope of a weight under the l1 norm.
pub const UNIT: Borders = Borders { low: -1.0, high: 1.0, spring: 0.0 };
