//! Shares of a plan for several machines: the same on every machine, balanced by expected cost, groups that
//! share work whole.
//!
//! A share depends only on the plan and on the expected costs of its rows, not on results that come
//! meanwhile. Every machine computes all shares for itself; their digest tells whether two machines computed
//! the same.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Plan, SweepError, cost};
use crate::hex::hex;

/// Which share, of how many: `2/8`, or `2/8@3f2a91bc0d5e` with the digest of the shares meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub number: usize,
    pub of: usize,
    pub digest: Option<String>,
}

/// The largest number of shares.
pub const MOST: usize = 100_000;

/// All shares of a plan.
#[derive(Clone, Debug)]
pub struct Shares {
    /// For every row of the plan its share, from 0.
    pub of_row: Vec<usize>,
    pub shares: Vec<Share>,
    /// Digest of [`Shares::of_row`] and the rows' names, twelve hexadecimal digits.
    pub digest: String,
}

/// What one share is expected to take.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Share {
    pub rows: usize,
    /// The expected seconds of each job, one repeat, longest first.
    pub jobs: Vec<f64>,
    /// The expected peak memory of each job in bytes, largest first.
    pub bytes: Vec<u64>,
}

/// Rows that share work.
#[derive(Default)]
struct Group {
    rows: Vec<usize>,
    seconds: f64,
    bytes: u64,
}

impl Shard {
    /// Reads `2/8` or `2/8@DIGEST`. `Err` shows how to write a share.
    pub fn parse(text: &str) -> Result<Shard, String> {
        let (place, digest) = match text.split_once('@') {
            Some((place, digest)) => (place, Some(digest.to_ascii_lowercase())),
            None => (text, None),
        };
        let number = |part: &str| part.parse::<usize>().ok();
        let parts = place.split_once('/').and_then(|(first, of)| Some((number(first)?, number(of)?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) && of <= MOST => {
                Ok(Shard { number, of, digest })
            }
            _ => Err(format!(
                "{text:?} is not a share: write 1/4 to 4/4, or 1/4@DIGEST as `plan --shards 4` shows it"
            )),
        }
    }
}

impl Shares {
    /// Divides a plan into `count` shares, longest processing time first: the dearest group goes to the share
    /// with the least time so far.
    pub fn of(plan: &Plan, count: usize) -> Shares {
        let mut groups: Vec<(String, Group)> = groups(plan).into_iter().collect();
        // Whole milliseconds, so that the last bit of a logarithm on another machine moves nothing.
        let cost = |group: &Group| (group.seconds * 1e3).round() as u64;
        groups.sort_by(|(a, x), (b, y)| (Reverse(cost(x)), a).cmp(&(Reverse(cost(y)), b)));
        let mut of_row = vec![0; plan.rows.len()];
        let mut shares = vec![Share::default(); count.max(1)];
        let mut loads = vec![0u64; shares.len()];
        for (_, group) in &groups {
            let place = least(&loads);
            // Groups without expected time cost 1 ms, so that they are spread too.
            loads[place] += cost(group).max(1);
            shares[place].rows += group.rows.len();
            if group.seconds > 0.0 {
                shares[place].jobs.push(group.seconds);
                shares[place].bytes.push(group.bytes);
            }
            group.rows.iter().for_each(|&row| of_row[row] = place);
        }
        for share in &mut shares {
            share.bytes.sort_by_key(|&bytes| Reverse(bytes));
        }
        let digest = digest(plan, &of_row);
        Shares { of_row, shares, digest }
    }

    /// Leaves only the rows of one share in the plan. Fails when the digest in `shard` is not that of these
    /// shares.
    pub fn keep(&self, shard: &Shard, plan: &mut Plan) -> Result<(), SweepError> {
        if let Some(meant) = &shard.digest
            && *meant != self.digest
        {
            return Err(SweepError::OtherShares {
                number: shard.number,
                of: shard.of,
                expected: meant.clone(),
                found: self.digest.clone(),
            });
        }
        let mut places = self.of_row.iter();
        plan.rows.retain(|_| places.next().is_some_and(|&place| place + 1 == shard.number));
        Ok(())
    }
}

impl Share {
    /// Expected seconds of all its jobs, one after the other.
    pub fn seconds(&self) -> f64 {
        self.jobs.iter().sum()
    }

    /// Expected seconds with a number of jobs at a time, the longest started first.
    pub fn seconds_with(&self, at_a_time: usize) -> f64 {
        let mut ends = vec![0.0f64; at_a_time.clamp(1, self.jobs.len().max(1))];
        for seconds in &self.jobs {
            let first = (0..ends.len()).min_by(|&a, &b| ends[a].total_cmp(&ends[b])).unwrap_or(0);
            ends[first] += seconds;
        }
        ends.into_iter().fold(0.0, f64::max)
    }

