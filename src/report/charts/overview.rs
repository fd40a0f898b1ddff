//! The charts of the side-by-side: accuracy on one data set against the other, accuracy against time, and the
//! difference from the 2017 paper.

use super::axis::{Axis, Kind};
use super::scatter::{Point, Scatter};
use crate::analysis::tables::{Line, SideBySide, View};
use crate::analysis::timed_pairs::TimedPair;
use crate::drawing::{AltText, ChartError, Marks, png, svg};
use crate::format::{short, title};

/// A finished chart with the name of its file.
pub struct Chart {
    /// The name of its files, without the ending.
    pub name: String,
    pub svg: String,
    pub png: Vec<u8>,
    /// Where its marks stand in the SVG.
    pub marks: Marks,
}

/// A line with its number in the table.
type Numbered<'a> = (usize, &'a Line);

/// All charts of one view; those without a point to draw are left out.
pub fn charts(table: &SideBySide, view: &View, pairs: &[TimedPair]) -> Result<Vec<Chart>, ChartError> {
    let all = table.lines.iter().enumerate();
    let lines: Vec<Numbered> =
        all.filter(|(_, line)| table.shows(view, line) && !line.engine.is_empty()).collect();
    let mut families: Vec<String> = lines.iter().map(|(_, line)| line.classifier.clone()).collect();
    families.sort();
    families.dedup();
    let mut charts = Vec::new();
    charts.extend(against(table, &lines, &families)?);
    for dataset in 0..table.datasets.len() {
        charts.extend(over_time(table, &lines, &families, dataset)?);
    }
    charts.extend(super::library_times::chart(pairs)?);
    for dataset in 0..table.datasets.len() {
        charts.extend(published(table, &lines, &families, dataset)?);
    }
    Ok(charts)
}

/// The second data set's accuracy against the first's.
fn against(table: &SideBySide, lines: &[Numbered], families: &[String]) -> Result<Option<Chart>, ChartError> {
    let mut points = Vec::new();
    for &(number, line) in lines {
        let accuracy = |dataset| table.row(line, dataset).and_then(|row| row.accuracy);
        if let (Some(x), Some(y)) = (accuracy(0), accuracy(1)) {
            points.push(Point { x, y, family: family(families, line), line: number, label: None });
        }
    }
    if points.is_empty() {
        return Ok(None);
    }
    name_extremes(&mut points, families);
    let (first, second) = (title(&table.datasets[0]), title(&table.datasets[1]));
    let below = points.iter().filter(|point| point.y < point.x).count();
    let alt_text = AltText {
        title: format!("{below} of {} configurations lose on {second}", points.len()),
        description: format!(
            "Scatter of {} configurations, test accuracy on {first} across and on {second} upwards, with the \
             diagonal of equal accuracy; {below} lie below it, where {second} is the harder set. {} {}",
            points.len(),
            highest(&points, families, &second),
            "The table holds every value."
        ),
    };
    let axis = |name: &str, of: fn(&Point) -> f64| {
        Axis::over(format!("{name} test accuracy"), Kind::Accuracy, points.iter().map(of))
    };
    let scatter = Scatter {
        title: alt_text.title.clone(),
        x: axis(&first, |point| point.x),
        y: axis(&second, |point| point.y),
        families: families.to_vec(),
        libraries: false,
        points,
        diagonal: Some(("equal accuracy", 0.85)),
        level: None,
        front: Vec::new(),
    };
    let name = format!("{}-against-{}", table.datasets[1], table.datasets[0]);
    scatter_chart(name, &scatter, &alt_text).map(Some)
}

/// Accuracy against the time of fitting and predicting on one data set, with the Pareto front.
fn over_time(
    table: &SideBySide,
    lines: &[Numbered],
    families: &[String],
    dataset: usize,
) -> Result<Option<Chart>, ChartError> {
    let mut points = Vec::new();
    for &(number, line) in lines {
        let Some(row) = table.row(line, dataset) else { continue };
        // Nearest neighbours need no time to train and much to predict: only the sum compares models.
        if let (Some(fit), Some(predict), Some(y)) = (row.fit_seconds, row.predict_seconds, row.accuracy) {
            points.push(Point {
                x: fit + predict,
                y,
                family: family(families, line),
                line: number,
                label: None,
            });
        }
    }
    if points.is_empty() {
        return Ok(None);
    }
    let front = front(&points);
    // The first of each family on the front, from the most accurate down.
    let mut named = Vec::new();
    for &corner in front.iter().rev() {
        let Some(point) = points.iter_mut().find(|point| (point.x, point.y) == corner) else { continue };
        if !named.contains(&point.family) {
            named.push(point.family);
            point.label = families.get(point.family).map(|name| short(name));
        }
    }
    let name = title(&table.datasets[dataset]);
    let alt_text = AltText {
        title: format!("{name}: {} of {} unbeaten in both", front.len(), points.len()),
        description: format!(
            "Scatter of {} configurations on {name}, seconds of fitting and predicting across (logarithmic), test accuracy \
             upwards. A line joins the {} that no other beats in both. {} The table holds every value.",
            points.len(),
            front.len(),
            highest(&points, families, &name),
        ),
    };
    let scatter = Scatter {
        title: alt_text.title.clone(),
        x: Axis::over("fit + predict (s, wall clock)", Kind::Seconds, points.iter().map(|point| point.x)),
        y: Axis::over("test accuracy", Kind::Accuracy, points.iter().map(|point| point.y)),
        families: families.to_vec(),
        libraries: false,
        points,
        diagonal: None,
        level: None,
        front,
    };
    let name = format!("accuracy-against-time-{}", table.datasets[dataset]);
    scatter_chart(name, &scatter, &alt_text).map(Some)
}

