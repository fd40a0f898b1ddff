//! Moré and Thuente's line search, "Line search algorithms with guaranteed sufficient decrease", 1994, as in
//! MINPACK-2's `dcsrch`, which SciPy's L-BFGS-B calls.

/// The constant of the sufficient decrease condition (Armijo): `ftol` of `dcsrch`.
const SUFFICIENT_DECREASE: f64 = 1e-3;
/// The constant of the curvature condition: the largest |slope| at the end relative to |slope| at the start, `gtol`.
const CURVATURE: f64 = 0.9;
/// The search also ends when the width of the interval is at most this times its upper end: `xtol`.
const NARROW: f64 = 0.1;
/// The largest step.
const LONGEST: f64 = 1e10;
/// While no minimum is bracketed: the least and the largest factor of the last step's extrapolation.
const EXTRAPOLATION: (f64, f64) = (1.1, 4.0);
/// The interval is bisected if two steps leave more than this share of its width.
const SHRINKAGE: f64 = 0.66;

/// What to do after an evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Advice {
    /// Evaluate at this step.
    Try(f64),
    /// Accept the step that was evaluated last: it meets both conditions, or rounding prevents a better one.
    Accept,
}

/// A step with the value and the slope there.
#[derive(Clone, Copy, Debug)]
struct Point {
    step: f64,
    value: f64,
    slope: f64,
}

/// The state of a search along a direction.
pub struct LineSearch {
    start: Point,
    /// Whether a minimum lies between `best` and `other`.
    bracketed: bool,
    /// Whether no step has had both sufficient decrease and a slope of at least 0. Until then the search may
    /// use the modified function (psi of the paper).
    first_stage: bool,
    /// The end of the interval with the least value, and the other end.
    best: Point,
    other: Point,
    /// The width of the interval, and its width before the last step.
    width: f64,
    last_width: f64,
    /// The bounds of the next step.
    least: f64,
    most: f64,
}

impl LineSearch {
    /// A search from the value and the slope (below 0) at step 0. `step` is the first step to be evaluated.
    pub fn new(value: f64, slope: f64, step: f64) -> LineSearch {
        let start = Point { step: 0.0, value, slope };
        LineSearch {
            start,
            bracketed: false,
            first_stage: true,
            best: start,
            other: start,
            width: LONGEST,
            last_width: 2.0 * LONGEST,
            least: 0.0,
            most: step + EXTRAPOLATION.1 * step,
        }
    }

    /// The next step, given the value and the slope at `step`.
    pub fn advance(&mut self, step: f64, value: f64, slope: f64) -> Advice {
        let tried = Point { step, value, slope };
        let test_slope = SUFFICIENT_DECREASE * self.start.slope;
        let bound = self.start.value + step * test_slope;
        let enough = value <= bound;
        if self.first_stage && enough && slope >= 0.0 {
            self.first_stage = false;
        }
        let exhausted = self.bracketed && (step <= self.least || step >= self.most || self.is_narrow());
        let longest = step == LONGEST && enough && slope <= test_slope;
        let shortest = step == 0.0 && (!enough || slope >= test_slope);
        let met = enough && slope.abs() <= CURVATURE * -self.start.slope;
        if exhausted || longest || shortest || met {
            return Advice::Accept;
        }
        let mut next = if self.first_stage && value <= self.best.value && !enough {
            // A lower value without sufficient decrease: interpolate the modified function, the function
            // minus the line of sufficient decrease.
            let tilt = |point: Point, by: f64| Point {
                value: point.value + by * point.step * test_slope,
                slope: point.slope + by * test_slope,
                ..point
            };
            (self.best, self.other) = (tilt(self.best, -1.0), tilt(self.other, -1.0));
            let next = self.narrow(tilt(tried, -1.0));
            (self.best, self.other) = (tilt(self.best, 1.0), tilt(self.other, 1.0));
            next
        } else {
            self.narrow(tried)
        };
        if self.bracketed {
            if (self.other.step - self.best.step).abs() >= SHRINKAGE * self.last_width {
                next = self.best.step + 0.5 * (self.other.step - self.best.step);
            }
            self.last_width = self.width;
            self.width = (self.other.step - self.best.step).abs();
            self.least = self.best.step.min(self.other.step);
            self.most = self.best.step.max(self.other.step);
        } else {
            self.least = next + EXTRAPOLATION.0 * (next - self.best.step);
            self.most = next + EXTRAPOLATION.1 * (next - self.best.step);
        }
        next = next.clamp(0.0, LONGEST);
        // No progress is possible: return to the best step.
        if self.bracketed && (next <= self.least || next >= self.most || self.is_narrow()) {
            next = self.best.step;
        }
        Advice::Try(next)
    }

