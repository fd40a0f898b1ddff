//! What people read: tables, charts and one page, made from result files.
//!
//! [`Report::make`] reads result files and gives every file of the report in memory; the same results give
//! the same bytes. [`Report::write`] puts them on disk, [`Report::check`] compares them with the files on
//! disk.

pub mod charts;
pub mod compare;
pub mod data_files;
pub mod documents;
mod markdown;
pub mod one_pixel;
pub mod page;
pub mod page_data;
pub mod row_details;
pub mod summary;
pub mod text;
mod unfinished;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flate2::Compression;

use crate::analysis::fastest_peer::FastestPeers;
use crate::analysis::fidelity::Fidelity;
use crate::analysis::findings::{Findings, Sources};
use crate::analysis::peers::Peers;
use crate::analysis::rows;
use crate::analysis::scaling::Scaling;
use crate::analysis::tables::{self, SideBySide, View};
use crate::analysis::tie_groups::Groups;
use crate::analysis::{reference, rounding_ties, same_method, submitted, timed_pairs};
use crate::dataset::{self, Dataset, Outline, Outlines};
use crate::explore;
use crate::file_name::{RULE, is_name};
use crate::format::{self, title};
use crate::results::store::write_atomically;
use crate::results::{Place, Problem, Store, submission};
use summary::Summary;

/// The default run of `sweep`. Only its own report includes it, so that committed reports never depend on it.
pub const LOCAL: &str = "local";

/// The file of the page.
pub const PAGE: &str = "benchmark.html";

/// The address of the repository as `package.repository` sets it; empty where it is not set.
pub const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// What to make a report of.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub results: &'a Path,
    /// The folder of the data sets, for parts of the report that need labels or images.
    pub data: &'a Path,
    /// Where the report goes, and where `explore` put its figures.
    pub reports: &'a Path,
    /// The run that the page opens on.
    pub run: &'a str,
    /// The train size that it opens on: `Some(None)` for the whole set. `None` takes the whole set when the
    /// run has results for it, else the largest size that it has.
    pub subset: Option<Option<usize>>,
    /// The address of the repository, without a slash at its end, for the page's links; empty where there is
    /// none.
    pub repository: &'a str,
    /// The page will soon be replaced: it is compressed less, and takes a third of the time.
    pub draft: bool,
}

/// A whole report in memory.
pub struct Report {
    /// Bytes by file name.
    pub files: BTreeMap<String, Vec<u8>>,
    pub table: SideBySide,
    pub view: View,
    /// Files that `explore` put beside the report.
    explored: BTreeSet<String>,
    /// Result files that were left out.
    pub problems: Vec<Problem>,
    /// What the report could not show, and why.
    pub notes: Vec<String>,
}

