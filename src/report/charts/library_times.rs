//! How many times longer each library takes than mnist-bench: one band a family, one line of marks a library,
//! one mark a result, the ratio across on a logarithmic axis.

use std::collections::BTreeSet;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{PathElement, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::library;
use super::overview::Chart;
use super::scatter::{mark, small_mark};
use crate::analysis::timed_pairs::TimedPair;
use crate::drawing::{AltText, ChartError, INK, Marks, label, png, svg, text};
use crate::format::{count, short};

/// The file's name without its ending.
pub const NAME: &str = "library-times";
/// The fewest marks of a chart; fewer are easier to read in the table.
const FEWEST: usize = 3;

const WIDTH: i32 = 420;
const LEFT: i32 = 138;
const RIGHT: i32 = 16;
const TOP: i32 = 62;
/// Between the marks of two libraries, and between two families.
const LINE: i32 = 9;
const GAP: i32 = 8;
const AXIS: i32 = 48;
const LEGEND_LINE: i32 = 20;
/// Where the axis may be labelled.
const TICKS: [f64; 13] = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4];

/// The chart of these pairs, which come sorted by classifier and library; `None` where they are too few.
pub fn chart(pairs: &[TimedPair]) -> Result<Option<Chart>, ChartError> {
    if pairs.len() < FEWEST {
        return Ok(None);
    }
    let libraries: BTreeSet<&str> = pairs.iter().map(|pair| pair.engine.as_str()).collect();
    let strip = Strip::of(pairs, libraries.into_iter().collect());
    let longer = pairs.iter().filter(|pair| pair.ratio > 1.0).count();
    let beside = pairs.iter().filter(|pair| !pair.quiet).count();
    let title = format!("Others take longer in {longer} of {} results", pairs.len());
    let told: Vec<String> = strip
        .bands
        .iter()
        .flat_map(|band| &band.lines)
        .map(|line| {
            let first = &line[0];
            format!(
                "{} of {} on {} images {:.2} times ({})",
                first.classifier,
                first.engine,
                first.train_size,
                geometric_mean(line),
                count(line.len(), "result")
            )
        })
        .collect();
    let alt_text = AltText {
        title: title.clone(),
        description: format!(
            "CPU time to fit and to predict in times that of mnist-bench, on a logarithm, one mark a result on the largest \
             training set that both finished. Geometric means: {}. {}The table holds every value.",
            told.join("; "),
            if beside > 0 { format!("{beside} pale marks were not measured alone. ") } else { String::new() }
        ),
    };
    let (svg, marks) = svg(strip.size(), &alt_text, |area| strip.draw(area, &title))?;
    let png = png(strip.size(), |area| strip.draw(area, &title))?;
    Ok(Some(Chart { name: NAME.to_string(), svg, png, marks }))
}

fn geometric_mean(pairs: &[TimedPair]) -> f64 {
    (pairs.iter().map(|pair| pair.ratio.ln()).sum::<f64>() / pairs.len() as f64).exp()
}

/// One family: for each of its libraries the pairs.
struct Band<'a> {
    lines: Vec<&'a [TimedPair]>,
}

struct Strip<'a> {
    bands: Vec<Band<'a>>,
    libraries: Vec<&'a str>,
    /// The first and the last label of the axis.
    range: (f64, f64),
}

type Drawn<DB, T> = Result<T, DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