    fn is_narrow(&self) -> bool {
        self.most - self.least <= NARROW * self.most
    }

    /// `dcstep`: updates the interval by the point that was evaluated, and returns a safeguarded step of
    /// cubic and quadratic interpolation.
    fn narrow(&mut self, tried: Point) -> f64 {
        let Point { step, value, slope } = tried;
        let best = self.best;
        let opposite = slope * best.slope.signum() < 0.0;
        let next = if value > best.value {
            // Case 1: a higher value brackets a minimum.
            let (theta, gamma) = cubic(best, tried, step < best.step, false);
            let r = (gamma - best.slope + theta) / (gamma - best.slope + gamma + slope);
            let cubic = best.step + r * (step - best.step);
            let chord = (best.value - value) / (step - best.step) + best.slope;
            let quadratic = best.step + best.slope / chord / 2.0 * (step - best.step);
            self.bracketed = true;
            if (cubic - best.step).abs() <= (quadratic - best.step).abs() {
                cubic
            } else {
                cubic + (quadratic - cubic) / 2.0
            }
        } else if opposite {
            // Case 2: a lower value and slopes of opposite sign bracket a minimum.
            let (theta, gamma) = cubic(best, tried, step > best.step, false);
            let r = (gamma - slope + theta) / (gamma - slope + gamma + best.slope);
            let cubic = step + r * (best.step - step);
            let secant = step + slope / (slope - best.slope) * (best.step - step);
            self.bracketed = true;
            if (cubic - step).abs() > (secant - step).abs() { cubic } else { secant }
        } else if slope.abs() < best.slope.abs() {
            // Case 3: a lower value, slopes of the same sign, and a decreasing |slope|. The cubic is used only if it has a
            // minimum beyond the step.
            let (theta, gamma) = cubic(best, tried, step > best.step, true);
            let r = (gamma - slope + theta) / (gamma + (best.slope - slope) + gamma);
            let cubic = if r < 0.0 && gamma != 0.0 {
                step + r * (best.step - step)
            } else if step > best.step {
                self.most
            } else {
                self.least
            };
            let secant = step + slope / (slope - best.slope) * (best.step - step);
            let cubic_is_nearer = (cubic - step).abs() < (secant - step).abs();
            if self.bracketed {
                let next = if cubic_is_nearer { cubic } else { secant };
                let border = step + SHRINKAGE * (self.other.step - step);
                if step > best.step { next.min(border) } else { next.max(border) }
            } else {
                let cubic_is_farther = (cubic - step).abs() > (secant - step).abs();
                let next = if cubic_is_farther { cubic } else { secant };
                next.max(self.least).min(self.most)
            }
        } else if self.bracketed {
            let (theta, gamma) = cubic(self.other, tried, step > self.other.step, false);
            let r = (gamma - slope + theta) / (gamma - slope + gamma + self.other.slope);
            step + r * (self.other.step - step)
        } else if step > best.step {
            self.most
        } else {
            self.least
        };
        if value > best.value {
            self.other = tried;
        } else {
            if opposite {
                self.other = best;
            }
            self.best = tried;
        }
        next
    }
}

/// The coefficients (theta, gamma) of the cubic through two points with their slopes. `negative` negates
/// gamma. With `clipped`, gamma is 0 for a cubic without extremes; without it, NaN.
fn cubic(a: Point, b: Point, negative: bool, clipped: bool) -> (f64, f64) {
    let theta = 3.0 * (a.value - b.value) / (b.step - a.step) + a.slope + b.slope;
    let s = theta.abs().max(a.slope.abs()).max(b.slope.abs());
    let mut square = (theta / s) * (theta / s) - (a.slope / s) * (b.slope / s);
    if clipped {
        square = square.max(0.0);
    }
    let gamma = s * square.sqrt();
    (theta, if negative { -gamma } else { gamma })
}
