//! The regularisers: half the squared l2 norm, and the l1 norm by a smooth stand-in that closes in on it.

/// Where the stand-in starts to differ from |w|, at first.
const ROUNDING: f64 = 0.1;
/// By how much the rounding shrinks.
const SHRINK: f64 = 0.2;
/// No second derivative below this, where the stand-in is straight.
const LEAST_BEND: f64 = 1e-9;

/// Which norm, and the state of its stand-in.
pub enum Norm {
    /// |w|^2 / 2
    L2,
    /// The sum of |w|, as the sum of sqrt(w^2 + rounding^2).
    L1(Rounded),
}

/// The primal-dual state of Andersen, Christiansen, Conn and Overton, "An efficient primal-dual
/// interior-point method for minimizing a sum of Euclidean norms", 2000: Newton's method on
/// dual * sqrt(w^2 + rounding^2) = w, which stays fast where Newton on the stand-in itself would crawl.
pub struct Rounded {
    rounding: f64,
    /// One dual value from -1 to 1 a weight.
    duals: Vec<f64>,
}

impl Norm {
    pub fn l1(weights: usize) -> Norm {
        Norm::L1(Rounded { rounding: ROUNDING, duals: vec![0.0; weights] })
    }

    /// The stand-in of one weight.
    pub fn value(&self, w: f64) -> f64 {
        match self {
            Norm::L2 => 0.5 * w * w,
            Norm::L1(rounded) => rounded.root(w) - rounded.rounding,
        }
    }

    /// Its derivative.
    pub fn slope(&self, w: f64) -> f64 {
        match self {
            Norm::L2 => w,
            Norm::L1(rounded) => w / rounded.root(w),
        }
    }

    /// The second derivative to take for weight `index`.
    pub fn bend(&self, index: usize, w: f64) -> f64 {
        match self {
            Norm::L2 => 1.0,
            Norm::L1(rounded) => {
                let root = rounded.root(w);
                ((1.0 - rounded.duals[index] * w / root) / root).max(LEAST_BEND)
            }
        }
    }

    /// The norm itself.
    pub fn exact(&self, w: f64) -> f64 {
        match self {
            Norm::L2 => 0.5 * w * w,
            Norm::L1(_) => w.abs(),
        }
    }

    /// Takes note of Newton's step for weight `index`, which stands at `w` before it.
    pub fn follow(&mut self, index: usize, w: f64, step: f64) {
        let bend = self.bend(index, w);
        let slope = self.slope(w);
        if let Norm::L1(rounded) = self {
            rounded.duals[index] = (slope + bend * step).clamp(-1.0, 1.0);
        }
    }

    /// Makes the stand-in closer; `false` where there is none.
    pub fn sharpen(&mut self) -> bool {
        match self {
            Norm::L2 => false,
            Norm::L1(rounded) => {
                rounded.rounding *= SHRINK;
                true
            }
        }
    }
}

impl Rounded {
    fn root(&self, w: f64) -> f64 {
        (w * w + self.rounding * self.rounding).sqrt()
    }
}
