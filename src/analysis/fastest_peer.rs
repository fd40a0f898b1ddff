//! Each configuration of ours beside the fastest library that has it, by times that were measured alone on
//! both sides.

use std::collections::BTreeMap;

use super::peers::{Pair, groups, ratio};
use super::tables::{SideBySide, View};

/// The ratio of times that the project aims at in every row.
pub const GOAL: f64 = 3.0;

/// The results of ours with times to compare, and those below the goal.
pub struct FastestPeers {
    pub results: usize,
    /// Those in which the fastest library takes less than [`GOAL`] times our time, the least ratio first.
    pub below: Vec<Below>,
}

/// A result below the goal.
pub struct Below {
    pub classifier: String,
    pub configuration: String,
    pub train_size: usize,
    /// The fastest library.
    pub engine: String,
    /// Its time over ours.
    pub ratio: f64,
}

impl Below {
    /// The ratio as text, whole from 10 on.
    pub fn spelled(&self) -> String {
        ratio(self.ratio)
    }
}

impl FastestPeers {
    /// Counts all runs of the table; the run of the scaling curves (`curves`) only if it is the view's own.
    pub fn of(table: &SideBySide, view: &View, curves: Option<&str>) -> FastestPeers {
        let groups = groups(table, view, curves.filter(|run| *run != view.run));
        let pairs = groups.iter().flat_map(|(key, group)| group.pairs.iter().map(move |pair| (key, pair)));
        let mut fastest: BTreeMap<(&str, String, usize), (f64, &str)> = BTreeMap::new();
        for ((classifier, engine, train_size), pair) in pairs.filter(|(_, pair)| pair.quiet()) {
            let Some(time) = Pair::time(pair) else { continue };
            let known = fastest.entry((classifier, pair.name(), *train_size)).or_insert((time, engine));
            if time < known.0 {
                *known = (time, engine);
            }
        }
        let results = fastest.len();
        let below = fastest.into_iter().filter(|(_, (ratio, _))| *ratio < GOAL);
        let mut below: Vec<Below> = below
            .map(|((classifier, configuration, train_size), (ratio, engine))| Below {
                classifier: classifier.to_string(),
                configuration,
                train_size,
                engine: engine.to_string(),
                ratio,
            })
            .collect();
        below.sort_by(|a, b| a.ratio.total_cmp(&b.ratio));
        FastestPeers { results, below }
    }
}
