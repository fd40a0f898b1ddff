//! Scaling curves as pictures: one panel a configuration, one curve an engine, training rows across, and time or
//! accuracy upwards, all panels of a picture on the same axes.

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
use super::scatter::{label_long, mark};
use crate::analysis::scaling::{Panel, Point, Scaling};
use crate::analysis::tables::SideBySide;
use crate::drawing::{ChartError, INK, Marks, Words, label, png, svg, text};
use crate::format::title;
use crate::report::markdown::scaling::describe_curve;

/// Panels beside each other.
const COLUMNS: usize = 2;
const WIDTH: u32 = 640;
const PANEL_HEIGHT: u32 = 200;
const PANEL_NAME: u32 = 20;
const HEAD: u32 = 44;
const LEGEND_LINE: u32 = 22;
const LEGEND_COLUMNS: usize = 4;
/// Room for the figure behind a curve's last point, and the least distance of two of them.
const FIGURE: u32 = 50;
const FIGURE_HEIGHT: i32 = 13;

/// What a picture shows upwards.
#[derive(Clone, Copy)]
struct Measure {
    name: &'static str,
    words: &'static str,
    /// The note under the title: what the figures behind the curves are.
    note: &'static str,
    kind: Kind,
    of: fn(&Point) -> f64,
}

const MEASURES: [Measure; 2] = [
    Measure {
        name: "time",
        words: "time against training rows",
        note: "seconds to fit and to predict the test set; behind each curve the exponent of its growth, \u{d7} where the next size failed",
        kind: Kind::Seconds,
        of: Point::seconds,
    },
    Measure {
        name: "accuracy",
        words: "accuracy against training rows",
        note: "test accuracy; behind each curve that of the most rows it reached",
        kind: Kind::Accuracy,
        of: |point| point.accuracy,
    },
];

/// A picture of time and one of accuracy for each data set that has curves.
pub fn charts(scaling: &Scaling, table: &SideBySide) -> Result<Vec<Chart>, ChartError> {
    let mut charts = Vec::new();
    for (panels, dataset) in scaling.datasets.iter().zip(&table.datasets) {
        let mut points = panels.iter().flat_map(|panel| &panel.curves).flat_map(|curve| &curve.points);
        if points.next().is_none() {
            continue;
        }
        for measure in MEASURES {
            let picture = Picture::new(panels, measure, &title(dataset));
            let words = Words { title: picture.title.clone(), description: describe(panels, &scaling.run) };
            let (svg, marks) = svg(picture.size(), &words, |area| picture.draw(area))?;
            let png = png(picture.size(), |area| picture.draw(area))?;
            charts.push(Chart { name: format!("scaling-{}-{dataset}", measure.name), svg, png, marks });
        }
    }
    Ok(charts)
}

fn describe(panels: &[Panel], run: &str) -> String {
    let told = |panel: &Panel| {
        let curves: Vec<String> = panel.curves.iter().map(describe_curve).collect();
        format!("{}: {}", panel.name, curves.join("; "))
    };
    let panels: Vec<String> = panels.iter().map(told).collect();
    format!("One panel a configuration of run {run}, one curve an engine. {}.", panels.join(". "))
}

struct Picture<'a> {
    title: String,
    panels: &'a [Panel],
    measure: Measure,
    /// Names of the engines, which number colours and shapes.
    engines: Vec<&'a str>,
    x: Axis,
    y: Axis,
}

type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

