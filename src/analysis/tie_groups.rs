//! The tie groups of the open view: the place of each result file, and a summary in words for each data set.

use std::collections::BTreeMap;
use std::path::Path;

use super::ranking::{self, Division, Entry, Ranking};
use super::tables::{SideBySide, View};
use crate::dataset::{Dataset, Outline, Outlines};
use crate::format::{accuracy, count, library, round, title};
use crate::results::Owner;

/// The most names listed of a first group; more make no readable sentence.
const MOST_NAMES: usize = 6;

/// What the page shows.
#[derive(Default)]
pub struct Groups {
    by_file: BTreeMap<String, Place>,
    pub summaries: Vec<Summary>,
    /// The command that prints the whole ranking.
    pub command: String,
}

/// Where a result stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Ranked {
        /// From 1, the best first.
        group: usize,
        /// The adjusted p-value against the best of the group; `None` for the best itself.
        against_best: Option<f64>,
    },
    /// An earlier step of the named entry, which is ranked in its place.
    StepOf(String),
}

/// One data set in words.
pub struct Summary {
    pub dataset: String,
    pub title: String,
    pub groups: usize,
    /// How many entries and how many groups.
    pub counts: String,
    /// The entries of the first group, the best first.
    pub leaders: Vec<String>,
    /// The number of further entries of the first group.
    pub more: usize,
    /// What all entries have in common.
    pub together: String,
}

impl Groups {
    /// Ranks the rows of the view, by whichever engine, with the submissions of entries of the grid.
    pub fn of(
        results: &Path,
        table: &SideBySide,
        view: &View,
        datasets: &BTreeMap<String, Dataset>,
    ) -> Groups {
        let outlines: Outlines =
            datasets.iter().map(|(name, dataset)| (name.clone(), Outline::from(dataset))).collect();
        let rows = table.rows.iter().filter(|row| row.run == view.run);
        let mut entries = ranking::of_rows(rows, view.subset, &outlines);
        entries.extend(ranking::submitted(results, view.subset, &outlines));
        let mut rankings = ranking::rank(entries, &outlines);
        rankings.retain(|ranking| ranking.division == Division::Grid);
        let size = view.subset.map_or(String::new(), |size| format!(" --train-size {size}"));
        let mut groups = Groups {
            by_file: rankings.iter().flat_map(places).collect(),
            summaries: Vec::new(),
            command: format!("mnist-bench rank --run {}{size}", view.run),
        };
        for name in &table.datasets {
            groups.summaries.extend(rankings.iter().filter(|own| own.dataset == *name).map(summary));
        }
        groups
    }

    /// The place of a result file, named relative to the results folder.
    pub fn place(&self, file: &str) -> Option<&Place> {
        self.by_file.get(file)
    }
}

fn places(ranking: &Ranking) -> Vec<(String, Place)> {
    let mut places = Vec::new();
    let mut last = 0;
    for ranked in &ranking.ranked {
        // Entries stand in the order of their groups, the best of each first.
        let leads = ranked.group != last;
        last = ranked.group;
        let against_best = (!leads).then(|| round(ranked.against_best));
        let own = Place::Ranked { group: ranked.group, against_best };
        for other in &ranked.counted_with {
            let same = other.predictions == ranked.entry.predictions;
            let place = if same { own.clone() } else { Place::StepOf(short_name(&ranked.entry)) };
            places.push((other.file.clone(), place));
        }
        places.push((ranked.entry.file.clone(), own));
    }
    places
}

/// A name with the library as people know it.
fn shown_name(entry: &Entry) -> String {
    match &entry.owner {
        Owner::Engine { engine, .. } => format!("{} {}", library(engine), short_name(entry)),
        Owner::Submitter(_) => entry.name(),
    }
}

/// A name without the engine, which the line says.
fn short_name(entry: &Entry) -> String {
    format!("{} {}", entry.classifier, entry.parameters).trim_end().to_string()
}

