//! Engines side by side: accuracy, and time, of every engine against one of them, on the configurations that both
//! ran on the same data with the same number of training rows. A mark never joins two sizes.
//!
//! Native is the one across wherever it has rows of that size; else the engine that shares most rows with others.

use std::collections::{BTreeMap, BTreeSet};

use super::axis::{Axis, Kind};
use super::overview::{Chart, scatter_chart};
use super::scatter::{Point, Scatter};
use crate::analysis::peers::OURS;
use crate::analysis::tables::{SideBySide, View};
use crate::drawing::{ChartError, Words, label};
use crate::format::{count, title};

/// Fewer marks are read in the table, not in a picture.
const FEWEST: usize = 3;

/// One configuration that two engines ran.
struct Pair {
    engine: String,
    family: String,
    /// The line of `engine` in the table.
    line: usize,
    /// Accuracy of the engine across and of `engine`.
    accuracy: (f64, f64),
    /// Seconds of training and prediction, likewise; `None` where one has none or they ran on unlike threads.
    seconds: Option<(f64, f64)>,
    /// Both were timed with nothing else running.
    quiet: bool,
}

/// Everything that one train size has to show.
struct Size {
    subset: Option<usize>,
    /// The engine across.
    across: String,
    /// For each data set of the table.
    pairs: Vec<Vec<Pair>>,
}

/// Two charts a data set for the size that the view opens on, and for that of the others with most to compare.
pub fn charts(table: &SideBySide, view: &View) -> Result<Vec<Chart>, ChartError> {
    let subsets: BTreeSet<Option<usize>> = table.lines.iter().map(|line| line.subset).collect();
    let mut sizes: Vec<Size> =
        subsets.into_iter().filter_map(|subset| size(table, &view.run, subset)).collect();
    let marks = |size: &Size| size.pairs.iter().map(Vec::len).sum::<usize>();
    sizes.sort_by_key(|size| (size.subset != view.subset, std::cmp::Reverse(marks(size)), size.subset));
    let others = sizes.iter().position(|size| size.subset != view.subset);
    sizes.truncate(others.map_or(sizes.len(), |first| first + 1));
    let mut charts = Vec::new();
    for size in &sizes {
        for (dataset, pairs) in table.datasets.iter().zip(&size.pairs) {
            if pairs.len() >= FEWEST {
                charts.push(accuracies(size, dataset, pairs)?);
            }
            if pairs.iter().filter(|pair| pair.seconds.is_some()).count() >= FEWEST {
                charts.push(times(size, dataset, pairs)?);
            }
        }
    }
    Ok(charts)
}

/// The pairs of one size in one run; `None` where no two engines meet.
fn size(table: &SideBySide, run: &str, subset: Option<usize>) -> Option<Size> {
    // By configuration, the lines of its engines.
    let mut met: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, line) in table.lines.iter().enumerate() {
        if line.run == run && line.subset == subset && !line.engine.is_empty() {
            met.entry(&line.id).or_default().push(number);
        }
    }
    met.retain(|_, lines| lines.len() > 1);
    let mut shares: BTreeMap<&str, usize> = BTreeMap::new();
    for &line in met.values().flatten() {
        *shares.entry(&table.lines[line].engine).or_default() += 1;
    }
    // The first by name among equals.
    let most = shares.iter().max_by_key(|(name, shared)| (**shared, std::cmp::Reverse(**name)));
    let across = if shares.contains_key(OURS) { OURS } else { most?.0 };
    let pairs: Vec<Vec<Pair>> = (0..table.datasets.len())
        .map(|dataset| {
            let of = |lines: &Vec<usize>| -> Vec<Pair> {
                let Some(&base) = lines.iter().find(|&&line| table.lines[line].engine == across) else {
                    return Vec::new();
                };
                let others = lines.iter().filter(|&&line| line != base);
                others.filter_map(|&line| pair(table, dataset, base, line)).collect()
            };
            met.values().flat_map(of).collect()
        })
        .collect();
    let some = pairs.iter().any(|pairs| !pairs.is_empty());
    some.then(|| Size { subset, across: across.to_string(), pairs })
}

fn pair(table: &SideBySide, dataset: usize, base: usize, line: usize) -> Option<Pair> {
    let (ours, theirs) = (table.row(&table.lines[base], dataset)?, table.row(&table.lines[line], dataset)?);
    let seconds = || {
        let ours_all = ours.fit_seconds? + ours.predict_seconds?;
        let theirs_all = theirs.fit_seconds? + theirs.predict_seconds?;
        (ours.threads == theirs.threads).then_some((ours_all, theirs_all))
    };
    Some(Pair {
        engine: table.lines[line].engine.clone(),
        family: table.lines[line].classifier.clone(),
        line,
        accuracy: (ours.accuracy?, theirs.accuracy?),
        seconds: seconds(),
        quiet: ours.quiet && theirs.quiet,
    })
}