/// Our accuracy less that of the paper, against that of the paper, on one data set.
fn published(
    table: &SideBySide,
    lines: &[Numbered],
    families: &[String],
    dataset: usize,
) -> Result<Option<Chart>, ChartError> {
    let mut points = Vec::new();
    for &(number, line) in lines {
        let figures = &line.cells[dataset].figures;
        let ours = table.row(line, dataset).and_then(|row| row.accuracy);
        // The figure of a solver that had not converged is no reference.
        if let (Some(x), Some(y), false) = (figures.published, ours, figures.unconverged) {
            // Against a diagonal, differences below 0.01 would not be visible.
            let y = y - x;
            points.push(Point { x, y, family: family(families, line), line: number, label: None });
        }
    }
    if points.is_empty() {
        return Ok(None);
    }
    let apart = |point: &Point| point.y.abs();
    if let Some(far) = (0..points.len()).max_by(|&a, &b| apart(&points[a]).total_cmp(&apart(&points[b]))) {
        points[far].label = families.get(points[far].family).map(|name| short(name));
    }
    let name = title(&table.datasets[dataset]);
    let near = points.iter().filter(|point| point.y.abs() < 0.01).count();
    let mean = points.iter().map(|point| point.y).sum::<f64>() / points.len() as f64;
    let alt_text = AltText {
        title: format!("{name}: {mean:+.4} on average beside the paper"),
        description: format!(
            "Scatter of {} configurations on {name}, accuracy in the 2017 paper across and upwards what that of mnist-bench \
             differs by; {near} differ by less than 0.01, the mean difference is {mean:+.4}. \
             Figures of solvers that had not converged are left out. The table holds every value.",
            points.len()
        ),
    };
    let scatter = Scatter {
        title: alt_text.title.clone(),
        x: Axis::over("test accuracy in the 2017 paper", Kind::Accuracy, points.iter().map(|point| point.x)),
        y: Axis::over("mnist-bench minus paper", Kind::Difference, points.iter().map(|point| point.y)),
        families: families.to_vec(),
        libraries: false,
        points,
        diagonal: None,
        level: Some((0.0, "as in the paper")),
        front: Vec::new(),
    };
    scatter_chart(format!("ours-against-published-{}", table.datasets[dataset]), &scatter, &alt_text)
        .map(Some)
}

/// Draws a scatter as SVG and PNG.
pub fn scatter_chart(name: String, scatter: &Scatter, alt_text: &AltText) -> Result<Chart, ChartError> {
    let (svg, marks) = svg(scatter.size(), alt_text, |area| scatter.draw(area))?;
    let png = png(scatter.size(), |area| scatter.draw(area))?;
    Ok(Chart { name, svg, png, marks })
}

fn family(families: &[String], line: &Line) -> usize {
    families.binary_search(&line.classifier).unwrap_or(0)
}

/// A sentence on the best point.
fn highest(points: &[Point], families: &[String], name: &str) -> String {
    let best = points.iter().max_by(|a, b| a.y.total_cmp(&b.y));
    let sentence = |point: &Point| {
        let family = families.get(point.family).map_or("", String::as_str);
        format!("Highest on {name}: {family} with {:.4}.", point.y)
    };
    best.map(sentence).unwrap_or_default()
}

/// Labels the best and the worst point.
fn name_extremes(points: &mut [Point], families: &[String]) {
    let best = (0..points.len()).max_by(|&a, &b| points[a].y.total_cmp(&points[b].y));
    let worst = (0..points.len()).min_by(|&a, &b| points[a].y.total_cmp(&points[b].y));
    for index in [best, worst].into_iter().flatten() {
        points[index].label = families.get(points[index].family).map(|name| short(name));
    }
}

/// The Pareto front: the points that no other beats in both time and accuracy, by rising time.
fn front(points: &[Point]) -> Vec<(f64, f64)> {
    let mut sorted: Vec<(f64, f64)> = points.iter().map(|point| (point.x, point.y)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let mut front: Vec<(f64, f64)> = Vec::new();
    for (x, y) in sorted {
        if front.last().is_none_or(|&(_, best)| y > best) {
            front.push((x, y));
        }
    }
    front
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_holds_what_nothing_beats() {
        let point = |x, y| Point { x, y, family: 0, line: 0, label: None };
        let points = [point(2.0, 0.9), point(1.0, 0.8), point(3.0, 0.85), point(1.0, 0.7), point(5.0, 0.95)];
        assert_eq!(front(&points), [(1.0, 0.8), (2.0, 0.9), (5.0, 0.95)]);
        assert!(front(&[]).is_empty());
    }
}