fn summary(ranking: &Ranking) -> Summary {
    let with: usize = ranking.ranked.iter().map(|ranked| ranked.counted_with.len()).sum();
    let groups = ranking.ranked.last().map_or(0, |ranked| ranked.group);
    let first: Vec<String> = ranking
        .ranked
        .iter()
        .take_while(|ranked| ranked.group == 1)
        .map(|ranked| format!("{} {}", shown_name(&ranked.entry), accuracy(ranked.entry.accuracy)))
        .collect();
    let together = &ranking.together;
    let images = together.oracle + together.always_wrong.len();
    let share = |right: usize| accuracy(right as f64 / images.max(1) as f64);
    let entries = match ranking.ranked.len() {
        1 => "1 entry".to_string(),
        more => format!("{more} entries"),
    };
    let also = match with {
        0 => String::new(),
        more => format!("; {more} more are earlier steps of one of them or predict exactly the same"),
    };
    Summary {
        dataset: ranking.dataset.clone(),
        title: title(&ranking.dataset),
        groups,
        counts: format!("{entries} in {}{also}", count(groups, "group")),
        more: first.len().saturating_sub(MOST_NAMES),
        leaders: first.into_iter().take(MOST_NAMES).collect(),
        together: format!(
            "{} of the {images} test images are wrong in every entry; whoever always picked the right entry would \
             reach {}, a majority vote {}.",
            together.always_wrong.len(),
            share(together.oracle),
            share(together.majority)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Shape;
    use crate::results::verification::Evidence;

    fn entry(name: &str, step: u64, wrong: usize) -> Entry {
        Entry {
            division: Division::Grid,
            dataset: "tiny".into(),
            owner: Owner::Engine { run: "run".into(), engine: "native".into() },
            classifier: name.into(),
            parameters: format!("n={step}"),
            family: name.into(),
            step,
            predictions: (0..100).map(|image| u8::from(image < wrong)).collect(),
            // Of more repeats than the first, which the predictions are of.
            accuracy: 1.0 - wrong as f64 / 100.0 - 0.001,
            test_size: 100,
            repeats: 1,
            evidence: Evidence::Recomputed,
            file: format!("{name}-{step}"),
        }
    }

    #[test]
    fn every_file_has_its_place() {
        let outline = Outline {
            name: "tiny".into(),
            title: "tiny".into(),
            class_names: vec!["0".into(), "1".into()],
            shape: Shape { train_size: 100, test_size: 100, features: 1, image: [1, 1], classes: 2 },
            test_labels: vec![0; 100],
            digests: BTreeMap::new(),
        };
        let entries = vec![
            entry("far", 0, 60),
            entry("near", 0, 5),
            entry("forest", 100, 2),
            entry("forest", 10, 30),
            entry("twin", 0, 5),
        ];
        let rankings = ranking::rank(entries, &Outlines::from([("tiny".to_string(), outline)]));
        let places: BTreeMap<String, Place> = rankings.iter().flat_map(places).collect();
        assert_eq!(places["forest-100"], Place::Ranked { group: 1, against_best: None });
        assert_eq!(places["forest-10"], Place::StepOf("forest n=100".into()));
        assert_eq!(places["far-0"], Place::Ranked { group: 2, against_best: None });
        assert!(matches!(places["near-0"], Place::Ranked { group: 1, against_best: Some(p) } if p > 0.05));
        assert_eq!(places["twin-0"], places["near-0"], "the same predictions, the same place");
        let summary = summary(&rankings[0]);
        assert!(summary.counts.starts_with("3 entries in 2 groups; 2 more"), "{}", summary.counts);
        assert_eq!(summary.leaders, ["mnist-bench forest n=100 0.9790", "mnist-bench near n=0 0.9490"]);
        assert!(summary.together.starts_with("2 of the 100 test images"), "{}", summary.together);
    }
}