impl Report {
    /// Reads the results and makes every file. `Err` says in one line what is missing.
    pub fn make(request: &Request) -> Result<Report, String> {
        let runs = runs(request)?;
        let (datasets, notes) = datasets(request, &runs)?;
        let outlines: Outlines =
            datasets.iter().map(|(name, dataset)| (name.clone(), Outline::from(dataset))).collect();
        let read = rows::read(request.results, &runs, &outlines)?;
        let subset = request.subset.unwrap_or_else(|| {
            let own = read.rows.iter().filter(|row| row.run == request.run);
            // The whole set (`None`) counts as larger than any part of it.
            own.map(|row| row.subset).max_by_key(|subset| subset.unwrap_or(usize::MAX)).unwrap_or(None)
        });
        let view = View { run: request.run.to_string(), subset };
        let references = reference::read()?;
        let table = SideBySide::join(read.rows, &references, &view);
        let scaling = Scaling::of(&table, &view);
        // The run of the scaling curves has tables of its own; comparisons leave it out.
        let curves = scaling.as_ref().map(|scaling| scaling.run.as_str());
        let timed = timed_pairs::of(&table, &view, curves);
        let mut charts = charts::overview::charts(&table, &view, &timed)?;
        if let Some(scaling) = &scaling {
            charts.extend(charts::scaling::charts(scaling, &table)?);
        }
        let scaling_findings = scaling.as_ref().map_or_else(Vec::new, Scaling::findings);
        let pixels = one_pixel::read(request.reports)?;
        let details = row_details::build(&datasets, &table, &view, compression(request))?;
        let groups = Groups::of(request.results, &table, &view, &datasets);
        let peers = Peers::of(&table, &view, curves);
        let rounding_ties = rounding_ties::sentences(&table, &view, &datasets);
        let pictures = explore::read(request.reports)?;
        let mut submitted = submitted::read(request.results, &outlines);
        same_method::beside(&mut submitted, &table)?;
        let pairs: Vec<_> = pixels.iter().map(|pixels| &pixels.data).collect();
        let findings = Findings::of(
            &table,
            &view,
            &Sources { datasets: &datasets, groups: &groups, submitted: &submitted, pixels: &pairs, curves },
        );
        let summary = Summary::of(&findings);
        let best = charts::dumbbell::chart(&findings)?;
        let has_best = best.is_some();
        charts.splice(0..0, best);
        let problems = [&read.problems[..], &submitted.problems[..]].concat();
        let shown = page::Shown {
            summary: &summary,
            charts: &charts,
            scaling: &scaling_findings,
            pixels: &pixels,
            pictures: &pictures,
            details: &details,
            groups: &groups,
            peers: &peers,
            rounding_ties: &rounding_ties,
            submitted: &submitted,
            problems: &problems,
            repository: request.repository,
        };
        let mut page = page::render(&table, &view, &shown)?;
        if request.repository.is_empty() && !documents::are_beside(request.reports) {
            page = documents::unlink(&page);
        }
        let mut files = BTreeMap::new();
        files.insert(PAGE.to_string(), page.into_bytes());
        let side_by_side = data_files::table(&table).map_err(|error| error.to_string())?;
        let parquet = side_by_side.to_parquet().map_err(|error| error.to_string())?;
        files.insert("side-by-side.csv".to_string(), side_by_side.to_csv());
        files.insert("side-by-side.json".to_string(), side_by_side.to_json());
        files.insert("side-by-side.parquet".to_string(), parquet);
        files.insert(
            "side-by-side.md".to_string(),
            text::markdown(&table, &view, &rounding_ties, &summary).into_bytes(),
        );
        files.insert(
            "findings.md".to_string(),
            markdown::findings::markdown(&summary, &view, has_best).into_bytes(),
        );
        files.insert(
            "families.md".to_string(),
            markdown::best_per_family::with_beyond(&table, &view, &findings).into_bytes(),
        );
        let today = markdown::today::markdown(&table, &view, &summary)?;
        files.extend(today.map(|text| ("today.md".to_string(), text.into_bytes())));
        if !peers.lines.is_empty() {
            files.insert(
                "peers.md".to_string(),
                markdown::peers::markdown(
                    &peers,
                    &FastestPeers::of(&table, &view, curves),
                    &view,
                    scaling.is_some(),
                    &summary,
                )
                .into_bytes(),
            );
        }
        let in_rust = markdown::rust_libraries::markdown(&findings.rust, &findings.native_builds, &view);
        files.extend(in_rust.map(|text| ("rust.md".to_string(), text.into_bytes())));
        if view.subset.is_none() {
            files.insert(
                "fidelity.md".to_string(),
                markdown::fidelity::markdown(&Fidelity::of(&table, &view), &table, &view, &summary)
                    .into_bytes(),
            );
        }
        if let Some(scaling) = &scaling {
            files.insert(
                "scaling.md".to_string(),
                markdown::scaling::markdown(scaling, &table, &view).into_bytes(),
            );
        }
        for chart in charts {
            files.insert(format!("{}.svg", chart.name), chart.svg.into_bytes());
            files.insert(format!("{}.png", chart.name), chart.png);
        }
        for (name, bytes) in one_pixel::files(&pixels)? {
            files.insert(name, bytes);
        }
        files.extend(
            markdown::submitted::markdown(&submitted)
                .map(|text| ("submitted.md".to_string(), text.into_bytes())),
        );
        let explored = pictures.into_iter().map(|drawn| drawn.picture.file);
        let explored = explored.chain([explore::one_pixel::FILE, explore::FILE].map(String::from)).collect();
        Ok(Report { explored, files, table, view, problems, notes })
    }

