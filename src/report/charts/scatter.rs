//! A scatter of results: one mark a result, shape and colour by family, with a legend below.

use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, Ticked};
use super::library::{self, Style};
use crate::drawing::{ChartError, INK, Marks, label, text};
use crate::format::short;

/// What to draw.
pub struct Scatter {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    /// Names of the families; a point holds the index of its family.
    pub families: Vec<String>,
    /// The families are libraries, which look the same in every chart.
    pub libraries: bool,
    pub points: Vec<Point>,
    /// The diagonal of equal values: its label, and the place of the label along it (0 to 1), below the line
    /// in the first half, else above.
    pub diagonal: Option<(&'static str, f64)>,
    /// A level line, with words at its right end.
    pub level: Option<(f64, &'static str)>,
    /// Corners of the Pareto front, from left to right.
    pub front: Vec<(f64, f64)>,
}

/// One result, in values (not coordinates).
#[derive(Clone, Debug)]
pub struct Point {
    pub x: f64,
    pub y: f64,
    pub family: usize,
    /// The number of its line in the table.
    pub line: usize,
    /// Written beside the mark.
    pub label: Option<String>,
}

/// Columns of the legend.
const COLUMNS: usize = 2;
/// Height of a line of the legend in pixels.
const LINE: u32 = 20;

type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

impl Scatter {
    /// Width and height of the picture.
    pub fn size(&self) -> (u32, u32) {
        // As wide as a phone, so that the text stays legible there.
        (420, 400 + self.legend_height())
    }

    fn style(&self, family: usize) -> Style {
        match self.families.get(family) {
            Some(name) if self.libraries => library::style(name, family),
            _ => library::by_number(family),
        }
    }

    fn legend_height(&self) -> u32 {
        LINE * self.families.len().div_ceil(COLUMNS) as u32 + 8
    }

    /// Draws on any backend, filling the area; gives where the marks stand.
    pub fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<Marks, ChartError> {
        let height = area.dim_in_pixel().1;
        let (plot, legend) = area.split_vertically(height.saturating_sub(self.legend_height()));
        let drawn = self.draw_plot(&plot).and_then(|marks| self.draw_legend(&legend).map(|()| marks));
        drawn.map_err(|error| error.to_string())
    }

    fn draw_plot<DB: DrawingBackend>(
        &self,
        plot: &DrawingArea<DB, Shift>,
    ) -> Result<Marks, DrawingAreaErrorKind<DB::ErrorType>> {
        let mut chart = ChartBuilder::on(plot)
            .caption(label_long(&self.title), text(15.0, HPos::Left, VPos::Top))
            .margin(6)
            .margin_right(14)
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d(Ticked::from(&self.x), Ticked::from(&self.y))?;
        chart
            .configure_mesh()
            .light_line_style(INK.mix(0.0))
            .bold_line_style(INK.mix(0.15))
            .axis_style(INK.mix(0.6))
            .label_style(text(13.0, HPos::Left, VPos::Top))
            .axis_desc_style(text(13.0, HPos::Left, VPos::Top))
            .x_desc(&self.x.title)
            .y_desc(&self.y.title)
            .x_label_formatter(&|tick| self.x.kind.text(*tick))
            .y_label_formatter(&|tick| self.y.kind.text(*tick))
            .draw()?;
        if let Some((words, along)) = self.diagonal {
            let from = self.x.range.0.max(self.y.range.0);
            let to = self.x.range.1.min(self.y.range.1);
            chart.draw_series([PathElement::new([(from, from), (to, to)], INK.mix(0.45))])?;
            let at = from + (to - from) * along;
            let (side, off) = if along < 0.5 { (HPos::Left, 0.03) } else { (HPos::Right, -0.02) };
            let style = text(13.0, side, VPos::Center);
            chart.draw_series([Text::new(words, (at + (to - from) * off, at), style)])?;
        }
        if let Some((value, words)) = self.level {
            let at = self.y.kind.coordinate(value);
            let (from, to) = self.x.range;
            chart.draw_series([PathElement::new([(from, at), (to, at)], INK.mix(0.45).stroke_width(2))])?;
            let style = text(13.0, HPos::Left, VPos::Bottom);
            chart.draw_series([Text::new(words, (from + (to - from) * 0.06, at), style)])?;
        }
        if !self.front.is_empty() {
            let at = |&(x, y): &(f64, f64)| (self.x.kind.coordinate(x), self.y.kind.coordinate(y));
            let corners: Vec<(f64, f64)> = self.front.iter().map(at).collect();
            let mut steps = Vec::new();
            for pair in corners.windows(2) {
                steps.extend([pair[0], (pair[1].0, pair[0].1)]);
            }
            steps.extend(corners.last());
            chart.draw_series([PathElement::new(steps, INK.mix(0.5).stroke_width(1))])?;
        }
        let (left, top) = plot.get_base_pixel();
        let mut marks = Vec::with_capacity(self.points.len());
        for point in &self.points {
            let at = (self.x.kind.coordinate(point.x), self.y.kind.coordinate(point.y));
            let pixel = chart.plotting_area().map_coordinate(&at);
            let pixel = (pixel.0 - left, pixel.1 - top);
            mark(plot, pixel, self.style(point.family))?;
            marks.push((pixel.0, pixel.1, point.line));
        }
        // After all marks, so that none covers a word.
        let mut taken = Vec::new();
        for (index, point) in self.points.iter().enumerate() {
            if let Some(words) = point.label.as_deref().map(label) {
                let (across, down, at) = beside(&marks, &mut taken, index, &words, plot.dim_in_pixel());
                plot.draw(&Text::new(words, at, text(12.5, across, down)))?;
            }
        }
        Ok(marks)
    }

    fn draw_legend<DB: DrawingBackend>(&self, legend: &DrawingArea<DB, Shift>) -> Drawn<DB> {
        let column_width = legend.dim_in_pixel().0 as i32 / COLUMNS as i32;
        for (index, family) in self.families.iter().enumerate() {
            let (column, line) = ((index % COLUMNS) as i32, (index / COLUMNS) as i32);
            let (x, y) = (column * column_width + 14, line * LINE as i32 + 10);
            mark(legend, (x, y), self.style(index))?;
            let style = text(13.0, HPos::Left, VPos::Center);
            let name = label(&short(family));
            legend.draw(&Text::new(name, (x + 12, y), style))?;
        }
        Ok(())
    }
}

/// Where words stand: left, top and width.
type Taken = Vec<(i32, i32, i32)>;

/// The place of a mark's label: right of it, left, above or below, whichever covers the fewest other marks
/// and no other label.
fn beside(
    marks: &Marks,
    taken: &mut Taken,
    index: usize,
    words: &str,
    (width, height): (u32, u32),
) -> (HPos, VPos, (i32, i32)) {
    let (x, y, _) = marks[index];
    // The approximate width of a label in a sans-serif of 12.5 pixels.
    let long = words.chars().count() as i32 * 7;
    let places = [
        (HPos::Left, VPos::Center, (x + 9, y), (x + 9, y - 7)),
        (HPos::Right, VPos::Center, (x - 9, y), (x - 9 - long, y - 7)),
        (HPos::Center, VPos::Bottom, (x, y - 8), (x - long / 2, y - 22)),
        (HPos::Center, VPos::Top, (x, y + 8), (x - long / 2, y + 8)),
    ];
    let covered = |(left, top): (i32, i32)| {
        let inside = |&(other, (mx, my, _)): &(usize, &(i32, i32, usize))| {
            other != index && (left - 5..left + long + 5).contains(mx) && (top - 5..top + 19).contains(my)
        };
        let outside = left < 62 || left + long > width as i32 || top < 30 || top + 14 > height as i32 - 60;
        let meets = taken.iter().any(|&(other, above, wide)| {
            left < other + wide && other < left + long && (above - top).abs() < 14
        });
        marks.iter().enumerate().filter(inside).count() + if outside || meets { marks.len() } else { 0 }
    };
    let [right, ..] = places;
    let best = places.into_iter().min_by_key(|(.., corner)| covered(*corner)).unwrap_or(right);
    let (across, down, at, (left, top)) = best;
    taken.push((left, top, long));
    (across, down, at)
}

/// A title may be longer than a label.
pub fn label_long(title: &str) -> String {
    title.chars().filter(|c| !c.is_control()).take(70).collect()
}

/// A small mark for crowded charts; `dense` is its opacity, from 0 to 1.
pub fn small_mark<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    (x, y): (i32, i32),
    Style { colour, shape }: Style,
    dense: f64,
) -> Drawn<DB> {
    let fill = colour.mix(dense).filled();
    let moved = |points: &[(i32, i32)]| points.iter().map(|(dx, dy)| (x + dx, y + dy)).collect::<Vec<_>>();
    match shape {
        0 => area.draw(&Circle::new((x, y), 3, fill)),
        1 => area.draw(&Rectangle::new([(x - 3, y - 3), (x + 3, y + 3)], fill)),
        2 => area.draw(&Polygon::new(moved(&[(0, -4), (4, 3), (-4, 3)]), fill)),
        3 => area.draw(&Polygon::new(moved(&[(0, -4), (4, 0), (0, 4), (-4, 0)]), fill)),
        _ => {
            let stroke = colour.mix(dense).stroke_width(2);
            area.draw(&PathElement::new(moved(&[(-3, -3), (3, 3)]), stroke))?;
            area.draw(&PathElement::new(moved(&[(-3, 3), (3, -3)]), stroke))
        }
    }
}

/// A mark of a style.
pub fn mark<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    (x, y): (i32, i32),
    Style { colour, shape }: Style,
) -> Drawn<DB> {
    let fill = colour.mix(0.85).filled();
    let moved = |points: &[(i32, i32)]| points.iter().map(|(dx, dy)| (x + dx, y + dy)).collect::<Vec<_>>();
    match shape {
        0 => area.draw(&Circle::new((x, y), 5, fill)),
        1 => area.draw(&Rectangle::new([(x - 4, y - 4), (x + 4, y + 4)], fill)),
        2 => area.draw(&Polygon::new(moved(&[(0, -6), (5, 4), (-5, 4)]), fill)),
        3 => area.draw(&Polygon::new(moved(&[(0, -6), (6, 0), (0, 6), (-6, 0)]), fill)),
        _ => {
            let stroke = colour.stroke_width(3);
            area.draw(&PathElement::new(moved(&[(-5, -5), (5, 5)]), stroke))?;
            area.draw(&PathElement::new(moved(&[(-5, 5), (5, -5)]), stroke))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_where_no_mark_is() {
        let place = |others: &[(i32, i32)], at: (i32, i32)| {
            let mut marks: Marks = vec![(at.0, at.1, 0)];
            marks.extend(others.iter().map(|&(x, y)| (x, y, 1)));
            beside(&marks, &mut Vec::new(), 0, "Network", (640, 560)).2
        };
        assert_eq!(place(&[], (300, 300)), (309, 300), "on the right");
        assert_eq!(place(&[(330, 300)], (300, 300)), (291, 300), "else on the left");
        assert_eq!(place(&[(330, 300), (270, 302)], (300, 300)), (300, 292), "else above");
        assert_eq!(place(&[], (630, 300)), (621, 300), "and always inside");
        // A second word does not stand on the first.
        let mut taken = Vec::new();
        let marks: Marks = vec![(300, 300, 0), (302, 302, 1)];
        let first = beside(&marks, &mut taken, 0, "Network", (640, 560)).2;
        let second = beside(&marks, &mut taken, 1, "SVC", (640, 560)).2;
        assert!(first != second && (first.0 < 300) != (second.0 < 300), "{first:?} {second:?}");
    }
}
