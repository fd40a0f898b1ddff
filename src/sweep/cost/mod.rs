//! Estimated time and memory of a job: for the order of jobs, the time left, how many jobs fit into memory,
//! and shares.
//!
//! [`history`] estimates from recorded results, [`table`] where there are none; [`check`] measures the errors
//! of both. [`super::forecast`] first tries few images where the estimate exceeds the time limit. No estimate
//! changes a prediction.

pub mod check;
pub mod history;
pub mod table;

pub use history::History;

/// Expected seconds on one thread and peak bytes of one repeat of one configuration run alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    pub seconds: f64,
    pub bytes: u64,
    pub basis: Basis,
}

/// What an estimate is based on, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// The same configuration on the same data set, as many rows.
    Same,
    /// The same configuration and data set, another number of training rows.
    Size,
    /// The same configuration on another data set.
    Dataset,
    /// The table, corrected by the median ratio of other configurations of the family.
    Family,
    /// The table alone.
    Guess,
}

impl Basis {
    pub const ALL: [Basis; 5] = [Basis::Same, Basis::Size, Basis::Dataset, Basis::Family, Basis::Guess];

    /// What the estimate is based on, for people.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Same => "its own result",
            Basis::Size => "another train size",
            Basis::Dataset => "another data set",
            Basis::Family => "its family",
            Basis::Guess => "a guess",
        }
    }
}

/// Expected seconds of a group of one classifier that shares work: the longest configuration in full, and of
/// each other the part that is not shared. `seconds`: each configuration's time if run alone.
pub fn group(classifier: &str, seconds: impl Iterator<Item = f64>) -> f64 {
    let own_share = match classifier {
        // The fit at the largest C walks through all the others.
        "LinearSVC" | "LogisticRegression" => 0.0,
        _ => 0.2,
    };
    let (most, sum) = seconds.fold((0.0f64, 0.0), |(most, sum), one| (most.max(one), sum + one));
    most + own_share * (sum - most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_work_counts_once() {
        assert_eq!(group("SVC", [10.0, 10.0, 10.0].into_iter()), 14.0);
        assert_eq!(group("LinearSVC", [3.0, 10.0, 7.0].into_iter()), 10.0);
        assert_eq!(group("SVC", std::iter::empty()), 0.0);
    }
}