fn accuracies(size: &Size, dataset: &str, pairs: &[Pair]) -> Result<Chart, ChartError> {
    let values = pairs.iter().map(|pair| (pair, pair.accuracy)).collect();
    let ahead = pairs.iter().filter(|pair| pair.accuracy.1 > pair.accuracy.0).count();
    let told = |own: &[(f64, f64)]| {
        let mean = own.iter().map(|(ours, theirs)| theirs - ours).sum::<f64>() / own.len() as f64;
        format!("{mean:+.4} on average")
    };
    let measure = Measure {
        kind: Kind::Accuracy,
        name: "accuracy",
        axis: "test accuracy",
        equal: "equal accuracy",
        finding: format!("others are more accurate in {ahead} of {}", pairs.len()),
        remark: "",
    };
    draw(size, dataset, values, &measure, told)
}

fn times(size: &Size, dataset: &str, pairs: &[Pair]) -> Result<Chart, ChartError> {
    let values: Vec<(&Pair, (f64, f64))> =
        pairs.iter().filter_map(|pair| Some((pair, pair.seconds?))).collect();
    let told = |own: &[(f64, f64)]| {
        let mut ratios: Vec<f64> =
            own.iter().map(|(ours, theirs)| theirs.max(1e-4) / ours.max(1e-4)).collect();
        ratios.sort_by(f64::total_cmp);
        format!("{:.2} times as long in the median", quantile(&ratios, 0.5))
    };
    let ahead = values.iter().filter(|(_, (ours, theirs))| theirs < ours).count();
    let loaded = values.iter().any(|(pair, _)| !pair.quiet);
    let measure = Measure {
        kind: Kind::Seconds,
        name: "time",
        axis: "fit + predict (s)",
        equal: "equal time",
        finding: format!("others are faster in {ahead} of {}", values.len()),
        remark: if loaded { " Some were timed while other jobs ran." } else { "" },
    };
    draw(size, dataset, values, &measure, told)
}

/// What is compared.
struct Measure {
    kind: Kind,
    name: &'static str,
    axis: &'static str,
    equal: &'static str,
    /// What the chart shows, for its title.
    finding: String,
    remark: &'static str,
}

fn draw(
    size: &Size,
    dataset: &str,
    values: Vec<(&Pair, (f64, f64))>,
    measure: &Measure,
    told: impl Fn(&[(f64, f64)]) -> String,
) -> Result<Chart, ChartError> {
    let engines: BTreeSet<&str> = values.iter().map(|(pair, _)| pair.engine.as_str()).collect();
    let engines: Vec<String> = engines.into_iter().map(String::from).collect();
    let mut points: Vec<Point> = values
        .iter()
        .map(|&(pair, (x, y))| {
            let engine = engines.binary_search(&pair.engine).unwrap_or(0);
            Point { x, y, family: engine, line: pair.line, label: None }
        })
        .collect();
    let apart = |point: &Point| (measure.kind.coordinate(point.y) - measure.kind.coordinate(point.x)).abs();
    if let Some(far) = (0..points.len()).max_by(|&a, &b| apart(&points[a]).total_cmp(&apart(&points[b]))) {
        points[far].label = Some(values[far].0.family.clone());
    }
    let of_engine = |engine: &String| -> String {
        let own: Vec<(f64, f64)> =
            values.iter().filter(|(pair, _)| pair.engine == *engine).map(|(_, both)| *both).collect();
        format!("{engine}: {}, {}", count(own.len(), "configuration"), told(&own))
    };
    let across = &size.across;
    let rows =
        size.subset.map_or("all training images".to_string(), |rows| format!("{rows} training images"));
    let absent = if across == OURS { "" } else { " The native engine was not run at this size." };
    let words = Words {
        title: format!("{}, {rows}: {}", title(dataset), measure.finding),
        description: format!(
            "Scatter of the {} that {across} and another engine both ran on {} with {rows}: {across} across, the \
             other upwards, with the diagonal of {}. Against {across}: {}.{}{absent} The table holds every value.",
            count(points.len(), "result"),
            title(dataset),
            measure.equal,
            engines.iter().map(of_engine).collect::<Vec<_>>().join("; "),
            measure.remark,
        ),
    };
    let other = if let [only] = &engines[..] { only } else { "other engine" };
    // One range for both axes, so that the diagonal goes from corner to corner.
    let axis = |who: &str| {
        let all = values.iter().flat_map(|(_, (x, y))| [*x, *y]);
        Axis::over(format!("{}, {}", label(who), measure.axis), measure.kind, all)
    };
    let scatter = Scatter {
        title: words.title.clone(),
        x: axis(across),
        y: axis(other),
        families: engines.clone(),
        libraries: true,
        points,
        diagonal: Some((measure.equal, 0.85)),
        front: Vec::new(),
    };
    let ending = size.subset.map_or(String::new(), |rows| format!("-{rows}"));
    scatter_chart(format!("engines-{}-{dataset}{ending}", measure.name), &scatter, &words)
}

/// The value below which a share of the sorted values lies, between two of them in proportion.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_their_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.5), 2.5);
        assert_eq!(quantile(&[1.0, 2.0, 3.0], 0.25), 1.5);
        assert_eq!(quantile(&[7.0], 0.75), 7.0);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
