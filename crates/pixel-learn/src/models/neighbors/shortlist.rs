//! Training rows that may be among the k nearest of one test row, by bounds of their distances.

/// Training rows that may be among the k nearest of one test row.
pub struct Shortlist {
    /// Whether both bounds of a row equal its distance.
    exact: bool,
    /// The k smallest upper bounds, ascending; infinite until k rows were offered.
    upper: Vec<f32>,
    /// Lower bound and index of each candidate.
    candidates: Vec<(f32, u32)>,
}

impl Shortlist {
    pub fn new(k: usize, exact: bool) -> Shortlist {
        Shortlist { exact, upper: vec![f32::INFINITY; k], candidates: Vec::new() }
    }

    /// An upper bound of the distance of the k-th nearest row.
    pub fn limit(&self) -> f32 {
        self.upper[self.upper.len() - 1]
    }

    /// Whether a row with this lower bound cannot be among the k nearest: where distances are exact, a later row at
    /// the same distance does not belong. A NaN bound (from features beyond f32) fails every comparison, so
    /// its row is kept.
    #[inline(always)]
    pub fn too_far(&self, lower: f32) -> bool {
        let limit = self.limit();
        lower > limit || (self.exact && lower == limit && limit < f32::INFINITY)
    }

    /// Adds a row as a candidate unless it is too far, by the bounds of its distance. Rows must come by
    /// ascending index.
    pub fn offer(&mut self, lower: f32, upper: f32, index: u32) {
        if self.too_far(lower) {
            return;
        }
        self.candidates.push((lower, index));
        let last = self.upper.len() - 1;
        if upper < self.upper[last] {
            let at = self.upper.partition_point(|&bound| bound <= upper);
            self.upper.copy_within(at..last, at + 1);
            self.upper[at] = upper;
        }
    }

    /// Rows whose lower bound is not above the k-th smallest upper bound.
    pub fn candidates(self) -> impl Iterator<Item = u32> {
        let limit = self.limit();
        self.candidates
            .into_iter()
            .filter(move |&(lower, _)| lower <= limit || lower.is_nan())
            .map(|(_, index)| index)
    }
}