    /// The most memory that a number of jobs at a time is expected to need.
    pub fn bytes_with(&self, at_a_time: usize) -> u64 {
        self.bytes.iter().take(at_a_time.max(1)).sum()
    }
}

/// The groups that share work, by a name that follows from what they are. Rows that no engine can run are
/// groups of their own, at no cost.
fn groups(plan: &Plan) -> BTreeMap<String, Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for (index, row) in plan.rows.iter().enumerate() {
        let kind = match &row.sharing_key {
            Ok(key) => ["shares", row.configuration.classifier.as_str(), key.as_str()],
            Err(_) => ["alone", "", row.id.as_str()],
        };
        let name = format!("{:?}", (&row.dataset, row.engine.name, row.subset, kind));
        let group = groups.entry(name).or_default();
        group.rows.push(index);
        if row.sharing_key.is_ok() {
            group.bytes = group.bytes.max(row.expected.bytes);
        }
    }
    for group in groups.values_mut() {
        let rows = group.rows.iter().map(|&row| &plan.rows[row]).filter(|row| row.sharing_key.is_ok());
        let classifier = group.rows.first().map_or("", |&row| &plan.rows[row].configuration.classifier);
        let seconds = rows.map(|row| row.expected.seconds.min(row.timeout.as_secs_f64()));
        group.seconds = cost::group(classifier, seconds);
    }
    groups
}

/// The place of the smallest, the first of equals.
fn least(loads: &[u64]) -> usize {
    (0..loads.len()).min_by_key(|&place| loads[place]).unwrap_or(0)
}

/// Twelve hexadecimal digits over which row is in which share.
fn digest(plan: &Plan, of_row: &[usize]) -> String {
    let mut lines: Vec<String> =
        plan.rows.iter().zip(of_row).map(|(row, place)| format!("{} {place}\n", row.name())).collect();
    lines.sort();
    hex(&Sha256::digest(lines.concat())[..6])
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::grid::Configuration;
    use crate::sweep::Request;

    fn plan() -> Plan {
        let grid = crate::grid::file::read(Path::new("benchmarks/classic.toml")).unwrap();
        let planned = crate::grid::Filters::default().plan(&[grid], &["native".to_string()]).unwrap();
        let wanted = |configuration: Configuration| Request {
            dataset: "mnist".into(),
            engine: "native".into(),
            configuration,
            train_size: None,
            after: Vec::new(),
            timeout: Duration::from_secs(3600),
            grid_digest: String::new(),
        };
        let wanted = planned.into_iter().map(|planned| wanted(planned.configuration)).collect();
        Plan::new(wanted, Path::new("data")).unwrap()
    }

    #[test]
    fn shares_are_whole_balanced_and_the_same_in_any_order() {
        let mut plan = plan();
        let shares = Shares::of(&plan, 5);
        assert_eq!(shares.shares.iter().map(|share| share.rows).sum::<usize>(), plan.rows.len());
        let mut of_group = BTreeMap::new();
        for (row, &place) in plan.rows.iter().zip(&shares.of_row) {
            let key = (&row.configuration.classifier, row.sharing_key.as_ref().unwrap());
            assert_eq!(*of_group.entry(key).or_insert(place), place, "{key:?}");
        }
        // No share is further from the mean than its longest job.
        let mean = shares.shares.iter().map(Share::seconds).sum::<f64>() / 5.0;
        for share in &shares.shares {
            let longest = share.jobs.first().copied().unwrap_or_default();
            assert!((share.seconds() - mean).abs() <= longest.max(1.0), "{} of {mean}", share.seconds());
        }
        plan.rows.reverse();
        assert_eq!(Shares::of(&plan, 5).digest, shares.digest);
        plan.rows[0].expected.seconds += 1000.0;
        assert_ne!(Shares::of(&plan, 5).digest, shares.digest);
    }

    #[test]
    fn every_row_is_in_one_share() {
        let all = plan().rows.len();
        let mut sum = 0;
        for number in 1..=3 {
            let mut plan = plan();
            let shares = Shares::of(&plan, 3);
            let shard = Shard { number, of: 3, digest: Some(shares.digest.clone()) };
            shares.keep(&shard, &mut plan).unwrap();
            sum += plan.rows.len();
            let other = Shard { digest: Some("0".into()), ..shard };
            assert!(shares.keep(&other, &mut plan).unwrap_err().to_string().contains("plan --shards 3"));
        }
        assert_eq!(sum, all);
    }

    #[test]
    fn a_share_is_written_so() {
        let shard = |number, of| Shard { number, of, digest: None };
        assert_eq!(Shard::parse("2/8"), Ok(shard(2, 8)));
        assert_eq!(Shard::parse("1/1@AB").unwrap().digest.as_deref(), Some("ab"));
        for wrong in ["", "0/4", "5/4", "1/0", "1", "a/b", "1/999999999", "-1/4", "1/4/2"] {
            assert!(Shard::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn jobs_at_a_time_shorten_a_share() {
        let share = Share { rows: 3, jobs: vec![5.0, 3.0, 2.0], bytes: vec![30, 20, 10] };
        assert_eq!((share.seconds(), share.seconds_with(2), share.seconds_with(9)), (10.0, 5.0, 5.0));
        assert_eq!((share.bytes_with(1), share.bytes_with(2), share.bytes_with(9)), (30, 50, 60));
        assert_eq!((Share::default().seconds_with(4), Share::default().bytes_with(4)), (0.0, 0));
    }
}