impl<'a> Picture<'a> {
    fn new(panels: &'a [Panel], measure: Measure, dataset: &str) -> Picture<'a> {
        let curves = || panels.iter().flat_map(|panel| &panel.curves);
        let points = || curves().flat_map(|curve| &curve.points);
        // Ours first, as in every panel; the rest by name.
        let mut engines: Vec<&str> = curves().map(|curve| curve.engine.as_str()).collect();
        engines.sort_unstable_by_key(|engine| (*engine != "native", *engine));
        engines.dedup();
        let mut sizes: Vec<usize> = points().map(|point| point.rows).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let ticks: Vec<f64> = sizes.iter().map(|&size| Kind::Rows.coordinate(size as f64)).collect();
        let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
        let room = ((high - low) * 0.05).max(0.05);
        Picture {
            title: format!("{dataset}: {}", measure.words),
            panels,
            measure,
            engines,
            x: Axis { title: String::new(), kind: Kind::Rows, range: (low - room, high + room), ticks },
            y: Axis::over("", measure.kind, points().map(measure.of)),
        }
    }

    fn size(&self) -> (u32, u32) {
        let lines = self.panels.len().div_ceil(COLUMNS) as u32;
        (WIDTH, HEAD + lines * PANEL_HEIGHT + self.legend_height())
    }

    fn legend_height(&self) -> u32 {
        LEGEND_LINE * self.engines.len().div_ceil(LEGEND_COLUMNS) as u32 + 8
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<Marks, ChartError> {
        self.draw_all(area).map_err(|error| error.to_string())
    }

    fn draw_all<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
    ) -> Result<Marks, DrawingAreaErrorKind<DB::ErrorType>> {
        let height = area.dim_in_pixel().1;
        let (head, below) = area.split_vertically(HEAD);
        let (plots, legend) = below.split_vertically(height.saturating_sub(HEAD + self.legend_height()));
        head.draw(&Text::new(label_long(&self.title), (8, 6), text(19.0, HPos::Left, VPos::Top)))?;
        head.draw(&Text::new(self.measure.note, (8, 28), text(13.0, HPos::Left, VPos::Top)))?;
        let places = plots.split_evenly((self.panels.len().div_ceil(COLUMNS), COLUMNS));
        let mut marks = Vec::new();
        for (panel, place) in self.panels.iter().zip(&places) {
            self.draw_panel(area, place, panel, &mut marks)?;
        }
        self.draw_legend(&legend)?;
        Ok(marks)
    }

    fn draw_panel<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
        place: &DrawingArea<DB, Shift>,
        panel: &Panel,
        marks: &mut Marks,
    ) -> Drawn<DB> {
        // Not a caption, which stands in the middle and leaves the picture where it is long.
        let (name, plot) = place.split_vertically(PANEL_NAME);
        name.draw(&Text::new(cut(&panel.name), (8, 6), text(13.0, HPos::Left, VPos::Top)))?;
        let mut chart = ChartBuilder::on(&plot)
            .margin(4)
            .margin_right(FIGURE)
            .x_label_area_size(22)
            .y_label_area_size(44)
            .build_cartesian_2d(Ticked::from(&self.x), Ticked::from(&self.y))?;
        chart
            .configure_mesh()
            .light_line_style(INK.mix(0.0))
            .bold_line_style(INK.mix(0.15))
            .axis_style(INK.mix(0.6))
            .label_style(text(12.0, HPos::Left, VPos::Top))
            .x_label_formatter(&|tick| self.x.kind.text(*tick))
            .y_label_formatter(&|tick| self.y.kind.text(*tick))
            .draw()?;
        let mut figures: Vec<(i32, i32, String)> = Vec::new();
        for curve in &panel.curves {
            let number = self.engines.iter().position(|engine| *engine == curve.engine).unwrap_or(0);
            let style = library::style(&curve.engine, number);
            let at = |point: &Point| {
                let upwards = self.y.kind.coordinate((self.measure.of)(point));
                (self.x.kind.coordinate(point.rows as f64), upwards)
            };
            let corners: Vec<(f64, f64)> = curve.points.iter().map(at).collect();
            chart.draw_series([PathElement::new(corners.clone(), style.colour.mix(0.8).stroke_width(2))])?;
            for (corner, point) in corners.iter().zip(&curve.points) {
                let pixel = chart.plotting_area().map_coordinate(corner);
                mark(area, pixel, style)?;
                marks.push((pixel.0, pixel.1, point.line));
            }
            let figure = match self.measure.kind {
                Kind::Seconds => curve
                    .total
                    .map(|growth| format!("{:.2}", (growth.exponent * 100.0).round() / 100.0 + 0.0)),
                _ => curve.points.last().map(|point| format!("{:.4}", point.accuracy)),
            };
            if let (Some(last), Some(figure)) = (corners.last(), figure) {
                let (across, down) = chart.plotting_area().map_coordinate(last);
                // A cross says that the next larger training set has no result.
                let stopped = curve
                    .ended
                    .as_ref()
                    .is_some_and(|(rows, _)| curve.points.last().is_some_and(|point| *rows > point.rows));
                let figure = if stopped { format!("{figure} \u{d7}") } else { figure };
                figures.push((across, down, figure));
            }
        }
        apart(&mut figures);
        for (across, down, figure) in figures {
            area.draw(&Text::new(figure, (across + 9, down), text(12.0, HPos::Left, VPos::Center)))?;
        }
        Ok(())
    }

    fn draw_legend<DB: DrawingBackend>(&self, legend: &DrawingArea<DB, Shift>) -> Drawn<DB> {
        let width = legend.dim_in_pixel().0 as i32 / LEGEND_COLUMNS as i32;
        for (index, engine) in self.engines.iter().enumerate() {
            let (column, line) = ((index % LEGEND_COLUMNS) as i32, (index / LEGEND_COLUMNS) as i32);
            let (x, y) = (column * width + 14, line * LEGEND_LINE as i32 + 10);
            mark(legend, (x, y), library::style(engine, index))?;
            legend.draw(&Text::new(label(engine), (x + 12, y), text(14.0, HPos::Left, VPos::Center)))?;
        }
        Ok(())
    }
}

/// A name short enough for the width of a panel: what all classifiers are called is left out.
fn cut(name: &str) -> String {
    const LONGEST: usize = 46;
    let name = name.replacen("Classifier", "", 1);
    let visible: String = name.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if name.chars().count() > LONGEST { format!("{visible}…") } else { visible }
}

/// Moves figures down that would stand on others, from the top.
fn apart(figures: &mut [(i32, i32, String)]) {
    figures.sort_by_key(|(across, down, _)| (*down, *across));
    for index in 1..figures.len() {
        let (before, after) = figures.split_at_mut(index);
        let (last, this) = (&before[index - 1], &mut after[0]);
        // Those of shorter curves stand elsewhere.
        if (this.0 - last.0).abs() < FIGURE as i32 {
            this.1 = this.1.max(last.1 + FIGURE_HEIGHT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_names_what_is_its_own() {
        assert_eq!(cut("DecisionTreeClassifier max_depth=10"), "DecisionTree max_depth=10");
        assert_eq!(cut(&"a".repeat(60)).chars().count(), 47);
    }

    #[test]
    fn figures_do_not_stand_on_each_other() {
        let figure = |across, down| (across, down, String::new());
        let mut figures = [figure(100, 50), figure(100, 48), figure(20, 51), figure(100, 80)];
        apart(&mut figures);
        let downs: Vec<i32> = figures.iter().map(|figure| figure.1).collect();
        assert_eq!(downs, [48, 61, 51, 80]);
    }
}
