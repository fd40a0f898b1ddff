//! The axes of the charts: accuracy on a logarithmic scale of the error, seconds and training images
//! logarithmic, differences linear.
//!
//! On a linear axis from 0 to 1 most results would crowd between 0.8 and 1; here 0.9, 0.99 and 0.999 are
//! equally far apart, as are 0.1, 1 and 10 seconds.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

/// An axis in its own coordinate, in which plotters draws.
#[derive(Clone, Debug)]
pub struct Axis {
    pub title: String,
    pub kind: Kind,
    /// Both ends, in the axis's coordinate.
    pub range: (f64, f64),
    /// Where labels stand, in the axis's coordinate.
    pub ticks: Vec<f64>,
}

/// What an axis shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Accuracy,
    Seconds,
    /// Training rows, logarithmic.
    Rows,
    /// Differences of accuracies, linear.
    Difference,
}

const ACCURACIES: [f64; 13] = [0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999];

impl Kind {
    /// The coordinate of a value.
    pub fn coordinate(self, value: f64) -> f64 {
        match self {
            // An accuracy of 1 would lie at infinity.
            Kind::Accuracy => -(1.0 - value.clamp(0.0, 0.9995)).log10(),
            Kind::Seconds => value.max(1e-4).log10(),
            Kind::Rows => value.max(1.0).log10(),
            Kind::Difference => value.clamp(-1.0, 1.0),
        }
    }

    /// The text of the value at a coordinate.
    pub fn text(self, coordinate: f64) -> String {
        match self {
            Kind::Accuracy => {
                let text = format!("{:.3}", 1.0 - 10f64.powf(-coordinate));
                text.trim_end_matches('0').trim_end_matches('.').to_string()
            }
            Kind::Seconds => {
                let seconds = 10f64.powf(coordinate);
                let digits = (-coordinate.floor()).max(0.0) as usize;
                format!("{seconds:.digits$}")
            }
            Kind::Rows => {
                let rows = 10f64.powf(coordinate).round();
                if rows >= 1000.0 { format!("{}k", rows / 1000.0) } else { rows.to_string() }
            }
            Kind::Difference if coordinate.abs() < 0.005 => "0".to_string(),
            Kind::Difference => format!("{coordinate:+.2}"),
        }
    }

    fn candidates(self) -> Vec<f64> {
        match self {
            Kind::Accuracy => ACCURACIES.iter().map(|&value| self.coordinate(value)).collect(),
            Kind::Seconds => (-4..=6).map(f64::from).collect(),
            Kind::Rows => (0..=9).map(f64::from).collect(),
            Kind::Difference => (-50..=50).map(|step| f64::from(step) * 0.02).collect(),
        }
    }
}

impl Axis {
    /// An axis that shows all `values`, from one labelled value to another.
    pub fn over(title: impl Into<String>, kind: Kind, values: impl Iterator<Item = f64>) -> Axis {
        let coordinates: Vec<f64> = values.map(|value| kind.coordinate(value)).collect();
        let low = coordinates.iter().copied().fold(f64::INFINITY, f64::min);
        let high = coordinates.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let candidates = kind.candidates();
        let first = candidates.iter().rposition(|&tick| tick <= low).unwrap_or(0);
        let last = candidates.iter().position(|&tick| tick >= high).unwrap_or(candidates.len() - 1);
        let (first, last) = if first < last { (first, last) } else { (0, candidates.len() - 1) };
        // Labels that would overlap are left out, except the two ends.
        let near = (candidates[last] - candidates[first]) * 0.075;
        let mut ticks: Vec<f64> = Vec::new();
        for (place, &tick) in candidates[..=last].iter().enumerate().skip(first).rev() {
            let is_apart = |other: f64| (other - tick).abs() > near;
            let is_end = place == first || place == last;
            if is_end || (ticks.last().is_some_and(|&next| is_apart(next)) && is_apart(candidates[first])) {
                ticks.push(tick);
            }
        }
        ticks.reverse();
        let room = (candidates[last] - candidates[first]) * 0.03;
        let range = (candidates[first] - room, candidates[last] + room);
        Axis { title: title.into(), kind, range, ticks }
    }
}

/// The axis as plotters draws it: linear in the coordinate, with labels and grid lines at our ticks.
#[derive(Clone)]
pub struct Ticked {
    range: (f64, f64),
    ticks: Vec<f64>,
}

impl From<&Axis> for Ticked {
    fn from(axis: &Axis) -> Ticked {
        Ticked { range: axis.range, ticks: axis.ticks.clone() }
    }
}

impl Ranged for Ticked {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, pixels: (i32, i32)) -> i32 {
        let share = (value - self.range.0) / (self.range.1 - self.range.0);
        pixels.0 + (share * f64::from(pixels.1 - pixels.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.0..self.range.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_labelled_values_around_all_points() {
        let axis = Axis::over("", Kind::Accuracy, [0.83, 0.978].into_iter());
        let texts: Vec<String> = axis.ticks.iter().map(|&tick| Kind::Accuracy.text(tick)).collect();
        assert_eq!(texts, ["0.8", "0.9", "0.95", "0.98"]);
        let axis = Axis::over("", Kind::Seconds, [0.02, 31.0].into_iter());
        let texts: Vec<String> = axis.ticks.iter().map(|&tick| Kind::Seconds.text(tick)).collect();
        assert_eq!(texts, ["0.01", "0.1", "1", "10", "100"]);
    }

    #[test]
    fn rows_are_spelled_in_thousands() {
        let texts =
            [100.0, 1000.0, 2500.0, 60_000.0].map(|rows| Kind::Rows.text(Kind::Rows.coordinate(rows)));
        assert_eq!(texts, ["100", "1k", "2.5k", "60k"]);
    }

    #[test]
    fn nothing_and_the_extremes_have_an_axis_too() {
        for values in [vec![], vec![1.0], vec![0.0], vec![0.0, 1.0]] {
            let axis = Axis::over("", Kind::Accuracy, values.into_iter());
            assert!(axis.range.0 < axis.range.1 && axis.range.1.is_finite());
        }
    }
}
