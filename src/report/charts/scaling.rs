//! Scaling curves as pictures: one panel a configuration, one curve a library, time against training images,
//! all panels of a data set on the same axes.
//!
//! Each panel is a picture of its own, as wide as a phone: a page sets them side by side or below each other,
//! and their text stays legible.

use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{PathElement, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, Kind, Ticked};
use super::library;
use super::overview::Chart;
use super::scatter::mark;
use crate::analysis::scaling::{Curve, Panel, Point, Scaling};
use crate::analysis::tables::SideBySide;
use crate::drawing::{AltText, ChartError, INK, Marks, png, svg, text};
use crate::format::{accuracy, count, library as library_name, seconds, title};

/// Prefix of the names of these charts.
pub const PREFIX: &str = "scaling-time-";
const SIZE: (u32, u32) = (360, 296);
/// Room for the title and for the two lines below it.
const HEAD: u32 = 70;
/// Room for the names to the right of the curves that reach the most images.
const NAMES: u32 = 118;
const LINE: i32 = 14;
/// Half the width of the cross where a curve ends early.
const CROSS: i32 = 6;

/// A panel for each of the chosen configurations of each data set that has curves.
pub fn charts(scaling: &Scaling, table: &SideBySide) -> Result<Vec<Chart>, ChartError> {
    let mut charts = Vec::new();
    for (dataset, name) in table.datasets.iter().enumerate() {
        let panels = scaling.chosen(dataset);
        let points: Vec<&Point> =
            panels.iter().flat_map(|panel| &panel.curves).flat_map(|curve| &curve.points).collect();
        if points.is_empty() {
            continue;
        }
        let (x, y) = axes(&points);
        for panel in panels {
            let picture = Picture { panel, dataset: title(name), x: &x, y: &y };
            let alt_text = AltText {
                title: format!("{}: {}", picture.dataset, panel.name),
                description: describe(panel, &scaling.run),
            };
            let (svg, marks) = svg(SIZE, &alt_text, |area| picture.draw(area))?;
            let png = png(SIZE, |area| picture.draw(area))?;
            charts.push(Chart { name: format!("{PREFIX}{name}-{}", panel.classifier), svg, png, marks });
        }
    }
    Ok(charts)
}

/// Training images, labelled at some of the sizes that were run, and seconds.
fn axes(points: &[&Point]) -> (Axis, Axis) {
    let mut sizes: Vec<usize> = points.iter().map(|point| point.rows).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let coordinate = |size: usize| Kind::Rows.coordinate(size as f64);
    let (low, high) = (coordinate(sizes[0]), coordinate(sizes[sizes.len() - 1]));
    let room = ((high - low) * 0.05).max(0.05);
    let ticks = sizes.iter().map(|&size| coordinate(size));
    // Labels that would overlap are left out, except the last.
    let mut labelled: Vec<f64> = Vec::new();
    for tick in ticks.rev() {
        if labelled.last().is_none_or(|next| next - tick > 0.16 * (high - low)) {
            labelled.push(tick);
        }
    }
    labelled.reverse();
    let x =
        Axis { title: String::new(), kind: Kind::Rows, range: (low - room, high + room), ticks: labelled };
    (x, Axis::over("", Kind::Seconds, points.iter().map(|point| point.seconds())))
}

fn describe(panel: &Panel, run: &str) -> String {
    let curves: Vec<String> = panel.curves.iter().map(describe_curve).collect();
    format!(
        "Seconds to fit and to predict the test set against training images, in run {run}, one curve a library. {}.",
        curves.join("; ")
    )
}

/// One curve in words, for the text alternative.
fn describe_curve(curve: &Curve) -> String {
    match (curve.points.first(), curve.points.last()) {
        (Some(first), Some(last)) => format!(
            "{} {} s at {} images to {} s at {}, accuracy {} to {}{}",
            library_name(&curve.engine),
            seconds(first.seconds()),
            first.rows,
            seconds(last.seconds()),
            last.rows,
            accuracy(first.accuracy),
            accuracy(last.accuracy),
            curve.total.map_or(String::new(), |growth| format!(
                "; time grows as images^{:.2} ({})",
                growth.exponent,
                count(growth.points, "size")
            ))
        ),
        _ => format!("{} without a result", library_name(&curve.engine)),
    }
}

/// The label at the end of a curve: the library, and the reason if the curve ends early.
fn name(curve: &Curve) -> String {
    let visible: String = library_name(&curve.engine).chars().filter(|c| !c.is_control()).take(20).collect();
    match curve.reason() {
        Some(reason) => format!("{visible}: {reason}"),
        None => visible,
    }
}

struct Picture<'a> {
    panel: &'a Panel,
    dataset: String,
    x: &'a Axis,
    y: &'a Axis,
}

type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