    /// Writes every file, each at once, and gives their paths.
    pub fn write(&self, reports: &Path) -> io::Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for (name, bytes) in &self.files {
            let path = reports.join(name);
            write_atomically(&path, bytes)?;
            paths.push(path);
        }
        Ok(paths)
    }

    /// Writes the page alone, which says how far the sweep is and reloads itself.
    pub fn write_unfinished(&self, reports: &Path, progress: &str) -> io::Result<()> {
        let page = self.files.get(PAGE).map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
        write_atomically(&reports.join(PAGE), unfinished::mark(&page, progress).as_bytes())
    }

    /// Differences between the files on disk and this report, one line a file: files that differ, files that
    /// are missing, and files that no report makes any more, such as the chart of a data set without results.
    pub fn check(&self, reports: &Path) -> Vec<String> {
        let mut differences = Vec::new();
        for (name, bytes) in &self.files {
            let path = reports.join(name);
            match fs::read(&path) {
                Ok(found) if found == *bytes => {}
                Ok(found) => differences.push(format!("{}: {}", path.display(), difference(&found, bytes))),
                Err(error) => differences.push(format!("{}: {error}", path.display())),
            }
        }
        for name in self.leftovers(reports) {
            differences
                .push(format!("{}: the results do not make it: delete it", reports.join(name).display()));
        }
        differences
    }

    /// Files of the folder that belong neither to the report nor to `explore`, sorted. Hidden files are left
    /// out, such as those being written.
    fn leftovers(&self, reports: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(reports) else { return Vec::new() };
        let found = entries.flatten().filter(|entry| entry.path().is_file());
        let names = found.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let known = |name: &String| self.explored.contains(name) || self.files.contains_key(name);
        let mut names: Vec<String> = names.filter(|name| !name.starts_with('.') && !known(name)).collect();
        names.sort();
        names
    }

    /// The side-by-side for a terminal of the given width in columns.
    pub fn terminal(&self, width: usize) -> String {
        text::terminal(&self.table, &self.view, width)
    }
}

fn compression(request: &Request) -> Compression {
    if request.draft { Compression::new(4) } else { Compression::best() }
}

/// The runs of a report: all that exist, sorted. The run [`LOCAL`] is only in its own report, so that
/// committed reports never depend on it.
fn runs(request: &Request) -> Result<Vec<String>, String> {
    let found =
        Store::runs(request.results).map_err(|error| format!("{}: {error}", request.results.display()))?;
    if !found.iter().any(|run| run == request.run) {
        let there = if found.is_empty() { "none".to_string() } else { found.join(", ") };
        let advice = match is_name(request.run) {
            true if request.run.contains(' ') => format!("`sweep --run {:?}` makes one", request.run),
            true => format!("`sweep --run {}` makes one", request.run),
            false => format!("of a name, {RULE}"),
        };
        return Err(format!(
            "no run {:?} under {} (there: {there}); {advice}",
            request.run,
            request.results.display()
        ));
    }
    // The folder of submissions is not a run: its files have a format and a report of their own.
    let own = |run: &String| (run != LOCAL || request.run == LOCAL) && run != submission::RUN;
    Ok(found.into_iter().filter(own).collect())
}

/// The data sets of the runs' results, and a note for each reason why some cannot be read.
fn datasets(request: &Request, runs: &[String]) -> Result<(BTreeMap<String, Dataset>, Vec<String>), String> {
    let mut datasets = BTreeMap::new();
    let mut unread: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for run in runs {
        let store = Store::new(request.results, run)?;
        let found = store.files().map_err(|error| format!("{}: {error}", store.root().display()))?;
        names.extend(found.files.iter().filter_map(|path| Some(Place::of(path)?.dataset)));
    }
    for name in &tables::in_order(names.iter().map(String::as_str)) {
        match dataset::load_from(request.data, name) {
            Ok(dataset) => {
                datasets.insert(name.clone(), dataset);
            }
            // A data set without results is not needed.
            Err(error) if names.contains(name) => {
                unread.entry(error.to_string()).or_default().push(title(name));
            }
            Err(_) => {}
        }
    }
    let note = |(error, titles): (String, Vec<String>)| {
        let titles = titles.join(" and ");
        format!("accuracies on {titles} are as reported, without confusion matrices and tie groups: {error}")
    };
    Ok((datasets, unread.into_iter().map(note).collect()))
}

/// The first difference of two files; for texts with an excerpt of both.
fn difference(found: &[u8], made: &[u8]) -> String {
    let (Ok(found), Ok(made)) = (std::str::from_utf8(found), std::str::from_utf8(made)) else {
        let same = found.iter().zip(made).take_while(|(a, b)| a == b).count();
        return format!(
            "has {} bytes, the results make {} that are others from byte {} on",
            found.len(),
            made.len(),
            same + 1
        );
    };
    let mut lines = found.lines().zip(made.lines()).enumerate();
    match lines.find(|(_, (found, made))| found != made) {
        Some((index, (found, made))) => {
            let same = found.chars().zip(made.chars()).take_while(|(a, b)| a == b).count();
            let part = |text: &str| -> String {
                let part: String = text.chars().skip(same.saturating_sub(20)).take(60).collect();
                format::plain(&part)
            };
            format!(
                "line {} has {:?}, the results make {:?} (from character {})",
                index + 1,
                part(found),
                part(made),
                same + 1
            )
        }
        None => format!(
            "has {}, the results make {}",
            format::count(found.lines().count(), "line"),
            format::count(made.lines().count(), "line")
        ),
    }
}