impl<'a> Strip<'a> {
    fn of(pairs: &'a [TimedPair], libraries: Vec<&'a str>) -> Strip<'a> {
        let mut bands: Vec<Band> = Vec::new();
        for line in pairs.chunk_by(|a, b| (&a.classifier, &a.engine) == (&b.classifier, &b.engine)) {
            match bands.last_mut() {
                Some(band) if band.lines[0][0].classifier == line[0].classifier => band.lines.push(line),
                _ => bands.push(Band { lines: vec![line] }),
            }
        }
        let low = pairs.iter().map(|pair| pair.ratio).fold(1.0, f64::min);
        let high = pairs.iter().map(|pair| pair.ratio).fold(1.0, f64::max);
        let first = TICKS.iter().rfind(|&&tick| tick <= low).unwrap_or(&TICKS[0]);
        let last = TICKS.iter().find(|&&tick| tick >= high).unwrap_or(&TICKS[TICKS.len() - 1]);
        // If all ratios are 1, both ends would be the same tick.
        let range = if first < last { (*first, *last) } else { (0.3, 3.0) };
        Strip { bands, libraries, range }
    }

    fn bottom(&self) -> i32 {
        let bands = self.bands.iter().map(|band| band.lines.len() as i32 * LINE + GAP);
        TOP + bands.sum::<i32>().max(LINE)
    }

    fn size(&self) -> (u32, u32) {
        let legend = LEGEND_LINE * (self.libraries.len().div_ceil(2)) as i32;
        (WIDTH as u32, (self.bottom() + AXIS + legend + 6) as u32)
    }

    fn across(&self, ratio: f64) -> i32 {
        let (low, high) = (self.range.0.log10(), self.range.1.log10());
        let share = ((ratio.log10() - low) / (high - low)).clamp(0.0, 1.0);
        LEFT + (share * f64::from(WIDTH - LEFT - RIGHT)).round() as i32
    }

    fn draw<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
        title: &str,
    ) -> Result<Marks, ChartError> {
        let marks = self.draw_axis(area, title).and_then(|()| self.draw_marks(area));
        marks.and_then(|marks| self.draw_legend(area).map(|()| marks)).map_err(|error| error.to_string())
    }

    fn draw_axis<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, title: &str) -> Drawn<DB, ()> {
        let bottom = self.bottom();
        area.draw(&Text::new(title.to_string(), (8, 8), text(15.0, HPos::Left, VPos::Top)))?;
        for tick in TICKS.into_iter().filter(|tick| (self.range.0..=self.range.1).contains(tick)) {
            let x = self.across(tick);
            let is_equal = tick == 1.0;
            let (shade, width) = if is_equal { (0.7, 2) } else { (0.12, 1) };
            area.draw(&PathElement::new(vec![(x, TOP), (x, bottom)], INK.mix(shade).stroke_width(width)))?;
            area.draw(&Text::new(tick.to_string(), (x, bottom + 6), text(13.0, HPos::Center, VPos::Top)))?;
            if is_equal {
                let style = text(13.0, HPos::Center, VPos::Bottom);
                area.draw(&Text::new("mnist-bench = 1", (x, TOP - 5), style))?;
            }
        }
        let middle = (LEFT + WIDTH - RIGHT) / 2;
        let style = text(13.0, HPos::Center, VPos::Top);
        area.draw(&Text::new("CPU time, times that of mnist-bench", (middle, bottom + 25), style))
    }

    fn draw_marks<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Drawn<DB, Marks> {
        let mut marks = Marks::new();
        let mut top = TOP;
        for band in &self.bands {
            let height = band.lines.len() as i32 * LINE + GAP;
            let name = label(&short(&band.lines[0][0].classifier));
            let style = text(13.0, HPos::Right, VPos::Center);
            area.draw(&Text::new(name, (LEFT - 10, top + height / 2), style))?;
            for (place, line) in band.lines.iter().enumerate() {
                let y = top + GAP / 2 + LINE * place as i32 + LINE / 2;
                let number = self.libraries.iter().position(|name| *name == line[0].engine).unwrap_or(0);
                let style = library::style(&line[0].engine, number);
                for pair in *line {
                    let x = self.across(pair.ratio);
                    small_mark(area, (x, y), style, if pair.quiet { 0.85 } else { 0.35 })?;
                    marks.push((x, y, pair.line));
                }
            }
            top += height;
            area.draw(&PathElement::new(vec![(LEFT, top), (WIDTH - RIGHT, top)], INK.mix(0.12)))?;
        }
        Ok(marks)
    }

    fn draw_legend<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Drawn<DB, ()> {
        let top = self.bottom() + AXIS + 6;
        for (place, name) in self.libraries.iter().enumerate() {
            let (column, line) = ((place % 2) as i32, (place / 2) as i32);
            let (x, y) = (14 + column * WIDTH / 2, top + line * LEGEND_LINE);
            mark(area, (x, y), library::style(name, place))?;
            let style = text(13.0, HPos::Left, VPos::Center);
            area.draw(&Text::new(label(name), (x + 12, y), style))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(classifier: &str, engine: &str, ratio: f64) -> TimedPair {
        TimedPair {
            classifier: classifier.into(),
            engine: engine.into(),
            train_size: 5000,
            ratio,
            quiet: true,
            line: 7,
        }
    }

    #[test]
    fn a_mark_stands_for_each_result() {
        assert!(chart(&[pair("SVC", "linfa", 2.0)]).unwrap().is_none(), "too few");
        let pairs = [
            pair("GaussianNB", "linfa", 30.0),
            pair("GaussianNB", "linfa", 40.0),
            pair("GaussianNB", "smartcore", 0.5),
            pair("SVC", "linfa", 2.0),
        ];
        let chart = chart(&pairs).unwrap().unwrap();
        assert_eq!(chart.marks.len(), 4);
        assert!(chart.svg.contains("<title>Others take longer in 3 of 4 results</title>"), "{}", chart.svg);
        assert!(chart.svg.contains("GaussianNB of linfa on 5000 images 34.64 times (2 results)"));
        let across = |at: usize| chart.marks[at].0;
        assert!(across(2) < across(3) && across(3) < across(0) && across(0) < across(1));
        // Libraries of a family do not stand on each other.
        assert_ne!(chart.marks[0].1, chart.marks[2].1);
    }

    #[test]
    fn equal_times_have_an_axis() {
        let equal = [pair("SVC", "linfa", 1.0), pair("SVC", "linfa", 1.0), pair("SVC", "linfa", 1.0)];
        assert!(chart(&equal).unwrap().unwrap().marks.iter().all(|mark| mark.0 > LEFT));
    }
}