impl Picture<'_> {
    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<Marks, ChartError> {
        let mut marks = Vec::new();
        self.draw_all(area, &mut marks).map_err(|error| error.to_string())?;
        Ok(marks)
    }

    fn draw_all<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, marks: &mut Marks) -> Drawn<DB> {
        let (head, plot) = area.split_vertically(HEAD);
        let (family, parameters) = parts(&self.panel.name);
        let found = format!("{}: {}", self.dataset, self.panel.finding());
        for (words, down, size) in [(family, 4, 15.0), (parameters, 24, 12.5), (found, 42, 12.5)] {
            head.draw(&Text::new(words, (8, down), text(size, HPos::Left, VPos::Top)))?;
        }
        let mut chart = ChartBuilder::on(&plot)
            .margin(4)
            .margin_right(NAMES)
            .x_label_area_size(24)
            .y_label_area_size(46)
            .build_cartesian_2d(Ticked::from(self.x), Ticked::from(self.y))?;
        chart
            .configure_mesh()
            .light_line_style(INK.mix(0.0))
            .bold_line_style(INK.mix(0.15))
            .axis_style(INK.mix(0.6))
            .label_style(text(12.5, HPos::Left, VPos::Top))
            .x_label_formatter(&|tick| self.x.kind.text(*tick))
            .y_label_formatter(&|tick| format!("{} s", self.y.kind.text(*tick)))
            .draw()?;
        let mut names: Vec<(i32, i32, String)> = Vec::new();
        for (number, curve) in self.panel.curves.iter().enumerate() {
            let style = library::style(&curve.engine, number);
            let at = |point: &Point| {
                (self.x.kind.coordinate(point.rows as f64), self.y.kind.coordinate(point.seconds()))
            };
            let corners: Vec<(f64, f64)> = curve.points.iter().map(at).collect();
            chart.draw_series([PathElement::new(corners.clone(), style.colour.mix(0.8).stroke_width(2))])?;
            let mut last = None;
            for (corner, point) in corners.iter().zip(&curve.points) {
                let pixel = chart.plotting_area().map_coordinate(corner);
                mark(area, pixel, style)?;
                marks.push((pixel.0, pixel.1, point.line));
                last = Some(pixel);
            }
            let Some((across, down)) = last else { continue };
            if curve.reason().is_some() {
                for turn in [-1, 1] {
                    let ends = [(across - CROSS, down - turn * CROSS), (across + CROSS, down + turn * CROSS)];
                    area.draw(&PathElement::new(ends.to_vec(), style.colour.stroke_width(3)))?;
                }
            }
            names.push((across, down, name(curve)));
        }
        let places: Vec<(i32, i32)> = marks.iter().map(|&(across, down, _)| (across, down)).collect();
        apart(&mut names, &places, (HEAD as i32 - 6, SIZE.1 as i32 - 34));
        for (across, down, name) in names {
            area.draw(&Text::new(name, (across + 9, down), text(12.5, HPos::Left, VPos::Center)))?;
        }
        Ok(())
    }
}

/// Family (without the ending `Classifier`) and parameters, each cut to the width of a panel.
fn parts(name: &str) -> (String, String) {
    const LONGEST: usize = 52;
    let cut = |text: &str| {
        let visible: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        if text.chars().count() > LONGEST { format!("{visible}…") } else { visible }
    };
    let (family, parameters) = name.split_once(' ').unwrap_or((name, ""));
    (cut(family.trim_end_matches("Classifier")), cut(parameters))
}

/// Moves names that would overlap, between the first and the last height. First those at the end of the axis.
/// Then, from right to left, those of curves that end early: each goes to the nearest height at which it
/// covers no other name and few marks.
fn apart(names: &mut [(i32, i32, String)], marks: &[(i32, i32)], (top, bottom): (i32, i32)) {
    let end = names.iter().map(|name| name.0).max().unwrap_or(0);
    names.sort_by_key(|(across, down, _)| (*across != end, -*across, *down));
    let whole = names.iter().filter(|name| name.0 == end).count();
    // Downwards from the top, then upwards from the bottom for names that went too far.
    for index in 0..whole {
        let above = if index == 0 { top } else { names[index - 1].1 + LINE };
        names[index].1 = names[index].1.max(above);
    }
    for index in (0..whole).rev() {
        let below = if index + 1 == whole { bottom } else { names[index + 1].1 - LINE };
        names[index].1 = names[index].1.min(below);
    }
    // The average width of a letter of 12.5 pixels: 23 / 4 pixels.
    let width = |name: &str| name.chars().count() as i32 * 23 / 4;
    for index in whole..names.len() {
        let (placed, rest) = names.split_at_mut(index);
        let name = &mut rest[0];
        let cost = |down: i32| {
            let meets = |other: &&(i32, i32, String)| {
                name.0 < other.0 + width(&other.2)
                    && other.0 < name.0 + width(&name.2)
                    && (other.1 - down).abs() < LINE
            };
            let covers = |&&(across, at): &&(i32, i32)| {
                (name.0 + 3..name.0 + 12 + width(&name.2)).contains(&across) && (at - down).abs() < LINE
            };
            let names = placed.iter().filter(meets).count() as i32;
            let marks = marks.iter().filter(covers).count() as i32;
            (down - name.1).abs() + 2 * LINE * marks + (bottom - top) * names
        };
        let nearest = (top..=bottom).min_by_key(|&down| (cost(down), down));
        name.1 = nearest.unwrap_or(name.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_names_what_is_its_own() {
        let of = |name: &str| parts(name);
        assert_eq!(
            of("DecisionTreeClassifier max_depth=10 n=2"),
            ("DecisionTree".into(), "max_depth=10 n=2".into())
        );
        assert_eq!(of(&"a".repeat(60)).0.chars().count(), 53);
    }

    #[test]
    fn names_do_not_stand_on_each_other() {
        let name = |across, down| (across, down, "linfa".to_string());
        let mut names =
            [name(100, 50), name(100, 48), name(20, 51), name(80, 52), name(100, 95), name(100, 99)];
        apart(&mut names, &[], (0, 100));
        let places: Vec<(i32, i32)> = names.iter().map(|name| (name.0, name.1)).collect();
        assert_eq!(places, [(100, 48), (100, 62), (100, 86), (100, 100), (80, 34), (20, 51)]);
        // A mark on the right of a name moves it away.
        let mut names = [name(100, 90), name(20, 40)];
        apart(&mut names, &[(20, 40), (50, 42)], (0, 100));
        assert_eq!(names[1].1, 28);
    }
}
