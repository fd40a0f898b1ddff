//! Early stopping along rising cost: a row with more training rows, or with a later value of a parameter that the
//! grid calls rising, waits for the cheaper row, and is skipped where that one hit a time or memory limit.

use std::collections::HashMap;

use super::Plan;
use super::plan::Row;
use crate::grid::Smaller;
use crate::results::record::{NOT_TRIED, file_stem};
use crate::results::{Record, Status};

/// For each row of the plan, the rows that have to end first. One that is not part of the plan, such as another
/// share's, is not waited for.
pub fn predecessors(plan: &Plan) -> Vec<Vec<usize>> {
    let mut places = HashMap::new();
    for (index, row) in plan.rows.iter().enumerate() {
        places.insert((row.outline, row.engine.name, row.id.clone()), index);
    }
    let before = |index: usize, row: &Row| {
        let outline = &plan.outlines[row.outline];
        let place = |smaller: &Smaller| {
            let subset = outline.subset(smaller.train_size);
            let configuration = smaller.configuration.clone().for_classes(outline.shape.classes);
            let id = file_stem(&configuration.id(), subset);
            places.get(&(row.outline, row.engine.name, id)).copied().filter(|&first| first != index)
        };
        row.after.iter().filter_map(place).collect()
    };
    plan.rows.iter().enumerate().map(|(index, row)| before(index, row)).collect()
}

/// Status and reason of a row that is skipped, given its cheaper row: the same status, so that a raised limit runs
/// both again. `None` where the row is to be tried. A crash does not skip it: too few training rows may have caused
/// the crash.
pub fn verdict(smaller: &Record) -> Option<(Status, String)> {
    let limit = matches!(smaller.status, Status::Timeout | Status::OutOfMemory);
    let reason = smaller.reason();
    // The cheaper row may have been skipped too: its reason then already names the row that was tried.
    let text = match reason.strip_prefix(NOT_TRIED) {
        Some(_) => reason.to_string(),
        None => format!("{NOT_TRIED}{}: {reason}", smaller.id),
    };
    limit.then_some((smaller.status, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Configuration;

    fn ended(status: Status, error: Option<&str>) -> Record {
        Record {
            id: "SVC@n=1000".into(),
            status,
            error: error.map(String::from),
            forecast: None,
            engine: "linfa".into(),
            engine_version: None,
            configuration: Configuration::new("SVC", Default::default()),
            dataset: "mnist".into(),
            train_size: 1000,
            test_size: 10_000,
            threads: 1,
            jobs_in_flight: None,
            quiet: false,
            peak_memory_bytes: None,
            shared_with: Vec::new(),
            repeats: Vec::new(),
            reported: None,
            provenance: None,
        }
    }

    #[test]
    fn a_limit_ends_the_larger_sizes_and_nothing_else_does() {
        let (status, text) = verdict(&ended(Status::Timeout, Some("no result after 600 s\nlog"))).unwrap();
        assert_eq!(status, Status::Timeout);
        assert_eq!(text, "not tried, because of the row SVC@n=1000: no result after 600 s");
        let passed_on = Record { train_size: 2000, ..ended(status, Some(&text)) };
        assert_eq!(verdict(&passed_on), Some((Status::Timeout, text)));
        assert!(verdict(&ended(Status::OutOfMemory, Some("used 9 MiB"))).is_some());
        for status in [Status::Ok, Status::Crashed, Status::Diverged, Status::Unsupported] {
            assert_eq!(verdict(&ended(status, Some("why"))), None);
        }
    }
}
